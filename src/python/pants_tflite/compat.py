# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The one module that knows Pants versions: 2.17.1 to 2.31.0 from one source tree."""

from __future__ import annotations

import warnings

# Pants 2.31 warns at each `Get(…)` call site; 2.17 has nothing else. Set before any rule module is
# imported, since the warning is raised as rules are parsed.
warnings.filterwarnings("ignore", message=r".*Get\(\) is deprecated.*")

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

__all__ = ["EnvironmentField", "EnvironmentNameRequest", "EnvironmentTarget"]
