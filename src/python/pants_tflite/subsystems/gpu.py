# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The Vulkan driver that models are tried on as on a GPU."""

from __future__ import annotations

from pants.option.option_types import IntOption, StrOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import softwrap


class TfLiteGpu(Subsystem):
    options_scope = "tflite-gpu"
    name = "models on GPUs"
    help = softwrap(
        """
        How models are tried with LiteRT's GPU accelerator, the runtime `gpu`. It needs a Vulkan driver:
        that of a GPU, or SwiftShader's, which computes on the CPU and is part of Chromium. It shows which
        ops the accelerator has and whether they compute what the CPU does, not what the driver of a
        phone, say of an Adreno or Mali, makes of them.
        """
    )

    vulkan_icd = StrOption(
        default=None,
        help=softwrap(
            """
            The absolute path of the manifest of the Vulkan driver, a file in JSON. The identity of the
            driver, not its path, is part of the cache key, unless it is named here.

            Defaults to the first driver that the accelerator runs on, as Vulkan's loader finds them: in
            the environment variable `VK_DRIVER_FILES` or `VK_ICD_FILENAMES`, or else below
            `/etc/vulkan/icd.d`, `/usr/local/share/vulkan/icd.d` and `/usr/share/vulkan/icd.d`, and then
            next to Chromium. Without any, the runtime `gpu` is skipped.

            Example: `vulkan_icd = "/usr/lib/chromium/vk_swiftshader_icd.json"`.
            """
        ),
    )
    timeout = IntOption(
        default=60,
        help=softwrap(
            """
            How many seconds the accelerator may take to compile and run a model.

            Defaults to 60.

            Example: `timeout = 300`.
            """
        ),
    )
