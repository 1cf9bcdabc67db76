# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The kernels of an archive, by the file that the archive has; those of a build are in
custom_op_kernels_test.py."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pants_tflite.sandbox.interpreter import kernel_loading
from pants_tflite.sandbox.interpreter.kernel_loading import KernelError, archive_registrations
from pants_tflite.sandbox.testing.host_kernel import OP, REGISTRATION, build_kernel
from pants_tflite.sandbox.testing.small_models import custom_op_model

LIBRARY = "lib/libtwice.so"
PROGRAM = """\
import numpy as np
from custom_ops import interpreter

for _ in range(2):
    model = interpreter(model_path="model.tflite", num_threads=2)
    runner = model.get_signature_runner()
    print(runner(x=np.array([[1, -2.5, 7, 0]], np.float32))["y"].tolist())
"""


def describe(folder: Path, registration: str = REGISTRATION) -> None:
    """Writes the manifest of an archive with one kernel."""
    digest = hashlib.sha256((folder / LIBRARY).read_bytes()).hexdigest()
    manifest = {
        "custom_ops": [
            {"name": OP, "registration": registration, "builds": [{"file": LIBRARY}]},
        ],
        "files": [{"path": LIBRARY, "sha256": digest}],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An unpacked archive: this module as `custom_ops.py`, a library and a manifest."""
    (tmp_path / "lib").mkdir()
    build_kernel(tmp_path / "lib")
    shutil.copy(kernel_loading.__file__, tmp_path / "custom_ops.py")
    describe(tmp_path)
    return tmp_path


def test_interpreter(archive: Path) -> None:
    (archive / "model.tflite").write_bytes(custom_op_model(OP))
    (archive / "program.py").write_text(PROGRAM)
    run = subprocess.run(
        [sys.executable, "program.py"], cwd=archive, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == "[[2.0, -5.0, 14.0, 0.0]]\n" * 2


def test_registrations(archive: Path) -> None:
    ((name, registration),) = archive_registrations(archive).items()
    assert (name, registration.custom_name) == (OP, OP.encode())
    assert np.all([registration.prepare, registration.invoke])


def test_another_library(archive: Path) -> None:
    with (archive / LIBRARY).open("ab") as file:
        file.write(b"more")
    with pytest.raises(KernelError, match="libtwice.so` is not what manifest.json says"):
        archive_registrations(archive)


def test_no_library(archive: Path) -> None:
    (archive / LIBRARY).unlink()
    with pytest.raises(KernelError, match="libtwice.so` cannot be read: No such file"):
        archive_registrations(archive)


@pytest.mark.parametrize(
    ("content", "registration", "expected"),
    [
        (b"\x7fELF of another machine", REGISTRATION, "Twice cannot be loaded: "),
        (None, "Register_ATAN", "Twice cannot be loaded: .*undefined symbol: Register_ATAN"),
        (None, "Register_NOTHING", "Twice cannot be used: `Register_NOTHING` returns NULL"),
    ],
)
def test_libraries_that_cannot_be_used(
    archive: Path, content: bytes | None, registration: str, expected: str
) -> None:
    if content is not None:
        (archive / LIBRARY).write_bytes(content)
    describe(archive, registration)
    with pytest.raises(KernelError, match=expected):
        archive_registrations(archive)
