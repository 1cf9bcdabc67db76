# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Mapping, Union

import pytest
from pants.backend.cc.target_types import CCSourceField
from pants.backend.python.goals import tailor as python_tailor
from pants.backend.python.target_types import (
    PythonTestsGeneratorTarget,
    PythonTestUtilsGeneratorTarget,
)
from pants.core.goals import tailor
from pants.core.goals.tailor import TailorGoal
from pants.engine.addresses import Address, Addresses
from pants.engine.rules import QueryRule
from pants.engine.target import Dependencies, DependenciesRequest
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.testutil import new_rule_runner

MODEL = "import keras\n\ndef export() -> keras.Model:\n    return keras.Model(1, 2)\n"
SAMPLES = "import numpy as np\n\ndef calibration():\n    yield np.zeros(2)\n"
KERNEL = '#include "ops/relu7.h"\nTfLiteRegistration* Register_RELU7(void) { return 0; }\n'
RUNTIME = 'tflite_runtime(name="runtime", maven="a:b:1", sha256="00")\n'
HDF5_MODEL = b"\x89HDF\r\n\x1a\n....model_config....model_weights"
_OPTIONS = (
    "--python-enable-resolves",
    "--python-default-resolve=tensorflow",
    "--python-resolves={'other': 'other.lock', 'tensorflow': 'tensorflow.lock'}",
    "--source-root-patterns=['/', '/src']",
)


@pytest.fixture
def rule_runner() -> RuleRunner:
    return new_rule_runner(
        [QueryRule(Addresses, [DependenciesRequest])],
        rules=[*tailor.rules(), *python_tailor.rules()],
        target_types=[PythonTestsGeneratorTarget, PythonTestUtilsGeneratorTarget],
    )


def _tailor(rule_runner: RuleRunner, files: Mapping[str, Union[str, bytes]], *options: str) -> str:
    """What `tailor` prints for a workspace of `files`, without spaces at the ends of lines."""
    rule_runner.write_files({"tensorflow.lock": "", "other.lock": "", **files})
    result = rule_runner.run_goal_rule(
        TailorGoal,
        global_args=[*_OPTIONS, *options],
        args=["::"],
        env_inherit={"PATH", "PYENV_ROOT", "HOME"},
    )
    assert result.exit_code == 0, result.stderr
    return result.stdout


def _build_file(rule_runner: RuleRunner, folder: str) -> str:
    return Path(rule_runner.build_root, folder, "BUILD").read_text(encoding="utf-8")


def _read_again(rule_runner: RuleRunner) -> None:
    """Has the RuleRunner, which watches no files, see what `tailor` wrote."""
    root = Path(rule_runner.build_root)
    build_files = {
        path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("BUILD")
    }
    rule_runner.write_files(build_files)


def test_files_of_models(rule_runner: RuleRunner) -> None:
    _tailor(
        rule_runner,
        {
            "models/a.tflite": "",
            "models/a.keras": "",
            "models/b.h5": HDF5_MODEL,
            "models/c.hdf5": HDF5_MODEL,
            "models/models.tflite": "",
            # Weights without a model, a file of another program, and a name that would be a pattern.
            "models/b.weights.h5": b"\x89HDF\r\n\x1a\n....layers",
            "models/text.h5": "model_config",
            "models/a[1].tflite": "",
        },
    )
    assert _build_file(rule_runner, "models").split("\n\n") == [
        'keras_file(\n    name="a_keras",\n    source="a.keras",\n)',
        'tflite_file(\n    name="a_tflite",\n    source="a.tflite",\n)',
        'keras_file(\n    name="b",\n    source="b.h5",\n)',
        'keras_file(\n    name="c",\n    source="c.hdf5",\n)',
        'tflite_file(\n    name="models_tflite",\n    source="models.tflite",\n)\n',
    ]


