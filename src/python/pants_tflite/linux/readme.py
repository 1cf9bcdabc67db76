# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The README.md of a Linux archive: what is in it, and how to run it on the board."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, Sequence

from pants_tflite.bundles.contents import files_of
from pants_tflite.bundles.manifests import KernelEntry
from pants_tflite.bundles.models import BundleModel
from pants_tflite.linux.target_types import MODELS_DIRECTORY
from pants_tflite.pipeline.model_description import ModelDescription
from pants_tflite.sandbox.tflite.inspect_model_protocol import INPUTS, OUTPUTS, ModelTensor

# The interpreters and the oldest C library that the wheels of device/requirements.lock support.
OLDEST_PYTHON = "3.10"
_PYTHON = f"CPython {OLDEST_PYTHON} to 3.14"
_GLIBC = "2.27"
_LONGEST_EXAMPLE = 16
_PIXEL_CHANNELS = (1, 3, 4)


@dataclass(frozen=True)
class Readme:
    """`folder` is the archive's top directory, `platform` what it is for, as `linux_aarch64`.

    `kernels` are those of custom ops, which need `kernels_glibc` at least. A Debian package is the
    file `deb`, called `folder`, whose files are in `installed`, with a `/` at its end. `golden` says
    whether golden vectors are among them.
    """

    folder: str
    platform: str
    models: Sequence[BundleModel]
    kernels: Sequence[KernelEntry] = ()
    kernels_glibc: str = _GLIBC
    deb: str = ""
    installed: str = ""
    golden: bool = False

    def _render_installation(self) -> str:
        if self.deb:
            return f"sudo apt install ./{self.deb}"
        return f"tar -xzf {self.folder}.tar.gz\ncd {self.folder}"

    def render(self) -> bytes:
        rows = "\n".join(_row(model) for model in self.models)
        first = self.models[0]
        choice = f"--model {first.name} " if len(self.models) > 1 else ""
        processor = self.platform.partition("_")[2]
        at = self.installed
        where = f"\nIt is all in `{at}`, where the paths here begin.\n" if at else "\n"
        glibc = max(_GLIBC, self.kernels_glibc, key=_version) if self.kernels else _GLIBC
        return f"""\
# {self.folder}

TensorFlow Lite models and `predict.py`, a program that runs them with LiteRT.{where}
| model | file | bytes | inputs | outputs | labels |
|---|---|---|---|---|---|
{rows}

## Run it

On Linux {processor} with glibc {glibc} or newer and {_PYTHON}:

```
{self._render_installation()}
python3 -m venv .venv
.venv/bin/pip install --require-hashes -r {at}requirements.txt
.venv/bin/python {at}predict.py {choice}{example_input(first.facts)}
```

`predict.py` without arguments lists the models with their inputs and outputs. `predict.py --help`
shows what it takes: a picture, a `.npy` or `.npz` file, JSON as an argument or on standard input.
`--json` prints what another program can read. What training did to pixels is not in a model: say it
with `--scale` and `--offset`. The modules of the program are in `pants_tflite/`.

`requirements.txt` pins the packages that this was tested with by their hashes. `manifest.json` lists
every file with its size and sha256, and each model's inputs, outputs, ops, quantization and the
versions of the tools that made it; `{MODELS_DIRECTORY}/<model>.json` says more.
{self._render_self_test()}{self._render_kernels()}""".encode()

    def _render_self_test(self) -> str:
        if not self.golden:
            return ""
        golden = files_of("<model>", MODELS_DIRECTORY).golden
        return f"""
## Test it

`self_test.py` runs each model on inputs of the build, and compares what comes out with what came out there:

```
.venv/bin/python {self.installed}self_test.py
```

Its exit code is 1 if something differs, and it names the model, the output, the index and both values. It takes
LiteRT's reference kernels, with which the outputs were recorded: integers must be the same, and floats
may differ by their last digits. `--fast` takes the kernels of `predict.py`; `--steps 1` and `--tolerance 0.01`
allow more.

The golden vectors are NumPy files, `{golden.inputs}` and
`{golden.outputs}`. Each has one array for every input or output, called
`<signature>/<name>`, as the tensor stores it, with one call a row. Calls are independent of each other, unless
an array `<signature>/sequence` says that they are in turn and keep the model's state.
"""

    def _render_kernels(self) -> str:
        if not self.kernels:
            return ""
        files = files_of(self.models[0].name, MODELS_DIRECTORY)
        rows = "\n".join(
            f"| {kernel.op.name} | `{build.file}` | `{kernel.registration}` |"
            for kernel in self.kernels
            for build in kernel.builds
        )
        path = f'import sys\n\nsys.path.insert(0, "{self.installed}")\n' if self.installed else ""
        return f"""
## Custom ops

Models here need ops that LiteRT lacks. Their kernels run with glibc {self.kernels_glibc} or newer:

| op | library | function |
|---|---|---|
{rows}

`predict.py` runs models with them. In a program of your own, `interpreter` of `custom_ops.py` takes
the place of LiteRT's `Interpreter`, and the same arguments by name:

```python
{path}from custom_ops import interpreter

model = interpreter(model_path="{self.installed}{files.model}")
```

LiteRT's Python package has no function that takes a kernel, so `custom_ops.py` puts the kernels into
the interpreter's op resolver. It was tested with the version in `requirements.txt`, and refuses a
version whose resolver has another layout. A program in C or C++ with a TensorFlow Lite of its own
calls the function, which returns a `TfLiteRegistration *`, and adds that to its op resolver.
"""


def _version(text: str) -> list[int]:
    return [int(part) for part in text.split(".")]


def _row(model: BundleModel) -> str:
    facts = model.facts
    inputs, outputs = (
        ", ".join(f"{name} {_type_text(it)}" for name, it in facts.default_tensors(side).items())
        for side in (INPUTS, OUTPUTS)
    )
    files = files_of(model.name, MODELS_DIRECTORY)
    labels = f"`{files.labels}` ({len(model.labels)})" if model.labels else ""
    size = f"{facts.sizes.file:,}"
    cells = (model.name, f"`{files.model}`", size, inputs, outputs, labels)
    return f"| {' | '.join(cells)} |"


def _type_text(tensor: ModelTensor) -> str:
    sizes = ", ".join("?" if size is None else str(size) for size in tensor.shape_signature)
    return f"{tensor.dtype} [{sizes}]"


def example_input(facts: ModelDescription) -> str:
    """An example of an input for `predict.py`: a picture's name, JSON, or a NumPy file's name."""
    inputs = facts.default_tensors(INPUTS)
    shapes = [tensor.shape for tensor in inputs.values()]
    if len(inputs) == 1 and len(shapes[0]) == 4 and shapes[0][3] in _PIXEL_CHANNELS:
        return "picture.jpg"
    if any(math.prod(shape) > _LONGEST_EXAMPLE for shape in shapes):
        return "sample.npy" if len(inputs) == 1 else "inputs.npz"
    values = {name: _zeros(tensor.shape) for name, tensor in inputs.items()}
    return f"'{json.dumps(next(iter(values.values())) if len(values) == 1 else values)}'"


def _zeros(shape: Sequence[int]) -> Any:
    return [_zeros(shape[1:]) for _ in range(shape[0])] if shape else 0
