# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.testing.small_models import linear_model
from pants_tflite.sandbox.tflite.packing import drop_metadata, pack, unpack


def data_offsets(content: bytes) -> list[int]:
    """Where in the file the data of each buffer begins."""
    start = np.frombuffer(content, np.uint8).ctypes.data
    model = schema.Model.GetRootAs(content)
    buffers = [model.Buffers(index) for index in range(model.BuffersLength())]
    return [buffer.DataAsNumpy().ctypes.data - start for buffer in buffers if buffer.DataLength()]


def outside(content: bytes) -> bytes:
    """The model with the data of its buffers behind the flatbuffer, as large models have it."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    data = [b"" if buffer.data is None else buffer.data.tobytes() for buffer in model.buffers]

    def flatbuffer(position: int) -> bytes:
        for buffer, buffer_data in zip(model.buffers, data):
            if buffer_data:
                buffer.data, buffer.offset, buffer.size = None, position, len(buffer_data)
                position += len(buffer_data)
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    # The length does not depend on the offsets.
    return flatbuffer(len(flatbuffer(1))) + b"".join(data)


def test_data_stands_inside_and_aligned() -> None:
    content = linear_model(features=5)
    packed = pack(unpack(content, field="saved_model"))
    assert [offset % 16 for offset in data_offsets(packed)] == [0, 0]
    assert [offset % 16 for offset in data_offsets(content)] != [0, 0]


def test_data_behind_the_flatbuffer_is_taken_in() -> None:
    content = outside(linear_model(slope=3.0, offset=0.5))
    assert data_offsets(content) == []
    packed = pack(unpack(content, field="saved_model"))
    assert len(data_offsets(packed)) == 2
    runner = Interpreter(model_content=packed).get_signature_runner()
    assert runner(x=np.array([[2.0]], "float32"))["y"].tolist() == [[6.5]]


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04" + bytes(100), linear_model()[:200], linear_model()[:40] + b"\xff" * 400],
    ids=["empty", "zip", "cut", "overwritten"],
)
def test_a_damaged_file(content: bytes) -> None:
    with pytest.raises(Mistake) as raised:
        unpack(content, field="saved_model")
    assert raised.value.field == "saved_model"
    assert "is no .tflite file, or a damaged one" in raised.value.message


def test_dropping_metadata() -> None:
    model = unpack(linear_model(), field="saved_model")
    model.buffers += [*(schema.BufferT(np.array([value], np.uint8)) for value in (1, 2))]
    model.metadata = [schema.MetadataT("stale", 3), schema.MetadataT(b"kept", 4)]
    drop_metadata(model, ("stale",))
    result = unpack(pack(model), field="saved_model")
    (entry,) = result.metadata
    assert entry.name == b"kept"
    assert result.buffers[entry.buffer].data.tolist() == [2]
    assert [1] not in [[] if b.data is None else list(b.data) for b in result.buffers]
