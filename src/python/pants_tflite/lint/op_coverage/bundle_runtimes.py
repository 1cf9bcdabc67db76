# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which runtime can be asked about the models of a bundle."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Mapping, Optional

from pants.engine.target import Target

from pants_tflite.android.target_types import (
    DEFAULT_RUNTIME,
    MavenRuntimeField,
    TfLiteAndroidLibraryTarget,
)
from pants_tflite.ios.target_types import TfLiteIosFrameworkTarget
from pants_tflite.linux.target_types import TfLiteLinuxArchiveTarget
from pants_tflite.micro.npu.target_types import MicroNpuField
from pants_tflite.micro.target_types import TfLiteMicroLibraryTarget
from pants_tflite.sandbox.evaluation.evaluate_protocol import LITERT_RUNTIME
from pants_tflite.subsystems.tflite_runtimes import LOCKED_RUNTIMES
from pants_tflite.target_types import MICRO

_TFLITE_2_14, _LITERT_1_0, _LITERT_1_4 = LOCKED_RUNTIMES
# From the newest: the version of LiteRT from which on a runtime is not newer than it.
_LITERT_VERSIONS = (((2, 3), LITERT_RUNTIME), ((1, 4), _LITERT_1_4), ((0,), _LITERT_1_0))
_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True)
class BundleRuntime:
    """The runtime called `name` is asked for `what` the bundle's models run on. It can have
    TensorFlow's own kernels if it `takes_flex`."""

    name: str
    what: str
    takes_flex: bool = False


def runtime_of_maven(coordinates: str) -> str:
    """The newest runtime that can be asked and is not newer than one for Android. What an app compiled
    itself has no version that is known, and stands for this LiteRT."""
    _, _, rest = coordinates.partition(":")
    artifact, _, version = rest.partition(":")
    numbers = tuple(int(number) for number in _NUMBERS.findall(version)[:2])
    if artifact.startswith("tensorflow-lite"):
        return _TFLITE_2_14
    if not artifact.startswith("litert") or not numbers:
        return LITERT_RUNTIME
    return next(name for lowest, name in _LITERT_VERSIONS if numbers >= lowest)


def runtimes_of(bundle: Target, chosen: Mapping[str, str]) -> tuple[BundleRuntime, ...]:
    """What runs a bundle's models, and the NPU that has its part in that; none for a kind that is not
    known. `chosen` are the runtimes that the user chose, by the kind of bundle."""
    found = _runtime_of(bundle)
    if found is None:
        return ()
    runtime = replace(found, name=chosen.get(bundle.alias, found.name))
    npu = bundle.get(MicroNpuField).value
    return (runtime, BundleRuntime(npu, found.what)) if npu else (runtime,)


def _runtime_of(bundle: Target) -> Optional[BundleRuntime]:
    address = str(bundle.address)
    if bundle.alias == TfLiteMicroLibraryTarget.alias:
        return BundleRuntime(MICRO, address)
    if bundle.alias == TfLiteLinuxArchiveTarget.alias:
        return BundleRuntime(LITERT_RUNTIME, address)
    if bundle.alias == TfLiteIosFrameworkTarget.alias:
        # The oldest that its README allows for.
        return BundleRuntime(_TFLITE_2_14, f"TensorFlow Lite 2.14 in {address}", takes_flex=True)
    if bundle.alias == TfLiteAndroidLibraryTarget.alias:
        given = bundle[MavenRuntimeField].value
        coordinates = DEFAULT_RUNTIME if given is None else given or "the app's own runtime"
        return BundleRuntime(
            runtime_of_maven(coordinates), f"{coordinates} in {address}", takes_flex=True
        )
    return None
