# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from typing import Callable, Iterator, Mapping

import pytest

from tests.workspace import Workspace


@pytest.fixture(scope="module")
def new_workspace(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[Mapping[str, str | bytes]], Workspace]]:
    """Makes workspaces; each one's daemon is stopped when the module's tests are done."""
    workspaces: list[Workspace] = []

    def new(files: Mapping[str, str | bytes]) -> Workspace:
        folder = tmp_path_factory.mktemp("workspace")
        workspaces.append(Workspace(folder, files))
        return workspaces[-1]

    yield new
    for workspace in workspaces:
        workspace.close()
