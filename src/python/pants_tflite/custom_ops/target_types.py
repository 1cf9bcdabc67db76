# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The targets of custom ops: an op with its kernels, and the runtime that they compile against."""

from __future__ import annotations

import re

from pants.core.target_types import FileSourceField
from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    AsyncFieldMixin,
    BoolField,
    Dependencies,
    SpecialCasedDependencies,
    StringField,
    StringSequenceField,
    Target,
)
from pants.util.strutil import help_text

from pants_tflite.fields import AddressField, ChoicesField
from pants_tflite.sandbox.constants import KERNEL_TOLERANCE, as_written
from pants_tflite.target_types import (
    EntryPointField,
    InputsField,
    SkipTestField,
    TensorFlowResolveField,
)

SANITIZERS = ("address", "undefined")

# -----------------------------------------------------------------------------------------------
# `tflite_runtime`
# -----------------------------------------------------------------------------------------------


class RuntimeSourceField(FileSourceField):
    required = False
    default = None
    help = help_text(
        """
        The archive: a `.zip`, `.aar` or `.tar.gz` file relative to the BUILD file, or an
        `http_source`.

        Defaults to none: `maven` then says where the archive comes from.

        Example: `source="tensorflow-lite-2.16.1.aar"`.
        """
    )


class RuntimeMavenField(StringField):
    alias = "maven"
    help = help_text(
        """
        The Maven coordinates of the archive, as `group:artifact:version` or, with a packaging other
        than `aar`, as `group:artifact:version:packaging`. The archive is fetched from Maven Central
        or from the repositories that `[maven]` names.

        Defaults to none: `source` then names the archive.

        Example: `maven="org.tensorflow:tensorflow-lite:2.16.1"`.
        """
    )


class RuntimeSha256Field(StringField, AsyncFieldMixin):
    alias = "sha256"
    required = True
    value: str
    help = help_text(
        """
        The SHA-256 of the archive, in hexadecimal digits. What is built depends only on it, not on
        where the archive came from. An archive with a different hash is an error.

        Example: `sha256="34b065817e294e7dd3569504e8b9454938ceae453b6a459da54d5f6e45d3c94e"`.
        """
    )


class RuntimeHeadersField(StringField, AsyncFieldMixin):
    alias = "headers"
    value: str
    default = "headers/"
    help = help_text(
        """
        The folder in the archive that holds the headers. It becomes the include path of kernels.

        Defaults to `headers/`, the folder in TensorFlow Lite's own Android archives.

        Example: `headers="tensorflow-lite/include"`.
        """
    )


class TfLiteRuntimeTarget(Target):
    alias = "tflite_runtime"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        Dependencies,
        RuntimeSourceField,
        RuntimeMavenField,
        RuntimeSha256Field,
        RuntimeHeadersField,
    )
    help = help_text(
        """
        The headers of TensorFlow Lite that kernels of custom ops compile against, from an archive
        that is pinned by its hash.
        """
    )


# -----------------------------------------------------------------------------------------------
# `tflite_custom_op`
# -----------------------------------------------------------------------------------------------


class CustomOpNameField(StringField):
    alias = "op"
    required = True
    value: str
    help = help_text(
        """
        The op's name in the graph: its custom code. An op of TensorFlow that TensorFlow Lite lacks
        has TensorFlow's name; a function has the name that `tf.function(experimental_implements=…)`
        gives it.

        Example: `op="ScaledAtan"`.
        """
    )


class KernelDependenciesField(Dependencies):
    help = help_text(
        """
        The `cc_source` and `cc_sources` targets of the kernel. Every `.c`, `.cc`, `.cpp` and `.cxx`
        file among them and their dependencies is compiled, with the headers that it includes.

        Defaults to none, but a kernel without a source is an error.

        Example: `dependencies=[":scaled_atan"]`.
        """
    )


class RegistrationField(StringField, AsyncFieldMixin):
    alias = "registration"
    help = help_text(
        """
        The `extern "C"` function of the kernel that takes no arguments and returns a
        `TfLiteRegistration *`. It is the only symbol that a library of the op exports.

        Defaults to `Register_` followed by the `op` in upper-case words: `Register_SCALED_ATAN` for
        `ScaledAtan`.

        Example: `registration="RegisterMyAtan"`.
        """
    )


class MicroDependenciesField(SpecialCasedDependencies):
    alias = "micro_dependencies"
    help = help_text(
        """
        The `cc_source` and `cc_sources` targets of the kernel's variant for microcontrollers, which
        runs with TensorFlow Lite Micro. Sources that both variants share belong in both this field
        and `dependencies`.

        Defaults to none: the op then cannot be part of a library for microcontrollers.

        Example: `micro_dependencies=[":scaled_atan_micro"]`.
        """
    )


