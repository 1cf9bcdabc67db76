# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Callable

import numpy as np
import pytest
from PIL import Image

from pants_tflite.sandbox.prediction.predict import main, parse_arguments
from pants_tflite.sandbox.samples.npz_files import write_npz
from pants_tflite.sandbox.testing.host_kernel import OP, build_kernel
from pants_tflite.sandbox.testing.program_runs import run_program
from pants_tflite.sandbox.testing.small_models import (
    aborting_model,
    cast_model,
    custom_op_model,
    linear_model,
    quantized_linear_model,
    refused_model,
    softmax_model,
    stateful_model,
    two_inputs_model,
)

Predict = Callable[..., str]
Fail = Callable[..., str]


@pytest.fixture
def predict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Predict:
    """Runs the program in a folder of its own and returns what it prints on stdout."""
    monkeypatch.chdir(tmp_path)

    def predict(data: bytes, *arguments: str) -> str:
        Path("model.tflite").write_bytes(data)
        assert main(["--model", "model.tflite", *arguments]) == 0
        return capsys.readouterr().out

    return predict


@pytest.fixture
def fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Fail:
    """Runs the program, which must refuse, and returns what it prints on stderr."""
    monkeypatch.chdir(tmp_path)

    def fail(data: bytes, *arguments: str) -> str:
        Path("model.tflite").write_bytes(data)
        assert main(["--model", "model.tflite", *arguments]) == 2
        return capsys.readouterr().err

    return fail


def test_a_sample_does_not_depend_on_the_one_before(predict: Predict) -> None:
    text = predict(stateful_model(), "--input", "[[[1]], [[2]], [[4]]]")
    assert [line for line in text.splitlines() if line.startswith("y")] == [
        "y = [[1.0]]",
        "y = [[2.0]]",
        "y = [[4.0]]",
    ]


@pytest.mark.parametrize(
    "arrays, title",
    [
        ({"input/x": (1, 3, 1), "sequence": ()}, "sample 0, call 2"),
        ({"serving_default/x": (3, 1, 1), "serving_default/sequence": ()}, "sample 0, call 2"),
    ],
    ids=["dataset", "golden input"],
)
def test_the_calls_of_a_sequence(
    predict: Predict, tmp_path: Path, arrays: dict[str, tuple[int, ...]], title: str
) -> None:
    values = np.array([1, 2, 4], np.float32)
    write_npz(
        tmp_path / "samples.npz",
        {n: values.reshape(shape) if shape else np.array(True) for n, shape in arrays.items()},
    )
    text = predict(stateful_model(), "--input", "samples.npz")
    assert title in text
    assert [line for line in text.splitlines() if line.startswith("y")] == [
        "y = [[1.0]]",
        "y = [[3.0]]",
        "y = [[6.0]]",
    ]


def test_custom_op_with_its_kernel(predict: Predict, fail: Fail, tmp_path: Path) -> None:
    kernel = build_kernel(tmp_path)
    kernels = [{"op": OP, "library": "libtwice.so", "registration": kernel.registration}]
    Path("kernels.json").write_text(json.dumps(kernels))
    arguments = ("--input", "[[21, 1, 2, 3]]")
    text = predict(custom_op_model(OP), "--kernels", "kernels.json", *arguments)
    assert "y = [[42.0, 2.0, 4.0, 6.0]]" in text
    assert "unresolved custom op: Twice" in fail(custom_op_model(OP), *arguments)


def values(output: str, name: str = "y") -> list[np.ndarray]:
    prefix = f"{name} = "
    return [
        np.array(json.loads(line[len(prefix) :].replace("nan", "NaN")))
        for line in output.splitlines()
        if line.startswith(prefix)
    ]


def test_details_and_prediction(predict: Predict) -> None:
    assert predict(linear_model(), "--input", "[[10.0]]") == (
        f"model: {len(linear_model()):,} bytes, 1 op\n"
        "signature: serving_default\n"
        "input:  x  float32 [?, 1]\n"
        "output: y  float32 [?, 1]\n"
        "\n"
        "y = [[19.0]]\n"
    )


