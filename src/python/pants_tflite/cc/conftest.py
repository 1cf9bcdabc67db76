# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest

from pants_tflite.cc.testutil import NativeBuilds


@pytest.fixture(scope="session")
def builds() -> NativeBuilds:
    """One for all tests: the search for interpreters and the set-up of zig take seconds."""
    return NativeBuilds()
