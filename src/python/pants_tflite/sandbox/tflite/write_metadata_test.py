# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from pants_tflite.sandbox.constants import MODEL_ALIGNMENT
from pants_tflite.sandbox.interpreter.litert_interpreter import LoadedModel
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.npz_files import write_npz
from pants_tflite.sandbox.testing.program_runs import run_program
from pants_tflite.sandbox.testing.small_models import (
    OpSpec,
    SignatureSpec,
    TensorSpec,
    build_model,
    linear_model,
    pack,
    unpack,
)
from pants_tflite.sandbox.tflite.flatbuffer_model import Model
from pants_tflite.sandbox.tflite.model_reader import parse_model
from pants_tflite.sandbox.tflite.write_metadata import METADATA_NAME, main, write_metadata
from pants_tflite.sandbox.tflite.write_metadata_protocol import (
    MetadataContent,
    MetadataRequest,
    OutputLabels,
)

FIELD = "metadata"
PETS = MetadataContent(
    model_name="Pets",
    description="Tells cats from dogs and others.",
    version="1.2.0",
    author="Example Ltd",
    license="Apache-2.0",
    labels=(OutputLabels("scores", ("cat", "dog", "größe")),),
    image_input="picture",
    mean=(127.5,),
    std=(127.5,),
)


def classifier(
    dtype: str = "float32", channels: int = 3, scale: float | None = None, zero_point: int = 0
) -> bytes:
    """A model from pictures of 4 x 4 pixels to the scores of three classes."""
    weights = np.random.default_rng(0).normal(size=(3, 16 * channels)).astype(np.float32)
    image = TensorSpec("image", (None, 4, 4, channels), dtype, scale=scale, zero_point=zero_point)
    tensors = [
        image,
        TensorSpec("w", weights.shape, value=weights),
        TensorSpec("logits", (1, 3)),
        TensorSpec("y", (1, 3)),
    ]
    first, ops = "image", []
    if dtype != "float32":
        tensors.append(TensorSpec("real", (1, 4, 4, channels)))
        first, ops = "real", [OpSpec("DEQUANTIZE", ("image",), ("real",))]
    return build_model(
        tensors,
        [
            *ops,
            OpSpec("FULLY_CONNECTED", (first, "w"), ("logits",)),
            OpSpec("SOFTMAX", ("logits",), ("y",)),
        ],
        {"serving_default": SignatureSpec({"picture": "image"}, {"scores": "y"})},
        inputs=("image",),
    )


def written(content: bytes, metadata: MetadataContent = PETS) -> bytes:
    request = MetadataRequest("model.tflite", FIELD, None, metadata)
    return write_metadata(content, parse_model(content), request)


def refused(content: bytes, **changes: Any) -> str:
    with pytest.raises(Mistake) as caught:
        written(content, replace(PETS, **changes))
    assert caught.value.field == FIELD
    return f"{caught.value.message} {caught.value.fix}"


def metadata_buffer(content: bytes) -> bytes:
    model = schema.Model.GetRootAs(content, 0)
    (index,) = (
        entry.Buffer()
        for entry in map(model.Metadata, range(model.MetadataLength()))
        if entry.Name() == METADATA_NAME.encode()
    )
    return bytes(model.Buffers(index).DataAsNumpy())


def test_the_labels_are_in_an_archive_of_plain_files() -> None:
    with zipfile.ZipFile(io.BytesIO(written(classifier()))) as archive:
        assert archive.namelist() == ["labels.txt"]
        assert archive.read("labels.txt").decode() == "cat\ndog\ngröße\n"
        (info,) = archive.infolist()
    assert info.compress_type == zipfile.ZIP_STORED
    assert info.date_time == (1980, 1, 1, 0, 0, 0)


def test_without_labels_nothing_is_appended() -> None:
    content = written(classifier(), replace(PETS, labels=()))
    assert not zipfile.is_zipfile(io.BytesIO(content))
    assert parse_model(content).metadata == (METADATA_NAME,)