def test_quantized_values_are_shown_as_real_and_as_stored(predict: Predict) -> None:
    output = predict(quantized_linear_model(io_type="int8"), "--input", "[[10.0]]")
    assert "input:  x  int8 [?, 1]  scale 0.07874016, zero point 0\n" in output
    assert "y = [[19.015747]]\n    stored as [[115]]\n" in output


def test_without_an_input(predict: Predict) -> None:
    output = predict(linear_model())
    assert output.endswith("For a prediction add, for instance: --input '[[0.0]]'\n")
    assert "y =" not in output
    assert "--input 'sample.npy'" in predict(linear_model(features=100))
    assert "--input 'x=[[0.0, 0.0]]' --input 'w=" in predict(two_inputs_model())


def test_description(predict: Predict) -> None:
    assert json.loads(predict(linear_model(), "--description"))["ops"][0]["count"] == 1


@pytest.mark.parametrize("text", ["[10]", "[[10]]", "[[[10]]]"])
def test_batch_dimension(predict: Predict, text: str) -> None:
    assert values(predict(linear_model(), "--input", text)) == [[[19.0]]]


def test_several_samples(predict: Predict) -> None:
    output = predict(linear_model(), "--input", "[[1], [2], [3]]", "--max-samples", "2")
    assert [value.item() for value in values(output)] == [1.0, 3.0]
    assert "\nsample 1\n" in output


def test_fixed_batch_is_one_call(predict: Predict) -> None:
    model = cast_model("int32", 3, 1)
    (value,) = values(predict(model, "--input", "[[1], [2], [3]]"))
    assert value.tolist() == [[1], [2], [3]]


def test_unknown_length(predict: Predict) -> None:
    (value,) = values(predict(cast_model("int32", None), "--input", "[1, 2, 3]"))
    assert value.tolist() == [1, 2, 3]


def test_model_without_signature(predict: Predict) -> None:
    output = predict(linear_model(signature=False), "--input", "[[10]]")
    assert "signature: main\n" in output
    assert values(output) == [[[19.0]]]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--input", "x=[[1, 2]]", "--input", "w=[[3, 4]]"),
        ("--input", '{"w": [3, 4], "x": [1, 2]}'),
        ("--input", "x=x.npy", "--input", "w=[3, 4]"),
        ("--input", "both.npz"),
    ],
)
def test_several_inputs(predict: Predict, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    x, w = np.array([[1, 2]], np.float32), np.array([[3, 4]], np.float32)
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "both.npz", x=x, w=w)
    assert values(predict(two_inputs_model(), *arguments)) == [[[11.0]]]


@pytest.mark.parametrize(
    "name", ["x", "anything", "input/x", "input/0", "serving_default/x", "serving_default/input/x"]
)
def test_npz_files_of_the_other_programs(predict: Predict, tmp_path: Path, name: str) -> None:
    write_npz(tmp_path / "samples.npz", {name: np.array([[10], [20]], np.float32)})
    found = values(predict(linear_model(), "--input", "samples.npz"))
    assert [value.item() for value in found] == [19.0, 39.0]


def test_golden_input_is_taken_as_stored(predict: Predict, tmp_path: Path) -> None:
    write_npz(tmp_path / "golden.npz", {"serving_default/x": np.array([[[13]]], np.int8)})
    output = predict(quantized_linear_model(io_type="int8"), "--input", "golden.npz")
    assert "stored as [[6]]" in output


def test_accuracy(predict: Predict, tmp_path: Path) -> None:
    scores = np.eye(3, dtype=np.float32)
    write_npz(tmp_path / "data.npz", {"input/0": scores, "label": np.array([0, 1, 1])})
    output = predict(softmax_model(), "--input", "data.npz")
    assert "sample 2 (label 1)\n" in output
    assert output.endswith("accuracy: 0.6667 (2 of 3)\n")
    write_npz(tmp_path / "data.npz", {"input/0": scores, "label": np.eye(3)[[0, 1, 1]] == 1})
    assert "accuracy: 0.6667 (2 of 3)\n" in predict(softmax_model(), "--input", "data.npz")


