# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Parts of SavedModels compute what the whole ones do where they were cut."""

from __future__ import annotations

import contextlib
import functools
import json
import re
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from pants_tflite.sandbox.conversion import convert
from pants_tflite.sandbox.entry_point_protocol import EntryPointCall, EntryPointFunction
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.npz_files import Dataset, write_npz
from pants_tflite.sandbox.saved_models import cut, export, fix_shapes
from pants_tflite.sandbox.saved_models.cut_check import CutCheck, check_cut
from pants_tflite.sandbox.saved_models.cut_points import CutPoints
from pants_tflite.sandbox.saved_models.cut_protocol import CutRequest
from pants_tflite.sandbox.saved_models.export_protocol import ExportRequest
from pants_tflite.sandbox.saved_models.fix_shapes_protocol import FixShapesRequest
from pants_tflite.sandbox.saved_models.flat_graph import FlatGraph
from pants_tflite.sandbox.saved_models.list_graph_ops import list_graph_ops
from pants_tflite.sandbox.testing.convert_requests import convert_request

Export = Callable[[str], Any]
CutOut = Callable[..., dict[str, Any]]
PICTURES = np.random.default_rng(0).uniform(0, 1, (6, 16, 16, 3)).astype("float32")


@pytest.fixture(scope="module")
def exported(tf: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Exports what a function of this module returns, once; yields the folder."""

    @functools.cache
    def exported(make: str) -> Path:
        folder, module = tmp_path_factory.mktemp(make), f"cut_module_{make}"
        (folder / f"{module}.py").write_text(f"from {__name__} import {make} as export\n")
        (folder / "out").mkdir()
        function = EntryPointFunction(module, "export", f"{module}.py")
        with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(str(folder))
            export.main(ExportRequest(EntryPointCall(function, {}), seed=0, threads=1))
        return folder / "out"

    return exported


@pytest.fixture
def whole(
    tf: Any,
    exported: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Export:
    """Has what a function of this module returns in `source/`; yields the SavedModel's signature."""

    def whole(make: str) -> Any:
        monkeypatch.chdir(tmp_path)
        Path("source").symlink_to(exported(make))
        loaded = tf.saved_model.load("source/saved_model")
        signature = loaded.signatures["serving_default"]
        signature.owner = loaded  # Its variables end with it.
        return signature

    return whole


@pytest.fixture
def cut_out(tf: Any) -> CutOut:
    """Cuts the exported model; yields the report. `out/` has what was written."""

    def cut_out(
        inputs: Sequence[str] = (),
        outputs: Sequence[str] = (),
        samples: Mapping[str, np.ndarray] | None = None,
    ) -> dict[str, Any]:
        Path("out").mkdir(exist_ok=True)
        if samples is not None:
            write_npz(Path("dataset.npz"), Dataset(samples, label=None).to_arrays())
        cut.main(
            CutRequest(
                saved_model="source/saved_model",
                signatures=(),
                inputs=tuple(inputs),
                outputs=tuple(outputs),
                dataset=None if samples is None else "dataset.npz",
                dataset_field="verify_dataset",
                max_samples=4,
                seed=0,
                threads=1,
            )
        )
        return dict(json.loads(Path("out/cut.json").read_text())["cut"])

    return cut_out


def run_part(tf: Any, **feed: np.ndarray) -> dict[str, np.ndarray]:
    part = tf.saved_model.load("out/saved_model")
    outputs = part.signatures["serving_default"](**{n: tf.constant(a) for n, a in feed.items()})
    return {name: output.numpy() for name, output in outputs.items()}


def written_ops() -> set[str]:
    report = list_graph_ops(Path("out/saved_model/saved_model.pb").read_bytes())
    return {op.op for op in report.ops}


def variable_shapes(tf: Any) -> list[list[int]]:
    found = tf.train.list_variables("out/saved_model/variables/variables")
    return sorted(shape for name, shape in found if "VARIABLE_VALUE" in name)


def keras_detector(scale: float = 1.0) -> Any:
    import keras

    layers = keras.layers
    image = keras.Input((16, 16, 3), name="image")
    y = layers.Rescaling(scale, name="scaled")(image)
    y = layers.Conv2D(8, 3, strides=4, padding="same", activation="relu", name="features")(y)
    # Boxes and scores that differ from place to place.
    weights = keras.initializers.RandomNormal(stddev=3.0, seed=1)
    head = functools.partial(
        layers.Conv2D, kernel_size=1, activation="sigmoid", kernel_initializer=weights
    )
    boxes, scores = head(4, name="box_head")(y), head(1, name="score_head")(y)
    boxes = layers.Reshape((16, 4), name="boxes")(boxes)
    return keras.Model(image, [boxes, layers.Reshape((16,), name="scores")(scores)])


def detector() -> Any:
    """A network, and a non-maximum suppression whose threshold is an input."""
    import tensorflow as tf

    class Detector(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = keras_detector()
            self.bias = tf.Variable(0.0)

        @tf.function(
            input_signature=[
                tf.TensorSpec([1, 16, 16, 3], name="image"),
                tf.TensorSpec([], name="threshold"),
            ]
        )
        def detect(self, image: Any, threshold: Any) -> Any:
            corners, scores = self.network(image)
            corners = tf.concat([corners[..., :2], corners[..., :2] + corners[..., 2:]], -1)
            scores = scores[0] + self.bias
            kept, count = tf.image.non_max_suppression_padded(
                corners[0], scores, 5, 0.3, threshold, pad_to_max_output_size=True
            )
            return {
                "boxes": tf.gather(corners[0], kept),
                "scores": tf.gather(scores, kept),
                "count": count,
            }

    return Detector()


def twice() -> Any:
    """A layer that is called twice, next to others."""
    import keras

    x = keras.Input((4,), name="x")
    shared = keras.layers.Dense(4, name="shared")
    y = keras.layers.ReLU(name="middle")(shared(x))
    return keras.Model(x, {"y": keras.layers.Dense(2, name="last")(shared(y))})


def numbered() -> Any:
    """Layers with the names that Keras gives them."""
    import keras

    x = keras.Input((4,), name="x")
    double, triple = (keras.initializers.Identity(gain) for gain in (2.0, 3.0))
    y = keras.layers.Dense(4, name="dense", kernel_initializer=double)(x)
    y = keras.layers.Dense(4, name="dense_1", kernel_initializer=triple)(y)
    return keras.Model(x, {"y": keras.layers.Dense(2, name="last")(y)})


def words() -> Any:
    """Looks numbers of words up, in a table."""
    import tensorflow as tf

    class Words(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            keys, values = tf.constant(["cat", "dog"]), tf.constant([1, 2], tf.int64)
            self.table = tf.lookup.StaticHashTable(
                tf.lookup.KeyValueTensorInitializer(keys, values), 0
            )
            self.vectors = tf.Variable(tf.reshape(tf.range(9.0), (3, 3)))

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "word")])
        def embed(self, word: Any) -> Any:
            number = tf.identity(tf.minimum(self.table.lookup(word), 2), "number")
            return {"vector": tf.gather(self.vectors, number) * 2.0}

    return Words()


