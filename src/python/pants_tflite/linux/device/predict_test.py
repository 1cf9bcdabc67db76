# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Callable, Mapping, Sequence

import numpy as np
import pytest
from PIL import Image

from pants_tflite.linux.device import predict
from pants_tflite.sandbox.protocol import to_plain
from pants_tflite.sandbox.testing.small_models import (
    cast_model,
    linear_model,
    quantized_linear_model,
    refused_model,
    softmax_model,
    two_inputs_model,
)
from pants_tflite.sandbox.tflite.inspect_model import describe_model
from pants_tflite.sandbox.tflite.model_reader import parse_model
from pants_tflite.sandbox.tflite.quantized_values import dequantize, quantize

Capture = pytest.CaptureFixture[str]
Install = Callable[..., None]
Run = Callable[..., str]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Lays out models, by name, as an archive has them, and goes there."""
    monkeypatch.setattr(predict, "FOLDER", tmp_path)
    monkeypatch.chdir(tmp_path)

    def install(models: Mapping[str, bytes], labels: Sequence[str] = ()) -> None:
        (tmp_path / "models").mkdir(exist_ok=True)
        entries = []
        for name, data in models.items():
            file, labels_file = f"models/{name}.tflite", f"models/{name}.labels.txt"
            text = "".join(f"{label}\n" for label in labels).encode()
            (tmp_path / file).write_bytes(data)
            (tmp_path / labels_file).write_bytes(text)
            facts = to_plain(describe_model(parse_model(data), hashlib.sha256(data).hexdigest()))
            described_labels = {"file": labels_file, "sha256": hashlib.sha256(text).hexdigest()}
            entries.append(
                {
                    "name": name,
                    "file": file,
                    "bytes": len(data),
                    "labels": described_labels if labels else None,
                    **{key: facts[key] for key in ("inputs", "outputs", "sha256", "signatures")},
                }
            )
        (tmp_path / "manifest.json").write_text(json.dumps({"models": entries}))

    return install


@pytest.fixture
def run(install: Install, capsys: Capture) -> Run:
    """What the program prints over one model."""

    def run(data: bytes, *arguments: str, labels: Sequence[str] = ()) -> str:
        install({"model": data}, labels)
        assert predict.main(arguments) == 0
        return capsys.readouterr().out

    return run


@pytest.fixture
def fail(install: Install, capsys: Capture) -> Run:
    """What the program, which must refuse, prints on stderr: one line."""

    def fail(data: bytes, *arguments: str) -> str:
        install({"model": data})
        assert predict.main(arguments) == 2
        error = capsys.readouterr().err
        assert error.startswith("predict: ") and error.count("\n") == 1
        return error

    return fail


def outputs(text: str, name: str = "y") -> np.ndarray:
    return np.array(json.loads(text)["outputs"][name])


@pytest.mark.parametrize("given", ["[10]", "[[10.0]]", '{"x": [10]}'])
def test_json(run: Run, given: str) -> None:
    assert run(linear_model(), given) == "y = [[19.]]\n"


def test_json_on_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("[[10.0], [1]]\n"))
    assert outputs(run(linear_model(), "-", "--json")).tolist() == [[19.0], [1.0]]


def test_model_without_signatures(run: Run) -> None:
    assert run(linear_model(signature=False), "[[10], [1]]") == "y = [[19.], [ 1.]]\n"


@pytest.mark.parametrize("given", ['{"w": [3, 4], "x": [[1, 2]]}', "both.npz"])
def test_several_inputs(run: Run, tmp_path: Path, given: str) -> None:
    np.savez(tmp_path / "both.npz", x=np.array([[1, 2]]), w=np.array([[3, 4]]))
    assert outputs(run(two_inputs_model(), given, "--json")).tolist() == [[11.0]]


@pytest.mark.parametrize("name", ["sample.npy", "only.npz"])
def test_numpy_files(run: Run, tmp_path: Path, name: str) -> None:
    np.save(tmp_path / "sample.npy", np.array([10.0]))
    np.savez(tmp_path / "only.npz", anything=np.array([[10.0]]))
    assert outputs(run(linear_model(), name, "--json")).tolist() == [[19.0]]


def test_quantized_values_are_real_numbers(run: Run, tmp_path: Path) -> None:
    model = quantized_linear_model(io_type="int8")
    assert outputs(run(model, "[10]", "--json"))[0, 0] == pytest.approx(19.0157, abs=1e-4)
    # Thirteen steps of the scale, not thirteen.
    np.save(tmp_path / "stored.npy", np.array([[13]], np.int8))
    assert outputs(run(model, "stored.npy", "--json"))[0, 0] == pytest.approx(0.9921, abs=1e-4)


@pytest.mark.parametrize("activations", ["int8", "int16"])
def test_quantization_is_that_of_pants_run(activations: str) -> None:
    model = parse_model(quantized_linear_model(io_type="int8", activation_type=activations))
    ((_, tensor),) = model.callables[0].inputs
    (described,) = to_plain(describe_model(model, "").inputs)
    values = np.random.default_rng(0).uniform(-12, 12, (10_000, 1))
    dtype = np.dtype(tensor.dtype)
    stored = predict.quantize(values, dtype, "x", described["quantization"])
    assert np.array_equal(stored, quantize(values, tensor))
    assert np.array_equal(predict.dequantize(stored, described), dequantize(stored, tensor))


def test_scores_use_all_of_int8() -> None:
    scores = {"quantization": {"scales": [1 / 256], "zero_points": [-128]}}
    real = predict.dequantize(np.array([[-128, 0, 127]], np.int8), scores)
    assert (real.dtype, real.tolist()) == (np.float32, [[0.0, 0.5, 255 / 256]])


@pytest.mark.parametrize("value, noted", [("300", True), ("10.03", False)])
def test_values_beyond_the_quantized_range(
    install: Install, capsys: Capture, value: str, noted: bool
) -> None:
    install({"model": quantized_linear_model(io_type="int8")})
    assert predict.main([f"[{value}]"]) == 0
    note = "100% of the values for `x` are beyond what it can store: scale them as in training"
    assert (note in capsys.readouterr().err) == noted


def picture(folder: Path) -> None:
    """Four pixels wide, two high; red on the left, blue on the right."""
    pixels = np.zeros((2, 4, 3), np.uint8)
    pixels[:, :2, 0], pixels[:, 2:, 2] = 200, 100
    Image.fromarray(pixels).save(folder / "flag.png")


def test_picture(run: Run, tmp_path: Path) -> None:
    picture(tmp_path)
    model = cast_model("float32", None, 2, 4, 3)
    value = outputs(run(model, "flag.png", "--json"))
    assert value.shape == (1, 2, 4, 3)
    assert (value[0, 0, 0].tolist(), value[0, 1, 3].tolist()) == ([200, 0, 0], [0, 0, 100])
    value = outputs(run(model, "flag.png", "--scale", "0.01", "--offset", "-1", "--json"))
    assert value[0, 0, 0].tolist() == pytest.approx([1, -1, -1])


def test_picture_is_resized(run: Run, tmp_path: Path) -> None:
    picture(tmp_path)
    value = outputs(run(cast_model("float32", 1, 1, 2, 3), "flag.png", "--json"))
    assert value.shape == (1, 1, 2, 3)
    # Bilinear: a quarter of the other half's colour may show.
    assert value[0, 0, 0, 0] > 140 and value[0, 0, 1, 0] < 60


def test_picture_in_grey(run: Run, tmp_path: Path) -> None:
    picture(tmp_path)
    for shape in ((None, 2, 4, 1), (None, 2, 4), (2, 4, 1)):
        value = outputs(run(cast_model("float32", *shape), "flag.png", "--json"))
        assert np.unique(value).tolist() == [11, 60]


def test_picture_is_turned_upright(run: Run, tmp_path: Path) -> None:
    image = Image.new("L", (4, 2))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.jpg", exif=exif)
    value = outputs(run(cast_model("float32", None, None, None, 1), "turned.jpg", "--json"))
    assert value.shape == (1, 4, 2, 1)


def test_uint8_input_stores_the_pixels(run: Run, tmp_path: Path) -> None:
    picture(tmp_path)
    model = cast_model("uint8", 1, 2, 4, 3, scale=0.5)
    value = outputs(run(model, "flag.png", "--json"))
    assert value[0, 0, 0].tolist() == [100, 0, 0]
    value = outputs(run(model, "flag.png", "--scale", "0.25", "--json"))
    assert value[0, 0, 0].tolist() == [50, 0, 0]


def test_best_labels(run: Run) -> None:
    labels = ("cat", "dog", "große Eule")
    text = run(softmax_model(), "[0, 5, 1]", "--top", "2", labels=labels)
    assert [line.split(maxsplit=1)[1] for line in text.splitlines()[1:]] == ["dog", "große Eule"]
    found = json.loads(run(softmax_model(), "[[0, 5, 1], [9, 0, 0]]", "--json", labels=labels))
    assert [row[0]["label"] for row in found["best"]["y"]] == ["dog", "cat"]
    assert found["best"]["y"][1][0]["score"] == pytest.approx(found["outputs"]["y"][1][0])
    several = run(softmax_model(), "[[0, 5, 1], [9, 0, 0]]", labels=labels)
    assert "  sample 1\n  0.9998  cat\n" in several


def test_labels_of_another_output(run: Run) -> None:
    assert run(linear_model(), "[10]", labels=("a", "b")) == "y = [[19.]]\n"


def test_numbers_that_json_cannot_hold(run: Run) -> None:
    assert outputs(run(linear_model(), "[NaN]", "--json")).tolist() == [[None]]


def test_a_model_among_several(install: Install, capsys: Capture) -> None:
    install({"one": linear_model(), "two": linear_model(slope=3.0)})
    assert predict.main(["--model", "two", "[10]"]) == 0
    assert capsys.readouterr().out == "y = [[29.]]\n"
    assert predict.main(["[10]"]) == 2
    assert capsys.readouterr().err == "predict: give --model; the models are one, two\n"
    assert predict.main(["--model", "three", "[10]"]) == 2
    error = capsys.readouterr().err
    assert error == "predict: there is no model `three`; the models are one, two\n"


def test_list_of_models(install: Install, capsys: Capture) -> None:
    install({"linear": linear_model(), "dot": two_inputs_model()})
    assert predict.main([]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"linear: models/linear.tflite, {len(linear_model()):,} bytes\n")
    assert "  signature dot\n    input:  x  float32 [1, 2]\n" in text


WRONG = [
    (linear_model(features=3), "[1, 2]", "`x` takes the shape [?, 3] of float32; got [2]"),
    (linear_model(), "[[1], [2, 3]]", "takes numbers, in lists of equal lengths"),
    (linear_model(), '["ten"]', "takes numbers, in lists of equal lengths"),
    (linear_model(), "null", "takes numbers, in lists of equal lengths"),
    (linear_model(), "missing.npy", "there is no file `missing.npy`"),
    (linear_model(), "broken.npy", "`broken.npy` cannot be read: "),
    (linear_model(), "broken.npz", "`broken.npz` cannot be read: "),
    (cast_model("uint8", 1, 2, 2, 3), "broken.png", "`broken.png` cannot be read: "),
    (linear_model(), "ten", "`ten` is no JSON, and no file of .npy, .npz, .bmp"),
    (linear_model(), "flag.png", "`x` of shape [?, 1] takes no picture"),
    (linear_model(), '{"z": [1]}', "the model's inputs are x; given: z"),
    (linear_model(), "text.npy", "this program gives numbers only"),
    (two_inputs_model(), "[1, 2]", "give a JSON object or a .npz with all inputs by name: "),
    (two_inputs_model(), "flag.png", "give a JSON object or a .npz with all inputs by name: "),
    (two_inputs_model(), "other.npz", "the model's inputs are w, x; given: z"),
    (cast_model("int32", 1), "[1.5]", "got values that int32 cannot hold"),
    (cast_model("uint8", 1), "[-1]", "got values that uint8 cannot hold"),
    (cast_model("int8", 1, scale=0.5), "[NaN]", "holds no NaN or infinity"),
    (refused_model(), "[1, 2]", "LiteRT refuses the model: "),
]


@pytest.mark.parametrize(("data", "given", "message"), WRONG, ids=[wrong[2] for wrong in WRONG])
def test_wrong_inputs(fail: Run, tmp_path: Path, data: bytes, given: str, message: str) -> None:
    picture(tmp_path)
    for name in ("broken.npy", "broken.npz", "broken.png"):
        (tmp_path / name).write_text("nothing of the kind")
    np.savez(tmp_path / "other.npz", z=np.zeros(1))
    np.save(tmp_path / "text.npy", np.array([["ten"]]))
    assert message in fail(data, given)


def test_wrong_standard_input(fail: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("ten"))
    assert "standard input is no JSON: Expecting value" in fail(linear_model(), "-")


def test_unknown_signature(fail: Run) -> None:
    error = fail(linear_model(), "[1]", "--signature", "train")
    assert error == "predict: the model has no signature `train`; it has serving_default\n"


def test_files_that_are_not_those_of_the_manifest(
    install: Install, tmp_path: Path, capsys: Capture
) -> None:
    install({"model": linear_model()}, labels=("a",))
    (tmp_path / "models/model.tflite").write_bytes(linear_model()[:-4])
    assert predict.main(["[1]"]) == 2
    assert "model.tflite` is not what manifest.json says" in capsys.readouterr().err
    (tmp_path / "models/model.labels.txt").unlink()
    assert predict.main(["[1]"]) == 2
    assert "labels.txt` cannot be read: No such file" in capsys.readouterr().err
    (tmp_path / "manifest.json").write_text("{}")
    assert predict.main(["[1]"]) == 2
    assert "manifest.json cannot be read: 'models'" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--threads", "--top"])
def test_numbers_must_be_positive(option: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as raised:
        predict.main(["[1]", option, "0"])
    assert raised.value.code == 2
    assert "`0` is no whole number of 1 or more" in capsys.readouterr().err


def test_missing_packages(tmp_path: Path) -> None:
    program = tmp_path / "predict.py"
    program.write_bytes(Path(predict.__file__).read_bytes())
    # Neither the environment's packages nor those of the user.
    argv = [sys.executable, "-I", "-S", str(program)]
    result = subprocess.run(argv, capture_output=True, text=True, env={})
    assert result.returncode == 1
    assert result.stderr == (
        "predict: No module named 'numpy'; README.md says how to install what requirements.txt "
        "lists\n"
    )
