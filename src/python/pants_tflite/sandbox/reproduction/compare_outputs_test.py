# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
import tensorflow as tf

from pants_tflite.sandbox.reproduction.causes import likely_causes
from pants_tflite.sandbox.reproduction.compare_outputs import first_difference
from pants_tflite.sandbox.reproduction.parts import differing_part
from pants_tflite.sandbox.reproduction.tensor_bundles import CorruptIndex, find_variable
from pants_tflite.sandbox.saved_models.wire_format import WireError


class Model(tf.Module):
    """Two variables, and a function that has `constant` in it."""

    def __init__(self, bias: float, constant: float) -> None:
        super().__init__()
        self.weights = tf.Variable(tf.ones([50]), name="weights")
        self.bias = tf.Variable([bias, 2.0], name="bias")
        self.constant = constant

    @tf.function(input_signature=[tf.TensorSpec([50], tf.float32)])
    def serve(self, x: tf.Tensor) -> tf.Tensor:
        return x * self.weights + self.bias[0] + self.constant


def saved(folder: Path, bias: float = 1.0, constant: float = 3.0) -> dict[str, bytes]:
    tf.saved_model.save(Model(bias, constant), str(folder))
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def part(path: str, first: dict[str, bytes], second: dict[str, bytes]) -> str:
    return differing_part(path, first, second, first_difference(first[path], second[path]))


DATA = "variables/variables.data-00000-of-00001"


def test_a_variable_has_its_name(tmp_path: Path) -> None:
    first, second = saved(tmp_path / "a"), saved(tmp_path / "b", bias=1.5)
    assert first[DATA] != second[DATA]
    assert part(DATA, first, second) == "the variable `bias/.ATTRIBUTES/VARIABLE_VALUE`"


def test_a_function_has_its_name(tmp_path: Path) -> None:
    path = "saved_model.pb"
    first, second = saved(tmp_path / "a"), saved(tmp_path / "b", constant=4.0)
    assert part(path, first, second).startswith("the function `__inference_")


def test_a_tensor_of_a_model_has_its_name() -> None:
    def converted(value: float) -> dict[str, bytes]:
        @tf.function(input_signature=[tf.TensorSpec([1, 2], tf.float32)])
        def model(x: tf.Tensor) -> tf.Tensor:
            return x + tf.constant([[value, 2.0]], name="offsets")

        function = model.get_concrete_function()
        return {"m.tflite": tf.lite.TFLiteConverter.from_concrete_functions([function]).convert()}

    first, second = converted(1.0), converted(5.0)
    assert part("m.tflite", first, second) == "the tensor `offsets` of graph 0"


def zipped(*members: tuple[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content)
    return file.getvalue()


def tarred(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def test_archives_name_the_member() -> None:
    one = {"a.zip": zipped(("x", "1"), ("y", "2")), "a.tar": tarred("d/z", b"1")}
    other = {"a.zip": zipped(("x", "1"), ("y", "3")), "a.tar": tarred("d/z", b"2")}
    turned = {"a.zip": zipped(("y", "2"), ("x", "1"))}
    assert part("a.zip", one, other) == "the member `y`"
    assert part("a.tar", one, other) == "the member `d/z`"
    assert part("a.zip", one, turned) == "the order or the headers of its members"


def test_damaged_files_have_no_parts() -> None:
    for path in ("a.zip", "a.tar", "m.tflite", "saved_model.pb", DATA):
        assert part(path, {path: b"\x0a\xff1"}, {path: b"\x0a\xff2"}) == ""


def test_the_index_of_a_checkpoint(tmp_path: Path) -> None:
    index = saved(tmp_path)["variables/variables.index"]
    assert find_variable(index, 10**9) is None
    for damaged in (b"", index[:-1], index[:-48] + b"\xff" * 40 + index[-8:]):
        with pytest.raises((CorruptIndex, WireError)):
            find_variable(damaged, 0)


def test_the_first_byte_that_differs() -> None:
    assert first_difference(b"abcd", b"abXd") == 2
    assert first_difference(b"abcd", b"ab") == 2
    assert first_difference(b"", b"ab") == 0


def causes(tmp_path: Path, code: str, *pairs: tuple[bytes, bytes]) -> tuple[str, ...]:
    (tmp_path / "train.py").write_text(code)
    return likely_causes(pairs, sources=tmp_path, sandboxes=("/runs/one",))


@pytest.mark.parametrize(
    "code, cause",
    [
        ("import time\nx = time.time()\n", "the clock: `time.time()` in train.py, line 2"),
        (
            "y = datetime.datetime.now()\n",
            "the clock: `datetime.datetime.now()` in train.py, line 1",
        ),
        (
            "r = np.random.default_rng()\n",
            "random numbers without a seed: `np.random.default_rng()`",
        ),
        ("r = np.random.normal(size=3)\n", "random numbers without a seed: `np.random.normal()`"),
        ("import random\nrandom.shuffle(x)\n", "random numbers without a seed: `random.shuffle()`"),
        ("n = uuid.uuid4()\n", "random numbers without a seed: `uuid.uuid4()`"),
        ("n = os.getpid()\n", "a name or number of the machine"),
        ("n = os.listdir('x')\n", "the order of files or of a set: `os.listdir()`"),
    ],
)
def test_calls_that_differ_from_run_to_run(tmp_path: Path, code: str, cause: str) -> None:
    assert causes(tmp_path, code)[0].startswith(cause)


@pytest.mark.parametrize(
    "code",
    [
        "r = np.random.default_rng(3)\n",
        "np.random.seed(1)\nr = np.random.normal(size=3)\n",
        "tf.keras.utils.set_random_seed(7)\nrandom.shuffle(x)\n",
        "this is no Python\n",
    ],
)
def test_seeded_code_is_not_to_blame(tmp_path: Path, code: str) -> None:
    (cause,) = causes(tmp_path, code, (b"1.0", b"1.1"))
    assert cause.startswith("sums in another order")


@pytest.mark.parametrize(
    "first, second, cause",
    [
        (b"in /runs/one/x", b"in /runs/two/x", "the path of a folder"),
        (b"b,a", b"a,b", "the order of files or of a set: the two hold the same bytes"),
        (b"at 1764200000.5", b"at 1764200009.25", "the clock: only the second has '1764200009.25'"),
        (b"2026-11-27 06:40", b"2026-11-27 06:41", "the clock"),
        (b"0" * 32, b"0123456789abcdef" * 2, "random numbers without a seed"),
    ],
)
def test_bytes_tell_causes(tmp_path: Path, first: bytes, second: bytes, cause: str) -> None:
    assert causes(tmp_path, "", (first, second))[0].startswith(cause)
