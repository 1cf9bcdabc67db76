# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import os
from pathlib import Path
from typing import Mapping

from tests.workspace import KERNELS_PANTS_RC, Workspace


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_used_workspace_is_filled_like_a_new_one(tmp_path: Path) -> None:
    first: Mapping[str, str | bytes] = {"m/BUILD": "", "m/a/b.py": "b", ".pants.rc": ""}
    second: Mapping[str, str | bytes] = {"m/BUILD": "file()", "m/a": b"a", ".pants.rc": ""}
    (tmp_path / "used").mkdir()
    used = Workspace(tmp_path / "used", first)
    used.write({"dist/m/model.json": "{}", ".git/HEAD": "", "3rdparty/python/more.lock": ""})
    (used.folder / "dist/link").symlink_to("m")
    assert used.has_options(second)
    options = used.folder / "pants.toml"
    os.utime(options, (1, 1))
    used.fill(second)
    (tmp_path / "new").mkdir()
    assert files_in(used.folder) == files_in(Workspace(tmp_path / "new", second).folder)
    assert options.stat().st_mtime == 1
    assert not os.path.lexists(used.folder / "dist")
    assert os.access(used.folder / "pants", os.X_OK)


def test_the_daemon_s_files_stay(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, {})
    workspace.write({".pids/1/pantsd/pid": "1", ".pants.d/pants.log": "", "m/BUILD": ""})
    workspace.fill({})
    names = {"3rdparty", "pants", "pants.toml", ".pids", ".pants.d"}
    assert {path.name for path in tmp_path.iterdir()} == names


def test_a_workspace_of_other_options_is_another(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, {"m/BUILD": ""})
    assert workspace.has_options({})
    assert not workspace.has_options({".pants.rc": KERNELS_PANTS_RC})
    assert not workspace.has_options({"pants.toml": "[GLOBAL]\n"})
