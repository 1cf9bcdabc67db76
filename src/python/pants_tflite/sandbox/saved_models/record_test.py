# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.npz_files import Dataset, fingerprint, read_npz, write_npz
from pants_tflite.sandbox.saved_models import record
from pants_tflite.sandbox.saved_models.record_protocol import RecordRequest
from pants_tflite.sandbox.testing.program_runs import run_program

Record = Callable[..., dict[str, np.ndarray]]
ROWS = np.arange(15, dtype="float32").reshape(5, 3)


@pytest.fixture(scope="module")
def models(tf: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SavedModels by name."""
    folder = tmp_path_factory.mktemp("models")

    def save(name: str, **functions: tuple[Any, list[Any]]) -> None:
        module = tf.Module()
        module.weights = tf.Variable([1.0, 10.0, 100.0])
        signatures = {
            key: tf.function(
                lambda *inputs, body=body: body(module.weights, *inputs), input_signature=specs
            )
            for key, (body, specs) in functions.items()
        }
        tf.saved_model.save(module, str(folder / name), signatures=signatures)

    def spec(shape: Any, name: str = "x", dtype: Any = tf.float32) -> Any:
        return tf.TensorSpec(shape, dtype, name)

    def scale(weights: Any, x: Any) -> dict[str, Any]:
        return {"y": x * weights, "sum": tf.reduce_sum(x, axis=-1)}

    def whole(weights: Any, x: Any) -> dict[str, Any]:
        return {"y": tf.reduce_sum(x * weights)}

    save("rows", serving_default=(scale, [spec([None, 3])]))
    save("one_row", serving_default=(scale, [spec([1, 3])]))
    save("two_rows", serving_default=(scale, [spec([2, 3])]))
    save("vector", serving_default=(whole, [spec([3])]))
    save(
        "two",
        scale=(scale, [spec([None, 3])]),
        lengths=(lambda _, s: {"y": tf.strings.length(s)}, [spec([None], "s", tf.string)]),
        squares=(lambda _, n: {"y": n * n}, [spec([None, 2], "n", tf.int32)]),
    )
    save(
        "difference",
        serving_default=(
            lambda _, b, a: {"y": b - a},
            [spec([None, 3], "b"), spec([None, 3], "a")],
        ),
    )
    save("any_length", serving_default=(whole, [spec([None, None, 3])]))
    save(
        "look_up",
        serving_default=(
            lambda weights, n: {"y": tf.gather(weights, n)},
            [spec([None], "n", tf.int32)],
        ),
    )
    save(
        "far_look_up",
        serving_default=(
            lambda weights, n: {"y": tf.gather(weights, n + 7)},
            [spec([None], "n", tf.int32)],
        ),
    )
    save_running_sum(tf, folder / "running_sum")
    return folder


def save_running_sum(tf: Any, path: Path) -> None:
    """`step` adds to a sum that begins with 100, `reset` takes nothing and sets it to zero."""
    module = tf.Module()
    module.sum = tf.Variable([[100.0]])
    module.weights = tf.Variable([[2.0]])

    @tf.function(input_signature=[tf.TensorSpec([1, 1], tf.float32, "x")])
    def step(x: Any) -> dict[str, Any]:
        module.sum.assign_add(x * module.weights)
        return {"y": module.sum.read_value()}

    @tf.function(input_signature=[])
    def reset() -> dict[str, Any]:
        module.sum.assign([[0.0]])
        return {"sum": module.sum.read_value()}

    tf.saved_model.save(module, str(path), signatures={"step": step, "reset": reset})


@pytest.fixture
def record_model(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Record:
    """Records a model on samples by input name, or made-up ones; yields the arrays."""

    def record_model(model: str, **changes: Any) -> dict[str, np.ndarray]:
        monkeypatch.chdir(tmp_path)
        record.main(write_request(models / model, tmp_path, **changes))
        return read_npz(Path("out/reference.npz"))

    return record_model


def write_request(
    model: Path, folder: Path, inputs: dict[str, np.ndarray] | None = None, **changes: Any
) -> RecordRequest:
    sequence, label = changes.pop("sequence", False), changes.pop("label", None)
    if inputs is not None:
        write_npz(folder / "dataset.npz", Dataset(inputs, label, sequence).to_arrays())
    request = RecordRequest(
        saved_model=str(model),
        signatures=(),
        dataset=None if inputs is None else "dataset.npz",
        dataset_field="verify_dataset",
        max_samples=100,
        seed=0,
        threads=1,
    )
    return replace(request, **changes)


@pytest.mark.parametrize("model", ["rows", "one_row", "two_rows"])
def test_outputs_of_samples(tf: Any, record_model: Record, model: str) -> None:
    arrays = record_model(model, inputs={"x": ROWS})
    assert sorted(arrays) == [
        "serving_default/input/x",
        "serving_default/output/sum",
        "serving_default/output/y",
        "source",
    ]
    assert np.array_equal(arrays["serving_default/input/x"], ROWS)
    assert np.array_equal(arrays["serving_default/output/y"], ROWS * [1, 10, 100])
    assert np.array_equal(arrays["serving_default/output/sum"], ROWS.sum(axis=1))
    assert arrays["source"].item() == fingerprint({"input/x": ROWS})


def test_input_without_a_batch_dimension(record_model: Record) -> None:
    arrays = record_model("vector", inputs={"x": ROWS})
    assert arrays["serving_default/output/y"].tolist() == (ROWS @ [1, 10, 100]).tolist()


def test_samples_by_position_follow_the_names(record_model: Record) -> None:
    arrays = record_model("difference", inputs={"0": ROWS, "1": ROWS + 2})
    assert np.array_equal(arrays["serving_default/input/a"], ROWS)
    assert np.array_equal(arrays["serving_default/output/y"], np.full((5, 3), 2))


def test_the_first_samples_are_taken(record_model: Record) -> None:
    arrays = record_model("rows", inputs={"x": ROWS}, max_samples=2)
    assert np.array_equal(arrays["serving_default/input/x"], ROWS[:2])
    assert arrays["serving_default/output/sum"].shape == (2,)


def test_samples_are_cast(record_model: Record) -> None:
    arrays = record_model("rows", inputs={"x": ROWS.astype("float64")})
    assert arrays["serving_default/input/x"].dtype == np.float32


def test_made_up_samples(record_model: Record) -> None:
    first, second = (record_model("rows", max_samples=4) for _ in range(2))
    assert first["source"].item() == "seeded"
    samples = first["serving_default/input/x"]
    assert samples.shape == (4, 3) and np.abs(samples).max() < 1
    assert all(np.array_equal(first[name], second[name]) for name in first)
    other = record_model("rows", max_samples=4, seed=1)["serving_default/input/x"]
    assert not np.array_equal(samples, other)


def test_strings(record_model: Record) -> None:
    arrays = record_model("two", signatures=("lengths",), inputs={"s": np.array(["a", "bcd"])})
    assert arrays["lengths/input/s"].tolist() == [b"a", b"bcd"]
    assert arrays["lengths/output/y"].tolist() == [1, 3]


def test_signatures_that_the_dataset_does_not_fit_get_made_up_samples(
    record_model: Record,
) -> None:
    arrays = record_model("two", signatures=("squares", "scale"), inputs={"x": ROWS})
    assert np.array_equal(arrays["scale/input/x"], ROWS)
    assert set(arrays["squares/input/n"].ravel()) == {0, 1}
    assert arrays["source"].item() == fingerprint({"input/x": ROWS})


def test_a_dataset_may_have_the_inputs_of_several_signatures(record_model: Record) -> None:
    numbers = np.full((5, 2), 3, "int32")
    arrays = record_model(
        "two", signatures=("squares", "scale"), inputs={"x": ROWS, "squares/n": numbers}
    )
    assert np.array_equal(arrays["scale/input/x"], ROWS)
    assert np.array_equal(arrays["squares/output/y"], numbers * 3)
    assert "squares/made_up" not in arrays


def test_made_up_samples_are_marked(record_model: Record) -> None:
    arrays = record_model("two", signatures=("squares", "scale"), inputs={"x": ROWS})
    assert "squares/made_up" in arrays and "scale/made_up" not in arrays


def test_samples_by_name_that_do_not_fit_are_not_replaced(record_model: Record) -> None:
    with pytest.raises(Mistake, match="the model takes"):
        record_model("two", signatures=("squares", "scale"), inputs={"x": ROWS, "n": ROWS})


def test_text_without_a_dataset_asks_for_one(record_model: Record) -> None:
    with pytest.raises(Mistake, match="`s` of type text .signature `lengths`.") as caught:
        record_model("two", signatures=("lengths",))
    assert caught.value.field == "verify_dataset"
    assert 'skip_verification=["lengths"]' in caught.value.fix
    arrays = record_model("two", signatures=("lengths", "scale"), skip=("lengths",))
    assert not [name for name in arrays if name.startswith("lengths")]


def test_a_signature_to_skip_that_there_is_not(record_model: Record) -> None:
    with pytest.raises(Mistake, match="has no signature `restore`") as caught:
        record_model("rows", skip=("restore",))
    assert caught.value.field == "skip_verification"


def test_each_sample_starts_from_the_state_that_was_saved(record_model: Record) -> None:
    x = np.array([[1], [2], [4]], "float32")
    arrays = record_model("running_sum", signatures=("step", "reset"), inputs={"x": x})
    assert arrays["step/output/y"].ravel().tolist() == [102, 104, 108]
    assert arrays["reset/output/sum"].tolist() == [[[0]]]
    assert arrays["keeps_state"]
    assert "keeps_state" not in record_model("rows", inputs={"x": ROWS})


def test_a_sequence_keeps_its_state(record_model: Record) -> None:
    x = np.array([[[1], [2]], [[4], [8]]], "float32")
    arrays = record_model("running_sum", signatures=("step",), inputs={"x": x}, sequence=True)
    assert arrays["step/sequence"]
    assert arrays["step/output/y"].reshape(2, 2).tolist() == [[102, 106], [108, 124]]


def test_labels_come_along(record_model: Record) -> None:
    labels = np.arange(5)
    arrays = record_model("rows", inputs={"x": ROWS}, label=labels, max_samples=3)
    assert arrays["serving_default/label"].tolist() == [0, 1, 2]


def test_made_up_samples_that_do_not_run(record_model: Record) -> None:
    with pytest.raises(Mistake, match="samples, which were made up at random") as caught:
        record_model("far_look_up")
    assert caught.value.field == "verify_dataset"
    assert "Name a `tflite_dataset` with real samples" in caught.value.fix


@pytest.mark.parametrize("signatures", [("nothing",), ()])
def test_signature_that_there_is_not(record_model: Record, signatures: tuple[str, ...]) -> None:
    with pytest.raises(Mistake, match="the SavedModel has ") as caught:
        record_model("two", signatures=signatures)
    assert caught.value.field == "signatures"
    assert "lengths, scale, squares" in caught.value.fix


@pytest.mark.parametrize(
    ("model", "inputs", "message"),
    [
        ("rows", {"x": ROWS[:, :2]}, r"shape \[2\], but the model takes \[\?, 3\]"),
        ("rows", {"x": ROWS.astype("int64")}, "`x` are int64, but the model takes float32"),
        ("rows", {"z": ROWS}, "the dataset has the inputs z, but the model takes x"),
        ("difference", {"0": ROWS}, "the dataset has the inputs 0, but the model takes a, b"),
        ("look_up", {"n": np.array([0, 7], "int32")}, "cannot run on the samples: .*7 is not in"),
    ],
)
@pytest.mark.parametrize("field", ["verify_dataset", "calibration"])
def test_datasets_that_do_not_fit(
    record_model: Record, model: str, inputs: Any, message: str, field: str
) -> None:
    with pytest.raises(Mistake, match=f"(?s){message}") as caught:
        record_model(model, inputs=inputs, dataset_field=field)
    assert caught.value.field == field


def test_inputs_that_no_sample_can_be_made_up_for(record_model: Record) -> None:
    with pytest.raises(Mistake, match="`x` has unknown dimensions") as caught:
        record_model("any_length")
    assert caught.value.field == "verify_dataset"
    arrays = record_model("any_length", inputs={"x": np.ones((2, 4, 3), "float32")})
    assert arrays["serving_default/output/y"].tolist() == [444, 444]


def test_program_writes_the_same_bytes(record_model: Record, models: Path, tmp_path: Path) -> None:
    record_model("rows", inputs={"x": ROWS})
    written = Path("out/reference.npz").read_bytes()
    folder = tmp_path / "process"
    folder.mkdir()
    request = write_request(models / "rows", folder, {"x": ROWS})
    result = run_program("saved_models.record", folder, request)
    assert result.returncode == 0, result.stderr
    assert [path.name for path in (folder / "out").iterdir()] == ["reference.npz"]
    assert (folder / "out/reference.npz").read_bytes() == written


def test_model_that_is_not_there(record_model: Record) -> None:
    with pytest.raises(Mistake, match="is not a directory") as caught:
        record_model("none")
    assert caught.value.field == "saved_model"
