# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The targets `tflite_micro_library` and `tflite_custom_op_micro_test`, and their fields."""

from __future__ import annotations

from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    AsyncFieldMixin,
    Dependencies,
    StringField,
    Target,
)
from pants.util.strutil import help_text

from pants_tflite.bundles.fields import COMMON_BUNDLE_FIELDS
from pants_tflite.custom_ops.target_types import (
    KernelCasesField,
    TestedOpField,
)
from pants_tflite.errors import Mistake
from pants_tflite.fields import (
    AddressesField,
    AddressField,
    ChoiceField,
    IntegerField,
    OptionalChoiceField,
)
from pants_tflite.micro.compression.target_types import MicroCompressionField
from pants_tflite.micro.npu.target_types import NPU_FIELDS
from pants_tflite.micro.publishing import (
    MicroAuthorField,
    MicroDependsField,
    MicroMaintainerField,
    MicroUrlField,
)
from pants_tflite.sandbox.constants import (
    ARENA_MARGIN_PERCENT,
    GOLDEN_RELATIVE,
    GOLDEN_STEPS,
    as_written,
)
from pants_tflite.sizes import COUNT_HELP, SIZE_HELP, CountField, SizeField
from pants_tflite.target_types import InputsField, SkipTestField, TensorFlowResolveField

CPUS = (
    "cortex-m0",
    "cortex-m0plus",
    "cortex-m3",
    "cortex-m4",
    "cortex-m7",
    "cortex-m23",
    "cortex-m33",
    "cortex-m55",
    "cortex-m85",
    "rv32imc",
)
BOARD_ALIAS = "tflite_board"
LAYOUTS = ("cmake", "arduino", "platformio", "pico_sdk", "zephyr", "esp_idf")


class MicroLibraryNameField(StringField, AsyncFieldMixin):
    alias = "library"
    help = help_text(
        """
        The library's name, which is also its C++ namespace, the directory of its headers and its
        name in the build system of the `layout`. It consists of lower-case letters, digits and `_`,
        begins with a letter and has no two `_` in a row.

        Defaults to the last part of the BUILD file's directory and the target's name with a `_`
        between them: `sine_mcu` for `models/sine:mcu`.

        Example: `library="wake_word"`.
        """
    )


class MicroLayoutField(ChoiceField):
    alias = "layout"
    default = "cmake"
    valid_choices = LAYOUTS
    help = help_text(
        f"""
        The build system that the library's files are for: one of {", ".join(LAYOUTS)}. The C++ code
        is the same in all of them.

        Defaults to cmake.

        Example: `layout="zephyr"`.
        """
    )


class MicroCpuField(OptionalChoiceField):
    alias = "cpu"
    valid_choices = CPUS
    help = help_text(
        f"""
        The processor that the static library (with the kernels of custom ops) and the self-test are
        compiled for: one of {", ".join(CPUS)}. Nothing is compiled without `tflm`, and the
        library's sources are the same for every processor: leave the field out for any other.

        Defaults to none: with `tflm`, the self-test is compiled only for the host.

        Example: `cpu="cortex-m4"`.
        """
    )

    def check(self) -> None:
        """Raises if nothing can be compiled for the processor."""
        if self.value is None or self.value in self.valid_choices:
            return
        raise Mistake.of(
            self,
            message="this backend has no compiler and no emulated board for that processor",
            fix=f"Leave `{self.alias}` out: the library's sources are for every processor, and its "
            "self-test runs on the host and on the device. For a compiled library choose one of "
            f"{', '.join(self.valid_choices)}.",
        )


class MicroTflmField(AddressField):
    alias = "tflm"
    target_aliases = ("file", "files")
    help = help_text(
        """
        The address of a target that holds a TFLite Micro source tree as TFLite Micro's own
        `create_tflm_tree.py` writes it: a `file` that is an archive (`.zip` or `.tar.gz`, also by
        `http_source`), or a `files` target. With it, `package` compiles a static library and the
        self-test and measures models with custom ops, and `test` runs the self-test.

        Defaults to none: the bundle consists of sources only.

        Example: `tflm="//3rdparty/tflm:tree"`.
        """
    )


class MicroMaxArenaField(SizeField):
    alias = "max_arena"
    help = help_text(
        f"""
        How large the tensor arena of any model may be, including the margin: {SIZE_HELP}. The build
        fails if an arena is larger.

        Defaults to no limit.

        Example: `max_arena="64KiB"`.
        """
    )


class MicroMaxFlashField(SizeField):
    alias = "max_flash"
    help = help_text(
        f"""
        How much read-only memory the bundle may take: {SIZE_HELP}. What counts is the size of all
        models or, with `tflm` and `cpu`, the code, constants and initial values of the compiled
        self-test without its golden vectors. The build fails if that is more.

        Defaults to no limit.

        Example: `max_flash="256KiB"`.
        """
    )