def test_folders_of_saved_models(rule_runner: RuleRunner) -> None:
    _tailor(
        rule_runner,
        {
            "models/kws/saved_model.pb": "",
            "models/kws/variables/variables.index": "",
            "models/kws/assets/inner.tflite": "",
            "models/own/saved_model.pb": "",
            "models/own/variables/variables.index": "",
            "models/own/BUILD": "# What this is\n",
            "models/owned/saved_model.pb": "",
            "models/BUILD": 'files(name="owner", sources=["owned/**"])\n',
        },
    )
    assert _build_file(rule_runner, "models") == (
        'files(name="owner", sources=["owned/**"])\n\n'
        'tf_saved_model_files(\n    name="kws",\n    sources=[\n        "kws/**",\n    ],\n)\n'
    )
    assert _build_file(rule_runner, "models/own") == (
        "# What this is\n\n"
        'tf_saved_model_files(\n    name="own_saved_model",\n    sources=[\n'
        '        "saved_model.pb",\n        "variables/**",\n    ],\n)\n'
    )
    assert not os.path.exists(os.path.join(rule_runner.build_root, "models/kws/BUILD"))


def test_functions(rule_runner: RuleRunner) -> None:
    _tailor(
        rule_runner,
        {
            "models/train.py": MODEL,
            "models/data.py": SAMPLES,
            "models/more.py": SAMPLES,
            # Tests, a program, and a helper that another file uses.
            "models/train_test.py": MODEL,
            "models/conftest.py": SAMPLES,
            "models/__main__.py": MODEL,
            "models/layers.py": MODEL.replace("export", "build"),
            "models/heads.py": "from models.layers import build\n",
        },
    )
    build_file = _build_file(rule_runner, "models")
    assert [block for block in build_file.split("\n\n") if block.startswith("tf")] == [
        'tflite_dataset(\n    name="data_calibration",\n    entry_point="data.py:calibration",\n)',
        'tf_saved_model(\n    name="export",\n    entry_point="train.py:export",\n)',
        'tflite_dataset(\n    name="more_calibration",\n    entry_point="more.py:calibration",\n)',
    ]
    assert "python_sources(" in build_file


def test_a_function_takes_the_resolve_of_its_owner(rule_runner: RuleRunner) -> None:
    _tailor(
        rule_runner,
        {
            "models/train.py": MODEL,
            "models/checks.py": SAMPLES,
            "models/fixtures.py": SAMPLES,
            "BUILD": 'python_test_utils(name="utils", sources=["models/fixtures.py"])\n'
            'python_sources(name="all", sources=["models/train.py"], resolve="other")\n'
            'python_tests(name="tests", sources=["models/checks.py"])\n',
        },
    )
    assert _build_file(rule_runner, "models") == (
        'tf_saved_model(\n    name="export",\n    entry_point="train.py:export",\n'
        '    resolve="other",\n)\n'
    )


@pytest.mark.parametrize(
    "folder, entry_point",
    [
        ("src/models", "train.py:export"),
        ("src/models", "models.train:export"),
        ("elsewhere", "models.train:export"),
        ("src", "models/train.py:export"),
    ],
)
@pytest.mark.parametrize("field", ["entry_point", "untrained"])
def test_never_what_a_target_names(
    rule_runner: RuleRunner, folder: str, entry_point: str, field: str
) -> None:
    other = ', entry_point="train.py:other"' if field == "untrained" else ""
    files = {
        "src/models/train.py": MODEL,
        f"{folder}/BUILD": f'python_sources(name="all", sources=["**/*.py"])\n'
        f'tf_saved_model(name="m", {field}="{entry_point}"{other})\n',
        "src/top.py": "",
    }
    assert "tf_saved_model" not in _tailor(rule_runner, files)


def test_never_what_is_owned_and_never_twice(rule_runner: RuleRunner) -> None:
    files = {
        "models/a.tflite": "",
        "models/b.keras": "",
        "models/train.py": MODEL,
        "models/kws/saved_model.pb": "",
        "models/test_data/BUILD": 'file(name="broken", source="broken.tflite")\n',
        "models/test_data/broken.tflite": "",
        "ops/relu7.c": KERNEL,
        "3rdparty/BUILD": RUNTIME,
    }
    first = _tailor(rule_runner, files)
    for alias in ("tflite_file", "keras_file", "tf_saved_model", "tflite_custom_op"):
        assert alias in first
    assert "broken" not in first
    _read_again(rule_runner)
    assert _tailor(rule_runner, {}) == ""


