# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The target's fields, its dependencies, and the tools on the machine: all before a model is built."""

from __future__ import annotations

import shutil
import zipfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from pants.core.goals.package import BuiltPackage
from pants.engine.addresses import Address
from pants.engine.fs import DigestContents
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.engine.target import InferredDependencies
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.android import register
from pants_tflite.android.android_jars import (
    AndroidJar,
    AndroidJarRequest,
    SdkAndroidJarRequest,
    newest_platform,
)
from pants_tflite.android.java_compiler import JavaCompiler, JavaCompilerRequest
from pants_tflite.android.package import AndroidLibraryFieldSet
from pants_tflite.testutil import new_rule_runner, write_workspace
from pants_tflite.util_rules.dependency_inference import (
    InferReferences,
    ReferencesInferenceFieldSet,
)

ADDRESS = Address("pets", target_name="android")


@pytest.fixture
def rule_runner() -> RuleRunner:
    return new_rule_runner(
        [
            QueryRule(AndroidJar, (AndroidJarRequest,)),
            QueryRule(AndroidJar, (SdkAndroidJarRequest,)),
            QueryRule(BuiltPackage, (AndroidLibraryFieldSet,)),
            QueryRule(InferredDependencies, (InferReferences,)),
            QueryRule(JavaCompiler, (JavaCompilerRequest,)),
        ],
        rules=register.rules(),
        target_types=register.target_types(),
    )


def _field_set(rule_runner: RuleRunner, fields: str) -> AndroidLibraryFieldSet:
    build = f"""\
tflite_file(name="model", source="model.tflite")
file(name="jar", source="some.jar")
tflite_android_library(name="android", {fields})
"""
    write_workspace(
        rule_runner, {"pets/BUILD": build, "pets/model.tflite": "", "pets/some.jar": "classes"}
    )
    return AndroidLibraryFieldSet.create(rule_runner.get_target(ADDRESS))


def _error(error: pytest.ExceptionInfo[ExecutionError]) -> str:
    text = str(error.value)
    assert "Fix: " in text
    return text


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ('package="digits"', "field `package` = 'digits': "),
        ('package="org.example", abis=["arm64"]', "field `abis` = 'arm64': "),
        ('package="org.example", min_sdk=4', "field `min_sdk` = '4': "),
        ('package="org.example", group="a/b"', "field `group` = 'a/b': "),
        ('package="org.example", artifact="a/b"', "field `artifact` = 'a/b': "),
        ('package="org.example", runtime="litert"', "field `runtime` = 'litert': "),
        ('package="org.example", version="1-SNAPSHOT"', "field `version` = '1-SNAPSHOT': "),
        (
            'package="org.example")\ntflite_android_library(name="z", models=[":model"], '
            'package="org.example"',
            "field `package` = 'org.example': pets:z has the same package",
        ),
        (
            'package="org.example", runtime_aar=":model"',
            "field `runtime_aar` = ':model': pets:model is a `tflite_file` target",
        ),
        (
            'package="org.example", runtime_library="tflite"',
            "field `runtime_library` = 'tflite': ",
        ),
        (
            'package="org.example", java_api=True, android_jar=":model"',
            "field `android_jar` = ':model': pets:model is a `tflite_file` target",
        ),
    ],
)
def test_mistakes(rule_runner: RuleRunner, fields: str, expected: str) -> None:
    field_set = _field_set(rule_runner, f'models=[":model"], {fields}')
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(BuiltPackage, [field_set])
    assert f"pets:android, {expected}" in _error(error)


@pytest.mark.parametrize(
    ("min_sdk", "expected"),
    [
        (20, "pets:android, field `min_sdk` = '20': the models have custom ops"),
        (21, "pets:kernel: C++ for android_arm64_v8a needs an Android NDK, and none is named"),
    ],
)
def test_kernels_are_looked_at_before_models_are_built(
    rule_runner: RuleRunner, min_sdk: int, expected: str
) -> None:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("headers/tensorflow/lite/core/c/common.h", "")
    build = f"""\
cc_source(name="kernel", source="kernel.cc")
tflite_runtime(
    name="runtime", source="runtime.zip", sha256="{sha256(archive.getvalue()).hexdigest()}"
)
tflite_custom_op(name="op", op="Meow", dependencies=[":kernel"], runtime=":runtime")
tflite_file(name="model", source="no_model.tflite", custom_ops=[":op"])
tflite_android_library(
    name="android",
    models=[":model"],
    package="org.example",
    abis=["arm64-v8a"],
    min_sdk={min_sdk},
)
"""
    write_workspace(rule_runner, {"pets/BUILD": build, "pets/kernel.cc": ""})
    rule_runner.write_files({"pets/runtime.zip": archive.getvalue(), "pets/no_model.tflite": ""})
    _set_options(rule_runner, ANDROID_NDK_HOME="")
    field_set = AndroidLibraryFieldSet.create(rule_runner.get_target(ADDRESS))
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(BuiltPackage, [field_set])
    assert expected in _error(error)


