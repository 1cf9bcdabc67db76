# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from typing import Any, Callable, Optional

import pytest
from pants.engine.addresses import Address

from pants_tflite.android.settings import (
    check_abis,
    check_coordinates,
    check_min_sdk,
    check_native_min_sdk,
    check_package,
    check_runtime,
    check_runtime_library,
    check_runtimes_with_tensorflow,
    default_artifact,
)
from pants_tflite.android.target_types import (
    AndroidAbisField,
    AndroidPackageField,
    MavenArtifactField,
    MavenGroupField,
    MavenRuntimeField,
    MinSdkField,
    RuntimeLibraryField,
    SelectTfOpsRuntimeField,
)
from pants_tflite.bundles.fields import BundleVersionField
from pants_tflite.errors import TfLiteError

ADDRESS = Address("models/digits", target_name="android")


def _error(check: Callable[..., Any], *fields: Any) -> str:
    with pytest.raises(TfLiteError) as error:
        check(*fields)
    assert "Fix: " in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("package", ["org.example", "com.Example_2.digits"])
def test_packages(package: str) -> None:
    assert check_package(AndroidPackageField(package, ADDRESS)) == package


@pytest.mark.parametrize(
    ("package", "expected"),
    [
        ("", "'' is not an identifier"),
        ("digits", "has two parts at least"),
        ("org..example", "'' is not an identifier"),
        ("org.2example", "'2example' is not an identifier"),
        ("org._example", "'_example' is not an identifier"),
        ("org.ex-ample", "'ex-ample' is not an identifier"),
        ("org.exämple", "'exämple' is not an identifier"),
        ("org.example\n", "'example\\n' is not an identifier"),
        ('org.a" x="', "is not an identifier"),
        ("org.new.digits", "'new' is a word of the Java language"),
        ("org.true", "'true' is a word of the Java language"),
    ],
)
def test_bad_packages(package: str, expected: str) -> None:
    error = _error(check_package, AndroidPackageField(package, ADDRESS))
    assert f"models/digits:android, field `package` = {package!r}: " in error
    assert expected in error


def test_abis_are_sorted() -> None:
    assert check_abis(AndroidAbisField(("x86_64", "arm64-v8a"), ADDRESS)) == ("arm64-v8a", "x86_64")


@pytest.mark.parametrize(
    ("abis", "expected"),
    [
        (("arm64-v8a", "mips"), "field `abis` = 'mips': Android has no such ABI"),
        (("x86", "x86"), "field `abis` = 'x86, x86': there are no ABIs, or one is there twice"),
        ((), "field `abis` = '': there are no ABIs"),
    ],
)
def test_bad_abis(abis: tuple[str, ...], expected: str) -> None:
    assert expected in _error(check_abis, AndroidAbisField(abis, ADDRESS))


def test_min_sdk() -> None:
    assert check_min_sdk(MinSdkField(19, ADDRESS)) == 19
    error = _error(check_min_sdk, MinSdkField(18, ADDRESS))
    assert "field `min_sdk` = '18': TensorFlow Lite needs API level 19" in error


def test_min_sdk_of_native_code() -> None:
    check_native_min_sdk(MinSdkField(21, ADDRESS))
    error = _error(check_native_min_sdk, MinSdkField(20, ADDRESS))
    assert "field `min_sdk` = '20': the models have custom ops" in error
    assert "need API level 21 at least" in error


@pytest.mark.parametrize(
    ("directory", "name", "expected"),
    [
        ("models/cats_vs_dogs", "android", "cats_vs_dogs-android"),
        ("", "android", "android"),
        ("models/digits", "release+1", "digits-release_1"),
        ("models/_private", "android", "private-android"),
    ],
)
def test_artifact_by_default(directory: str, name: str, expected: str) -> None:
    assert default_artifact(Address(directory, target_name=name)) == expected


def _fields(
    group: Optional[str], artifact: Optional[str], version: str
) -> tuple[MavenGroupField, MavenArtifactField, BundleVersionField]:
    return (
        MavenGroupField(group, ADDRESS),
        MavenArtifactField(artifact, ADDRESS),
        BundleVersionField(version, ADDRESS),
    )


def test_coordinates_by_default() -> None:
    coordinates = check_coordinates("org.example", *_fields(None, None, "1.0.0"))
    assert str(coordinates) == "org.example:digits-android:1.0.0"


