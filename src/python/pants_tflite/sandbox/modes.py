# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The quantization modes: what each needs from the user, and the properties of its models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants_tflite.sandbox.mistakes import Mistake


@dataclass(frozen=True)
class Mode:
    """One quantization mode.

    `calibrates` says whether it needs samples. `io_types` are the dtypes that the model's
    real-valued inputs and outputs may have, the default first; integer inputs such as token ids
    stay what they are. `activation_type` is the dtype of every real-valued tensor computed inside,
    `weight_types` the dtypes that real-valued constants may have. `tolerance` is the largest root
    mean square error of an output, relative to the spread of the SavedModel's, that verification
    lets pass by default.

    `converter_ops` is what TensorFlow's converter is told to use, as `tf.lite.OpsSet` names it, and
    `ai_edge_recipe` what ai-edge-quantizer is, as its module `recipe` names it; None leaves either
    as it is by default.
    """

    name: str
    calibrates: bool
    io_types: tuple[str, ...]
    activation_type: str
    weight_types: tuple[str, ...]
    tolerance: float
    converter_ops: Optional[str] = None
    ai_edge_recipe: Optional[str] = None

    @property
    def quantizes(self) -> bool:
        """Whether weights may become smaller than float32."""
        return self.weight_types != ("float32",)

    @property
    def is_hybrid(self) -> bool:
        """Whether it computes in float32 with smaller weights."""
        return self.quantizes and self.activation_type == "float32"

    @property
    def has_float16_weights(self) -> bool:
        return "float16" in self.weight_types

    @property
    def has_int8_weights(self) -> bool:
        return "int8" in self.weight_types

    @property
    def has_integer_activations(self) -> bool:
        return self.activation_type != "float32"

    @property
    def has_int8_activations(self) -> bool:
        return self.activation_type == "int8"


# One channel of an output may be so many times as far off as the whole, and this part of the tolerance
# is the share of integers, or of clear decisions, that may differ.
CHANNEL_TOLERANCE = 3.0
DECISIONS_TOLERANCE = 1 / 3
# Each tolerance is well above the largest error measured over good models, and well below 1, which is
# that of a model that ignores its input. Measured were all of models/ and twenty small ones: classifiers
# of 10 and of 1,000 classes, their logits and their embedding, several labels at once, a segmentation, a
# detector, an LSTM, an unrolled GRU, a dilated convolution that yields two quantities, an autoencoder,
# and untrained ones; on reference and optimized kernels, over 16 and 200 samples. The largest errors of a
# whole output, and of a channel where it was larger by more than CHANNEL_TOLERANCE:
#   float32        4.6e-7; a channel 9.6e-6 (the autoencoder)
#   dynamic_range  3.7e-2 (a MobileNetV2)
#   float16        4.1e-3 (the same); a channel 2.0e-2 (the autoencoder)
#   int8           6.3e-2 (the MobileNetV2), and 0.13 with weights of 4 bits; a channel 0.46 (the
#                  smaller of the two quantities)
#   int16x8        5.5e-2 (1,000 classes); a channel 0.26 (the same quantity)
# No clear decision of any of them was another one. The wrong ones, in int8: calibrated with noise 1.3,
# with pixels scaled wrongly 2.2, with pixels scaled twice 0.99 (1,000 classes); the confidences of a
# detector, beside boxes in pixels, 17. An unrolled GRU in int16x8 really is wrong: 0.9.
MODES = (
    Mode(
        name="float32",
        calibrates=False,
        io_types=("float32",),
        activation_type="float32",
        weight_types=("float32",),
        tolerance=3e-4,
    ),
    Mode(
        # Constants of less than 1,024 elements, and biases, stay float32.
        name="dynamic_range",
        calibrates=False,
        io_types=("float32",),
        activation_type="float32",
        weight_types=("float32", "int8"),
        tolerance=0.25,
        ai_edge_recipe="dynamic_wi8_afp32",
    ),
    Mode(
        name="float16",
        calibrates=False,
        io_types=("float32",),
        activation_type="float32",
        weight_types=("float16", "float32"),
        tolerance=2e-2,
    ),
    Mode(
        # Biases are int32.
        name="int8",
        calibrates=True,
        io_types=("float32", "int8", "uint8"),
        activation_type="int8",
        weight_types=("int32", "int8"),
        tolerance=0.25,
        converter_ops="TFLITE_BUILTINS_INT8",
        ai_edge_recipe="static_wi8_ai8",
    ),
    Mode(
        # Biases are int64 or int32; the constant operands of elementwise ops are int16.
        name="int16x8",
        calibrates=True,
        io_types=("float32", "int16"),
        activation_type="int16",
        weight_types=("int16", "int32", "int64", "int8"),
        tolerance=0.15,
        converter_ops="EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8",
        ai_edge_recipe="static_wi8_ai16",
    ),
)
MODE_NAMES = tuple(mode.name for mode in MODES)
DEFAULT_MODE = MODES[0].name
# The dtypes that inputs and outputs may have in any mode.
IO_TYPES = tuple(dict.fromkeys(dtype for mode in MODES for dtype in mode.io_types))
# The modes that advice names: one that needs no samples, and the one that makes models smallest.
MODE_WITHOUT_SAMPLES = next(m.name for m in MODES if m.quantizes and not m.calibrates)
# What advice adds about such modes, for the model may be on its way to a microcontroller.
NOT_FOR_MICRO = "TensorFlow Lite Micro does not run that"
HYBRID_MODE_NAMES = tuple(m.name for m in MODES if m.is_hybrid)
SMALLEST_MODE = next(m.name for m in MODES if m.has_int8_activations)


def find_mode(name: str) -> Mode:
    """The mode called `name`. Raises Mistake where there is none."""
    for mode in MODES:
        if mode.name == name:
            return mode
    raise Mistake(
        f"there is no quantization mode `{name}`",
        field="mode",
        value=name,
        fix=f"Choose one of {', '.join(MODE_NAMES)}.",
    )


def mode_of_io_type(dtype: str) -> Mode:
    """The first mode whose inputs and outputs may have the `dtype`, one of `IO_TYPES`."""
    return next(mode for mode in MODES if dtype in mode.io_types)


def io_type(mode: Mode, field: str, value: str | None) -> str:
    """The dtype that `field` (`input_type` or `output_type`) asks for; None is the mode's default.

    Raises Mistake where the mode does not allow it.
    """
    if value is None:
        return mode.io_types[0]
    if value in mode.io_types:
        return value
    others = [other.name for other in MODES if value in other.io_types]
    fix = f"Choose {' or '.join(mode.io_types)}, or leave `{field}` out"
    fix += f"; `{value}` goes with the mode {' or '.join(others)}." if others else "."
    raise Mistake(
        f"`{field}` cannot be `{value}` in the mode {mode.name}", field=field, value=value, fix=fix
    )
