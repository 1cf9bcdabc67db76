# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Published models through `tflite_file` into bundles, or a true error.

They are read from the folder that PANTS_TFLITE_SHARED_MODELS names.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Callable

import numpy as np
import pytest

from tests.workspace import Workspace

_FOLDER = os.environ.get("PANTS_TFLITE_SHARED_MODELS", "")
pytestmark = pytest.mark.skipif(not _FOLDER, reason="PANTS_TFLITE_SHARED_MODELS names no models")

MODELS = {
    "audio_preprocessor": "audio_preprocessor_int8.tflite",
    "hello_world_float": "hello_world_float.tflite",
    "hello_world_int8": "hello_world_int8.tflite",
    "keyword_scrambled": "keyword_scrambled_8bit.tflite",
    "kws_float": "kws/kws_ref_model_float32.tflite",
    "kws_int8": "kws/kws_ref_model.tflite",
    "micro_speech": "micro_speech_quantized.tflite",
    "person_detect": "person_detect.tflite",
    "resnet_float": "ic/pretrainedResnet.tflite",
    "resnet_int8": "ic/pretrainedResnet_quant.tflite",
    "trained_lstm": "trained_lstm_int8.tflite",
}
# Those that TensorFlow Lite Micro alone runs, by the same file's name.
MICRO_ONLY = {"keyword_micro": "keyword_scrambled", "person_micro": "person_detect"}
# Where an op of its own, which the runtime of microcontrollers has, is declared.
SIGNAL_OPS = (
    "SignalEnergy",
    "SignalFftAutoScale",
    "SignalFilterBank",
    "SignalFilterBankLog",
    "SignalFilterBankSpectralSubtraction",
    "SignalFilterBankSquareRoot",
    "SignalPCAN",
    "SignalRfft",
    "SignalWindow",
)
NO_KERNEL = "p:signal uses the custom ops " + ", ".join(SIGNAL_OPS)
# What each kind of bundle says to a model that it cannot take; every other model goes in. An empty
# `kind` is for all kinds: the models themselves cannot be verified.
ERRORS = {
    ("", "audio_preprocessor"): (
        "p:audio_preprocessor, field `custom_ops` = '(none)': the model needs the custom ops "
        "SignalEnergy, SignalFftAutoScale, "
    ),
    # LiteRT frees something twice: the signal that ends it varies.
    (
        "",
        "keyword_scrambled",
    ): "p:keyword_scrambled: Verify the model p:keyword_scrambled was killed",
    ("micro", "kws_float"): (
        "- p:kws_float: CONV_2D (5 times): kernels/conv_common.cc Hybrid models are not supported on "
        "TFLite Micro."
    ),
    **{(kind, "signal"): NO_KERNEL for kind in ("android", "ios", "linux")},
    **{
        (kind, name): f"LiteRT, which runs the models of this bundle, refuses p:{name}, as "
        for kind in ("android", "ios", "linux")
        for name in MICRO_ONLY
    },
    ("", "person_detect"): (
        "p:person_detect, field `source`: LiteRT 2.3.0 refuses the model: quantized_dimension must "
        "be in range [0, 1). Was 3."
    ),
}
BUNDLES = {
    "android": 'tflite_android_library(package="org.example.{name}", ',
    "ios": 'tflite_ios_framework(bundle_id="org.example.Published", ',
    "linux": "tflite_linux_archive(",
    "micro": "tflite_micro_library(",
}


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    build = [f'tflite_file(name="{name}", source="{name}.tflite")' for name in MODELS] + [
        call.replace("{name}", name) + f'name="{name}_{kind}", models=[":{name}"])'
        for name in (*MODELS, *MICRO_ONLY, "signal")
        for kind, call in BUNDLES.items()
    ]
    build.append(
        f'tflite_file(name="signal", source="audio_preprocessor.tflite", custom_ops={SIGNAL_OPS})'
    )
    build += [
        f'tflite_file(name="{name}", source="{file}.tflite", runtime="micro")'
        for name, file in MICRO_ONLY.items()
    ]
    build += [
        'tf_saved_model_files(name="kws_saved_model", sources=["kws/**"])',
        'tflite_model(name="kws", saved_model=":kws_saved_model")',
        'tflite_micro_library(name="kws_library", models=[":kws"])',
    ]
    saved_model = Path(_FOLDER, "kws", "kws_ref_model")
    contents = {
        f"p/kws/{path.relative_to(saved_model).as_posix()}": path.read_bytes()
        for path in sorted(saved_model.rglob("*"))
        if path.is_file()
    } | {f"p/{name}.tflite": Path(_FOLDER, path).read_bytes() for name, path in MODELS.items()}
    return new_workspace({"p/BUILD": "\n".join(build), **contents})