def test_the_jar_is_a_dependency(rule_runner: RuleRunner) -> None:
    fields = 'models=[":model"], package="org.example", android_jar=":jar"'
    field_set = _field_set(rule_runner, fields)
    target = rule_runner.get_target(ADDRESS)
    inferred = rule_runner.request(
        InferredDependencies, [InferReferences(ReferencesInferenceFieldSet.create(target))]
    )
    assert {str(address) for address in inferred.include} == {"pets:jar", "pets:model"}
    jar = rule_runner.request(AndroidJar, [AndroidJarRequest(field_set.android_jar)])
    (content,) = rule_runner.request(DigestContents, [jar.digest])
    assert (content.path, content.content) == ("android.jar", b"classes")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("android-9", "android-34", "android-21"), "android-34"),
        (("android-36", "android-36.1"), "android-36.1"),
        (("android-34", "android-34-ext8", "android-Baklava"), "android-34-ext8"),
        (("android-Baklava",), None),
        ((), None),
    ],
)
def test_newest_platform(names: tuple[str, ...], expected: str) -> None:
    assert newest_platform(names) == expected


def _set_options(rule_runner: RuleRunner, *options: str, **env: str) -> None:
    rule_runner.set_options(options, env=env, env_inherit={"PATH"})


@pytest.fixture
def sdk(tmp_path: Path) -> Path:
    for platform in ("android-9", "android-34"):
        folder = tmp_path / "sdk" / "platforms" / platform
        folder.mkdir(parents=True)
        (folder / "android.jar").write_text(platform)
    (tmp_path / "sdk" / "platforms" / "android-35").mkdir()
    return tmp_path / "sdk"


def _sdk_jar(rule_runner: RuleRunner) -> bytes:
    jar = rule_runner.request(AndroidJar, [SdkAndroidJarRequest(ADDRESS)])
    (content,) = rule_runner.request(DigestContents, [jar.digest])
    assert content.path == "android.jar"
    return content.content


def test_platforms_of_the_sdk(rule_runner: RuleRunner, sdk: Path) -> None:
    _set_options(rule_runner, ANDROID_HOME=str(sdk))
    assert _sdk_jar(rule_runner) == b"android-34"
    _set_options(rule_runner, "--android-sdk-platform=android-9", ANDROID_SDK_ROOT=str(sdk))
    assert _sdk_jar(rule_runner) == b"android-9"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), "field `android_jar`: `java_api` is compiled against Android's classes"),
        (("--android-sdk-home=/nowhere",), "in /nowhere has no platform of a release; it has none"),
        (
            ("--android-sdk-home=@sdk@", "--android-sdk-platform=android-35"),
            "has no platform android-35; it has android-34, android-9",
        ),
    ],
)
def test_no_platform(
    rule_runner: RuleRunner, sdk: Path, options: tuple[str, ...], expected: str
) -> None:
    _set_options(rule_runner, *(option.replace("@sdk@", str(sdk)) for option in options))
    with pytest.raises(ExecutionError) as error:
        _sdk_jar(rule_runner)
    assert expected in _error(error)


@pytest.mark.skipif(
    shutil.which("javac") is None, reason="needs a JDK (Debian: default-jdk-headless)"
)
def test_compiler_on_the_path(rule_runner: RuleRunner) -> None:
    _set_options(rule_runner)
    compiler = rule_runner.request(JavaCompiler, [JavaCompilerRequest(ADDRESS)])
    assert compiler.path.endswith("/javac")
    assert int(compiler.version.split(".")[0]) >= 9


def _write_javac(folder: Path, script: str) -> None:
    javac = folder / "bin" / "javac"
    javac.parent.mkdir()
    javac.write_text(f"#!/bin/sh\n{script}\n")
    javac.chmod(0o755)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (None, "no working `javac` is in "),
        ("exit 1", "no working `javac` is in "),
        ("echo javac 1.8.0_402 >&2", "says that it is 'javac 1.8.0_402'"),
        ("echo something else", "says that it is 'something else'"),
    ],
)
def test_no_compiler(rule_runner: RuleRunner, tmp_path: Path, script: str, expected: str) -> None:
    if script:
        _write_javac(tmp_path, script)
    _set_options(rule_runner, JAVA_HOME=str(tmp_path))
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(JavaCompiler, [JavaCompilerRequest(ADDRESS)])
    text = _error(error)
    assert "pets:android, field `java_api` = 'True': the Java API needs a Java compiler" in text
    assert expected in text


def test_a_java_api_without_a_compiler_builds_no_model(
    rule_runner: RuleRunner, tmp_path: Path
) -> None:
    field_set = _field_set(rule_runner, 'models=[":model"], package="org.example", java_api=True')
    _set_options(rule_runner, JAVA_HOME=str(tmp_path))
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(BuiltPackage, [field_set])
    assert "pets:android, field `java_api` = 'True': " in _error(error)
