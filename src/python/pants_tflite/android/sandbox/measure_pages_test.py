# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import importlib.util
import subprocess
import zipfile
from pathlib import Path

import pytest

from pants_tflite.android.sandbox.measure_pages import main, read_libraries
from pants_tflite.android.sandbox.measure_pages_protocol import LibraryPages, PagesRequest
from pants_tflite.sandbox.mistakes import Mistake


def _library(folder: Path, pages: int) -> bytes:
    """A shared library, aligned for `pages`."""
    path = folder / f"lib{pages}.so"
    (folder / "code.c").write_text("int answer(void) { return 42; }\n")
    spec = importlib.util.find_spec("ziglang")
    assert spec is not None and spec.origin is not None
    zig = Path(spec.origin).with_name("zig")
    subprocess.run(
        [str(zig), "cc", "-target", "aarch64-linux-gnu", "-shared", "-nostdlib"]
        + [f"-Wl,-z,max-page-size={pages}", str(folder / "code.c"), "-o", str(path)],
        check=True,
        env={"HOME": str(folder)},
    )
    return path.read_bytes()


def test_each_library_is_measured(tmp_path: Path) -> None:
    aar = tmp_path / "runtime.aar"
    with zipfile.ZipFile(aar, "w") as archive:
        archive.writestr("jni/x86_64/libsmall.so", _library(tmp_path, 4096))
        archive.writestr("jni/arm64-v8a/liblarge.so", _library(tmp_path, 16384))
        archive.writestr("assets/jni/x86_64/libmodel.so", b"no code")
        archive.writestr("classes.jar", b"")
    assert read_libraries(aar) == (
        LibraryPages("jni/arm64-v8a/liblarge.so", "arm64-v8a", 16384),
        LibraryPages("jni/x86_64/libsmall.so", "x86_64", 4096),
    )


@pytest.mark.parametrize("content", [b"", b"PK no zip", b"jar"])
def test_a_file_that_is_no_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "runtime.aar"
    path.write_bytes(content)
    with pytest.raises(Mistake, match="`runtime.aar` is not an `.aar` whose libraries"):
        main(PagesRequest(str(path), "runtime_aar"))


def test_a_library_that_is_no_code(tmp_path: Path) -> None:
    path = tmp_path / "runtime.aar"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("jni/x86_64/liba.so", b"text")
    with pytest.raises(Mistake, match="neither an ELF"):
        main(PagesRequest(str(path), "runtime_aar"))