def smoother() -> Any:
    """Keeps a mean from call to call, and computes more with it."""
    import tensorflow as tf

    class Smoother(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mean = tf.Variable(tf.zeros((3,)), trainable=False)

        @tf.function(input_signature=[tf.TensorSpec((1, 3), name="row")])
        def smooth(self, row: Any) -> Any:
            scaled = tf.multiply(row, 2.0, "scaled")
            moved = tf.subtract(scaled, self.mean, "moved")
            self.mean.assign(0.5 * self.mean + 0.5 * scaled[0])
            return {"y": tf.reduce_sum(tf.exp(moved), axis=-1)}

    return Smoother()


def looping() -> Any:
    import tensorflow as tf

    class Looping(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.step = tf.Variable([1.0, 2.0, 3.0])

        @tf.function(input_signature=[tf.TensorSpec((None, 3), name="x")])
        def loop(self, x: Any) -> Any:
            for _ in tf.range(4):
                x = x + self.step
            x = tf.multiply(x, 3.0, "scaled")
            first, second, third = tf.split(x, 3, axis=-1, name="parts")
            return {"y": tf.nn.relu(first - second + third)}

    return Looping()


def suppress(
    boxes: np.ndarray, scores: np.ndarray, limit: int, overlap: float, threshold: float
) -> list[int]:
    """The non-maximum suppression that an app does after the model."""
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        if scores[index] > threshold and len(kept) < limit:
            if all(_iou(boxes[index], boxes[other]) <= overlap for other in kept):
                kept.append(int(index))
    return kept


def _iou(first: np.ndarray, second: np.ndarray) -> float:
    sides = np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])
    common = float(np.prod(np.maximum(sides, 0)))
    areas = [float(np.prod(box[2:] - box[:2])) for box in (first, second)]
    return common / (sum(areas) - common)


