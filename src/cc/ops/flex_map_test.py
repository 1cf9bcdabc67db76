# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The reader of options, on FlexBuffers that flatbuffers' own writer made and on damaged ones."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any, Sequence

import pytest
from flatbuffers import flexbuffers

ROOT = Path(__file__).parents[1]
# Reads the number `scale` out of each buffer on stdin (a length and as many bytes), each in memory
# of its own size, where the sanitizers see every byte that is read beyond it.
PROGRAM = """\
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "ops/flex_map.h"

int main(void) {
  uint32_t length;
  while (fread(&length, sizeof length, 1, stdin) == 1) {
    uint8_t* buffer = malloc(length);
    if (fread(buffer, 1, length, stdin) != length) return 1;
    double value = -1.0;
    const bool found = FlexMapNumber(buffer, length, "scale", &value);
    printf("%d %.17g\\n", found, value);
    free(buffer);
  }
  return 0;
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("gcc") is None:
        pytest.skip("GCC (`gcc`), which has the sanitizers, is not here")
    folder = tmp_path_factory.mktemp("reader")
    (folder / "main.c").write_text(PROGRAM)
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-g", "-fsanitize=address,undefined"]
    sources = [str(folder / "main.c"), str(ROOT / "ops/flex_map.c")]
    command = ["gcc", *flags, "-fno-sanitize-recover=all", f"-I{ROOT}", *sources]
    subprocess.run([*command, "-o", str(folder / "reader")], check=True)
    return folder / "reader"


def read(program: Path, buffers: Sequence[bytes]) -> list[float | None]:
    """What the reader finds in each buffer, None where it finds nothing."""
    data = b"".join(struct.pack("<I", len(buffer)) + buffer for buffer in buffers)
    run = subprocess.run([program], input=data, capture_output=True)
    assert run.returncode == 0, run.stderr.decode()
    lines = [line.split() for line in run.stdout.decode().splitlines()]
    assert len(lines) == len(buffers)
    assert all(value == "-1" for found, value in lines if found == "0")
    return [float(value) if found == "1" else None for found, value in lines]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"scale": 2.0}, 2.0),
        ({"scale": 0.1}, 0.1),
        ({"scale": -7}, -7),
        ({"scale": 300}, 300),
        ({"scale": -70000}, -70000),
        ({"scale": 2**40}, 2**40),
        ({"scale": True}, 1),
        ({"a": "text" * 99, "b": 1 << 33, "scale": 0.5, "scaled": 3, "z": False}, 0.5),
        ({f"option {i}": i for i in range(300)} | {"scale": 4}, 4),
        ({"scale": "2"}, None),
        ({"scal": 1, "scaled": 2}, None),
        ({}, None),
        ([1, 2, 3], None),
        (2.0, None),
    ],
)
def test_what_flatbuffers_writes(program: Path, options: Any, expected: float | None) -> None:
    assert read(program, [bytes(flexbuffers.Dumps(options))]) == [expected]


def test_damaged_buffers_are_never_read_beyond(program: Path) -> None:
    whole = bytes(flexbuffers.Dumps({"a": "text", "n": -300, "scale": 2.0}))
    rng = random.Random(0)

    def byte() -> int:
        # Offsets and sizes that are small lead somewhere more often.
        return rng.randrange(rng.choice((4, 16, 256)))

    buffers = [whole[:end] for end in range(len(whole))] + [whole[start:] for start in range(20)]
    for _ in range(40000):
        changed = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            changed[rng.randrange(len(changed))] = byte()
        buffers.append(bytes(changed))
    for _ in range(40000):
        # The end says that it is a map, and any width.
        end = bytes([9 << 2 | rng.randrange(4), 1 << rng.randrange(4)])
        buffers.append(b"scale\0" + bytes(byte() for _ in range(rng.randrange(30))) + end)
    assert 2.0 in read(program, buffers)
