# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pants_tflite.linux.device import custom_ops
from pants_tflite.linux.sandbox.testing_archive import library_kernel, write_archive
from pants_tflite.linux.sandbox.unpacked_archive import UnpackedArchive
from pants_tflite.sandbox.prediction.tensor_values import BadInput
from pants_tflite.sandbox.testing.host_kernel import OP, REGISTRATION, build_kernel
from pants_tflite.sandbox.testing.small_models import custom_op_model, linear_model

LIBRARY = "lib/libtwice.so"
PROGRAM = """\
import numpy as np
from custom_ops import interpreter

for _ in range(2):
    model = interpreter(model_path="models/twice.tflite", num_threads=2)
    runner = model.get_signature_runner()
    print(runner(x=np.array([[1, -2.5, 7, 0]], np.float32))["y"].tolist())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An unpacked archive with one model and the kernel of its op."""
    (tmp_path / "lib").mkdir()
    build_kernel(tmp_path / "lib")
    models = {"twice": custom_op_model(OP), "linear": linear_model()}
    write_archive(tmp_path, models, kernels=[library_kernel(OP, LIBRARY, REGISTRATION)])
    return tmp_path


def test_kernels(folder: Path) -> None:
    (kernel,) = UnpackedArchive.read(folder).kernels()
    assert (kernel.op, kernel.library, kernel.registration) == (OP, folder / LIBRARY, REGISTRATION)


def test_an_interpreter_for_programs_of_the_user(folder: Path) -> None:
    source = Path(custom_ops.__file__)
    shutil.copy(source, folder / "custom_ops.py")
    (folder / "pants_tflite").symlink_to(source.parents[2])
    (folder / "program.py").write_text(PROGRAM)
    run = subprocess.run(
        [sys.executable, "program.py"], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == "[[2.0, -5.0, 14.0, 0.0]]\n" * 2


def test_another_library(folder: Path) -> None:
    with (folder / LIBRARY).open("ab") as file:
        file.write(b"more")
    with pytest.raises(BadInput, match="libtwice.so` is not what manifest.json says"):
        UnpackedArchive.read(folder).kernels()


def test_no_library(folder: Path) -> None:
    (folder / LIBRARY).unlink()
    with pytest.raises(BadInput, match="libtwice.so` cannot be read: No such file"):
        UnpackedArchive.read(folder).kernels()


def test_another_model(folder: Path) -> None:
    model = UnpackedArchive.read(folder).find_model("linear")
    (folder / model.file).write_bytes(linear_model()[:-4])
    with pytest.raises(BadInput, match="linear.tflite` is not what manifest.json says"):
        UnpackedArchive.read(folder).read_intact(model.file)


@pytest.mark.parametrize("content", [None, b"{}", b"no JSON"])
def test_another_manifest(folder: Path, content: bytes | None) -> None:
    if content is None:
        (folder / "manifest.json").unlink()
    else:
        (folder / "manifest.json").write_bytes(content)
    with pytest.raises(BadInput, match="manifest.json` cannot be read: .*; unpack the archive"):
        UnpackedArchive.read(folder)


def test_models_by_name(folder: Path) -> None:
    archive = UnpackedArchive.read(folder)
    assert archive.find_model("linear").name == "linear"
    with pytest.raises(BadInput, match="give --model; the models are twice, linear"):
        archive.find_model(None)
    with pytest.raises(BadInput, match="no model `three`; the models are twice, linear"):
        archive.find_model("three")