def test_a_detector_without_its_suppression_finds_the_same_boxes(
    tf: Any, whole: Export, cut_out: CutOut
) -> None:
    detect = whole("detector")
    report = cut_out(["image"], ["box_head", "score_head"], {"image": PICTURES})
    assert (report["samples"], report["made_up"]) == (4, True)  # The threshold is made up.
    assert not {op for op in written_ops() if "NonMax" in op}
    # The bias comes after the cut.
    assert variable_shapes(tf) == [[1], [1, 1, 8, 1], [1, 1, 8, 4], [3, 3, 3, 8], [4], [8]]
    convert.main(convert_request("out/saved_model"))
    runner = Interpreter("out/model.tflite").get_signature_runner()
    found = set()
    for picture in PICTURES:
        expected = detect(image=tf.constant(picture[None]), threshold=tf.constant(0.5))
        outputs = runner(image=picture[None])
        boxes, scores = outputs["box_head"].reshape(16, 4), outputs["score_head"].reshape(16)
        boxes = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], -1)
        kept = suppress(boxes, scores, 5, 0.3, 0.5)
        assert len(kept) == int(expected["count"])
        assert np.allclose(boxes[kept], expected["boxes"].numpy()[: len(kept)], atol=1e-5)
        assert np.allclose(scores[kept], expected["scores"].numpy()[: len(kept)], atol=1e-5)
        found.add(tuple(kept))
    # Else equal answers would say little.
    assert len(found) > 1 and max(map(len, found)) > 1


def test_a_part_between_two_layers(tf: Any, whole: Export, cut_out: CutOut) -> None:
    classify = whole("keras_detector")
    report = cut_out(["features"], ["boxes", "scores"])
    assert [each["name"] for each in report["inputs"]] == ["features"]
    assert [each["name"] for each in report["outputs"]] == ["boxes", "scores"]
    assert (report["samples"], report["made_up"]) == (16, True)
    assert "Conv2D" in written_ops()
    assert [8] not in variable_shapes(tf)  # The bias of `features`.
    features = cut_out([], ["features"], {"image": PICTURES})
    assert (features["samples"], features["made_up"]) == (4, False)
    between = run_part(tf, image=PICTURES)["features"]
    assert between.shape == (6, 4, 4, 8)
    cut_out(["features"], ["boxes", "scores"], {"features": between})
    outputs = run_part(tf, features=between)
    expected = list(classify(image=tf.constant(PICTURES)).values())
    assert sorted(array.shape for array in outputs.values()) == [(6, 16), (6, 16, 4)]
    for array in expected:
        same = [
            np.allclose(array, o, atol=1e-6) for o in outputs.values() if o.shape == array.shape
        ]
        assert same == [True]


def test_inputs_have_the_order_that_was_asked_for(tf: Any, whole: Export, cut_out: CutOut) -> None:
    whole("detector")
    cut_out(["threshold", "scores", "box_head"], ["count"])
    (signature,) = json.loads(Path("out/export.json").read_text())["signatures"].values()
    assert [info["name"] for info in signature["inputs"]] == ["threshold", "scores", "box_head"]
    assert [info["name"] for info in signature["outputs"]] == ["count"]


