# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Puts the inputs of a `.tflite` file into the order in which the model takes them.

Runtimes that call a model by the positions of its inputs, and lists of samples, go by this order.
TensorFlow's converter sorts inputs by name.
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence


def order_inputs(content: bytes, orders: Mapping[str, Sequence[str]], schema: Any) -> bytes:
    """The file in `content` with the inputs of each signature in the order of their names in `orders`.

    Only the list of the inputs changes, in place. `schema` is the module of the flatbuffer schema.
    """
    data = bytearray(content)
    model = schema.Model.GetRootAs(data, 0)
    for index in range(model.SignatureDefsLength()):
        signature = model.SignatureDefs(index)
        entries = [signature.Inputs(position) for position in range(signature.InputsLength())]
        tensors = {entry.Name().decode(): entry.TensorIndex() for entry in entries}
        order = orders.get(signature.SignatureKey().decode(), ())
        wanted = [tensors[name] for name in order if name in tensors]
        inputs = model.Subgraphs(signature.SubgraphIndex()).InputsAsNumpy()
        if len(entries) > 1 and sorted(wanted) == sorted(inputs.tolist()):
            # A view of `data`.
            inputs[:] = wanted
    return bytes(data)
