# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from typing import Any

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST

from pants_tflite.bundles.manifests import KernelEntry
from pants_tflite.bundles.models import BundleModel
from pants_tflite.bundles.testutil import description_json, model_description
from pants_tflite.custom_ops.declarations import CustomOp
from pants_tflite.linux.readme import Readme, example_input
from pants_tflite.sandbox.tflite.manifest_protocol import KernelBuild


def tensor(*shape: Any) -> dict[str, Any]:
    sizes = [1 if size is None else size for size in shape]
    return {"name": "t", "dtype": "float32", "shape": sizes, "shape_signature": list(shape)}


def facts(inputs: dict[str, Any], *, signatures: bool = True) -> dict[str, Any]:
    scores = tensor(None, 2)
    signature = {"inputs": inputs, "outputs": {"scores": scores}}
    return {
        "inputs": [{**it, "name": name} for name, it in inputs.items()],
        "outputs": [{**scores, "name": "scores"}],
        "signatures": {"serving_default": signature} if signatures else {},
        "sizes": {"file": 1234},
    }


def model(name: str, described: dict[str, Any], labels: tuple[str, ...] = ()) -> BundleModel:
    address = Address("m", target_name=name)
    return BundleModel(name, address, EMPTY_DIGEST, description_json(described), labels)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"x": tensor(None, 224, 224, 3)}, "picture.jpg"),
        ({"x": tensor(1, 49, 10, 1)}, "picture.jpg"),
        ({"x": tensor(None, 100)}, "sample.npy"),
        ({"x": tensor(None, 2)}, "'[[0, 0]]'"),
        ({"x": tensor(1, 100), "y": tensor(1)}, "inputs.npz"),
        ({"x": tensor(1, 1), "y": tensor(2)}, '\'{"x": [[0]], "y": [0, 0]}\''),
    ],
)
@pytest.mark.parametrize("signatures", [True, False])
def test_example_input(inputs: dict[str, Any], expected: str, signatures: bool) -> None:
    assert example_input(model_description(facts(inputs, signatures=signatures))) == expected


def test_readme() -> None:
    pets = model("pets", facts({"picture": tensor(None, 32, 32, 3)}), ("cat", "dog"))
    sine = model("sine", facts({"x": tensor(None, 1)}))
    text = Readme("demo-1.0.0-linux_aarch64", "linux_aarch64", (pets, sine)).render().decode()
    assert text.startswith("# demo-1.0.0-linux_aarch64\n")
    row = "| pets | `models/pets.tflite` | 1,234 | picture float32 [?, 32, 32, 3] | scores float32 "
    assert f"{row}[?, 2] | `models/pets.labels.txt` (2) |\n" in text
    assert "| sine | `models/sine.tflite` | 1,234 | x float32 [?, 1] |" in text
    assert "On Linux aarch64 with glibc" in text
    assert ".venv/bin/python predict.py --model pets picture.jpg\n" in text


def test_one_model_needs_no_choice() -> None:
    sine = model("sine", facts({"x": tensor(None, 1)}))
    text = Readme("demo-1.0.0-linux_x86_64", "linux_x86_64", (sine,)).render().decode()
    assert ".venv/bin/python predict.py '[[0]]'\n" in text


@pytest.mark.parametrize(("floor", "needed"), [("2.28", "2.28"), ("2.17", "2.27"), ("2.4", "2.27")])
def test_kernels(floor: str, needed: str) -> None:
    sine = model("sine", facts({"x": tensor(None, 1)}))
    op = CustomOp(Address("ops"), "Twice", "Register_TWICE", "Register_TWICE", False, False)
    build = KernelBuild("lib/libdemo_ops.so", "linux_aarch64", "zig 1")
    kernels = (KernelEntry(op, op.registration, (build,)),)
    readme = Readme("demo-1.0.0-linux_aarch64", "linux_aarch64", (sine,), kernels, floor)
    text = readme.render().decode()
    # LiteRT's own minimum, or that of the kernels if it is higher.
    assert f"On Linux aarch64 with glibc {needed} or newer" in text
    assert f"Their kernels run with glibc {floor} or newer:\n" in text
    assert "| Twice | `lib/libdemo_ops.so` | `Register_TWICE` |\n" in text
    assert 'model = interpreter(model_path="models/sine.tflite")\n' in text


def test_no_kernels() -> None:
    sine = model("sine", facts({"x": tensor(None, 1)}))
    text = Readme("demo-1.0.0-linux_x86_64", "linux_x86_64", (sine,)).render().decode()
    assert "ustom" not in text


def test_a_debian_package() -> None:
    sine = model("sine", facts({"x": tensor(None, 1)}))
    readme = Readme(
        folder="sine",
        platform="linux_aarch64",
        models=(sine,),
        deb="sine_1.0.0_arm64.deb",
        installed="/usr/lib/sine/",
    )
    text = readme.render().decode()
    assert "\nIt is all in `/usr/lib/sine/`, where the paths here begin.\n\n| model " in text
    assert "\nsudo apt install ./sine_1.0.0_arm64.deb\n" in text
    assert " -r /usr/lib/sine/requirements.txt\n" in text
    assert "\n.venv/bin/python /usr/lib/sine/predict.py '[[0]]'\n" in text


@pytest.mark.parametrize("installed", ["", "/usr/lib/sine/"])
def test_golden_vectors(installed: str) -> None:
    sine = model("sine", facts({"x": tensor(None, 1)}))
    readme = Readme("sine", "linux_aarch64", (sine,), golden=True, installed=installed)
    text = readme.render().decode()
    assert f"\n.venv/bin/python {installed}self_test.py\n" in text
    assert "`models/<model>.golden_input.npz`" in text
    assert "self_test" not in Readme("sine", "linux_aarch64", (sine,)).render().decode()