def test_a_cut_leaves_tables_behind(tf: Any, whole: Export, cut_out: CutOut) -> None:
    whole("words")
    report = cut_out(["number"], [])
    assert report["samples"] == 0  # Words cannot be made up.
    assert not {op for op in written_ops() if "Table" in op}
    assert run_part(tf, number=np.array([2, 0], "int64"))["vector"].tolist() == [
        [12.0, 14.0, 16.0],
        [0.0, 2.0, 4.0],
    ]
    cut_out([], ["number"], {"word": np.array(["dog", "cow", "cat"])})
    assert run_part(tf, word=np.array([b"cat", b"cow"]))["number"].tolist() == [1, 0]
    assert variable_shapes(tf) == []


def test_a_part_keeps_the_state_that_it_reads(tf: Any, whole: Export, cut_out: CutOut) -> None:
    whole("smoother")
    cut_out([], ["moved"])
    part = tf.saved_model.load("out/saved_model")
    smooth = part.signatures["serving_default"]
    rows = [smooth(row=tf.ones((1, 3)))["moved"].numpy()[0, 0] for _ in range(3)]
    assert rows == [2.0, 1.0, 0.5]
    cut_out(["scaled"], ["moved"])
    with pytest.raises(Mistake, match="still needs the model's input `row`"):
        cut_out(["moved"], ["y", "scaled"])


def test_a_part_that_does_not_change_what_it_reads(whole: Export, cut_out: CutOut) -> None:
    whole("late_change")
    with pytest.raises(Mistake, match="reads the variable `.*`, which `.*` changes; but"):
        cut_out(["y"], ["z"])


