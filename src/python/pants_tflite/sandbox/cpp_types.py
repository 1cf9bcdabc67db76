# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a tensor's elements are in C++: for the code and texts of TFLite Micro's libraries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping


@dataclass(frozen=True)
class CppType:
    """The type of a tensor's elements.

    `name` is the type, and `array` that of the elements of a constant array of values. `member` is
    the member of TFLite Micro's `TfLiteTensor::data`, `enumerator` that of `TensorType` in
    `tensor_info.h`, and `bytes` the size of an element.
    """

    name: str
    array: str
    member: str
    enumerator: str
    bytes: int

    @classmethod
    def of_integer(cls, bits: int, member: str, *, sign: str = "") -> CppType:
        name = f"std::{sign}int{bits}_t"
        return cls(
            name=name,
            array=name,
            member=member,
            enumerator=f"k{f'{sign}int'.capitalize()}{bits}",
            bytes=bits // 8,
        )


# What an input or output may hold, by its dtype in `model.json`.
CPP_TYPES: Mapping[str, CppType] = {
    "bool": CppType(name="bool", array="unsigned char", member="b", enumerator="kBool", bytes=1),
    "float32": CppType(name="float", array="float", member="f", enumerator="kFloat32", bytes=4),
    "int16": CppType.of_integer(16, "i16"),
    "int32": CppType.of_integer(32, "i32"),
    "int64": CppType.of_integer(64, "i64"),
    "int8": CppType.of_integer(8, "int8"),
    "uint32": CppType.of_integer(32, "u32", sign="u"),
    "uint8": CppType.of_integer(8, "uint8", sign="u"),
}
