# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a team has instead of this backend for finished `.tflite` files: one script that checks and bundles them.

In the root of a workspace that `workspaces.py` wrote, it writes below `out/`. `all` does everything in one process;
Make, DVC and Bazel run the steps one by one, and only those that they have to:

python tool.py all
python tool.py check MODEL DIRECTORY
python tool.py bundle MODEL LABELS CHECKED ARCHIVE
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sys
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any, Callable

import numpy as np

SAMPLES = 16
BUNDLED = "m0"


def check(model: str, directory: str) -> None:
    """Describes the file, runs it on random samples, and writes what went in and what came out."""
    content = Path(model).read_bytes()
    out = Path(directory)
    out.mkdir(parents=True, exist_ok=True)
    inputs: Any
    outputs: Any
    inputs, outputs = _run(content)
    np.savez(out / "golden_input.npz", **inputs)
    np.savez(out / "golden_output.npz", **outputs)
    description = {**_describe(content), "sha256": hashlib.sha256(content).hexdigest()}
    (out / "model.json").write_text(json.dumps(description, indent=2, sort_keys=True) + "\n")
    (out / "model.tflite").write_bytes(content)


def bundle(model: str, labels: str, checked: str, archive: str) -> None:
    """Writes a `.tar.gz` of a checked model with its labels and a manifest."""
    names = Path(labels).read_text().splitlines()
    description = json.loads(Path(checked, "model.json").read_text())
    scores = description["outputs"][0]["shape"][-1]
    if len(names) != scores:
        raise SystemExit(f"{labels} has {len(names)} labels, and {model} yields {scores} scores")
    files = {
        "models/model.tflite": Path(checked, "model.tflite").read_bytes(),
        "models/model.json": Path(checked, "model.json").read_bytes(),
        "models/model.labels.txt": Path(labels).read_bytes(),
    }
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    files["manifest.json"] = json.dumps(sums, indent=2, sort_keys=True).encode()
    Path(archive).parent.mkdir(parents=True, exist_ok=True)
    Path(archive).write_bytes(_tar_gz(files))


def build_all() -> None:
    """Everything, one after the other."""
    for model in sorted(Path("packages").glob("*/*.tflite")):
        check(str(model), f"out/{model.parent.name}/{model.stem}")
    for package in sorted(Path("packages").iterdir()):
        bundle(
            f"{package}/{BUNDLED}.tflite",
            f"{package}/labels.txt",
            f"out/{package.name}/{BUNDLED}",
            f"out/{package.name}/archive/{package.name}.tar.gz",
        )


def _run(content: bytes) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    random = np.random.default_rng(0)
    details = interpreter.get_input_details()
    inputs: dict[str, list[np.ndarray]] = {detail["name"]: [] for detail in details}
    outputs: dict[str, list[np.ndarray]] = {}
    for _ in range(SAMPLES):
        for detail in details:
            sample = random.standard_normal(detail["shape"]).astype(detail["dtype"])
            interpreter.set_tensor(detail["index"], sample)
            inputs[detail["name"]].append(sample)
        interpreter.invoke()
        for detail in interpreter.get_output_details():
            value = interpreter.get_tensor(detail["index"])
            if not np.all(np.isfinite(value)):
                raise SystemExit(f"{detail['name']} is not finite")
            outputs.setdefault(detail["name"], []).append(value)
    return (
        {name: np.stack(values) for name, values in inputs.items()},
        {name: np.stack(values) for name, values in outputs.items()},
    )


def _describe(content: bytes) -> dict[str, Any]:
    """Inputs, outputs, ops and sizes, read with LiteRT's schema."""
    from ai_edge_litert import schema_py_generated as schema

    model: Any = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    codes = [model.operatorCodes[op.opcodeIndex] for op in graph.operators]
    return {
        "inputs": [_describe_tensor(graph.tensors[index]) for index in graph.inputs],
        "outputs": [_describe_tensor(graph.tensors[index]) for index in graph.outputs],
        "ops": dict(Counter(int(code.builtinCode) for code in codes)),
        "size": len(content),
        "weights": sum(len(b.data) for b in model.buffers if b.data is not None),
    }


def _describe_tensor(tensor: Any) -> dict[str, Any]:
    return {
        "name": tensor.name.decode(),
        "shape": [int(size) for size in tensor.shape],
        "type": int(tensor.type),
    }


def _tar_gz(files: dict[str, bytes]) -> bytes:
    """The same bytes each time."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as compressed:
        with tarfile.open(fileobj=compressed, mode="w") as archive:
            for name, content in sorted(files.items()):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def main() -> None:
    step, *arguments = sys.argv[1:]
    functions: dict[str, Callable[..., None]] = {"all": build_all, "check": check, "bundle": bundle}
    functions[step](*arguments)


if __name__ == "__main__":
    main()
