# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The targets of custom ops: an op with its kernels, and the runtime that they compile against."""

from __future__ import annotations

import re

from pants.core.target_types import FileSourceField
from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    BoolField,
    Dependencies,
    SpecialCasedDependencies,
    StringField,
    StringSequenceField,
    Target,
)
from pants.util.strutil import help_text

from pants_tflite.fields import AddressField
from pants_tflite.target_types import EntryPointField, InputsField, TensorFlowResolveField

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
        The Maven coordinates of the archive, as `group:artifact:version`, or with a packaging as
        `group:artifact:version:packaging`, where the packaging is `aar` by default. It is fetched
        from Maven Central, or from where `[maven]` says.

        Defaults to none: `source` then names the archive.

        Example: `maven="org.tensorflow:tensorflow-lite:2.16.1"`.
        """
    )


class RuntimeSha256Field(StringField):
    alias = "sha256"
    required = True
    value: str
    help = help_text(
        """
        The SHA-256 of the archive, in hexadecimal digits. What follows depends on it alone,
        wherever the archive came from; an archive with another is an error.

        Example: `sha256="34b065817e294e7dd3569504e8b9454938ceae453b6a459da54d5f6e45d3c94e"`.
        """
    )


class RuntimeHeadersField(StringField):
    alias = "headers"
    value: str
    default = "headers/"
    help = help_text(
        """
        The folder in the archive that holds the headers, and becomes the include path of kernels.

        Defaults to `headers/`, where TensorFlow Lite's own Android archives have them.

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
        TensorFlow Lite as kernels of custom ops compile against it: the headers in an archive that
        is pinned by its hash.
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
        The op's name in the graph: its custom code. For an op of TensorFlow that TensorFlow Lite
        lacks it is TensorFlow's name, for a `tf.function(experimental_implements=…)` the one there.

        Example: `op="ScaledAtan"`.
        """
    )


class KernelDependenciesField(Dependencies):
    help = help_text(
        """
        The `cc_source` and `cc_sources` targets of the kernel. Every `.c`, `.cc`, `.cpp` and
        `.cxx` among them and their dependencies is compiled, with the headers that it includes.

        Example: `dependencies=[":scaled_atan"]`.
        """
    )


class RegistrationField(StringField):
    alias = "registration"
    help = help_text(
        """
        The `extern "C"` function of the kernel that takes nothing and returns a
        `TfLiteRegistration *`. It is the one symbol that a library of the op exports.

        Defaults to `Register_` and the `op` in capitals: `Register_SCALED_ATAN` for `ScaledAtan`.

        Example: `registration="RegisterMyAtan"`.
        """
    )


class MicroDependenciesField(SpecialCasedDependencies):
    alias = "micro_dependencies"
    help = help_text(
        """
        The `cc_source` and `cc_sources` targets of the kernel's variant for microcontrollers: what
        `dependencies` is for TensorFlow Lite, for TensorFlow Lite Micro. What both variants share
        is a dependency of both.

        Defaults to none: the op cannot be put into a library for microcontrollers.

        Example: `micro_dependencies=[":scaled_atan_micro"]`.
        """
    )


class MicroRegistrationField(StringField):
    alias = "micro_registration"
    help = help_text(
        """
        The `extern "C"` function of the micro variant that takes nothing and returns a
        `const TFLMRegistration *`.

        Defaults to the `registration`: the two are never in one program.

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
        in float32, between a DEQUANTIZE and a QUANTIZE; where this is true, a model of the mode
        int8 is rid of the two, and the op takes and gives int8.

        Defaults to False.

        Example: `quantized=True`.
        """
    )


class DefinesField(StringSequenceField):
    alias = "defines"
    help = help_text(
        """
        Preprocessor macros to define when compiling, as `NAME` or `NAME=value`.

        Defaults to none.

        Example: `defines=["ATAN_TERMS=7"]`.
        """
    )


class CompilerFlagsField(StringSequenceField):
    alias = "flags"
    help = help_text(
        """
        Further flags for the compiler, which is Clang for most platforms and GCC for C++ on
        Cortex-M.

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
        An op that TensorFlow Lite lacks, with the sources of its kernel in C or C++. Models name it
        in `custom_ops`; then they are calibrated and verified with the kernel, and bundles carry it.
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
        """
        The function that yields the cases, as `file.py:function` (the file relative to the BUILD
        file) or `module.path:function`. A case is a dict: `inputs`, a list of NumPy arrays;
        `options`, the op's own by name; `outputs`, a list of arrays, or a function that takes the
        inputs and returns it; and, if you like, a `name`, and a `tolerance` (else 1e-5 of a float's
        value, and none for integers). A quantized tensor is `(array, scale, zero_point)`.

        The file must be owned by a Python target (`python_sources`); it becomes a dependency.

        Example: `entry_point="scaled_atan_cases.py:cases"`.
        """
    )


class SanitizersField(StringSequenceField):
    alias = "sanitizers"
    valid_choices = SANITIZERS
    help = help_text(
        f"""
        What watches the kernel while it runs, besides: any of {', '.join(SANITIZERS)}. The kernel is
        then compiled by the `gcc` of your machine, which must be Linux; what is packaged is not.

        Defaults to none.

        Example: `sanitizers=["address", "undefined"]`.
        """
    )


class SkipKernelTestField(BoolField):
    alias = "skip_test"
    default = False
    help = help_text(
        """
        Whether `pants test` leaves this target out.

        Defaults to False.

        Example: `skip_test=True`.
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
        SkipKernelTestField,
    )
    help = help_text(
        """
        A test of a custom op's kernel, which `pants test` runs on your machine: what it computes in
        an interpreter of its own against what you expect, or against a NumPy function.
        """
    )


def default_registration(op: str) -> str:
    """The registration function that goes by an op's name: `Register_SCALED_ATAN`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", op)
    return "Register_" + re.sub(r"\W+", "_", words).upper()


def target_types() -> tuple[type[Target], ...]:
    return (TfLiteCustomOpTarget, TfLiteCustomOpTestTarget, TfLiteRuntimeTarget)
