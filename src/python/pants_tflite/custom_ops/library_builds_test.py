# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Libraries of custom ops, really built, for machines of several kinds."""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import Any

import pytest
from pants.engine.addresses import Address
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule

from pants_tflite.cc.platforms import PLATFORMS
from pants_tflite.cc.testutil import NativeBuilds, needs_launcher
from pants_tflite.custom_ops.libraries import CustomOpLibrary, CustomOpLibraryRequest
from pants_tflite.testutil import new_rule_runner, write_workspace

HEADER = "typedef struct { void *functions[11]; } TfLiteRegistration;\n"
KERNEL = """\
#include <math.h>
#include <stdlib.h>
#include "ops/shared.h"
#include "tensorflow/lite/core/c/common.h"

static void *NAME(void) { float *x = malloc(sizeof *x); if (x) *x = Shared(atanf(1.0f)); return x; }

TfLiteRegistration *Register_NAME(void) {
  static TfLiteRegistration registration;
  registration.functions[0] = (void *)NAME;
  return &registration;
}
"""

pytestmark = needs_launcher


def _archive() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        info = zipfile.ZipInfo("headers/tensorflow/lite/core/c/common.h", (1980, 1, 1, 0, 0, 0))
        archive.writestr(info, HEADER)
    return content.getvalue()


ARCHIVE = _archive()
BUILD = f"""\
tflite_runtime(
    name="runtime", source="runtime.zip", sha256="{hashlib.sha256(ARCHIVE).hexdigest()}"
)
cc_sources(name="shared", sources=["shared.c", "shared.h"])
cc_sources(name="a", sources=["a.c"], dependencies=[":shared"])
cc_sources(name="b", sources=["b.c"], dependencies=[":shared"])
tflite_custom_op(name="op_a", op="A", dependencies=[":a"], runtime=":runtime")
tflite_custom_op(name="op_b", op="B", dependencies=[":b"], runtime=":runtime")
tflite_custom_op(name="wrong", op="Wrong", dependencies=[":b"], runtime=":runtime")
"""


@pytest.fixture(scope="module")
def builds() -> NativeBuilds:
    builds = NativeBuilds(queries={CustomOpLibraryRequest: CustomOpLibrary})
    queries = [QueryRule(result, [request]) for request, result in builds.queries.items()]
    builds.rule_runner = new_rule_runner(queries)
    builds.set_options("--source-root-patterns=['/']")
    write_workspace(
        builds.rule_runner,
        {
            "ops/BUILD": BUILD,
            "ops/a.c": KERNEL.replace("NAME", "A"),
            "ops/b.c": KERNEL.replace("NAME", "B"),
            "ops/shared.c": '#include "ops/shared.h"\nfloat Shared(float x) { return 2 * x; }\n',
            "ops/shared.h": "float Shared(float x);\n",
        },
    )
    builds.rule_runner.write_files({"ops/runtime.zip": ARCHIVE})
    return builds


def _build(builds: NativeBuilds, platform: str, *names: str, **fields: Any) -> CustomOpLibrary:
    ops = tuple(Address("ops", target_name=name) for name in names)
    result: CustomOpLibrary = builds.request(
        CustomOpLibraryRequest(ops, PLATFORMS[platform], **fields)
    )
    return result


@pytest.mark.parametrize(
    ("platform", "architecture"),
    [
        ("linux_x86_64", "x86_64"),
        ("linux_aarch64", "aarch64"),
        # No NDK is set up: plain C, and marked so.
        ("android_arm64_v8a", "aarch64"),
    ],
)
def test_two_ops_in_one_shared_library(
    builds: NativeBuilds, platform: str, architecture: str
) -> None:
    library = _build(builds, platform, "op_b", "op_a", name="ops")
    assert library.shared is not None
    assert library.static is None
    image = library.shared.image
    assert library.shared.path.endswith("libops.so")
    assert image.architecture == architecture
    assert set(image.exports) == {"Register_A", "Register_B"}
    assert [op.name for op in library.ops] == ["A", "B"]
    assert ("without an NDK" in library.toolchain) == platform.startswith("android")


def test_static_library(builds: NativeBuilds) -> None:
    library = _build(builds, "ios_arm64", "op_a", shared=False, static=True)
    assert library.shared is None
    assert library.static is not None
    assert library.static.path.endswith("libcustom_ops.a")


def test_a_registration_that_is_not_there(builds: NativeBuilds) -> None:
    with pytest.raises(ExecutionError) as error:
        _build(builds, "linux_x86_64", "wrong")
    assert "ops:wrong: " in str(error.value)
    assert "`Register_WRONG`" in str(error.value)