class MicroRegistrationField(StringField, AsyncFieldMixin):
    alias = "micro_registration"
    help = help_text(
        """
        The `extern "C"` function of the micro variant that takes no arguments and returns a
        `const TFLMRegistration *`.

        Defaults to the name in `registration`, since the two are never in one program.

        Example: `micro_registration="RegisterMyAtanMicro"`.
        """
    )


class CustomOpRuntimeField(AddressField):
    alias = "runtime"
    target_aliases = ("tflite_runtime",)
    required = True
    value: str
    help = help_text(
        """
        The address of the `tflite_runtime` whose headers the kernel includes. The micro variant
        includes those of TensorFlow Lite Micro instead.

        Example: `runtime="3rdparty/tflite:runtime"`.
        """
    )


class QuantizedKernelField(BoolField):
    alias = "quantized"
    default = False
    help = help_text(
        """
        Whether the kernel computes with int8 tensors too. TensorFlow's converter leaves a custom op
        in float32, between a DEQUANTIZE and a QUANTIZE. If this is true, an int8 model drops both
        ops, and the custom op has int8 inputs and outputs.

        Defaults to False.

        Example: `quantized=True`.
        """
    )


class DefinesField(StringSequenceField):
    alias = "defines"
    help = help_text(
        """
        Preprocessor macros to define when the kernel is compiled, as `NAME` or `NAME=value`.

        Defaults to none.

        Example: `defines=["ATAN_TERMS=7"]`.
        """
    )


class CompilerFlagsField(StringSequenceField):
    alias = "flags"
    help = help_text(
        """
        Additional flags for the compiler, which is GCC for C++ on Cortex-M and Clang otherwise.

        Defaults to none.

        Example: `flags=["-std=c11", "-Wall", "-Werror"]`.
        """
    )


class TfLiteCustomOpTarget(Target):
    alias = "tflite_custom_op"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        KernelDependenciesField,
        CustomOpNameField,
        RegistrationField,
        MicroDependenciesField,
        MicroRegistrationField,
        CustomOpRuntimeField,
        QuantizedKernelField,
        DefinesField,
        CompilerFlagsField,
    )
    help = help_text(
        """
        An op that TensorFlow Lite lacks, with the sources of its kernel in C or C++. Models that
        list it in `custom_ops` are calibrated and verified with the kernel, and bundles carry it.
        """
    )


# -----------------------------------------------------------------------------------------------
# `tflite_custom_op_test`
# -----------------------------------------------------------------------------------------------


class TestedOpField(AddressField):
    alias = "custom_op"
    target_aliases = ("tflite_custom_op",)
    required = True
    value: str
    help = help_text(
        """
        The address of the `tflite_custom_op` whose kernel is tested.

        Example: `custom_op=":scaled_atan"`.
        """
    )


class KernelCasesField(EntryPointField):
    help = help_text(
        f"""
        The function that yields the cases, as `file.py:function` (the file relative to the BUILD
        file) or `module.path:function`. A case is a dict with `inputs`, a list of NumPy arrays, and
        `outputs`, a list of arrays or a function that computes it from the inputs. It may also have
        `options`, the op's own options by name, a `name`, and a `tolerance` (by default
        {as_written(KERNEL_TOLERANCE)} of a float's value, and none for integers). A quantized tensor is `(array, scale, zero_point)`.

        The file must be owned by a Python target (`python_sources`); it becomes a dependency.

        Example: `entry_point="scaled_atan_cases.py:cases"`.
        """
    )


class SanitizersField(ChoicesField):
    alias = "sanitizers"
    valid_choices = SANITIZERS
    help = help_text(
        f"""
        Sanitizers that watch the kernel while it runs: any of {', '.join(SANITIZERS)}. The kernel
        is then compiled by the `gcc` of your machine, which must run Linux. Packages are built as
        ever.

        Defaults to none.

        Example: `sanitizers=["address", "undefined"]`.
        """
    )


class TfLiteCustomOpTestTarget(Target):
    alias = "tflite_custom_op_test"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        Dependencies,
        TestedOpField,
        KernelCasesField,
        InputsField,
        SanitizersField,
        TensorFlowResolveField,
        SkipTestField,
    )
    help = help_text(
        """
        A test of a custom op's kernel, which `pants test` runs on your machine: the kernel runs in
        an interpreter of its own, and its outputs are compared with expected ones or with those of
        a NumPy function.
        """
    )


def default_registration(op: str) -> str:
    """The registration function that goes by an op's name: `Register_SCALED_ATAN`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", op)
    return "Register_" + re.sub(r"\W+", "_", words).upper()


def target_types() -> tuple[type[Target], ...]:
    return (TfLiteCustomOpTarget, TfLiteCustomOpTestTarget, TfLiteRuntimeTarget)
