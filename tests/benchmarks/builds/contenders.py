# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The ways to build the same models that are compared: this backend, one script, Make and DVC.

Each has a workspace of its own, with the same models in it, so that none has what another left.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Sequence

from tests.benchmarks.builds.steps import RECIPES, VARIANTS

JOBS = "2"
_DATA = {"digits": ("models/digits/data.py",), "classifier": ("models/cats_vs_dogs/data.py",)}
_TRAINED = {
    "digits": ("models/digits/train.py", *_DATA["digits"]),
    "features": ("models/cats_vs_dogs/features.py", "models/cats_vs_dogs/random_features.py"),
    "classifier": (
        "models/cats_vs_dogs/classifier.py",
        *_DATA["classifier"],
        "models/cats_vs_dogs/drawing.py",
        "models/cats_vs_dogs/folder.py",
        "out/features/saved_model.pb",
    ),
}
_MODELS = tuple(_TRAINED)


@dataclass(frozen=True)
class Step:
    """What Make and DVC run: `command` makes `outputs` out of `inputs`."""

    name: str
    command: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def steps() -> list[Step]:
    """All steps of steps.py, as a person would write them down."""
    found = [
        Step(
            name=f"train_{model}",
            command=("train", model),
            inputs=_TRAINED[model],
            outputs=(f"out/{model}/saved_model.pb",),
        )
        for model in _MODELS
    ]
    for model, variants in VARIANTS.items():
        for variant in variants:
            found += _of_variant(model, variant)
    return found


def _of_variant(model: str, variant: str) -> tuple[Step, Step]:
    quantizes = variant in RECIPES or variant == "int8_ai_edge"
    start = f"out/{model}.float32.tflite" if quantizes else f"out/{model}/saved_model.pb"
    recipe = (f"models/{model}/recipes/{RECIPES[variant]}",) if variant in RECIPES else ()
    file = f"out/{model}.{variant}.tflite"
    return (
        Step(
            name=f"convert_{model}_{variant}",
            command=("convert", model, variant),
            inputs=(start, *_DATA[model], *recipe),
            outputs=(file,),
        ),
        Step(
            name=f"verify_{model}_{variant}",
            command=("verify", model, variant),
            inputs=(file, f"out/{model}/saved_model.pb", *_DATA[model]),
            outputs=(f"out/{model}.{variant}.json",),
        ),
    )


def makefile(python: str) -> str:
    """Make goes by the times of files."""
    lines = ["all: " + " ".join(step.outputs[0] for step in steps())]
    for step in steps():
        lines.append(f"\n{step.outputs[0]}: steps.py {' '.join(step.inputs)}")
        lines.append(f"\t{python} steps.py {' '.join(step.command)}")
    return "\n".join(lines) + "\n"


def dvc_yaml(python: str) -> str:
    """DVC goes by the contents of files, and keeps outputs in a cache."""
    lines = ["stages:"]
    for step in steps():
        # A SavedModel is a folder.
        outputs = [str(Path(o).parent) if o.endswith(".pb") else o for o in step.outputs]
        inputs = [str(Path(i).parent) if i.endswith(".pb") else i for i in step.inputs]
        lines += [f"  {step.name}:", f"    cmd: {python} steps.py {' '.join(step.command)}"]
        lines += ["    deps:", *(f"      - {path}" for path in ("steps.py", *inputs))]
        lines += ["    outs:", *(f"      - {path}" for path in outputs)]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Contender:
    """`build` builds everything in the workspace that still has to be."""

    name: str
    workspace: Path
    command: tuple[str, ...]

    def build(self) -> None:
        run(self.command, self.workspace)


def run(command: Sequence[str], folder: Path) -> str:
    """The command's output. Raises RuntimeError with what it printed if it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed in {folder}:\n{done.stdout[-5000:]}")
    return done.stdout


def contenders(
    *, make_workspace: Callable[[str], Path], python: str, targets: Sequence[str]
) -> list[Contender]:
    """Those that this machine has; `targets` are what Pants builds."""
    found = [Contender("pants", make_workspace("pants"), ("./pants", "package", *targets))]
    script = make_workspace("script")
    found.append(Contender("script", script, (python, "steps.py", "all")))
    if shutil.which("make"):
        folder = make_workspace("make")
        (folder / "Makefile").write_text(makefile(python))
        found.append(Contender("make", folder, ("make", "-j", JOBS)))
    if dvc := shutil.which("dvc", path=os.path.dirname(python)) or shutil.which("dvc"):
        folder = make_workspace("dvc")
        (folder / "dvc.yaml").write_text(dvc_yaml(python))
        run((dvc, "init", "--no-scm", "--quiet"), folder)
        found.append(Contender("dvc", folder, (dvc, "repro", "--quiet")))
    return found
