# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Linux archives with the kernels of custom ops: packaged, unpacked, read by readelf and run."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Callable, Iterator

import numpy as np
import pytest

from pants_tflite.sandbox.kernel_tests.kernel_case import Case
from pants_tflite.sandbox.kernel_tests.one_op_model import one_op_model
from pants_tflite.sandbox.testing.small_models import linear_model
from tests.emulated_board import install_for_board, missing_packages, new_venv, set_up_board
from tests.workspace import KERNELS_PANTS_RC, ROOT, Workspace, repository_files

# Within what each of them stores: 0.75 atan(x) is less than 1.18.
SCALE, INPUT, OUTPUT = 0.75, (0.05, 3), (0.01, -5)
X = np.linspace(-6, 6, 32, dtype=np.float32).reshape(1, 32)
EVERY = np.arange(-128, 128).astype(np.int8).reshape(1, 256)


def _model(inputs: object, outputs: object) -> bytes:
    value = {"inputs": [inputs], "outputs": [outputs], "options": {"scale": SCALE}}
    return one_op_model("ScaledAtan", Case.parse(value, 0))


# New in every run: what a test expects to run must be in no cache of an earlier run.
NONCE = uuid.uuid4().hex
MATH, KERNEL = "src/cc/ops/scaled_atan.c", "src/cc/ops/scaled_atan_tflite.c"
BUILD = """\
tflite_file(name="float", source="float.tflite", custom_ops=["src/cc/ops:scaled_atan"])
tflite_file(name="int8", source="int8.tflite", custom_ops=["src/cc/ops:scaled_atan"])
tflite_file(name="linear", source="linear.tflite")
tflite_linux_archive(name="atan", models=[":float", ":int8", ":linear"])
tflite_linux_archive(name="plain", models=[":linear"])
tflite_linux_archive(
    name="deb",
    models=[":float", ":int8", ":linear"],
    archive_name="pet-atan",
    version="1.2.0-rc.1",
    format="deb",
    maintainer="The Pets <pets@example.org>",
    url="https://example.org/pets",
)
"""
FILES: dict[str, str | bytes] = {
    ".pants.rc": KERNELS_PANTS_RC,
    "m/BUILD": BUILD,
    "m/float.tflite": _model(X, X),
    "m/int8.tflite": _model((EVERY, *INPUT), (EVERY, *OUTPUT)),
    "m/linear.tflite": linear_model(),
    **{
        path: content.decode()
        for path, content in repository_files("3rdparty/tflite", "src/cc/ops").items()
    },
}
FILES[MATH] = f"// Remark {NONCE}.\n{FILES[MATH]!s}"
# The oldest glibc that zig is told to build for.
FLOORS = {"linux_aarch64": (2, 28), "linux_x86_64": (2, 17)}
MACHINES = {"linux_aarch64": "AArch64", "linux_x86_64": "Advanced Micro Devices X86-64"}
HERE = f"linux_{platform.machine()}"
LIBRARY = "lib/libm_atan_ops.so"
_VERSION = re.compile(r"\bGLIBC_(\d+)\.(\d+)")


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    workspace = new_workspace(FILES)
    workspace.succeed("package", "m:atan", "m:plain", "m:deb")
    return workspace


@pytest.fixture
def restored(workspace: Workspace) -> Iterator[Workspace]:
    """The workspace, whose files a test may change."""
    yield workspace
    workspace.write(FILES)


@pytest.fixture(scope="module")
def unpacked(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each platform's archive with kernels, unpacked, and that of this machine without ("plain")."""
    folders = {}
    for key, bundle, name in (*((n, "atan", n) for n in FLOORS), ("plain", "plain", HERE)):
        archive = workspace.folder / f"dist/m/{bundle}/m_{bundle}-0.1.0-{name}.tar.gz"
        folder = tmp_path_factory.mktemp(key)
        subprocess.run(["tar", "-xzf", str(archive), "-C", str(folder)], check=True)
        (folders[key],) = folder.iterdir()
    return folders


def _expected_int8() -> np.ndarray:
    real = np.float32(INPUT[0]) * (EVERY.astype(np.float32) - INPUT[1])
    stored = np.round(np.float32(SCALE) * np.arctan(real) / np.float32(OUTPUT[0])) + OUTPUT[1]
    return np.clip(stored, -128, 127).astype(np.int8)


def _check_values(run: Callable[..., subprocess.CompletedProcess[str]], folder: Path) -> None:
    """Runs all models in an archive, by its `predict.py`."""
    np.save(folder.parent / "float.npy", X)
    np.save(folder.parent / "int8.npy", EVERY)

    def outputs(name: str, given: str) -> np.ndarray:
        result = run("predict.py", "--model", name, given, "--json")
        assert result.returncode == 0, result.stderr
        (values,) = json.loads(result.stdout)["outputs"].values()
        return np.array(values)

    found = outputs("float", str(folder.parent / "float.npy"))
    np.testing.assert_allclose(found, SCALE * np.arctan(X), rtol=0, atol=1e-6)
    found = outputs("int8", str(folder.parent / "int8.npy"))
    np.testing.assert_array_equal(np.round(found / OUTPUT[0]) + OUTPUT[1], _expected_int8())
    assert outputs("linear", "[10]").tolist() == [[19.0]]


def _run_here(folder: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*args: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, *args]
        return subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=300)

    return run


