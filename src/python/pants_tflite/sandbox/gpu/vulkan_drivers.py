# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The Vulkan drivers of this machine, found as Vulkan's loader finds them.

A driver is a library, and a manifest in JSON names it. Which devices it has is asked in a process of its
own, because a driver without its hardware may do anything.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

from pants_tflite.sandbox.coverage.attempts import attempt
from pants_tflite.sandbox.gpu.find_vulkan_driver_protocol import VulkanDriver, VulkanSearch
from pants_tflite.sandbox.gpu.vulkan_devices import list_devices
from pants_tflite.sandbox.mistakes import Mistake

_FOLDERS = ("/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/usr/share/vulkan/icd.d")
# Chromium has SwiftShader, which computes on the CPU, and a loader beside it.
_SWIFTSHADER = "vk_swiftshader_icd.json"
_CHROMIUM_FOLDERS = (
    "/usr/lib/chromium",
    "/usr/lib64/chromium-browser",
    "/usr/lib/chromium-browser",
    "/opt/google/chrome",
)
_LOADER = "libvulkan.so.1"
# The first is what loaders read today, and the second what older ones do.
_MANIFEST_VARIABLES = ("VK_DRIVER_FILES", "VK_ICD_FILENAMES")
# Overlays and recorders that a user may have are none of the driver.
_NO_LAYERS = {"VK_LOADER_LAYERS_DISABLE": "~implicit~"}


@dataclass(frozen=True)
class Manifest:
    """A driver's manifest."""

    path: Path

    def activate(self) -> None:
        """Makes this the only driver of this process. Raises RuntimeError if there is no loader."""
        os.environ.update(dict.fromkeys(_MANIFEST_VARIABLES, str(self.path)), **_NO_LAYERS)
        self._load()

    def _load(self) -> Any:
        errors = []
        for name in (_LOADER, str(self.path.resolve().parent / _LOADER)):
            try:
                # Whoever asks for it by its bare name from now on gets this one.
                return ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)
            except OSError as error:
                errors.append(str(error))
        raise RuntimeError(f"there is no loader for it: {errors[0]}")

    def describe(self) -> VulkanDriver:
        """The driver and its devices. Raises RuntimeError if it has none."""
        self.activate()
        devices = list(list_devices(self._load()))
        if not devices:
            raise RuntimeError("it has no device")
        return VulkanDriver(
            device=", ".join(sorted({device.name for device in devices})),
            version=", ".join(sorted({device.driver_version for device in devices})),
            sha256=hashlib.sha256(self._library_in_memory().read_bytes()).hexdigest(),
        )

    def _library_in_memory(self) -> Path:
        """The file that the loader loaded: a manifest may have only its name."""
        name = Path(json.loads(self.path.read_text())["ICD"]["library_path"]).name
        for line in Path("/proc/self/maps").read_text().splitlines():
            path = line.partition("/")[2]
            if path and Path(path).name.startswith(name):
                return Path("/", path)
        raise RuntimeError(f"its library {name} was not loaded")


def find_manifests(search: VulkanSearch) -> list[Manifest]:
    """The manifests, in the order in which they are to be tried."""
    if search.icd is not None:
        return [Manifest(Path(search.icd))]
    if search.listed:
        places = [Path(place) for place in search.listed.split(os.pathsep) if place]
    else:
        chromium = [Path(folder, _SWIFTSHADER) for folder in _CHROMIUM_FOLDERS]
        places = [*map(Path, _FOLDERS), *chromium]
    return [Manifest(path) for place in places for path in _manifests_at(place)]


def _manifests_at(place: Path) -> Iterator[Path]:
    if place.is_dir():
        yield from sorted(place.glob("*.json"))
    elif place.is_file():
        yield place


def manifest_of(search: VulkanSearch, driver: VulkanDriver) -> Manifest:
    """The manifest of a driver that the search found before. Raises Mistake if it is another one by now."""
    for manifest in find_manifests(search):
        done = attempt(manifest.describe)
        if done.succeeded and done.value == driver:
            return manifest
    raise Mistake(
        f"the Vulkan driver {driver} is not there any more, or has been replaced",
        fix="Run the goal again; if Pants' daemon runs, end it first, because it remembers the driver.",
    )
