# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import os

import pytest
from pants.engine.addresses import Address

from pants_tflite.cc.testutil import NativeBuilds
from pants_tflite.micro.tflm import supported_ops
from pants_tflite.micro.tflm import tflm_environment as environment
from pants_tflite.micro.tflm.op_names import BUILTIN_METHODS, CUSTOM_METHODS
from pants_tflite.micro.tflm.supported_ops import SupportedOps, SupportedOpsRequest

needs_launcher = pytest.mark.skipif(
    "PANTS_PEX_CLI_URL_TEMPLATE" not in os.environ,
    reason="TFLite Micro is installed with the Pex of the launcher: run this by `./pants test`",
)


@needs_launcher
def test_the_methods_that_add_ops_are_those_of_the_ops_that_there_are() -> None:
    builds = NativeBuilds(
        (*environment.rules(), *supported_ops.rules()), {SupportedOpsRequest: SupportedOps}
    )
    found = builds.request(SupportedOpsRequest(Address("mcu")))
    assert found.builtins == set(BUILTIN_METHODS)
    assert found.custom_ops == set(CUSTOM_METHODS)
    assert found.version.startswith("0.dev")
