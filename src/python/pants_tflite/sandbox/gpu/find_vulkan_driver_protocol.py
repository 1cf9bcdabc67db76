# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `find_vulkan_driver` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class VulkanSearch:
    """Where drivers are looked for: the manifest `icd`; without one, `listed`, files and folders as in the
    variable VK_DRIVER_FILES; without these, the usual folders and Chromium's."""

    icd: Optional[str]
    listed: Optional[str]


@dataclass(frozen=True)
class VulkanDriver:
    """A driver by its `device` and `version`, and the hash of its library."""

    device: str
    version: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.device} {self.version}"


@dataclass(frozen=True)
class FindVulkanDriverRequest(Message):
    """Asks for the first driver that LiteRT's accelerator runs on."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.gpu.find_vulkan_driver"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("vulkan_driver.json",)

    search: VulkanSearch


@dataclass(frozen=True)
class VulkanDriverReport(Message):
    """`lacks` says why there is no `driver`, if there is none."""

    FILE: ClassVar[str] = "vulkan_driver.json"

    driver: Optional[VulkanDriver]
    lacks: str
