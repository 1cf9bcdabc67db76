# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`manifest.json`: what is in a bundle and what made it, in one form for all kinds of bundles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Mapping, Optional

from pants_tflite.sandbox.protocol import Message, left_out
from pants_tflite.sandbox.tflite.conversion_protocol import Cut, QuantizationSettings
from pants_tflite.sandbox.tflite.inspect_model_protocol import ModelOp, ModelSignature, ModelTensor


@dataclass(frozen=True)
class BundledLabels:
    """The labels of a model's output: a file in the bundle with one a line."""

    file: str
    count: int
    sha256: str


@dataclass(frozen=True)
class BundledGolden:
    """The `.npz` files with the inputs and outputs of a model's calls in the build."""

    inputs: str
    outputs: str


@dataclass(frozen=True)
class DeclaredDifference:
    """A target that a model was made with, and why it does not yield the same bytes each time."""

    address: str
    reason: str


@dataclass(frozen=True)
class BundledModel:
    """A model in a bundle. `file` is its path there, and `bytes` and `sha256` are the file's.

    `arena` and `golden` are what a microcontroller's runtime measured, if one did; `micro_only` says
    why LiteRT does not run the model, if that runtime alone does, and `select_tf_ops` which ops it
    takes from TensorFlow. `cut` says where it was cut out of a SavedModel, if it was. `instructions` are
    those of the most costly call on a microcontroller, in all and for each op, if they were counted.
    `npu` is what the compiler for an NPU reports, and what was not tried; `compression` is what
    look-up tables of weights won and lost. `golden_files` are in the bundle if it has golden vectors.
    `nondeterministic` are the targets that it was made with which are declared to be others each time,
    and why. The rest is as in the model's `model.json`.
    """

    name: str
    address: str
    file: str
    bytes: int
    sha256: str
    inputs: tuple[ModelTensor, ...]
    outputs: tuple[ModelTensor, ...]
    signatures: Mapping[str, ModelSignature]
    ops: tuple[ModelOp, ...]
    custom_ops: tuple[str, ...]
    quantization: Optional[QuantizationSettings]
    labels: Optional[BundledLabels]
    arena: Any
    golden: Any
    tools: Mapping[str, str]
    micro_only: Optional[str] = left_out()
    select_tf_ops: tuple[str, ...] = left_out(())
    cut: Optional[Cut] = left_out()
    instructions: Any = left_out()
    npu: Any = left_out()
    golden_files: Optional[BundledGolden] = left_out()
    compression: Any = left_out()
    nondeterministic: tuple[DeclaredDifference, ...] = left_out(())


@dataclass(frozen=True)
class KernelBuild:
    """A kernel as it is in the bundle: `file` was built for `platform` by `toolchain`, or is one of
    its sources, and then the other two are None."""

    file: str
    platform: Optional[str] = None
    toolchain: Optional[str] = None


@dataclass(frozen=True)
class BundledKernel:
    """A custom op that the bundle has a kernel for. The function `registration` returns it."""

    name: str
    address: str
    registration: str
    builds: tuple[KernelBuild, ...]


@dataclass(frozen=True)
class SharedArena:
    """The memory, `bytes` with the margin, in which a microcontroller's runtime has all models ready at
    the same time, if they are set up in this `order`. It follows from what each model was measured to
    keep, and may be somewhat more than they need."""

    bytes: int
    margin_percent: int
    order: tuple[str, ...]


@dataclass(frozen=True)
class BundledFile:
    """A file in the bundle, by its path in there."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class MicroRuntime:
    """The TFLite Micro that a micro library's build system brings, by what its sources say.

    From `version` on it has all ops of the library; None if it lacks `missing_ops` even in the newest
    version that was asked, which is of `newest_date`. `late_ops` are those that older versions lack.
    """

    name: str
    version: Optional[str]
    newest_asked: str
    newest_date: str
    late_ops: tuple[str, ...]
    missing_ops: tuple[str, ...]


@dataclass(frozen=True)
class Manifest(Message):
    """`kind` is the target's alias, `platforms` what the bundle runs on, in the words of its
    fields. `ops` are those of all models together. `custom_ops` says which platforms each kernel
    was built for, and how. `files` are all but the manifest itself. `tools` are the versions, by
    name, of what made the bundle, in addition to those that made the models. `runtime` is the one
    that a micro library's `layout` brings, if it brings one; `shared_arena` is only there for several
    models on a microcontroller. `memory` is what the compiled code takes there, by part, if there is any.
    """

    VERSION_KEY: ClassVar[str] = "format_version"
    FILE: ClassVar[str] = "manifest.json"

    kind: str
    name: str
    version: str
    platforms: tuple[str, ...]
    models: tuple[BundledModel, ...]
    ops: tuple[str, ...]
    custom_ops: tuple[BundledKernel, ...]
    files: tuple[BundledFile, ...]
    tools: Mapping[str, str]
    runtime: Optional[MicroRuntime] = left_out()
    shared_arena: Optional[SharedArena] = left_out()
    memory: Any = left_out()