@pytest.mark.parametrize(
    ("group", "artifact", "version", "expected"),
    [
        ("org/example", None, "1.0.0", "field `group` = 'org/example'"),
        ("../example", None, "1.0.0", "field `group` = '../example'"),
        ("", None, "1.0.0", "field `group` = ''"),
        (None, "a/b", "1.0.0", "field `artifact` = 'a/b'"),
        (None, "..", "1.0.0", "field `artifact` = '..'"),
        (None, "_hidden", "1.0.0", "field `artifact` = '_hidden'"),
        (None, "", "1.0.0", "field `artifact` = ''"),
        (None, None, "1.0", "field `version` = '1.0'"),
        (
            None,
            None,
            "1.0.0-SNAPSHOT",
            "field `version` = '1.0.0-SNAPSHOT': Maven takes a snapshot",
        ),
    ],
)
def test_bad_coordinates(
    group: Optional[str], artifact: Optional[str], version: str, expected: str
) -> None:
    assert expected in _error(check_coordinates, "org.example", *_fields(group, artifact, version))


def test_runtime() -> None:
    runtime = check_runtime(MavenRuntimeField("com.google.ai.edge.litert:litert:1.4.0", ADDRESS))
    assert runtime is not None
    assert (runtime.group, runtime.artifact) == ("com.google.ai.edge.litert", "litert")
    assert runtime.version == "1.4.0"


def test_runtime_of_each_kind_of_model() -> None:
    left_out = MavenRuntimeField(None, ADDRESS)
    assert str(check_runtime(left_out)) == "com.google.ai.edge.litert:litert:1.4.0"
    assert str(check_runtime(left_out, custom_ops=True)) == "org.tensorflow:tensorflow-lite:2.16.1"
    for custom_ops in (False, True):
        assert check_runtime(MavenRuntimeField("", ADDRESS), custom_ops=custom_ops) is None


@pytest.mark.parametrize(
    "runtime",
    [
        " ",
        "org.tensorflow:tensorflow-lite",
        "org.tensorflow:tensorflow-lite:2.+",
        "org.tensorflow:tensorflow-lite:[2.0,3.0)",
        "org.tensorflow:tensorflow-lite:2.16.1:aar",
        "org/tensorflow:tensorflow-lite:2.16.1",
    ],
)
def test_bad_runtime(runtime: str) -> None:
    error = _error(check_runtime, MavenRuntimeField(runtime, ADDRESS))
    assert f"field `runtime` = {runtime!r}" in error


def test_runtime_library() -> None:
    for library in ("libtensorflowlite_jni.so", "libLiteRt.so"):
        assert check_runtime_library(RuntimeLibraryField(library, ADDRESS)) == library


@pytest.mark.parametrize(
    "library", ["", "tensorflowlite", "lib.so", "libtflite.a", "jni/libtflite.so", "libtflite.so.2"]
)
def test_bad_runtime_library(library: str) -> None:
    error = _error(check_runtime_library, RuntimeLibraryField(library, ADDRESS))
    assert f"field `runtime_library` = {library!r}" in error


def _runtimes_with_tensorflow(value: str | None, runtime: str | None) -> list[str]:
    fields = MavenRuntimeField(runtime, ADDRESS), SelectTfOpsRuntimeField(value, ADDRESS)
    return [str(coordinates) for coordinates in check_runtimes_with_tensorflow(*fields)]


def test_tensorflows_kernels_are_of_the_runtimes_version() -> None:
    assert _runtimes_with_tensorflow(None, "org.tensorflow:tensorflow-lite:2.13.0") == [
        "org.tensorflow:tensorflow-lite:2.13.0",
        "org.tensorflow:tensorflow-lite-select-tf-ops:2.13.0",
    ]
    assert _runtimes_with_tensorflow(None, None) == [
        "org.tensorflow:tensorflow-lite:2.14.0",
        "org.tensorflow:tensorflow-lite-select-tf-ops:2.14.0",
    ]
    own = ["org.example:runtime:1.0", "org.example:kernels:1.0"]
    assert _runtimes_with_tensorflow(own[1], own[0]) == own
    assert _runtimes_with_tensorflow(own[1], None) == [
        "org.tensorflow:tensorflow-lite:2.16.1",
        own[1],
    ]
    assert _runtimes_with_tensorflow(own[1], "") == own[1:]
    assert _runtimes_with_tensorflow(None, "") == []


@pytest.mark.parametrize(
    ("value", "runtime", "expected"),
    [
        (None, "com.google.ai.edge.litert:litert:1.4.0", "kernels for com.google.ai.edge.litert:"),
        ("kernels:1.0", "org.tensorflow:tensorflow-lite:2.14.0", "not the Maven coordinates"),
    ],
)
def test_tensorflows_kernels_from_nowhere(value: str | None, runtime: str, expected: str) -> None:
    with pytest.raises(TfLiteError) as error:
        _runtimes_with_tensorflow(value, runtime)
    assert "field `select_tf_ops_runtime`" in str(error.value) and expected in str(error.value)
