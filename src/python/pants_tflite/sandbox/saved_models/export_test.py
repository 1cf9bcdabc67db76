# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

import itertools
import json
import os
import shutil
from pathlib import Path
from typing import Any, Callable, Mapping

import numpy as np
import pytest

from pants_tflite.sandbox.entry_point_protocol import EntryPointCall, EntryPointFunction
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.saved_models import export
from pants_tflite.sandbox.saved_models.canonical_saved_model import Exportable
from pants_tflite.sandbox.saved_models.export_check import check_saved
from pants_tflite.sandbox.saved_models.export_protocol import ExportRequest, SavedModelDirectory
from pants_tflite.sandbox.saved_models.returned_models import to_exportable
from pants_tflite.sandbox.saved_models.tensorflow_runtime import seed_training
from pants_tflite.sandbox.testing.program_runs import run_program

HEADER = "import keras\nimport numpy as np\nimport tensorflow as tf\nfrom pathlib import Path\n"
SHARED_MODELS = os.environ.get("PANTS_TFLITE_SHARED_MODELS")
_numbers = itertools.count()
Export = Callable[..., dict[str, Any]]


@pytest.fixture
def export_code(tf: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Export:
    """Exports what the function `export` in a module's source returns; yields `export.json`."""

    def export_code(source: str, inputs: Mapping[str, str] | None = None) -> dict[str, Any]:
        name = f"user_module_{next(_numbers)}"
        (tmp_path / f"{name}.py").write_text(HEADER + source)
        monkeypatch.syspath_prepend(str(tmp_path))
        entry_point = EntryPointFunction(name, "export", f"models/{name}.py")
        return run_export(tmp_path, monkeypatch, EntryPointCall(entry_point, inputs or {}))

    return export_code


@pytest.fixture
def export_directory(tf: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Export:
    """Exports the SavedModel directory `path`, relative to the working directory."""

    def export_directory(path: str) -> dict[str, Any]:
        return run_export(tmp_path, monkeypatch, SavedModelDirectory(path))

    return export_directory


def run_export(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: EntryPointCall | SavedModelDirectory,
) -> dict[str, Any]:
    monkeypatch.chdir(folder)
    Path("out").mkdir(exist_ok=True)
    export.main(ExportRequest(source, seed=0, threads=1))
    return json.loads(Path("out/export.json").read_text())


def test_an_untrained_model_says_so_and_has_no_weights_that_are_all_the_same(
    tf: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "early_module.py").write_text(
        f"{HEADER}def build():\n    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    entry_point = EntryPointFunction("early_module", "build", "m/early_module.py", "untrained")
    zeros = {}
    for untrained in (False, True):
        Path("out").mkdir(exist_ok=True)
        export.main(
            ExportRequest(EntryPointCall(entry_point, {}), seed=0, threads=1, untrained=untrained)
        )
        report = json.loads(Path("out/export.json").read_text())
        assert report.get("untrained", False) == untrained
        outputs = tf.saved_model.load("out/saved_model").signatures["serving_default"](
            tf.zeros((1, 2))
        )
        (output,) = outputs.values()
        zeros[untrained] = bool((output.numpy() == 0).all())
        shutil.rmtree("out")
    assert zeros == {False: True, True: False}


def names(description: Mapping[str, Any], signature: str = "serving_default") -> Any:
    tensors = description["signatures"][signature]
    return [[tensor["name"] for tensor in tensors[kind]] for kind in ("inputs", "outputs")]


def call(
    tf: Any, inputs: Mapping[str, Any], signature: str = "serving_default"
) -> dict[str, np.ndarray]:
    loaded = tf.saved_model.load("out/saved_model")
    outputs = loaded.signatures[signature](
        **{name: tf.constant(value, tf.float32) for name, value in inputs.items()}
    )
    return {name: output.numpy() for name, output in outputs.items()}


LAYER = "keras.layers.Dense(2, kernel_initializer='ones', bias_initializer='ones')"


@pytest.mark.parametrize(
    "source",
    [
        f"""
def export():
    return keras.Sequential([keras.Input((3,)), {LAYER}])
""",
        f"""
def export():
    model = keras.Sequential([{LAYER}])
    model(np.zeros((4, 3)))
    return model
""",
        f"""
def export():
    x = keras.Input((3,))
    return keras.Model(x, {LAYER}(x))
""",
        f"""
class Model(keras.Model):
    def __init__(self):
        super().__init__()
        self.layer = {LAYER}

    def call(self, x, training=False):
        return self.layer(x)

def export():
    model = Model()
    model(np.zeros((4, 3)))
    return model
""",
    ],
    ids=["sequential", "called-sequential", "functional", "subclassed"],
)
def test_keras_models(tf: Any, export_code: Export, source: str) -> None:
    description = export_code(source)
    assert description["signatures"]["serving_default"] == {
        "inputs": [{"name": "inputs", "shape": [None, 3], "dtype": "float32"}],
        "outputs": [{"name": "output_0", "shape": [None, 2], "dtype": "float32"}],
    }
    assert call(tf, {"inputs": [[1, 2, 3]]})["output_0"].tolist() == [[7, 7]]
    assert tf.saved_model.load("out/saved_model").serve([[1.0, 2, 3]]).shape == (1, 2)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ('[keras.Input((3,), name="b"), keras.Input((3,), name="a")]', ["b", "a"]),
        ("[keras.Input((3,)), keras.Input((3,))]", ["inputs_0", "inputs_1"]),
        ('{"b": keras.Input((3,), name="b"), "a": keras.Input((3,), name="a")}', ["a", "b"]),
    ],
    ids=["named", "unnamed", "dict"],
)
def test_keras_model_of_several_inputs_and_outputs(
    tf: Any, export_code: Export, inputs: str, expected: list[str]
) -> None:
    description = export_code(
        f"""
def export():
    inputs = {inputs}
    first, second = inputs.values() if isinstance(inputs, dict) else inputs
    return keras.Model(inputs, {{"sum": first + second, "difference": first - second}})
"""
    )
    assert names(description) == [expected, ["difference", "sum"]]
    first, second = ([[1, 2, 3]], [[5, 5, 5]])
    if expected == ["a", "b"]:
        first, second = second, first
    outputs = call(tf, dict(zip(expected, (first, second))))
    assert outputs["difference"].tolist() == [[-4, -3, -2]]


def test_keras_model_of_a_fixed_batch(export_code: Export) -> None:
    description = export_code(
        """
def export():
    image = keras.Input(batch_shape=(1, 3), name="image")
    return keras.Model(image, image * 2)
"""
    )
    assert description["signatures"]["serving_default"]["inputs"][0]["shape"] == [1, 3]


MODULE = """
class Coder(tf.Module):
    def __init__(self):
        self.weights = tf.Variable(tf.ones([3, 2]))

    @tf.function(input_signature=[tf.TensorSpec([None, 3])])
    def {first}(self, x):
        return {{"code": x @ self.weights}}

    @tf.function(input_signature=[tf.TensorSpec([None, 2])])
    def decode(self, code):
        return tf.matmul(code, self.weights, transpose_b=True)

    @tf.function
    def train(self, x):
        return self.weights.assign_add(x)

def export():
    return Coder()
"""


@pytest.mark.parametrize(
    ("first", "signature"), [("encode", "encode"), ("__call__", "serving_default")]
)
def test_module_of_two_signatures(tf: Any, export_code: Export, first: str, signature: str) -> None:
    description = export_code(MODULE.format(first=first))
    assert sorted(description["signatures"]) == sorted([signature, "decode"])
    assert names(description, signature) == [["x"], ["code"]]
    assert names(description, "decode") == [["code"], ["output_0"]]
    assert call(tf, {"x": [[1, 2, 3]]}, signature)["code"].tolist() == [[6, 6]]
    loaded = tf.saved_model.load("out/saved_model")
    assert getattr(loaded, first)(tf.ones([1, 3]))["code"].numpy().tolist() == [[3, 3]]


def test_the_only_signature_of_a_module_is_the_default(export_code: Export) -> None:
    description = export_code(
        """
class Double(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([], name="number")])
    def double(self, x):
        return x * 2

def export():
    return Double()
"""
    )
    assert list(description["signatures"]) == ["serving_default"]
    assert names(description) == [["number"], ["output_0"]]


def test_pair_of_module_and_signatures(tf: Any, export_code: Export) -> None:
    description = export_code(
        """
def export():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    spec = tf.TensorSpec([1, 3], name="x")

    @tf.function(input_signature=[spec])
    def scores(x):
        return {"scores": model(x)}

    labels = tf.function(lambda x: tf.argmax(model(x), axis=-1)).get_concrete_function(spec)
    return model, {"scores": scores, "labels": labels}
"""
    )
    assert names(description, "labels") == [["x"], ["output_0"]]
    assert description["signatures"]["labels"]["outputs"][0]["dtype"] == "int64"
    scores = call(tf, {"x": [[1, 2, 3]]}, "scores")["scores"]
    assert call(tf, {"x": [[1, 2, 3]]}, "labels")["output_0"] == scores.argmax(axis=-1)


def test_loaded_saved_model_can_be_returned(tf: Any, export_code: Export) -> None:
    export_code(MODULE.format(first="encode"))
    Path("out/saved_model").rename("features")
    description = export_code(
        "def export(features): return tf.saved_model.load(str(features))", {"features": "features"}
    )
    assert sorted(description["signatures"]) == ["decode", "encode"]
    assert call(tf, {"x": [[1, 2, 3]]}, "encode")["code"].tolist() == [[6, 6]]


@pytest.mark.parametrize("returned", ['Path("written")', '"written"'])
def test_keras_model_that_tensorflow_saved_has_its_weights(
    tf: Any, export_code: Export, returned: str
) -> None:
    """By itself, `tf.saved_model.save` leaves a graph whose variables nothing restores."""
    export_code(
        f"""
def export():
    model = keras.Sequential([keras.Input((3,)), {LAYER}])
    tf.saved_model.save(model, "written")
    return {returned}
"""
    )
    converted = tf.lite.TFLiteConverter.from_saved_model("out/saved_model").convert()
    interpreter = tf.lite.Interpreter(model_content=converted)
    runner = interpreter.get_signature_runner()
    assert runner(inputs=np.array([[1, 2, 3]], "float32"))["output_0"].tolist() == [[7, 7]]


def test_user_code_that_changes_the_working_directory(export_code: Export, tmp_path: Path) -> None:
    export_code(
        f"""
import os
def export():
    Path("elsewhere").mkdir()
    os.chdir("elsewhere")
    return keras.Sequential([keras.Input((3,)), {LAYER}])
"""
    )
    assert (tmp_path / "out/saved_model/saved_model.pb").is_file()


def test_user_code_is_seeded_before_it_is_imported(tf: Any, export_code: Export) -> None:
    source = (
        "weights = np.random.random((3, 2)) + tf.random.normal([3, 2]).numpy()\n"
        f"def export():\n    model = keras.Sequential([keras.Input((3,)), {LAYER}])\n"
        "    model.set_weights([weights, np.zeros(2)])\n    return model\n"
    )
    outputs = []
    for number in range(2):
        export_code(source)
        outputs.append(call(tf, {"inputs": [[1, 2, 3]]})["output_0"].tolist())
        Path("out/saved_model").rename(f"out/{number}")
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize(
    ("source", "message", "fix"),
    [
        ("def export(): pass", "returned None, as one without a `return` does", "Keras model"),
        ("def export(): return 3", "of type `int`", "`tf.Module`"),
        ("def export(): return [keras.Model()]", "of type `list`", "Keras model"),
        ("def export(): return keras.Sequential([keras.layers.Dense(2)])", "never built", "Input"),
        (
            "class M(keras.Model):\n    pass\ndef export(): return M()",
            "never built, so its inputs are unknown",
            "call it once on a sample",
        ),
        ("def export(): return tf.Module()", "no tf.function with an `input_sig", "(module, {"),
        ("def export(): return tf.Module(), {}", "`Module` and 0 signatures", "(module, {"),
        (
            'def export(): return tf.Module(), {"double": tf.function(lambda x: x)}',
            "signature 'double' is not a tf.function with an `input_signature`",
            "concrete function",
        ),
        (
            'def export(): return tf.Module(), {"f": lambda x: x}',
            "of type `function`",
            "input_signature",
        ),
        (
            'def export():\n    Path("empty").mkdir()\n    return Path("empty")',
            "`empty` has no `saved_model.pb`",
            "SavedModel directory",
        ),
        ('def export(): return "nowhere"', "`nowhere` is not a directory", "SavedModel directory"),
        (
            "class M(tf.Module):\n"
            "    @tf.function(input_signature=[tf.TensorSpec([2])])\n"
            "    def f(self, x):\n        return x + tf.ones([3])\n"
            "def export(): return M()",
            "tracing the signature `serving_default` raised ValueError: Dimensions must be equal, "
            "but are 2 and 3",
            "Fix the function",
        ),
        (
            "class M(keras.Model):\n"
            "    def call(self, a, b):\n        return a + b\n"
            "def export():\n    m = M()\n    m(np.zeros((1, 2)), np.zeros((1, 2)))\n    return m",
            "missing a required argument: 'b'",
            "(model, {name: function})",
        ),
        (
            "table = tf.lookup.StaticHashTable(\n"
            '    tf.lookup.KeyValueTensorInitializer(["a"], [1]), 0)\n'
            "class M(tf.Module):\n"
            "    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])\n"
            "    def f(self, x):\n        return table.lookup(x)\n"
            "def export(): return M()",
            "TensorFlow cannot save what the function returned",
            "as an attribute of the returned module",
        ),
    ],
    ids=[
        "none",
        "int",
        "list",
        "unbuilt-sequential",
        "unbuilt-subclassed",
        "module-without-functions",
        "pair-without-signatures",
        "pair-without-input-signature",
        "pair-without-tf-function",
        "path-without-model",
        "path-to-nothing",
        "untraceable",
        "two-arguments",
        "untracked-table",
    ],
)
def test_what_cannot_be_exported(export_code: Export, source: str, message: str, fix: str) -> None:
    with pytest.raises(Mistake) as caught:
        export_code(source)
    assert message in caught.value.message
    assert fix in caught.value.fix
    assert caught.value.field == "entry_point"
    assert str(caught.value.value).endswith(".py:export")


def write_module_model(tf: Any, path: str) -> None:
    module = tf.Module()
    module.weights = tf.Variable(tf.ones([3, 2]))
    module.serve = tf.function(
        lambda x: x @ module.weights, input_signature=[tf.TensorSpec([None, 3], name="x")]
    )
    tf.saved_model.save(module, path, signatures=module.serve)


def test_checked_in_directory_is_copied(tf: Any, export_directory: Export, tmp_path: Path) -> None:
    source = tmp_path / "model"
    write_module_model(tf, str(source))
    (source / "saved_model.pb").chmod(0o600)
    description = export_directory("model")
    assert names(description) == [["x"], ["output_0"]]
    copied = {path.relative_to("out/saved_model") for path in Path("out/saved_model").rglob("*")}
    assert {str(path) for path in copied} == {
        "saved_model.pb",
        "variables",
        "variables/variables.index",
        "variables/variables.data-00000-of-00001",
    }
    for path in copied:
        if (source / path).is_file():
            written = Path("out/saved_model") / path
            assert written.read_bytes() == (source / path).read_bytes()
            assert written.stat().st_mode & 0o777 == 0o644


def break_model(folder: Path, damage: str) -> None:
    protobuf, variables = folder / "saved_model.pb", folder / "variables"
    if damage == "cut":
        protobuf.write_bytes(protobuf.read_bytes()[:-100])
    elif damage == "junk":
        protobuf.write_bytes(b"\xff" * 50)
    elif damage == "empty":
        protobuf.write_bytes(b"")
    elif damage == "missing":
        protobuf.unlink()
    elif damage == "no-output":
        from tensorflow.core.protobuf import saved_model_pb2

        saved_model = saved_model_pb2.SavedModel.FromString(protobuf.read_bytes())
        for tensor in saved_model.meta_graphs[0].signature_def["serving_default"].outputs.values():
            tensor.name = "missing:0"
        protobuf.write_bytes(saved_model.SerializeToString())
    elif damage == "no-index":
        (variables / "variables.index").unlink()
    else:
        values = variables / "variables.data-00000-of-00001"
        whole = values.read_bytes()
        kept = {"no-values": 0, "half-values": len(whole) // 2, "cut-values": len(whole) - 1}
        values.write_bytes(whole[: kept[damage]])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("cut", "corrupt `saved_model.pb`"),
        ("junk", "corrupt `saved_model.pb`"),
        ("empty", "empty `saved_model.pb`"),
        ("missing", "has no `saved_model.pb`"),
        ("no-index", "variables that cannot be read: .*variables"),
        ("no-values", "variables that cannot be read: "),
        ("half-values", "variables that cannot be read: "),
        ("cut-values", "variables that cannot be read: "),
        ("no-output", "does not load as a graph: "),
    ],
)
def test_broken_directory(
    tf: Any, export_directory: Export, tmp_path: Path, damage: str, message: str
) -> None:
    write_module_model(tf, str(tmp_path / "model"))
    break_model(tmp_path / "model", damage)
    with pytest.raises(Mistake, match=f"(?s)the SavedModel `model` .*{message}") as caught:
        export_directory("model")
    assert (caught.value.field, caught.value.value) == ("sources", "model")