def test_kernels(rule_runner: RuleRunner) -> None:
    _tailor(
        rule_runner,
        {
            "3rdparty/BUILD": RUNTIME,
            "ops/relu7.h": "",
            "ops/relu7.c": '#include "ops/relu7.h"\n',
            "ops/relu7_tflite.c": KERNEL,
            "ops/relu7_micro.cc": '#include "ops/relu7.h"\n'
            'extern "C" const TFLMRegistration* Register_RELU7() { return 0; }\n',
            "ops/relu7_test.c": KERNEL,
        },
    )
    assert _build_file(rule_runner, "ops").split("\n\n") == [
        "cc_sources()",
        "# `op` is a guess by `Register_RELU7`: give its name in the graph.\n"
        "tflite_custom_op(\n"
        '    name="relu7",\n'
        '    op="Relu7",\n'
        '    dependencies=[\n        "./relu7.c",\n        "./relu7_tflite.c",\n    ],\n'
        '    micro_dependencies=[\n        "./relu7.c",\n        "./relu7_micro.cc",\n    ],\n'
        '    runtime="3rdparty:runtime",\n'
        ")\n",
    ]


@pytest.mark.parametrize(
    "build_file, dependency",
    [
        ('cc_sources(name="math")\n', "./relu7.c:math"),
        ("cc_sources()\n", "./relu7.c"),
        ('cc_source(name="kernel", source="relu7.c")\n', ":kernel"),
        # The name that `cc_sources()` would have is taken.
        ('file(name="ops", source="relu7.h")\n', "./relu7.c:ops0"),
    ],
)
def test_a_kernel_depends_on_the_target_of_its_source(
    rule_runner: RuleRunner, build_file: str, dependency: str
) -> None:
    files = {"3rdparty/BUILD": RUNTIME, "ops/BUILD": build_file, "ops/relu7.c": KERNEL}
    _tailor(rule_runner, {**files, "ops/relu7.h": ""})
    assert f'dependencies=[\n        "{dependency}",\n    ]' in _build_file(rule_runner, "ops")
    # There is a target of that address.
    _read_again(rule_runner)
    target = rule_runner.get_target(Address("ops", target_name="relu7"))
    found = rule_runner.request(Addresses, [DependenciesRequest(target[Dependencies])])
    assert any(rule_runner.get_target(address).has_field(CCSourceField) for address in found)


def test_a_kernel_without_one_runtime_is_only_told_of(
    rule_runner: RuleRunner, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    assert "tflite_custom_op" not in _tailor(rule_runner, {"ops/relu7.c": KERNEL})
    assert "ops/relu7.c" in caplog.text and "tflite_runtime" in caplog.text


def test_options_turn_each_kind_off(rule_runner: RuleRunner) -> None:
    files = {
        "3rdparty/BUILD": RUNTIME,
        "models/a.tflite": "",
        "models/train.py": MODEL,
        "ops/relu7.c": KERNEL,
    }
    printed = _tailor(
        rule_runner,
        files,
        "--no-tflite-tailor-tailor-model-files",
        "--no-tflite-tailor-tailor-functions",
        "--no-tflite-tailor-tailor-custom-ops",
    )
    assert "cc_sources" in printed and "python_sources" in printed
    assert "tf" not in printed.replace("tflite_runtime", "")


def test_the_page_shows_what_is_written(rule_runner: RuleRunner) -> None:
    page = Path(__file__).parents[4] / "docs" / "how-to" / "tailor.md"
    blocks = re.findall(
        r"^```python\n# ([\w./]+)\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S
    )
    files = dict(blocks)
    build_file = files.pop("tailor/BUILD")
    _tailor(rule_runner, {**files, "tailor/scores.tflite": ""})
    assert _build_file(rule_runner, "tailor") == build_file
