# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pants_tflite.sandbox.interpreter.kernel_loading import KernelError, load_registration
from pants_tflite.sandbox.testing.host_kernel import OP, REGISTRATION, build_kernel


def test_registration(tmp_path: Path) -> None:
    kernel = build_kernel(tmp_path)
    registration = load_registration(OP, kernel.library, REGISTRATION)
    assert registration.custom_name == OP.encode()
    assert np.all([registration.prepare, registration.invoke])


@pytest.mark.parametrize(
    ("content", "registration", "expected"),
    [
        (b"\x7fELF of another machine", REGISTRATION, "Twice cannot be loaded: "),
        (None, "Register_ATAN", "Twice cannot be loaded: .*undefined symbol: Register_ATAN"),
        (None, "Register_NOTHING", "Twice cannot be used: `Register_NOTHING` returns NULL"),
    ],
)
def test_libraries_that_cannot_be_used(
    tmp_path: Path, content: bytes | None, registration: str, expected: str
) -> None:
    library = build_kernel(tmp_path).library
    if content is not None:
        library.write_bytes(content)
    with pytest.raises(KernelError, match=expected):
        load_registration(OP, library, registration)
