# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pants_tflite.sandbox.binaries.binary_reader import UnknownBinary, read_images
from pants_tflite.sandbox.binaries.universal_format import MAGIC


def test_the_path_of_a_program_is_no_program() -> None:
    """LIEF opens a file whose path it is given as bytes."""
    program = Path(sys.executable).resolve()
    assert read_images(program.read_bytes())
    with pytest.raises(UnknownBinary, match="is neither an ELF nor a Mach-O file"):
        read_images(str(program).encode())


def test_a_universal_file_that_holds_itself() -> None:
    words = (MAGIC, 1, 0x0100000C, 0, 0, 28, 0)
    with pytest.raises(UnknownBinary, match="a slice of it is a universal file"):
        read_images(b"".join(word.to_bytes(4, "big") for word in words))


def test_members_of_a_library_that_is_cut_short() -> None:
    header = f"{'kernel.o/':16}{0:<12}{0:<6}{0:<6}{644:<8}{100:<10}`\n".encode()
    with pytest.raises(UnknownBinary, match="it is a damaged static library"):
        read_images(b"!<arch>\n" + header + b"short")
