# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A monorepo of small models as files, for each of the contenders.

Each folder below `packages/` has ten models, a README.md, and the labels of a bundle with the first of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, Mapping, Union

from tests.benchmarks import build_files
from tests.benchmarks.build_files import Step
from tests.benchmarks.monorepo.models import BASE, model_of
from tests.benchmarks.monorepo.tool import BUNDLED

Files = Mapping[str, Union[str, bytes]]

MODELS_OF_A_PACKAGE = 10
LABELS = "no\nyes\n"
_TOOL = Path(__file__).parent / "tool.py"
_BUILD = """\
[tflite_file(name=f"m{i}", source=f"m{i}.tflite") for i in range(%d)]

file(name="labels", source="labels.txt")

tflite_linux_archive(
    name="archive",
    models=[":%s"],
    labels={"%s": ":labels"},
    platforms=["linux_x86_64"],
)
"""
# What `package` does at least: a target that needs no process.
_TRIVIAL = """\
file(name="text", source="text.txt")

archive(name="archive", format="tar", files=[":text"])
"""
_BAZEL_BUILD = """\
PYTHON = "%s"

[genrule(
    name = "m%%d" %% i,
    srcs = ["m%%d.tflite" %% i],
    outs = ["out/m%%d/%%s" %% (i, name) for name in ("model.tflite", "model.json", "golden_input.npz", "golden_output.npz")],
    cmd = PYTHON + " $(location //:tool.py) check $< $(RULEDIR)/out/m%%d" %% i,
    tools = ["//:tool.py"],
) for i in range(%d)]

genrule(
    name = "archive",
    srcs = ["%s.tflite", "labels.txt", ":%s"],
    outs = ["archive.tar.gz"],
    cmd = PYTHON + " $(location //:tool.py) bundle $(location %s.tflite) $(location labels.txt) $(RULEDIR)/out/%s $@",
    tools = ["//:tool.py"],
)
"""


def packages(models: int) -> list[str]:
    """The names of the folders that hold so many models, a multiple of ten."""
    count, rest = divmod(models, MODELS_OF_A_PACKAGE)
    if rest or not count:
        raise ValueError(f"{models} is no multiple of {MODELS_OF_A_PACKAGE}")
    return [f"p{index:04}" for index in range(count)]


def model_files(models: int, seed: int) -> dict[str, Union[str, bytes]]:
    """What all contenders have. Another seed has other models, which are in no cache of an earlier run."""
    files: dict[str, Union[str, bytes]] = {}
    for number, package in enumerate(packages(models)):
        folder = f"packages/{package}"
        files[f"{folder}/README.md"] = f"# {package}\n"
        files[f"{folder}/labels.txt"] = LABELS
        for index in range(MODELS_OF_A_PACKAGE):
            files[f"{folder}/m{index}.tflite"] = model_of(
                seed, number * MODELS_OF_A_PACKAGE + index
            )
    return files


def write(folder: Path, files: Files) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def pants_files(models: int) -> dict[str, Union[str, bytes]]:
    """A repository that uses the backend from this clone, with its own pants.toml and launcher."""
    build = _BUILD % (MODELS_OF_A_PACKAGE, BUNDLED, BUNDLED)
    return {
        **{f"packages/{package}/BUILD": build for package in packages(models)},
        "trivial/BUILD": _TRIVIAL,
        "warm_up/BUILD": _BUILD % (1, BUNDLED, BUNDLED),
        "warm_up/labels.txt": LABELS,
        "warm_up/m0.tflite": BASE.read_bytes(),
        "trivial/text.txt": "text\n",
    }


def script_files() -> dict[str, Union[str, bytes]]:
    return {_TOOL.name: _TOOL.read_bytes()}


def _steps(models: int) -> Iterator[Step]:
    for package in packages(models):
        folder = f"packages/{package}"
        for index in range(MODELS_OF_A_PACKAGE):
            model, out = f"{folder}/m{index}.tflite", f"out/{package}/m{index}"
            yield Step(
                name=f"check_{package}_m{index}",
                arguments=("check", model, out),
                inputs=(model,),
                output=f"{out}/model.json",
            )
        model, checked = f"{folder}/{BUNDLED}.tflite", f"out/{package}/{BUNDLED}"
        labels, archive = f"{folder}/labels.txt", f"out/{package}/archive/{package}.tar.gz"
        yield Step(
            name=f"bundle_{package}",
            arguments=("bundle", model, labels, checked, archive),
            inputs=(model, labels, f"{checked}/model.json"),
            output=archive,
        )


def makefile(models: int, python: str) -> str:
    return build_files.makefile(list(_steps(models)), python=python, script=_TOOL.name)


def dvc_yaml(models: int, python: str) -> str:
    return build_files.dvc_yaml(_steps(models), python=python, script=_TOOL.name)


def bazel_files(models: int, python: str) -> dict[str, Union[str, bytes]]:
    """Bazel goes by the contents of files, too, and runs steps in sandboxes."""
    build = _BAZEL_BUILD % (python, MODELS_OF_A_PACKAGE, *([BUNDLED] * 4))
    return {
        "WORKSPACE": "",
        "BUILD": 'exports_files(["tool.py"])\n',
        **{f"packages/{package}/BUILD": build for package in packages(models)},
    }
