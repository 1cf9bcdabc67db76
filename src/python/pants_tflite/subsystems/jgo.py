# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""jgo: the environment that fetches archives from Maven repositories, without Maven or Java."""

from __future__ import annotations

from pants_tflite.subsystems.locked_environment import LockedEnvironment


class Jgo(LockedEnvironment):
    options_scope = "jgo"
    help = (
        "jgo, which fetches archives without Maven and without Java, from the repositories that "
        "`[maven]` names."
    )

    packages = "jgo and truststore"
    runs = "jgo runs"
