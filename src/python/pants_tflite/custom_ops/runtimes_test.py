# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import hashlib
import io
import zipfile

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import Digest, Snapshot
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.custom_ops.maven import full_coordinates
from pants_tflite.custom_ops.runtimes import RuntimeHeaders, RuntimeHeadersRequest
from pants_tflite.custom_ops.target_types import CustomOpRuntimeField
from pants_tflite.errors import TfLiteError
from pants_tflite.testutil import new_rule_runner, write_workspace

HEADER = "tensorflow/lite/core/c/common.h"
ADDRESS = Address("ops", target_name="op")


def _archive(*others: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(f"headers/{HEADER}", "// A header.\n")
        archive.writestr("jni/x86_64/lib.so", "\x7fELF")
        archive.writestr("AndroidManifest.xml", "<manifest/>")
        for name in others:
            archive.writestr(name, "")
    return content.getvalue()


ARCHIVE = _archive()
CUT, CLIMBING = ARCHIVE[:-10], _archive("../out.h")
SHA256, CUT_SHA256, CLIMBING_SHA256 = (
    hashlib.sha256(content).hexdigest() for content in (ARCHIVE, CUT, CLIMBING)
)


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    return new_rule_runner(
        [QueryRule(RuntimeHeaders, [RuntimeHeadersRequest]), QueryRule(Snapshot, [Digest])]
    )


def _headers(rule_runner: RuleRunner, **fields: str) -> list[str]:
    fields = {"source": "runtime.aar", "sha256": SHA256, **fields}
    text = ", ".join(f"{name}={value!r}" for name, value in fields.items() if value)
    write_workspace(
        rule_runner,
        {
            "ops/BUILD": f'tflite_runtime(name="runtime", {text})\n'
            'tflite_custom_op(name="op", op="Op", runtime=":runtime")\n'
        },
    )
    archives = {
        "runtime.aar": ARCHIVE,
        "runtime.bin": ARCHIVE,
        "cut.zip": CUT,
        "climbing.aar": CLIMBING,
    }
    rule_runner.write_files({f"ops/{name}": content for name, content in archives.items()})
    target = rule_runner.get_target(ADDRESS)
    request = RuntimeHeadersRequest(target[CustomOpRuntimeField])
    found = rule_runner.request(RuntimeHeaders, [request])
    return list(rule_runner.request(Snapshot, [found.digest]).files)


def test_headers_of_an_archive(rule_runner: RuleRunner) -> None:
    assert _headers(rule_runner) == [HEADER]
    assert _headers(rule_runner, headers="headers/tensorflow") == ["lite/core/c/common.h"]
    assert f"headers/{HEADER}" in _headers(rule_runner, headers=".")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"sha256": "a" * 64},
            [f"{len(ARCHIVE)} bytes with the SHA-256 {SHA256}", f"where {'a' * 64} is expected"],
        ),
        ({"sha256": "A" * 64}, ["a SHA-256 has 64 hexadecimal digits, in lower case"]),
        ({"source": ""}, ["neither `source` nor `maven` names an archive"]),
        ({"maven": "a:b:1"}, ["both `source` and `maven` name an archive"]),
        (
            {"headers": "include"},
            ["field `headers` = 'include'", "it has AndroidManifest.xml, headers, jni"],
        ),
        (
            {"source": "runtime.bin"},
            ["field `source` = 'runtime.bin': `runtime.bin` cannot be unpacked", "must end in"],
        ),
        (
            {"source": "cut.zip", "sha256": CUT_SHA256},
            ["field `source` = 'cut.zip': `cut.zip` cannot be unpacked: it is cut off", "Fix: Get"],
        ),
        (
            {"source": "climbing.aar", "sha256": CLIMBING_SHA256},
            ["field `source` = 'climbing.aar'", "`../out.h` would be written outside"],
        ),
        ({"source": "none.zip"}, ["field `source` = 'none.zip': there is no file `ops/none.zip`"]),
        ({"source": "", "maven": "nonsense"}, ["field `maven` = 'nonsense': these are no Maven"]),
    ],
)
def test_mistakes(rule_runner: RuleRunner, fields: dict[str, str], expected: list[str]) -> None:
    with pytest.raises(ExecutionError) as error:
        _headers(rule_runner, **fields)
    for part in ("ops:runtime", *expected):
        assert part in str(error.value)


def test_coordinates() -> None:
    assert full_coordinates("org.example:a-b:1.0", ADDRESS) == "org.example:a-b:1.0:aar"
    assert full_coordinates("org.example:a-b:1.0:zip", ADDRESS) == "org.example:a-b:1.0:zip"
    for value in ("a:b", "a:b:c:d:e", "a::1", "a:b:1 -X", "a:b:1,c:d:2"):
        with pytest.raises(TfLiteError, match="these are no Maven coordinates"):
            full_coordinates(value, ADDRESS)
