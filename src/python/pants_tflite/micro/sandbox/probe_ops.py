# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Lists the ops that TFLite Micro has kernels for, by trying each: no list comes with it."""

from __future__ import annotations

from ai_edge_litert import schema_py_generated as schema

from pants_tflite.micro.sandbox.micro_interpreter import load, tflm_version
from pants_tflite.micro.sandbox.op_support import is_unknown
from pants_tflite.micro.sandbox.probe_ops_protocol import ProbeReport, ProbeRequest
from pants_tflite.sandbox.coverage.attempts import attempt
from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.tflite.packing import pack

_ARENA = 1 << 16
# Names that do not stand for an op.
_PLACEHOLDERS = ("CUSTOM", "PLACEHOLDER_FOR_GREATER_OP_CODES")


def one_op_model(builtin: int, custom_code: str | None = None) -> bytes:
    """A model of one op, which lacks its options: a lookup comes before they are read."""
    tensors = [schema.TensorT(name=name, shape=[1], buffer=0) for name in ("x", "y")]
    op = schema.OperatorT(opcodeIndex=0, inputs=[0], outputs=[1])
    if builtin == schema.BuiltinOperator.VAR_HANDLE:
        # The Python interface counts variables before anything is looked up.
        op.builtinOptionsType = schema.BuiltinOptions.VarHandleOptions
        op.builtinOptions = schema.VarHandleOptionsT(container="", sharedName="x")
    graph = schema.SubGraphT(tensors=tensors, inputs=[0], outputs=[1], operators=[op], name="main")
    code = schema.OperatorCodeT(
        builtinCode=builtin,
        deprecatedBuiltinCode=min(builtin, 127),
        customCode=custom_code,
        version=1,
    )
    return pack(
        schema.ModelT(
            version=3,
            operatorCodes=[code],
            subgraphs=[graph],
            buffers=[schema.BufferT()],
            description="one op",
        )
    )


def has_kernel(model: bytes) -> bool:
    """Whether the only op of a model is found, whatever happens to it after that."""
    return not is_unknown(attempt(lambda: load(model, _ARENA) and None))


def main(request: ProbeRequest) -> None:
    builtins = {
        name: code
        for name, code in vars(schema.BuiltinOperator).items()
        if name[0] != "_" and name not in _PLACEHOLDERS
    }
    custom = schema.BuiltinOperator.CUSTOM
    found = [name for name, code in builtins.items() if has_kernel(one_op_model(code))]
    found_custom = [name for name in request.custom_ops if has_kernel(one_op_model(custom, name))]
    write_report(ProbeReport(tuple(sorted(found)), tuple(sorted(found_custom)), tflm_version()))


if __name__ == "__main__":
    run(main, ProbeRequest)