def test_labels_that_are_no_classes(predict: Predict, tmp_path: Path) -> None:
    x = np.zeros((2, 1), np.float32)
    write_npz(tmp_path / "data.npz", {"input/0": x, "label": np.array([0.5, 1.5])})
    output = predict(linear_model(), "--input", "data.npz")
    assert "The labels cannot be compared with the output." in output


def test_names_of_the_classes(predict: Predict, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("cat\ndog\nowl\n")
    output = predict(softmax_model(), "--input", "[[0, 5, 1]]", "--labels", "labels.txt")
    assert [line.split()[1] for line in output.splitlines()[-3:]] == ["dog", "owl", "cat"]


def picture(folder: Path) -> None:
    """Four pixels wide, two high; red on the left, blue on the right."""
    pixels = np.zeros((2, 4, 3), np.uint8)
    pixels[:, :2, 0], pixels[:, 2:, 2] = 200, 100
    Image.fromarray(pixels).save(folder / "flag.png")


def test_picture_has_raw_pixels_by_default(predict: Predict, tmp_path: Path) -> None:
    picture(tmp_path)
    for dtype in ("uint8", "int32"):
        (value,) = values(predict(cast_model(dtype, None, 2, 4, 3), "--input", "flag.png"))
        assert value.shape == (1, 2, 4, 3)
        assert value[0, 0, 0].tolist() == [200, 0, 0]
        assert value[0, 1, 3].tolist() == [0, 0, 100]


def test_picture_is_resized_and_scaled(predict: Predict, tmp_path: Path) -> None:
    picture(tmp_path)
    model = cast_model("float32", 1, 1, 2, 3)
    output = predict(model, "--input", "flag.png", "--scale", "0.01", "--offset", "-1")
    (value,) = values(output)
    assert value.shape == (1, 1, 2, 3)
    # Bilinear: a quarter of the other half's colour may show.
    assert value[0, 0, 0, 0] > 0.6 and value[0, 0, 1, 0] < -0.6
    assert value[0, 0, 0, 1] == -1.0


def test_picture_in_grey(predict: Predict, tmp_path: Path) -> None:
    picture(tmp_path)
    for shape in ((None, 2, 4, 1), (None, 2, 4), (2, 4, 1)):
        (value,) = values(predict(cast_model("float32", *shape), "--input", "flag.png"))
        assert np.unique(value).tolist() == [11, 60]


def test_uint8_input_stores_the_pixels(predict: Predict, tmp_path: Path) -> None:
    picture(tmp_path)
    model = cast_model("uint8", 1, 2, 4, 3, scale=0.5)
    (value,) = values(predict(model, "--input", "flag.png"))
    assert value[0, 0, 0].tolist() == [100, 0, 0]
    (value,) = values(predict(model, "--input", "flag.png", "--scale", "0.25"))
    assert value[0, 0, 0].tolist() == [50, 0, 0]


@pytest.mark.parametrize("value, noted", [("300", True), ("-300", True), ("10.03", False)])
def test_values_beyond_the_quantized_range(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], value: str, noted: bool
) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(quantized_linear_model(io_type="int8"))
    assert main(["--model", str(path), "--input", f"[{value}]"]) == 0
    note = "note: 100% of the values for `x` are beyond [-10.0787, 10], all that it can store"
    assert (note in capsys.readouterr().err) == noted