def without_buffers(model: Model) -> str:
    """A model as text, without the indices of buffers: packing shares the empty ones."""
    return re.sub(
        r"buffer=\d+", "", repr(replace(model, metadata=(), file_bytes=0, buffer_bytes=()))
    )


def test_the_model_stays_what_it_is() -> None:
    before, after = parse_model(classifier()), parse_model(written(classifier()))
    assert after.metadata == (METADATA_NAME,)
    assert without_buffers(after) == without_buffers(before)


def test_it_computes_the_same(tmp_path: Path) -> None:
    image = np.random.default_rng(1).normal(size=(1, 4, 4, 3)).astype(np.float32)
    outputs = []
    for content in (classifier(), written(classifier())):
        path = tmp_path / "model.tflite"
        path.write_bytes(content)
        model = parse_model(content)
        loaded = LoadedModel(path, model, field=None)
        outputs.append(loaded.run(model.signatures[0], {"picture": image})["scores"])
    before, after = outputs
    np.testing.assert_array_equal(before, after)


def test_tensors_keep_their_alignment() -> None:
    content = written(classifier())
    model = schema.Model.GetRootAs(content, 0)
    buffers = [model.Buffers(index) for index in range(model.BuffersLength())]
    starts = [each._tab.Vector(each._tab.Offset(4)) for each in buffers if not each.DataIsNone()]
    assert len(starts) == 2
    assert [start % MODEL_ALIGNMENT for start in starts] == [0, 0]


def test_equal_requests_write_equal_bytes(tmp_path: Path) -> None:
    contents = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "model.tflite").write_bytes(classifier())
        request = MetadataRequest("model.tflite", FIELD, None, PETS)
        done = run_program("tflite.write_metadata", folder, request)
        assert done.returncode == 0, done.stderr
        contents.append((folder / "out/model.tflite").read_bytes())
    assert contents[0] == contents[1] == written(classifier())


def test_the_tables_are_those_that_other_readers_were_seen_to_read() -> None:
    # MediaPipe 0.10.21 and TFLite Support 0.4.4 read this buffer; see the test below.
    assert hashlib.sha256(metadata_buffer(written(classifier()))).hexdigest() == (
        "1012c132034a7e1e07b2c63312402eec76ff2b44edd14d9fcd3be128c6c8f705"
    )


def test_mediapipe_reads_it() -> None:
    metadata = pytest.importorskip("mediapipe.tasks.python.metadata.metadata")
    displayer = metadata.MetadataDisplayer.with_model_buffer(written(classifier()))
    assert displayer.get_packed_associated_file_list() == ["labels.txt"]
    assert displayer.get_associated_file_buffer("labels.txt").decode() == "cat\ndog\ngröße\n"
    (graph,) = json.loads(displayer.get_metadata_json())["subgraph_metadata"]
    assert graph["input_tensor_metadata"] == [
        {
            "name": "picture",
            "content": {
                "content_properties_type": "ImageProperties",
                "content_properties": {
                    "color_space": "RGB",
                    "default_size": {"width": 4, "height": 4},
                },
            },
            "process_units": [
                {
                    "options_type": "NormalizationOptions",
                    "options": {"mean": [127.5], "std": [127.5]},
                }
            ],
            "stats": {"max": [1.0], "min": [-1.0]},
        }
    ]
    assert graph["output_tensor_metadata"] == [
        {
            "name": "scores",
            "content": {"content_properties_type": "FeatureProperties", "content_properties": {}},
            "associated_files": [
                {
                    "name": "labels.txt",
                    "description": "The labels of scores, in the order of its scores.",
                    "type": "TENSOR_AXIS_LABELS",
                }
            ],
        }
    ]