def test_the_archive_for_this_machine_runs(unpacked: dict[str, Path]) -> None:
    _check_values(_run_here(unpacked[HERE]), unpacked[HERE])


def test_readme_is_true(unpacked: dict[str, Path]) -> None:
    text = (unpacked[HERE] / "README.md").read_text()
    assert f"| ScaledAtan | `{LIBRARY}` | `Register_SCALED_ATAN` |" in text
    (program,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    program += (
        "import numpy as np\n"
        "model.allocate_tensors()\n"
        "model.set_tensor(model.get_input_details()[0]['index'], np.ones((1, 32), np.float32))\n"
        "model.invoke()\n"
        "print(model.get_tensor(model.get_output_details()[0]['index'])[0, 0])\n"
    )
    run = _run_here(unpacked[HERE])("-c", program)
    assert run.returncode == 0, run.stderr
    assert float(run.stdout) == pytest.approx(SCALE * np.arctan(1), abs=1e-6)


@pytest.mark.skipif(bool(missing_packages()), reason=f"needs Debian's {missing_packages()}")
def test_the_archive_for_aarch64_runs(unpacked: dict[str, Path], tmp_path: Path) -> None:
    folder, packages = unpacked["linux_aarch64"], tmp_path / "packages"
    venv, board = new_venv(tmp_path / "venv"), set_up_board(tmp_path / "board")
    install_for_board(board, venv, folder / "requirements.txt", packages)
    _check_values(lambda *args: board.run(folder, *args, python_path=packages), folder)


def _run(*command: str | Path) -> str:
    # dpkg looks for programs of the system's administrator.
    env = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    argv = [str(part) for part in command]
    result = subprocess.run(argv, env=env, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def needs(command: str, package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        shutil.which(command) is None, reason=f"needs {command} (Debian: {package})"
    )


@pytest.fixture(scope="module")
def debs(workspace: Workspace) -> dict[str, Path]:
    """The Debian packages by their architectures."""
    folder = workspace.folder / "dist/m/deb"
    names = {it: f"pet-atan_1.2.0~rc.1_{it}.deb" for it in ("amd64", "arm64")}
    assert sorted(path.name for path in folder.iterdir()) == sorted(names.values())
    return {architecture: folder / name for architecture, name in names.items()}


@needs("lintian", "lintian")
def test_lintian_takes_the_packages(debs: dict[str, Path]) -> None:
    for deb in debs.values():
        assert _run("lintian", "--allow-root", "--fail-on=error,warning", deb) == ""


@needs("dpkg", "dpkg")
def test_a_package_is_installed_and_its_readme_is_true(
    debs: dict[str, Path], unpacked: dict[str, Path], tmp_path: Path
) -> None:
    here = {"linux_aarch64": "arm64", "linux_x86_64": "amd64"}[HERE]
    deb = debs[here]
    fields = _run("dpkg-deb", "--field", deb, "Architecture", "Depends", "Homepage")
    floor = ".".join(map(str, FLOORS[HERE]))
    assert fields.splitlines()[0] == f"Architecture: {here}"
    assert fields.splitlines()[1].startswith(f"Depends: libc6 (>= {floor}), python3 (>= 3.")
    assert fields.splitlines()[2] == "Homepage: https://example.org/pets"
    for name in ("info", "updates", "triggers"):
        (tmp_path / "var/lib/dpkg" / name).mkdir(parents=True)
    for name in ("status", "available"):
        (tmp_path / "var/lib/dpkg" / name).touch()
    forced = "--force-not-root,script-chrootless,depends"
    dpkg = ("dpkg", "--root", tmp_path, forced, "--log=/dev/null")
    _run(*dpkg, "--install", deb)
    folder = tmp_path / "usr/lib/pet-atan"
    _check_values(_run_here(folder), folder)
    text = (tmp_path / "usr/share/doc/pet-atan/README.md").read_text()
    # Its commands and code, with the root where the package was installed.
    commands = re.findall(r"```\n(.*?)```", text, re.DOTALL)[0].splitlines()
    assert commands[0] == f"sudo apt install ./{deb.name}"
    assert commands[2].endswith(" -r /usr/lib/pet-atan/requirements.txt")
    assert (folder / "requirements.txt").is_file()
    assert commands[3] == ".venv/bin/python /usr/lib/pet-atan/predict.py --model float sample.npy"
    np.save(tmp_path / "sample.npy", X)
    argv = commands[3].split()[1:]
    argv[0] = f"{tmp_path}{argv[0]}"
    assert "\noutput_0 = [[" in _run(sys.executable, *argv[:-1], tmp_path / "sample.npy")
    (program,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    program = program.replace('"/usr/lib', f'"{tmp_path}/usr/lib')
    assert program.count(str(folder)) == 2
    _run(sys.executable, "-c", f"{program}model.allocate_tensors()")
    # The archive's own files, but for what the README and the first line say.
    for path in sorted(unpacked[HERE].rglob("*.*")):
        name = str(path.relative_to(unpacked[HERE]))
        # Other tests ran the archive's programs, and Python compiled them.
        if path.is_file() and "__pycache__" not in path.parts and not name.startswith("lib/"):
            if name not in ("README.md", "manifest.json", "predict.py"):
                assert (folder / name).read_bytes() == path.read_bytes(), name
    (folder / "pants_tflite/__pycache__").mkdir(exist_ok=True)
    _run(*dpkg, "--purge", "pet-atan")
    assert not folder.exists()


@pytest.mark.parametrize("name", FLOORS)
@pytest.mark.skipif(shutil.which("readelf") is None, reason="needs readelf (Debian's binutils)")
def test_libraries(unpacked: dict[str, Path], name: str) -> None:
    def readelf(*options: str) -> str:
        argv = ["readelf", "--wide", *options, str(unpacked[name] / LIBRARY)]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout

    assert f"Machine:                           {MACHINES[name]}\n" in readelf("--file-header")
    needed = set(re.findall(r"\(NEEDED\).*\[(.+)\]", readelf("--dynamic")))
    assert "libm.so.6" in needed and needed <= {"libc.so.6", "libm.so.6", "libpthread.so.0"}
    symbols = [line.split() for line in readelf("--dyn-syms").splitlines() if " GLOBAL " in line]
    assert [row[7] for row in symbols if row[6] != "UND"] == ["Register_SCALED_ATAN"]
    versions = [(int(a), int(b)) for a, b in _VERSION.findall(readelf("--version-info"))]
    assert versions and max(versions) <= FLOORS[name]
    content = (unpacked[name] / LIBRARY).read_bytes()
    assert b"/tmp/" not in content and b"pants-sandbox" not in content


def test_files_and_manifest(unpacked: dict[str, Path]) -> None:
    for name in FLOORS:
        folder = unpacked[name]
        assert (folder / "custom_ops.py").is_file()
        manifest = json.loads((folder / "manifest.json").read_text())
        (op,) = manifest["custom_ops"]
        assert (op["name"], op["address"]) == ("ScaledAtan", "src/cc/ops:scaled_atan")
        assert op["registration"] == "Register_SCALED_ATAN"
        ((file, system, toolchain),) = (
            (it["file"], it["platform"], it["toolchain"]) for it in op["builds"]
        )
        assert (file, system) == (LIBRARY, name) and toolchain.startswith("zig ")
        assert file in [it["path"] for it in manifest["files"]]


def test_without_custom_ops_the_archive_is_as_ever(unpacked: dict[str, Path]) -> None:
    folder = unpacked["plain"]
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "manifest.json",
        "models",
        "pants_tflite",
        "predict.py",
        "requirements.txt",
    ]
    source = ROOT / "src/python/pants_tflite/linux/device/predict.py"
    assert (folder / "predict.py").read_bytes() == source.read_bytes()
    assert json.loads((folder / "manifest.json").read_text())["custom_ops"] == []


def test_a_library_that_was_changed(unpacked: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(unpacked[HERE], tmp_path / "archive"))
    with (folder / LIBRARY).open("ab") as file:
        file.write(b"more")
    run = _run_here(folder)("predict.py", "--model", "linear", "[10]")
    assert run.returncode == 2
    assert f"{LIBRARY}` is not what manifest.json says" in run.stderr
    assert run.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "m/BUILD",
            'custom_ops=["src/cc/ops:scaled_atan"]',
            'custom_ops=["ScaledAtan"]',
            "m:atan, field `models`: m:float uses the custom ops ScaledAtan, for which the bundle has",
        ),
        # On this machine all is well: only what is built for the board is wrong.
        (
            KERNEL,
            "#include <stdlib.h>",
            f"#ifndef __{platform.machine()}__\n#error Not for boards.\n#endif\n#include <stdlib.h>",
            "error: Not for boards.",
        ),
    ],
    ids=["no kernel", "no compiling"],
)
def test_mistakes(restored: Workspace, file: str, old: str, new: str, expected: str) -> None:
    content = FILES[file]
    assert isinstance(content, str) and old in content
    restored.write({file: content.replace(old, new)})
    assert expected in restored.fail("package", "m:atan")
