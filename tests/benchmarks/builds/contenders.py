# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The ways to build the same models that are compared: this backend, one script, Make and DVC.

Each has a workspace of its own, with the same models in it, so that none has what another left.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Callable, Sequence

from tests.benchmarks.build_files import Step, dvc_yaml, makefile
from tests.benchmarks.builds.steps import BUNDLE, RECIPES, VARIANTS
from tests.benchmarks.measuring import DVC, JOBS, MAKE, PANTS, SCRIPT, Contender, find_dvc, run

_SCRIPT_FILE = "steps.py"
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


def steps() -> list[Step]:
    """All steps of steps.py, as a person would write them down."""
    found = [
        Step(
            name=f"train_{model}",
            arguments=("train", model),
            inputs=_TRAINED[model],
            output=f"out/{model}/saved_model.pb",
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
            arguments=("bundle", *BUNDLE),
            inputs=(f"{bundled}.tflite", f"{bundled}.json", labels),
            output=f"{bundled}.tar.gz",
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
            arguments=("convert", model, variant),
            inputs=(start, *_DATA[model], *recipe),
            output=file,
        ),
        Step(
            name=f"verify_{model}_{variant}",
            arguments=("verify", model, variant),
            inputs=(file, f"out/{model}/saved_model.pb", *_DATA[model]),
            output=f"out/{model}.{variant}.json",
        ),
    )


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
        found.append(Contender(SCRIPT, make_workspace(SCRIPT), (python, _SCRIPT_FILE, "all")))
    if MAKE in names and shutil.which("make"):
        folder = make_workspace(MAKE)
        (folder / "Makefile").write_text(makefile(steps(), python=python, script=_SCRIPT_FILE))
        found.append(Contender(MAKE, folder, ("make", "-j", JOBS, "--silent")))
    if DVC in names and (dvc := find_dvc(python)):
        folder = make_workspace(DVC)
        (folder / "dvc.yaml").write_text(dvc_yaml(steps(), python=python, script=_SCRIPT_FILE))
        run((dvc, "init", "--no-scm", "--quiet"), folder)
        found.append(Contender(DVC, folder, (dvc, "repro", "--quiet")))
    return found
