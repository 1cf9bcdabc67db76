# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from pants_tflite.sandbox.binaries.run_zig import to_argv


def test_its_folder_is_put_into_arguments() -> None:
    assert to_argv("/env/ziglang", ["cc", "-isystem", "{zig}/lib", "-fmap={zig}=zig"]) == [
        "/env/ziglang/zig",
        "cc",
        "-isystem",
        "/env/ziglang/lib",
        "-fmap=/env/ziglang=zig",
    ]