def test_directory_without_signatures(tf: Any, export_directory: Export, tmp_path: Path) -> None:
    tf.saved_model.save(tf.Module(), str(tmp_path / "model"))
    with pytest.raises(Mistake, match="`model` has no signature") as caught:
        export_directory("model")
    assert caught.value.field == "sources"


def test_directory_whose_variables_nothing_restores(
    tf: Any, export_directory: Export, tmp_path: Path
) -> None:
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="head")])
    tf.saved_model.save(model, str(tmp_path / "model"))
    with pytest.raises(Mistake, match="restores no values of .*head/kernel") as caught:
        export_directory("model")
    assert caught.value.field == "sources"
    assert "`model.export`" in caught.value.fix


def test_check_compares_outputs(tf: Any, tmp_path: Path) -> None:
    write_module_model(tf, str(tmp_path / "model"))
    loaded = tf.saved_model.load(str(tmp_path / "model"))

    def exportable(scale: float) -> Exportable:
        function = tf.function(
            lambda x: {"output_0": x @ tf.ones([3, 2]) * scale},
            input_signature=[tf.TensorSpec([None, 3], name="x")],
        )
        return to_exportable((tf.Module(), {"serving_default": function}))

    assert check_saved(exportable(1), loaded, seed=0) == ("serving_default",)
    with pytest.raises(Mistake, match="`serving_default` gives other outputs than the model"):
        check_saved(exportable(1.01), loaded, seed=0)


