# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Finds the first Vulkan driver of this machine that LiteRT's GPU accelerator runs on."""

from __future__ import annotations

from pathlib import Path

from ai_edge_litert import schema_py_generated as schema

from pants_tflite.sandbox.gpu.accelerator import Accelerator, explain
from pants_tflite.sandbox.gpu.find_vulkan_driver_protocol import (
    FindVulkanDriverRequest,
    VulkanDriver,
    VulkanDriverReport,
    VulkanSearch,
)
from pants_tflite.sandbox.gpu.vulkan_drivers import find_manifests
from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.tflite.packing import pack

# A driver that takes longer for one negation is none.
_MAX_SECONDS = 20


def _negation() -> bytes:
    """A model that every accelerator takes: y = -x."""
    tensors = [schema.TensorT(name=name, shape=[1], buffer=0) for name in ("x", "y")]
    op = schema.OperatorT(opcodeIndex=0, inputs=[0], outputs=[1])
    code = schema.OperatorCodeT(
        builtinCode=schema.BuiltinOperator.NEG,
        deprecatedBuiltinCode=schema.BuiltinOperator.NEG,
        version=1,
    )
    graph = schema.SubGraphT(tensors=tensors, inputs=[0], outputs=[1], operators=[op], name="main")
    return pack(
        schema.ModelT(
            version=3, operatorCodes=[code], subgraphs=[graph], buffers=[schema.BufferT()]
        )
    )


def find_driver(search: VulkanSearch) -> VulkanDriverReport:
    model = Path("negation.tflite")
    model.write_bytes(_negation())
    lacks = []
    for manifest in find_manifests(search):
        accelerator = Accelerator(manifest, _MAX_SECONDS)
        described = accelerator.attempt(manifest.describe)
        done = accelerator.run(model, ()) if described.succeeded else described
        if done.succeeded:
            driver: VulkanDriver = described.value
            return VulkanDriverReport(driver, "")
        lacks.append(f"{manifest.path}: {explain(done)}")
    return VulkanDriverReport(None, "; ".join(lacks) or "there is none")


def main(request: FindVulkanDriverRequest) -> None:
    write_report(find_driver(request.search))


if __name__ == "__main__":
    run(main, FindVulkanDriverRequest)
