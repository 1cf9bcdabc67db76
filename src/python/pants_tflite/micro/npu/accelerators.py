# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The Ethos-U accelerators, by the names that Vela has for them, and what a library assumes of a chip."""

from __future__ import annotations

from dataclasses import dataclass

_MULTIPLIERS = {"u55": (32, 64, 128, 256), "u65": (256, 512), "u85": (128, 256, 512, 1024, 2048)}
ACCELERATORS = tuple(
    f"ethos-{family}-{count}" for family, counts in _MULTIPLIERS.items() for count in counts
)

# Models in flash and tensors in SRAM, as on a microcontroller, of the sections in Vela's own
# configuration. For U65 and U85 Vela itself would assume a chip with DRAM.
SYSTEM_CONFIGS = {
    "u55": "Ethos_U55_High_End_Embedded",
    "u65": "Ethos_U65_Embedded",
    "u85": "Ethos_U85_SYS_Flash_High",
}
DEFAULT_MEMORY_MODE = "Shared_Sram"


@dataclass(frozen=True)
class Accelerator:
    """An NPU by its `name`, and the sections of Vela's configuration that say how the chip reaches its
    memory."""

    name: str
    system_config: str
    memory_mode: str = DEFAULT_MEMORY_MODE


def default_system_config(name: str) -> str:
    """The section that Vela is told to use for an accelerator unless a field says otherwise."""
    return SYSTEM_CONFIGS[name.split("-")[1]]