class MicroMaxRamField(SizeField):
    alias = "max_ram"
    help = help_text(
        f"""
        How much memory the bundle may take: {SIZE_HELP}. What counts is the largest model's tensor
        arena or, with `tflm` and `cpu`, that and all other variables of the compiled self-test. The
        stack and what an application adds are not in it. The build fails if that is more.

        Defaults to no limit.

        Example: `max_ram="32KiB"`.
        """
    )


class MicroMaxInstructionsField(CountField):
    alias = "max_instructions"
    help = help_text(
        f"""
        How many instructions a call of any model may take: {COUNT_HELP}. What counts is the call that
        takes the most of all golden vectors, for the processor and with the kernels of `cpu` and
        `tflm`, which the field needs, counted in QEMU. The build fails if that is more. Instructions
        are not cycles: how long one takes depends on the device.

        Defaults to no limit.

        Example: `max_instructions="4M"`.
        """
    )


class MicroBoardsField(AddressesField):
    alias = "boards"
    target_aliases = (BOARD_ALIAS,)
    help = help_text(
        """
        The addresses of `tflite_board` targets that the library must fit into: its flash and RAM, for
        the board's processor, as in `max_flash` and `max_ram`. The build fails if it does not fit one.

        Defaults to none.

        Example: `boards=["//boards:sensor", "//boards:gateway"]`.
        """
    )


class MicroArenaMarginField(IntegerField):
    alias = "arena_margin"
    default = ARENA_MARGIN_PERCENT
    minimum = 0
    help = help_text(
        f"""
        How much to add to the smallest tensor arena that works, in percent. The arena is measured
        with TFLite Micro's reference kernels on a 64-bit host. Optimized kernels, such as
        CMSIS-NN's, may need more for scratch buffers.

        Defaults to {ARENA_MARGIN_PERCENT}.

        Example: `arena_margin=25`.
        """
    )


class MicroArenaSizeField(SizeField):
    alias = "arena_size"
    help = help_text(
        f"""
        The size of the tensor arena of each model that has custom ops with kernels in this
        repository, or an op for an Ethos-U NPU: {SIZE_HELP}. A kernel runs only with the TFLite Micro that it was compiled with,
        so such a model cannot be measured without `tflm`. The library's self-test reports on the
        device how much of the arena it uses.

        Defaults to none: with `tflm` the arena is measured, and without it a model with custom ops needs
        this field. For an NPU it is what Vela laid out and an upper limit of TFLite Micro's own tables.

        Example: `arena_size="8KiB"`.
        """
    )


class MicroGoldenToleranceField(IntegerField):
    alias = "golden_tolerance"
    default = GOLDEN_STEPS
    minimum = 0
    help = help_text(
        f"""
        How far an integer output on the device may be from that of LiteRT's reference kernels, in
        units of the least significant bit. A float output may differ by {as_written(GOLDEN_RELATIVE)} of
        its largest value.

        Defaults to {GOLDEN_STEPS}.

        Example: `golden_tolerance=0`.
        """
    )


class TfLiteMicroLibraryTarget(Target):
    alias = "tflite_micro_library"
    core_fields = (
        *COMMON_BUNDLE_FIELDS,
        MicroLibraryNameField,
        MicroLayoutField,
        MicroAuthorField,
        MicroMaintainerField,
        MicroUrlField,
        MicroDependsField,
        MicroCpuField,
        MicroTflmField,
        MicroMaxArenaField,
        MicroMaxFlashField,
        MicroMaxRamField,
        MicroMaxInstructionsField,
        MicroBoardsField,
        MicroArenaMarginField,
        MicroArenaSizeField,
        MicroGoldenToleranceField,
        MicroCompressionField,
        *NPU_FIELDS,
    )
    help = help_text(
        """
        A C++ library for TFLite Micro: models as arrays, an op resolver with only the ops that they
        use, the measured size of the tensor arena, and a self-test with golden vectors.
        """
    )


# -----------------------------------------------------------------------------------------------
# `tflite_custom_op_micro_test`
# -----------------------------------------------------------------------------------------------


class KernelTestTflmField(MicroTflmField):
    required = True
    value: str
    help = help_text(
        """
        The address of a target that holds a TFLite Micro source tree as TFLite Micro's own
        `create_tflm_tree.py` writes it: a `file` that is an archive (`.zip` or `.tar.gz`, also by
        `http_source`), or a `files` target. The kernel is compiled together with it, for your
        machine.

        Example: `tflm="//3rdparty/tflm:tree"`.
        """
    )


class TfLiteCustomOpMicroTestTarget(Target):
    alias = "tflite_custom_op_micro_test"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        Dependencies,
        TestedOpField,
        KernelCasesField,
        InputsField,
        TensorFlowResolveField,
        KernelTestTflmField,
        SkipTestField,
    )
    help = help_text(
        """
        A test of the micro variant of a custom op's kernel, which `pants test` runs on your machine
        with TFLite Micro. Its cases have the form of those of a `tflite_custom_op_test`.
        """
    )


def target_types() -> tuple[type[Target], ...]:
    return (TfLiteCustomOpMicroTestTarget, TfLiteMicroLibraryTarget)
