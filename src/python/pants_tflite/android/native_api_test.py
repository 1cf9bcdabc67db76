# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

"""The header, compiled with all warnings."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pants_tflite.android.maven import MavenCoordinates
from pants_tflite.android.native_api import NativeNames, render_header
from pants_tflite.custom_ops.registration_code import RegisteredOp

COORDINATES = MavenCoordinates("org.example", "pet-camera.v2", "1.0.0")
NAMES = NativeNames.of(COORDINATES.artifact)
OPS = (RegisteredOp("Scaled\\\nAtan*/", "Register_SCALED_ATAN"), RegisteredOp("Meow", "Meow"))
HEADER = render_header(NAMES, COORDINATES, "libtensorflowlite_jni.so", OPS)
DECLARED = "typedef struct TfLiteInterpreterOptions TfLiteInterpreterOptions;\n"
INCLUDED = f'#include "{NAMES.module}.h"\n'
CALL = (
    "void f(struct TfLiteInterpreterOptions *o);\n"
    f"void f(struct TfLiteInterpreterOptions *o) {{ {NAMES.function}(o); }}\n"
)


@pytest.mark.parametrize(
    ("artifact", "module", "function"),
    [
        ("scaled_atan-android", "scaled_atan_android_ops", "ScaledAtanAndroid_AddCustomOps"),
        ("petCamera.v2", "petCamera_v2_ops", "PetCameraV2_AddCustomOps"),
        ("3d--models", "3d_models_ops", "Lib3dModels_AddCustomOps"),
        ("android", "android_ops", "Android_AddCustomOps"),
    ],
)
def test_names(artifact: str, module: str, function: str) -> None:
    assert NativeNames.of(artifact) == NativeNames(module, function)


def test_header_says_what_it_is_for() -> None:
    assert "org.example:pet-camera.v2:1.0.0" in HEADER
    assert '"Meow"' in HEADER
    assert "libtensorflowlite_jni.so" in HEADER


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++ (Debian's g++)")
@pytest.mark.parametrize(
    ("compiler", "standard"),
    [("gcc", "c99"), ("gcc", "c11"), ("g++", "c++11"), ("g++", "c++20")],
)
@pytest.mark.parametrize("order", ["alone", "after", "before"])
def test_header_compiles(tmp_path: Path, compiler: str, standard: str, order: str) -> None:
    (tmp_path / f"{NAMES.module}.h").write_text(HEADER)
    # Next to TensorFlow Lite's own declaration, and twice.
    text = {
        "alone": INCLUDED,
        "after": DECLARED + INCLUDED,
        "before": INCLUDED + DECLARED + INCLUDED,
    }[order]
    source = tmp_path / f"user.{'c' if compiler == 'gcc' else 'cc'}"
    source.write_text(text + CALL)
    flags = ("-Wall", "-Wextra", "-Wpedantic", "-Werror", f"-std={standard}")
    subprocess.run(
        (compiler, *flags, "-c", source, "-o", tmp_path / "user.o"), check=True, cwd=tmp_path
    )
    symbols = subprocess.run(
        ("nm", tmp_path / "user.o"), check=True, capture_output=True, text=True
    ).stdout
    # With its name in C, for C++ too.
    assert f" U {NAMES.function}\n" in symbols
