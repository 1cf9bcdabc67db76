# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The ways to build the same models that are compared: this backend, one script, Make and DVC.

Each has a workspace of its own, with the same models in it, so that none has what another left.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Sequence

from tests.benchmarks.builds.steps import BUNDLE, RECIPES, VARIANTS
from tests.benchmarks.measuring import DVC, MAKE, PANTS, SCRIPT, Contender, find_dvc, run

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
    model, variant, labels = BUNDLE
    bundled = f"out/{model}.{variant}"
    found.append(
        Step(
            name="bundle",
            command=("bundle", *BUNDLE),
            inputs=(f"{bundled}.tflite", f"{bundled}.json", labels),
            outputs=(f"{bundled}.tar.gz",),
        )
    )
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


def contenders(
    *,
    make_workspace: Callable[[str], Path],
    python: str,
    targets: Sequence[str],
    names: Sequence[str],
) -> list[Contender]:
    """Pants, which builds the `targets`, and those of the `names` that this machine has."""
    found = [Contender(PANTS, make_workspace(PANTS), ("./pants", "package", *targets))]
    if SCRIPT in names:
        found.append(Contender(SCRIPT, make_workspace(SCRIPT), (python, "steps.py", "all")))
    if MAKE in names and shutil.which("make"):
        folder = make_workspace(MAKE)
        (folder / "Makefile").write_text(makefile(python))
        found.append(Contender(MAKE, folder, ("make", "-j", JOBS, "--silent")))
    if DVC in names and (dvc := find_dvc(python)):
        folder = make_workspace(DVC)
        (folder / "dvc.yaml").write_text(dvc_yaml(python))
        run((dvc, "init", "--no-scm", "--quiet"), folder)
        found.append(Contender(DVC, folder, (dvc, "repro", "--quiet")))
    return found
