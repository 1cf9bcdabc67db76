# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from pathlib import Path

import pytest

from pants_tflite.sandbox.interpreter.litert_interpreter import LoadedModel, without_repetition
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.testing.small_models import refused_model
from pants_tflite.sandbox.tflite.model_reader import parse_model


def test_what_is_said_of_many_tensors_is_said_once() -> None:
    text = "".join(
        "quantized_dimension must be in range [0, 1). Was 3."
        f"Tensor {index} has invalid quantization parameters."
        for index in (33, 36)
    )
    assert without_repetition(text) == (
        "quantized_dimension must be in range [0, 1). Was 3. Tensor 33 has invalid quantization "
        "parameters."
    )


def test_other_text_stays_what_it_is() -> None:
    text = "external/org_tensorflow/kernels/conv.cc:343 input->dims->size != 4 (2 != 4)Node 0."
    assert without_repetition(text) == text


@pytest.mark.parametrize(("field", "expected"), [("source", True), (None, False)])
def test_the_owner_of_a_file_hears_of_the_other_runtime(
    field: str | None, expected: bool, tmp_path: Path
) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(refused_model())
    model = parse_model(refused_model())
    with pytest.raises(Mistake) as caught:
        LoadedModel(path, model, field=field).run(model.signatures[0], {})
    assert ('set `runtime="micro"`' in caught.value.fix) == expected