@pytest.mark.parametrize(
    ("body", "calls"),
    [
        ("x + tf.random.uniform([1, 2])", 1),
        ("tf.gather(tf.ones([1]), tf.cast(x * 0 + 9, tf.int32))", 0),
    ],
    ids=["random", "out-of-range"],
)
def test_check_passes_over_what_it_cannot_compare(
    tf: Any, tmp_path: Path, body: str, calls: int
) -> None:
    seed_training(0)
    function = tf.function(
        eval(f"lambda x: {body}", {"tf": tf}),
        input_signature=[tf.TensorSpec([None, 2], name="x")],
        autograph=False,
    )
    module = tf.Module()
    tf.saved_model.save(module, str(tmp_path / "model"), signatures=function)
    for _ in range(calls):
        function(tf.ones([1, 2]))
    exportable = to_exportable((module, {"serving_default": function}))
    assert check_saved(exportable, tf.saved_model.load(str(tmp_path / "model")), seed=0) == ()


def test_program_reports_what_user_code_raised(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("def export():\n    raise RuntimeError('no data')\n")
    call = EntryPointCall(EntryPointFunction("train", "export", "train.py"), {})
    request = ExportRequest(call, seed=0, threads=1)
    result = run_program("saved_models.export", tmp_path, request)
    assert result.returncode == 3, result.stderr
    error = json.loads((tmp_path / "out/error.json").read_text())
    assert error["message"] == "`export` in `train.py` raised RuntimeError: no data"
    assert (error["field"], error["value"]) == ("entry_point", "train.py:export")
    assert "line 2, in export" in error["detail"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def exprot(): pass", "has no function `export`"),
        ("export = 3", "not a function but of type `int`"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("def export(features): pass", "cannot take the inputs"),
    ],
)
def test_entry_points_that_cannot_be_called(export_code: Export, source: str, message: str) -> None:
    with pytest.raises(Mistake, match=message):
        export_code(source)


@pytest.mark.skipif(SHARED_MODELS is None, reason="PANTS_TFLITE_SHARED_MODELS names no folder")
def test_published_directory_of_keras_2(tf: Any, export_directory: Export, tmp_path: Path) -> None:
    (tmp_path / "kws").symlink_to(Path(SHARED_MODELS or "") / "kws/kws_ref_model")
    description = export_directory("kws")
    assert description["signatures"]["serving_default"] == {
        "inputs": [{"name": "input_1", "shape": [None, 49, 10, 1], "dtype": "float32"}],
        "outputs": [{"name": "dense", "shape": [None, 12], "dtype": "float32"}],
    }
    scores = call(tf, {"input_1": np.zeros((1, 49, 10, 1))})["dense"]
    assert scores.sum() == pytest.approx(1)
