# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from typing import Callable, Iterator, Mapping

import pytest

from tests.workspace import Workspace


@pytest.fixture(scope="session")
def free_workspaces() -> Iterator[list[Workspace]]:
    """Workspaces of test files that are done. Their daemons run on, since a start takes half a minute."""
    workspaces: list[Workspace] = []
    yield workspaces
    for workspace in workspaces:
        workspace.close()


@pytest.fixture(scope="module")
def new_workspace(
    free_workspaces: list[Workspace], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Mapping[str, str | bytes]], Workspace]]:
    """Makes workspaces: an earlier test file's folder and daemon, if there are any with the same options."""
    used: list[Workspace] = []

    def new(files: Mapping[str, str | bytes]) -> Workspace:
        for workspace in free_workspaces:
            if workspace.has_options(files):
                free_workspaces.remove(workspace)
                used.append(workspace)
                workspace.fill(files)
                return workspace
        used.append(Workspace(tmp_path_factory.mktemp("workspace"), files))
        return used[-1]

    yield new
    free_workspaces.extend(used)