def late_change() -> Any:
    """A variable that two inputs meet in."""
    import tensorflow as tf

    class Late(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.sum = tf.Variable(tf.zeros((3,)), trainable=False)

        @tf.function(
            input_signature=[tf.TensorSpec((1, 3), name="x"), tf.TensorSpec((1, 3), name="y")]
        )
        def add(self, x: Any, y: Any) -> Any:
            z = tf.add(y, self.sum, "z")
            self.sum.assign_add(x[0])
            return {"sum": z * 2.0 + x}

    return Late()


def test_loops_and_their_functions_stay(tf: Any, whole: Export, cut_out: CutOut) -> None:
    whole("looping")
    cut_out([], ["scaled"])
    assert "While" in {op.removeprefix("Stateless") for op in written_ops()}
    assert run_part(tf, x=np.zeros((2, 3), "float32"))["scaled"].tolist() == [[12, 24, 36]] * 2
    cut_out(["scaled"])
    assert "While" not in {op.removeprefix("Stateless") for op in written_ops()}
    assert run_part(tf, scaled=np.array([[1, 2, 4]], "float32"))["y"].tolist() == [[3]]
    cut_out([], ["parts:1"])
    assert run_part(tf, x=np.zeros((1, 3), "float32"))["parts_1"].tolist() == [[24]]


def test_shapes_are_fixed_after_a_cut(tf: Any, whole: Export, cut_out: CutOut) -> None:
    whole("keras_detector")
    cut_out(["features"], ["boxes"])
    Path("out").rename("part")
    Path("out").mkdir()
    fix_shapes.main(
        FixShapesRequest(
            saved_model="part/saved_model",
            signatures=(),
            shapes={"features": (1, 4, 4, 8)},
            seed=0,
            threads=1,
        )
    )
    (signature,) = json.loads(Path("out/export.json").read_text())["signatures"].values()
    assert [info["shape"] for info in signature["inputs"]] == [[1, 4, 4, 8]]


@pytest.mark.parametrize(
    ("make", "inputs"), [("detector", ["box_head", "score_head", "threshold"]), ("looping", ["x"])]
)
def test_the_same_cut_gives_the_same_bytes(
    whole: Export, cut_out: CutOut, make: str, inputs: list[str]
) -> None:
    whole(make)
    written = []
    for _ in range(2):
        cut_out(inputs)
        files = sorted(path for path in Path("out").rglob("*") if path.is_file())
        written.append({str(path): path.read_bytes() for path in files})
        Path("out").rename(f"out_{len(written)}")
    assert written[0] == written[1]


@pytest.mark.parametrize(
    ("make", "inputs", "outputs", "blamed", "message", "fix"),
    [
        ("detector", (), ("box_heads",), "outputs", "no such layer", "Name `box_head`"),
        ("detector", ("imago",), (), "inputs", "no such layer", "`image`"),
        (
            "detector",
            (),
            ("box_head", "score_head"),
            "inputs",
            "no output of the cut model needs the input `threshold`",
            r"`inputs=\['image'\]`",
        ),
        (
            "detector",
            ("image", "features"),
            ("box_head",),
            "inputs",
            "needs the input `image`",
            r"`inputs=\['features'\]`",
        ),
        (
            "detector",
            ("box_head",),
            ("count",),
            "inputs",
            "the output `count` still needs the model's input `image`",
            "Add `image`",
        ),
        ("keras_detector", ("features",), ("features",), "outputs", "is an input", "Name a tensor"),
        ("twice", (), ("shared",), "outputs", "has 2 tensors that are called so", "shared"),
        ("looping", (), ("parts",), "outputs", "has 3 tensors that are called so", "`parts:0`"),
        ("looping", (), ("parts:3",), "outputs", "no such layer", "`parts:0`"),
        ("smoother", (), ("scaled", "scaled:0"), "outputs", "both be called `scaled`", "another"),
    ],
)
def test_cuts_that_cannot_be(
    whole: Export,
    cut_out: CutOut,
    make: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    blamed: str,
    message: str,
    fix: str,
) -> None:
    whole(make)
    with pytest.raises(Mistake, match=message) as caught:
        cut_out(inputs, outputs)
    assert caught.value.field == blamed
    assert re.search(fix, caught.value.fix), caught.value.fix


def test_a_wrong_name_lists_what_there_is(whole: Export, cut_out: CutOut) -> None:
    whole("keras_detector")
    with pytest.raises(Mistake) as caught:
        cut_out([], ["nothing_like_it"])
    lines = caught.value.detail.splitlines()
    assert "  image  [?, 16, 16, 3] float32" in lines
    assert any("features" in line and "[?, 4, 4, 8] float32" in line for line in lines)


def test_a_number_in_a_layers_name_is_not_guessed(tf: Any, whole: Export, cut_out: CutOut) -> None:
    """The scope of the layer `dense` may be `dense_1`."""
    whole("numbered")
    cut_out([], ["dense"])
    assert (run_part(tf, x=np.ones((2, 4), "float32"))["dense"] == 2).all()
    with pytest.raises(Mistake, match="has 2 tensors that are called so") as caught:
        cut_out([], ["dense_1"])
    assert "TensorFlow numbers the scope" in caught.value.fix


def test_samples_are_those_of_the_part(whole: Export, cut_out: CutOut) -> None:
    whole("keras_detector")
    with pytest.raises(Mistake, match="the dataset has the inputs image, but") as caught:
        cut_out(["features"], [], {"image": PICTURES})
    assert caught.value.field == "verify_dataset"
    assert "samples of the cut model's own inputs, features" in caught.value.fix
    with pytest.raises(Mistake, match="have the shape"):
        cut_out(["features"], [], {"0": PICTURES})


def test_another_computation_is_found(tf: Any, whole: Export, cut_out: CutOut) -> None:
    """What the check says of a part whose outputs, or whose weights, are others."""
    signature = whole("keras_detector")
    cut_out([], ["box_head", "features"])
    graph = FlatGraph.of(signature)
    request = CutRequest("", (), (), (), None, "verify_dataset", 4, seed=0, threads=1)
    points = CutPoints.of(graph, signature.structured_input_signature[1])
    tensors = {name: points.find(name, "outputs") for name in ("box_head", "features")}

    def check(outputs: Mapping[str, str]) -> Any:
        part = tf.saved_model.load("out/saved_model")
        return CutCheck(
            whole=signature.owner,
            signature="serving_default",
            graph=graph,
            order=("image",),
            inputs=graph.inputs,
            outputs=outputs,
            part=part,
        )

    assert check_cut(check(tensors), request).count == 16
    swapped = dict(zip(tensors, reversed(tensors.values())))
    with pytest.raises(Mistake, match="`box_head` of the cut model is not what the whole"):
        check_cut(check(swapped), request)
    changed = check(tensors)
    changed.part.variables[0].assign_add(0.01 * tf.ones_like(changed.part.variables[0]))
    with pytest.raises(Mistake, match="is not what the whole"):
        check_cut(changed, request)