@pytest.mark.parametrize("kind", BUNDLES)
@pytest.mark.parametrize("name", (*MODELS, *MICRO_ONLY, "signal"))
def test_a_bundle_or_a_true_error(workspace: Workspace, name: str, kind: str) -> None:
    error = ERRORS.get(("", name)) or ERRORS.get((kind, name))
    if error is not None:
        assert error in workspace.fail("package", f"p:{name}_{kind}")
    else:
        workspace.succeed("package", f"p:{name}", f"p:{name}_{kind}")
        CHECKS[kind](workspace.folder / "dist/p", name)


def source(name: str) -> bytes:
    file = MODELS.get(MICRO_ONLY.get(name, name), MODELS["audio_preprocessor"])
    return Path(_FOLDER, file).read_bytes()


def check_android(dist: Path, name: str) -> None:
    (library,) = dist.glob(f"{name}_android/*.aar")
    with zipfile.ZipFile(library) as archive:
        (asset,) = (info for info in archive.infolist() if info.filename.endswith(".tflite"))
        assert archive.read(asset) == source(name)
        assert asset.compress_type == zipfile.ZIP_STORED


def check_ios(dist: Path, name: str) -> None:
    in_package = list(dist.glob(f"{name}_ios/Sources/**/{name}.tflite"))
    in_frameworks = list(dist.glob(f"{name}_ios/*.xcframework/*/*.framework/**/{name}.tflite"))
    assert (len(in_package), len(in_frameworks)) == (1, 2)
    assert {path.read_bytes() for path in (*in_package, *in_frameworks)} == {source(name)}


def check_micro(dist: Path, name: str) -> None:
    """The runtime of microcontrollers computes what LiteRT does, but for two steps at the most."""
    folder = dist / f"{name}_micro"
    (model,) = json.loads((folder / "manifest.json").read_text())["models"]
    assert (folder / model["file"]).read_bytes() == source(name)
    assert ("micro_only" in model) == (name in MICRO_ONLY)
    assert 0 < model["arena"]["smallest"] <= model["arena"]["bytes"]
    for output in model["golden"].get("outputs", ()):
        assert output["largest_difference"] <= (1e-5 if output["unit"] == "relative" else 2)


def check_linux(dist: Path, name: str) -> None:
    """The archive's own program gives the golden output for the golden input."""
    (archive,) = dist.glob(f"{name}_linux/*-linux_{platform.machine()}.tar.gz")
    subprocess.run(["tar", "-xzf", str(archive), "-C", str(archive.parent)], check=True)
    folder = archive.parent / archive.name[: -len(".tar.gz")]
    (model,) = json.loads((folder / "manifest.json").read_text())["models"]
    with np.load(dist / name / "golden_input.npz") as file:
        ((key, samples),) = file.items()
    signature = key.rpartition("/")[0]
    np.save(folder / "first.npy", samples[0])
    run = subprocess.run(
        [sys.executable, "predict.py", "first.npy", "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    ((output, values),) = json.loads(run.stdout)["outputs"].items()
    with np.load(dist / name / "golden_output.npz") as file:
        golden = file[f"{signature}/{output}"][0]
    described = model["signatures"].get(signature, {}).get("outputs", {}).get(output)
    quantization = (described or model["outputs"][0])["quantization"]
    if quantization is None:
        np.testing.assert_allclose(values, golden, atol=1e-5)
    else:
        steps = np.array(values) / quantization["scales"][0] + quantization["zero_points"][0]
        # The fast kernels are within a step or two of the reference kernels.
        np.testing.assert_allclose(steps, golden, atol=2.01)


CHECKS: dict[str, Callable[[Path, str], None]] = {
    "android": check_android,
    "ios": check_ios,
    "linux": check_linux,
    "micro": check_micro,
}


def test_which_runtimes_have_their_ops(workspace: Workspace) -> None:
    """The model of the KWS SavedModel has no finding; what microcontrollers alone run, others refuse."""
    names = (
        *("kws", "kws_float", *MICRO_ONLY, "keyword_scrambled"),
        *("signal", "audio_preprocessor", "person_detect"),
    )
    text = workspace.fail("lint", "--only=tflite-op-coverage", *(f"p:{name}" for name in names))
    finding = re.compile(r"^p:(\w+): (\w+): .*(?:\n    .*)*?\n    Runtime: (\w+) ", re.MULTILINE)
    refused: dict[tuple[str, str], set[str]] = {}
    for name, op, runtime in finding.findall(text):
        refused.setdefault((name, runtime), set()).add(op)
    # LiteRT 1.4 is the default of Android libraries.
    others = ("litert", "litert_1_4", "tflite_runtime_2_14")
    assert refused == {
        ("kws_float", "micro"): {"CONV_2D"},
        **{("keyword_micro", runtime): {"SVDF"} for runtime in others},
        **{("person_micro", runtime): {"DEPTHWISE_CONV_2D"} for runtime in others},
        **{("signal", runtime): set(SIGNAL_OPS) for runtime in others},
    }
    assert re.findall(r"^p:(\w+): build: ", text, re.MULTILINE) == [
        "audio_preprocessor",
        "keyword_scrambled",
        "person_detect",
    ]
