# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest
from pants.engine.platform import Platform

from pants_tflite.errors import TfLiteError
from pants_tflite.micro.tflm.tflm_environment import check_platform


def test_platform_of_the_wheels() -> None:
    check_platform(Platform.linux_x86_64)


@pytest.mark.parametrize("platform", [Platform.linux_arm64, Platform.macos_arm64])
def test_other_platforms(platform: Platform) -> None:
    with pytest.raises(TfLiteError) as raised:
        check_platform(platform)
    assert f"Linux x86_64 only, and this is {platform.value}" in str(raised.value)
    assert "Fix: build on Linux x86_64" in str(raised.value)
