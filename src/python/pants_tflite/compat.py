# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The one module that knows Pants versions: 2.17.1 to 2.31.0 from one source tree."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any

# Pants 2.31 warns at each `Get(…)` call site; 2.17 has nothing else. Set before any rule module is
# imported, since the warning is raised as rules are parsed.
warnings.filterwarnings("ignore", message=r".*Get\(\) is deprecated.*")

from pants.core.goals.test import TestResult  # noqa: E402

try:
    from pants.core.environments.rules import (  # type: ignore[import-not-found]
        EnvironmentNameRequest,
    )
    from pants.core.environments.target_types import (  # type: ignore[import-not-found]
        EnvironmentField,
        EnvironmentTarget,
    )
except ImportError:
    from pants.core.util_rules.environments import (  # type: ignore[no-redef]
        EnvironmentField,
        EnvironmentNameRequest,
        EnvironmentTarget,
    )

__all__ = ["EnvironmentField", "EnvironmentNameRequest", "EnvironmentTarget", "test_result"]


def test_result(**fields: Any) -> TestResult:
    """A TestResult of `fields` as 2.17 has them: a newer one has bytes, and a tuple of processes.

    `stdout` and `stderr` are bytes, and need not be UTF-8.
    """
    known = {field.name for field in dataclasses.fields(TestResult)}
    for name in ("stdout", "stderr"):
        output = fields.pop(name)
        fields.update(
            {f"{name}_bytes": output}
            if f"{name}_bytes" in known
            else {name: output.decode(errors="replace")}
        )
    if "process_results" in known:
        fields["process_results"] = ()
    return TestResult(**fields)


# Nothing for pytest to collect where a test imports it.
setattr(test_result, "__test__", False)