WRONG = [
    (
        linear_model(features=3),
        ("[1, 2]",),
        "the input `x` takes the shape [?, 3] of float32; got [2]: give [3] for one sample, [?, 3]",
    ),
    (linear_model(), ("[[1], [2, 3]]",), "takes numbers in lists of equal lengths"),
    (linear_model(), ('["ten"]',), "of float32; got text: give numbers"),
    (linear_model(), ("null",), "takes numbers in lists of equal lengths"),
    (linear_model(), ("missing.npy",), "there is no file `missing.npy` in `"),
    (linear_model(), ("broken.npy",), "`broken.npy` cannot be read: "),
    (linear_model(), ("broken.npz",), "`broken.npz` cannot be read: "),
    (linear_model(), ("several.npy",), "`several.npy` cannot be read: it holds several arrays"),
    (linear_model(), ("text.npz",), "`text.npz` cannot be read: `x` in it is not an array"),
    (cast_model("uint8", 1, 2, 2, 3), ("broken.png",), "`broken.png` cannot be read: "),
    (linear_model(), ("ten",), "cannot be read from `ten`: give JSON, a .npy or .npz file, or an"),
    (linear_model(), ("flag.png",), "`x` of shape [?, 1] takes no picture"),
    (linear_model(), ('{"z": [1]}',), "the model has no input z; its inputs are x [?, 1]"),
    (linear_model(), ("x=[1]", "[2]"), "the input `x` is given twice"),
    (two_inputs_model(), ("[1, 2]",), "give name=value; its inputs are x [1, 2], w [1, 2]"),
    (two_inputs_model(), ("x=[1, 2]",), "there is no value for the input w: give `w=…`"),
    (two_inputs_model(), ("x=[[1, 2], [3, 4]]", "w=[1, 2]"), "samples: w: 1, x: 2"),
    (two_inputs_model(), ("other.npz",), "`other.npz` holds z, but no array for the input `x`"),
    (cast_model("int32", 1), ("[1.5]",), "got float64: give values that int32 can hold"),
    (cast_model("uint8", 1), ("[-1]",), "got int64: give values that uint8 can hold"),
    (cast_model("int8", 1, scale=0.5), ("[NaN]",), "got NaN or infinity: give finite numbers"),
    (refused_model(), ("[1, 2]",), "refuses the model: "),
]


@pytest.mark.parametrize("data, inputs, message", WRONG, ids=[message for _, _, message in WRONG])
def test_wrong_inputs(
    fail: Fail, tmp_path: Path, data: bytes, inputs: tuple[str, ...], message: str
) -> None:
    picture(tmp_path)
    for name in ("broken.npy", "broken.npz", "broken.png"):
        (tmp_path / name).write_text("nothing of the kind")
    write_npz(tmp_path / "other.npz", {"z": np.zeros(1)})
    np.savez(tmp_path / "several.npz", x=np.zeros(1), y=np.zeros(1))
    (tmp_path / "several.npz").rename(tmp_path / "several.npy")
    with zipfile.ZipFile(tmp_path / "text.npz", "w") as archive:
        archive.writestr("x.npy", "nothing of the kind")
    arguments = [argument for text in inputs for argument in ("--input", text)]
    error = fail(data, *arguments)
    assert error.startswith("predict: ")
    assert message in error


def test_unknown_signature(fail: Fail) -> None:
    error = fail(linear_model(), "--signature", "train")
    assert error == "predict: the model has no signature `train`; it has serving_default\n"


def test_broken_model(fail: Fail) -> None:
    assert "`model.tflite` is not an intact model: it has only 4 bytes" in fail(b"TFL3")


def test_missing_files(fail: Fail) -> None:
    assert main(["--model", "nowhere.tflite"]) == 2
    assert "there is no file `labels.txt`" in fail(linear_model(), "--labels", "labels.txt")


@pytest.mark.parametrize("option", ["--threads", "--max-samples"])
def test_numbers_must_be_positive(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["--model", "model.tflite", option, "0"])
    assert raised.value.code == 2
    assert "`0` is not a whole number of 1 or more" in capsys.readouterr().err


def test_program_prints_no_noise(tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(linear_model())
    result = run_program(
        "prediction.predict", tmp_path, ["--model", "model.tflite", "--input", "[[10.0]]"]
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.endswith("\ny = [[19.0]]\n")


def test_program_has_no_traceback_for_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(linear_model())
    result = run_program(
        "prediction.predict", tmp_path, ["--model", "model.tflite", "--input", "[1, 2]"]
    )
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_narrow_softmax_runs_on_the_fast_kernels(predict: Predict) -> None:
    assert values(predict(aborting_model(), "--input", "[0, 0]"))[0].tolist() == [[0.5, 0.5]]


def test_help_has_no_options_that_pants_gives(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_arguments(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith("usage: pants run ADDRESS -- [-h] [--input INPUT]")
    assert "--labels FILE" in text
    assert not [option for option in ("--model", "--kernels") if option in text]