@pytest.mark.parametrize("color", ["float32", "uint8"])
def test_mediapipe_classifies_with_it(color: str) -> None:
    vision = pytest.importorskip("mediapipe.tasks.python.vision")
    mediapipe = pytest.importorskip("mediapipe")
    is_float = color == "float32"
    content = written(classifier(color, scale=None if is_float else 2 / 255, zero_point=127))
    options = vision.ImageClassifierOptions(
        mediapipe.tasks.BaseOptions(model_asset_buffer=content), max_results=3
    )
    pixels = np.random.default_rng(2).integers(0, 256, (4, 4, 3), np.uint8)
    image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=pixels)
    with vision.ImageClassifier.create_from_options(options) as classify:
        (found,) = classify.classify(image).classifications
    assert {category.category_name for category in found.categories} == {"cat", "dog", "größe"}
    weights = np.random.default_rng(0).normal(size=(3, 48)).astype(np.float32)
    logits = weights @ ((pixels.reshape(-1) - 127.5) / 127.5)
    scores = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    actual = {category.index: category.score for category in found.categories}
    np.testing.assert_allclose([actual[i] for i in range(3)], scores, atol=0.02)


def test_labels_that_do_not_fit() -> None:
    text = refused(classifier(), labels=(OutputLabels("scores", ("cat", "dog")),))
    assert "it has 2 labels for `scores`, which is float32 [1, 3]" in text
    text = refused(classifier(), labels=(OutputLabels("y", ("cat",)),))
    assert "an output `y`" in text and "`scores` float32 [1, 3]" in text


def test_images_that_are_none() -> None:
    text = refused(classifier(), image_input="image")
    assert "there is no `image`" in text and "`picture` float32 [?, 4, 4, 3]" in text
    assert "which is float32 [?, 4, 4, 2]" in refused(classifier(channels=2))
    assert "which is int8" in refused(classifier("int8", scale=1.0))
    several = unpack(classifier())
    several.subgraphs[0].tensors[0].shapeSignature = [2, 4, 4, 3]
    several.subgraphs[0].tensors[0].shape = [2, 4, 4, 3]
    assert "which is float32 [2, 4, 4, 3]" in refused(pack(several))


def test_the_only_input_is_the_image() -> None:
    assert written(classifier(), replace(PETS, image_input=None)) == written(classifier())


def test_normalization_that_does_not_fit() -> None:
    assert "does not say how pixels become numbers" in refused(classifier(), mean=(), std=())
    assert "2 numbers in `mean`" in refused(classifier(), mean=(1.0, 2.0), std=(1.0, 1.0))


def test_normalization_that_contradicts_the_quantization() -> None:
    pixels = classifier("uint8", scale=1.0)
    assert "stand for 0 to 255 in the uint8 input `picture`, and for -1 to 1" in refused(pixels)
    written(pixels, replace(PETS, mean=(0.0,), std=(1.0,)))
    # Calibrated with pictures in which nothing is quite white.
    written(classifier("uint8", scale=1.995 / 255, zero_point=127))


def test_samples_that_contradict_the_normalization(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()
    Path("model.tflite").write_bytes(classifier())
    pixels = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 3)).astype(np.float32)
    request = MetadataRequest("model.tflite", FIELD, None, PETS, "dataset.npz", "calibration")
    write_npz(Path("dataset.npz"), {"input/0": pixels / 127.5 - 1})
    main(request)
    write_npz(Path("dataset.npz"), {"input/0": pixels})
    with pytest.raises(Mistake, match="the samples of `calibration` for `picture` are"):
        main(request)


def test_grayscale_and_no_image() -> None:
    written(classifier(channels=1))
    content = written(linear_model(), MetadataContent(description="A line."))
    assert b"A line." in metadata_buffer(content)


@pytest.mark.parametrize("labels", [(), PETS.labels])
def test_a_model_that_has_metadata_is_refused(
    labels: tuple[OutputLabels, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.tflite").write_bytes(written(classifier(), replace(PETS, labels=labels)))
    with pytest.raises(Mistake) as caught:
        main(MetadataRequest("model.tflite", FIELD, "source", PETS))
    assert caught.value.message == "the model already has TFLite Metadata"
