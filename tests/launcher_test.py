# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Runs the real launcher, `./pants`, in cache folders of its own."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
from dataclasses import dataclass
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Callable, Iterator, Mapping

import pytest

ROOT = Path(__file__).absolute().parents[1]
LOCKS = Path("3rdparty", "python")
# How the launcher finds a CPython 3.9, and pip its index.
KEPT_ENV = re.compile(
    r"HOME|PATH|TMPDIR|LANG|LC_.*|PYENV_ROOT|PANTS_TFLITE_PYTHON|PIP_.*|UV_.*"
    r"|SSL_CERT_.*|REQUESTS_CA_BUNDLE|(https?|no|all)_proxy",
    re.IGNORECASE,
)
# How pip finds its index; a fresh machine has this, but none of the above.
PIP_ENV = re.compile(r"PIP_.*|SSL_CERT_.*|REQUESTS_CA_BUNDLE|(https?|no|all)_proxy", re.IGNORECASE)
NATIVE_CLIENT = "lib/python3.9/site-packages/pants/bin/native_client"


def make_workspace(folder: Path) -> Path:
    """A workspace of nothing but the launcher, what it installs from, and a pants.toml."""
    (folder / LOCKS).mkdir(parents=True)
    shutil.copy(ROOT / "pants", folder)
    (wheel,) = (ROOT / LOCKS).glob("pip-*.whl")
    for name in ("pants.lock", "pex-cli.lock", "uv.lock", wheel.name):
        shutil.copy(ROOT / LOCKS / name, folder / LOCKS)
    (folder / "pants.toml").write_text('[GLOBAL]\npants_version = "2.17.1"\n')
    return folder


def launcher_env(cache: Path, **changes: str) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if KEPT_ENV.fullmatch(name)}
    return {**env, "PANTS_TFLITE_CACHE": str(cache), **changes}


def start(
    workspace: Path, env: Mapping[str, str], *args: str, cwd: Path | None = None
) -> subprocess.Popen:
    return subprocess.Popen(
        [str(shutil.which("bash")), str(workspace / "pants"), *(args or ("--version",))],
        cwd=cwd or workspace,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )


def finish(process: subprocess.Popen) -> subprocess.CompletedProcess:
    stdout, stderr = process.communicate(timeout=600)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def run(
    workspace: Path, env: Mapping[str, str], *args: str, cwd: Path | None = None
) -> subprocess.CompletedProcess:
    return finish(start(workspace, env, *args, cwd=cwd))


def stop_amid_install(workspace: Path, cache: Path, sent: signal.Signals) -> int:
    """Sends a signal to all of a launcher's processes while its venv is being filled."""
    process = start(workspace, launcher_env(cache))
    deadline = time.monotonic() + 300
    while not list(cache.glob("pants-*/lib/python3.9/site-packages/pip")):
        assert process.poll() is None and time.monotonic() < deadline, finish(process)
        time.sleep(0.05)
    os.killpg(process.pid, sent)
    return finish(process).returncode


def installed(cache: Path) -> list[str]:
    names = sorted(path.name for path in cache.iterdir() if path.name != "lock")
    return [name.split("-")[0] for name in names if not name.startswith("found-")]


def tamper(lock: Path) -> None:
    lock.write_text(re.sub(r"sha256:....", "sha256:0000", lock.read_text()))


def stop_daemons(workspace: Path) -> None:
    for pid in workspace.glob(".pids/*/pantsd/pid"):
        os.kill(int(pid.read_text()), signal.SIGTERM)


def other_python() -> str:
    """A Python that is not 3.9."""
    for name in (sys.executable, "python3.11", "python3", "python3.12", "python3.13"):
        path = shutil.which(name)
        if path and "Python 3.9" not in subprocess.getoutput(f"'{path}' --version"):
            return path
    raise AssertionError("These tests need a Python that is not 3.9, such as python3.11, on PATH.")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    workspace = make_workspace(tmp_path_factory.mktemp("shared") / "workspace")
    yield workspace
    stop_daemons(workspace)


@pytest.fixture(scope="module")
def cache(workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What two launchers installed that started at once, after a third had been killed."""
    cache = tmp_path_factory.mktemp("cache")
    stop_amid_install(workspace, cache, signal.SIGKILL)
    assert installed(cache) == ["pants"]
    both = [start(workspace, launcher_env(cache)) for _ in range(2)]
    results = [finish(process) for process in both]
    for result in results:
        assert (result.returncode, result.stdout) == (0, "2.17.1\n"), result
    assert sum("Installing Pants 2.17.1" in result.stderr for result in results) == 1
    yield cache
    shutil.rmtree(cache)


def test_missing_cpython39(workspace: Path, tmp_path: Path) -> None:
    env = {"PATH": str(tmp_path), "HOME": str(tmp_path), "PANTS_TFLITE_CACHE": str(tmp_path / "c")}
    result = run(workspace, env)
    assert result.returncode == 1
    assert "There is no CPython 3.9 here, and Pants 2.17.1 needs one." in result.stderr
    assert "set PANTS_TFLITE_PYTHON" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_cannot_be_written(workspace: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.touch()
    result = run(workspace, {"PATH": os.environ["PATH"], "HOME": str(home)})
    assert result.returncode == 1
    assert f"Cannot write to {home}/.cache/pants-tflite" in result.stderr
    for name in (
        "XDG_CACHE_HOME",
        "PANTS_TFLITE_CACHE",
        "PANTS_LOCAL_STORE_DIR",
        "PANTS_NAMED_CACHES_DIR",
    ):
        assert name in result.stderr


def test_python39_on_path_that_does_not_run(workspace: Path, tmp_path: Path) -> None:
    shim = tmp_path / "python3.9"
    shim.write_text(f"#!{shutil.which('bash')}\nexit 127\n")
    shim.chmod(0o755)
    env = {"PATH": str(tmp_path), "HOME": str(tmp_path), "PANTS_TFLITE_CACHE": str(tmp_path / "c")}
    result = run(workspace, env)
    assert result.returncode == 1
    assert f"Not usable:\n  {shim} does not run\n" in result.stderr


def test_requested_python_is_not_39(workspace: Path, tmp_path: Path) -> None:
    python = other_python()
    result = run(workspace, launcher_env(tmp_path / "cache", PANTS_TFLITE_PYTHON=python))
    assert result.returncode == 1
    assert "PANTS_TFLITE_PYTHON must name a CPython 3.9" in result.stderr
    assert f"{python} is cpython 3." in result.stderr
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("cache", "said"),
    [("relative", "must be absolute paths"), ("/pants tflite", "Pants cannot read Pex from")],
)
def test_unusable_cache_path(workspace: Path, cache: str, said: str) -> None:
    result = run(workspace, launcher_env(Path(cache)))
    assert result.returncode == 1
    assert said in result.stderr


def test_interrupted_install_leaves_nothing(workspace: Path, tmp_path: Path) -> None:
    assert stop_amid_install(workspace, tmp_path, signal.SIGINT) != 0
    assert installed(tmp_path) == []


def test_warm_run_says_nothing_from_any_folder(workspace: Path, cache: Path) -> None:
    subfolder = workspace / "sub" / "folder"
    subfolder.mkdir(parents=True)
    result = run(workspace, launcher_env(cache), cwd=subfolder)
    assert (result.returncode, result.stdout, result.stderr) == (0, "2.17.1\n", "")
    assert installed(cache) == ["pants", "pex"]


def test_without_native_client(workspace: Path, cache: Path) -> None:
    (client,) = cache.glob(f"pants-*/{NATIVE_CLIENT}")
    assert os.access(client, os.X_OK)
    client.chmod(0o644)
    try:
        result = run(workspace, launcher_env(cache))
    finally:
        client.chmod(0o755)
    assert (result.returncode, result.stdout) == (0, "2.17.1\n"), result


def test_caches_of_pants_itself_that_cannot_be_written(
    workspace: Path, cache: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.touch()
    pyenv = os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))
    env = launcher_env(cache, HOME=str(home), PYENV_ROOT=pyenv)
    # Without a daemon, for which the client waits a minute if it does not start.
    command = ("--no-pantsd", "--version")
    assert "PANTS_LOCAL_STORE_DIR" in run(workspace, env, *command).stderr
    store, named = str(tmp_path / "store"), str(tmp_path / "named")
    env.update(PANTS_LOCAL_STORE_DIR=store, PANTS_NAMED_CACHES_DIR=named)
    assert "PANTS_LOCAL_STORE_DIR" not in run(workspace, env, *command).stderr


def test_changed_lock_is_installed_anew_and_checked(cache: Path, tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "workspace")
    tamper(workspace / LOCKS / "pants.lock")
    result = run(workspace, launcher_env(cache))
    assert result.returncode == 1
    assert "DO NOT MATCH THE HASHES" in result.stderr
    assert installed(cache) == ["pants", "pex"]


@pytest.fixture
def cache_without_pex(cache: Path) -> Iterator[Path]:
    (pex,) = cache.glob("pex-*")
    aside = pex.rename(cache.parent / "pex.aside")
    yield cache
    aside.rename(pex)


def test_tampered_pex_lock(cache_without_pex: Path, tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "workspace")
    tamper(workspace / LOCKS / "pex-cli.lock")
    result = run(workspace, launcher_env(cache_without_pex))
    assert result.returncode == 1
    assert "DO NOT MATCH THE HASHES" in result.stderr
    assert installed(cache_without_pex) == ["pants"]


def test_pex_is_not_the_expected_one(cache_without_pex: Path, tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "workspace")
    launcher = workspace / "pants"
    changed = re.sub(r"PEX_SHA256=....", "PEX_SHA256=0000", launcher.read_text())
    launcher.write_text(changed)
    result = run(workspace, launcher_env(cache_without_pex))
    assert result.returncode == 1
    assert "is not the expected one" in result.stderr
    assert installed(cache_without_pex) == ["pants"]


def test_users_own_pex_is_respected(workspace: Path, cache_without_pex: Path) -> None:
    result = run(workspace, launcher_env(cache_without_pex, PANTS_PEX_CLI_VERSION="v2.1.137"))
    assert (result.returncode, result.stdout, result.stderr) == (0, "2.17.1\n", "")
    assert installed(cache_without_pex) == ["pants"]


# --- Machines without CPython 3.9 or 3.11 -----------------------------------------------------------------------------

# The programs that the launcher calls, apart from a Python.
SYSTEM_TOOLS = ("bash", "chmod", "cp", "env", "ls", "mkdir", "mv", "rm", "sort", "uname")
# What the launcher installs: CPYTHON_39 and CPYTHON_311.
CPYTHONS: dict[str, str] = dict(
    re.findall(r"readonly (CPYTHON_\d+)=(.+)", (ROOT / "pants").read_text())
)


def own_prefix(version: str) -> Path:
    """The folder of a CPython that has one to itself, to make an archive of."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    candidates = [
        sys.executable,
        shutil.which(f"python{version}"),
        *map(str, sorted(pyenv.glob(f"{version}.*/bin/python{version}"))),
    ]
    code = "import sys; print('%d.%d' % sys.version_info[:2], sys.base_prefix)"
    for candidate in filter(None, candidates):
        report = subprocess.run([candidate, "-I", "-c", code], capture_output=True, text=True)
        found, _, prefix = report.stdout.strip().partition(" ")
        if found == version and not prefix.startswith("/usr"):
            return Path(prefix)
    pytest.skip(f"There is no CPython {version} with a folder to itself to make an archive of.")


def archive_of(version: str) -> Callable[[Path], None]:
    unneeded = re.compile(
        r".*/(__pycache__|site-packages|test|tests|idlelib|lib2to3|tkinter|turtledemo|include|share)"
        r"|.*\.a"
    )
    prefix = own_prefix(version)

    def write(path: Path) -> None:
        with tarfile.open(path, "w:gz", compresslevel=1) as archive:
            archive.add(
                prefix, "python", filter=lambda t: None if unneeded.fullmatch(t.name) else t
            )

    return write


@dataclass(frozen=True)
class Mirror:
    """What `uv python install` downloads from: archives, and the list that has their hashes."""

    folder: Path
    url: str

    def write_list(self, name: str, sha256s: Mapping[str, str]) -> str:
        """Writes the list of the interpreters with these hashes; its address."""
        machine = platform.machine()
        downloads = {}
        for version, digest in sha256s.items():
            major, minor, patch = map(int, version.split("."))
            downloads[f"cpython-{version}-linux-{machine}-gnu"] = {
                "name": "cpython",
                "arch": {"family": machine, "variant": None},
                "os": "linux",
                "libc": "gnu",
                "major": major,
                "minor": minor,
                "patch": patch,
                "prerelease": "",
                "url": f"{self.url}/{version}.tar.gz",
                "sha256": digest,
                "variant": None,
                "build": None,
            }
        (self.folder / name).write_text(json.dumps(downloads))
        return f"{self.url}/{name}"


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    """A mirror on loopback. It answers to uv's own addresses with archives, too."""
    if platform.system() != "Linux":
        pytest.skip("The archives are listed for Linux.")
    folder = tmp_path_factory.mktemp("mirror")
    for version in CPYTHONS.values():
        archive_of(version.rpartition(".")[0])(folder / f"{version}.tar.gz")

    class Handler(SimpleHTTPRequestHandler):
        def translate_path(self, path: str) -> str:
            asked = path.rpartition("/")[2]
            of_uv = re.match(r"cpython-([0-9.]+)", asked)
            return str(folder / (f"{of_uv.group(1)}.tar.gz" if of_uv else asked))

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Mirror(folder, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def interpreters(mirror: Mirror) -> str:
    """The address of a list with the right hashes."""
    return mirror.write_list(
        "interpreters.json",
        {
            version: sha256((mirror.folder / f"{version}.tar.gz").read_bytes()).hexdigest()
            for version in CPYTHONS.values()
        },
    )


@pytest.fixture(scope="module")
def pip_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pip_cache")


@pytest.fixture(scope="module")
def fresh_bin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that is on PATH: a few tools, and a python3 without pip that is neither 3.9 nor 3.11."""
    folder = tmp_path_factory.mktemp("bin")
    for name in SYSTEM_TOOLS:
        (folder / name).symlink_to(str(shutil.which(name)))
    # -S leaves out site-packages, where pip is.
    script = f'#!{shutil.which("bash")}\nexec {own_python311()} -S "$@"\n'
    (folder / "python3").write_text(script)
    (folder / "python3").chmod(0o755)
    assert "No module named pip" in subprocess.getoutput(f"'{folder}/python3' -m pip")
    return folder


def own_python311() -> Path:
    return own_prefix("3.11") / "bin" / "python3.11"


def fresh_env(bin: Path, home: Path, pip_cache: Path, **changes: str) -> dict[str, str]:
    """The environment of a machine with nothing but `bin`, and pip's configuration."""
    pip = {name: value for name, value in os.environ.items() if PIP_ENV.fullmatch(name)}
    home.mkdir(exist_ok=True)
    return {
        **pip,
        "PATH": str(bin),
        "HOME": str(home),
        "PIP_CACHE_DIR": str(pip_cache),
        "PANTS_TFLITE_CACHE": str(home / "cache"),
        "PANTS_PANTSD": "false",
        **changes,
    }


@pytest.fixture(scope="module")
def fresh_home(
    workspace: Path,
    interpreters: str,
    fresh_bin: Path,
    pip_cache: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path]:
    """What two launchers installed on a fresh machine that started at once, after a third had been killed."""
    home = tmp_path_factory.mktemp("fresh") / "home"
    env = fresh_env(fresh_bin, home, pip_cache, UV_PYTHON_DOWNLOADS_JSON_URL=interpreters)
    half_installed = home / "cache" / "python" / f"cpython-{CPYTHONS['CPYTHON_39']}-linux" / "bin"
    half_installed.mkdir(parents=True)
    (home / "cache" / "uv.build").mkdir()
    both = [start(workspace, env) for _ in range(2)]
    results = [finish(process) for process in both]
    for result in results:
        assert (result.returncode, result.stdout) == (0, "2.17.1\n"), result
    said = "Installing CPython {CPYTHON_39} and {CPYTHON_311} with uv into ".format(**CPYTHONS)
    assert sum(said in result.stderr for result in results) == 1
    assert not half_installed.exists()
    yield home
    shutil.rmtree(home)


def test_fresh_machine_gets_its_interpreters(fresh_home: Path) -> None:
    assert installed(fresh_home / "cache") == ["pants", "pex", "python"]
    for version in CPYTHONS.values():
        (folder,) = (fresh_home / "cache" / "python").glob(f"cpython-{version}-*")
        assert list(folder.glob("lib/python3.*/__pycache__/os.*.pyc"))
    # uv has no other place in the home folder.
    assert [
        path.name for path in fresh_home.iterdir() if path.name not in (".cache", "cache")
    ] == []


def test_pants_finds_the_installed_interpreter(
    fresh_home: Path, fresh_bin: Path, pip_cache: Path, tmp_path: Path
) -> None:
    workspace = make_workspace(tmp_path / "workspace")
    with (workspace / "pants.toml").open("a") as config:
        config.write('backend_packages = ["pants.backend.python"]\n')
        config.write('[python]\ninterpreter_constraints = ["CPython==3.11.*"]\n')
        config.write('[python-bootstrap]\nsearch_path = ["<PATH>", "<PYENV>"]\n')
        config.write("[python-infer]\nuse_rust_parser = true\n")
    (workspace / "BUILD").write_text('python_source(name="a", source="a.py")\n')
    (workspace / "a.py").write_text("import sys\nprint(sys.base_prefix)\n")
    # python3 is a CPython 3.11 as well.
    tools = tmp_path / "bin"
    shutil.copytree(fresh_bin, tools, symlinks=True)
    (tools / "python3").unlink()
    result = run(workspace, fresh_env(tools, fresh_home, pip_cache), "run", "a.py")
    assert result.returncode == 0, result.stderr
    prefix = Path(result.stdout.strip())
    assert prefix.parent == fresh_home / "cache" / "python"
    assert prefix.name.startswith(f"cpython-{CPYTHONS['CPYTHON_311']}-")


def assert_nothing_installed(result: subprocess.CompletedProcess, home: Path) -> None:
    assert result.returncode == 1
    assert "There is no CPython 3.9 here, and Pants 2.17.1 needs one." in result.stderr
    assert "There is no CPython 3.11 here, and TensorFlow needs one." in result.stderr
    assert [path.name for path in (home / "cache").iterdir()] == ["lock"]


def test_interpreter_of_another_hash_is_refused(
    workspace: Path, mirror: Mirror, fresh_bin: Path, pip_cache: Path, tmp_path: Path
) -> None:
    wrong = mirror.write_list("wrong.json", dict.fromkeys(CPYTHONS.values(), "0" * 64))
    env = fresh_env(fresh_bin, tmp_path / "home", pip_cache, UV_PYTHON_DOWNLOADS_JSON_URL=wrong)
    result = run(workspace, env)
    assert "Hash mismatch" in result.stderr
    assert_nothing_installed(result, tmp_path / "home")


def test_mirror_must_serve_what_uv_knows(
    workspace: Path, mirror: Mirror, fresh_bin: Path, pip_cache: Path, tmp_path: Path
) -> None:
    env = fresh_env(fresh_bin, tmp_path / "home", pip_cache, UV_PYTHON_INSTALL_MIRROR=mirror.url)
    result = run(workspace, env)
    assert "Hash mismatch" in result.stderr
    assert_nothing_installed(result, tmp_path / "home")


def test_mirror_without_the_interpreter(
    workspace: Path, mirror: Mirror, fresh_bin: Path, pip_cache: Path, tmp_path: Path
) -> None:
    env = fresh_env(
        fresh_bin,
        tmp_path / "home",
        pip_cache,
        UV_PYTHON_DOWNLOADS_JSON_URL=mirror.write_list("none.json", {}),
    )
    result = run(workspace, env)
    assert "but uv failed: see above." in result.stderr
    assert_nothing_installed(result, tmp_path / "home")


def test_tampered_uv_lock(fresh_bin: Path, pip_cache: Path, tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "workspace")
    tamper(workspace / LOCKS / "uv.lock")
    result = run(workspace, fresh_env(fresh_bin, tmp_path / "home", pip_cache))
    assert "DO NOT MATCH THE HASHES" in result.stderr
    assert_nothing_installed(result, tmp_path / "home")


def test_uv_cannot_be_downloaded(workspace: Path, fresh_bin: Path, tmp_path: Path) -> None:
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    result = run(workspace, fresh_env(fresh_bin, tmp_path / "home", tmp_path / "pip", **offline))
    assert "uv could not be installed from" in result.stderr
    assert_nothing_installed(result, tmp_path / "home")


# --- Other versions of Pants ------------------------------------------------------------------------------------------


@pytest.fixture
def newer_workspace(tmp_path: Path) -> Path:
    workspace = make_workspace(tmp_path / "newer")
    (workspace / "pants.toml").write_text("[GLOBAL]\n  pants_version='2.31.0'  # of the repo\n")
    return workspace


@pytest.fixture
def without_39(tmp_path: Path) -> Path:
    """A folder for PATH with a CPython 3.11 and no 3.9."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in SYSTEM_TOOLS:
        (folder / name).symlink_to(str(shutil.which(name)))
    (folder / "python3.11").symlink_to(own_python311())
    return folder


def write_official_launcher(folder: Path, script: str) -> None:
    """A program of the official launcher's name, since no registry has that one."""
    (folder / "pants").write_text(f'#!{shutil.which("bash")}\n{script}\n')
    (folder / "pants").chmod(0o755)


def test_newer_pants_is_run_by_the_official_launcher(
    newer_workspace: Path, without_39: Path, tmp_path: Path
) -> None:
    write_official_launcher(without_39, 'printf "%s\\n" official "$@"')
    result = run(newer_workspace, fresh_env(without_39, tmp_path / "home", tmp_path), "list", "a b")
    assert (result.returncode, result.stdout, result.stderr) == (0, "official\nlist\na b\n", "")
    assert installed(tmp_path / "home" / "cache") == []


def test_users_own_search_path_is_respected(
    newer_workspace: Path, without_39: Path, tmp_path: Path
) -> None:
    (without_39 / "python3.11").unlink()
    write_official_launcher(without_39, 'printf "%s\\n" "$PANTS_PYTHON_BOOTSTRAP_SEARCH_PATH"')
    env = fresh_env(without_39, tmp_path / "home", tmp_path)
    env["PANTS_PYTHON_BOOTSTRAP_SEARCH_PATH"] = "['/their/own']"
    result = run(newer_workspace, env)
    assert (result.returncode, result.stdout, result.stderr) == (0, "['/their/own']\n", "")
    assert not (tmp_path / "home" / "cache").exists()


@pytest.mark.parametrize("given, kept", [({}, "1"), ({"MALLOC_ARENA_MAX": "4"}, "4")])
def test_the_daemon_has_one_arena_for_all_threads_unless_told_otherwise(
    newer_workspace: Path, without_39: Path, tmp_path: Path, given: dict[str, str], kept: str
) -> None:
    write_official_launcher(without_39, 'printf "%s\\n" "$MALLOC_ARENA_MAX"')
    env = {**fresh_env(without_39, tmp_path / "home", tmp_path), **given}
    result = run(newer_workspace, env)
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{kept}\n", "")


def test_interpreter_that_left_path_is_looked_for_again(
    newer_workspace: Path, without_39: Path, tmp_path: Path
) -> None:
    (without_39 / "pants").symlink_to(str(shutil.which("true")))
    other = tmp_path / "other_bin"
    shutil.copytree(without_39, other, symlinks=True)
    env = fresh_env(without_39, tmp_path / "home", tmp_path)
    found = tmp_path / "home" / "cache" / "found-python3.11"
    assert run(newer_workspace, env).returncode == 0
    assert found.read_text() == f"{without_39}/python3.11\n\n"
    assert run(newer_workspace, {**env, "PATH": str(other)}).returncode == 0
    assert found.read_text() == f"{other}/python3.11\n\n"
    (other / "python3.11").unlink()
    env = {**env, "PATH": str(other), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
    assert "There is no CPython 3.11 here" in run(newer_workspace, env).stderr


def test_newer_pants_without_an_official_launcher(
    newer_workspace: Path, without_39: Path, tmp_path: Path
) -> None:
    # The launcher of another such repository runs nothing either.
    other = shutil.copytree(newer_workspace, tmp_path / "other")
    env = fresh_env(without_39, tmp_path / "home", tmp_path)
    result = run(newer_workspace, {**env, "PATH": f"{without_39}:{newer_workspace}:{other}"})
    assert result.returncode == 1
    assert "asks for Pants 2.31.0. This launcher installs only Pants 2.17.1" in result.stderr
    assert "PANTS_TFLITE_PANTS" in result.stderr


def test_newer_pants_is_run_from_a_venv(
    newer_workspace: Path, cache: Path, without_39: Path, tmp_path: Path
) -> None:
    """The venv here holds 2.17.1, which says so itself."""
    (venv,) = cache.glob("pants-*")
    env = fresh_env(without_39, tmp_path / "home", tmp_path, PANTS_TFLITE_PANTS=str(venv))
    result = run(newer_workspace, env, "list", "::")
    assert result.returncode == 1
    assert "2.31.0" in result.stderr + result.stdout
    assert "2.17.1" in result.stderr + result.stdout
    assert installed(tmp_path / "home" / "cache") == []
    env = {**env, "PANTS_VERSION": "2.17.1", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
    right = run(newer_workspace, env, "list", "::")
    assert "There is no CPython 3.9 here" in right.stderr


def test_venv_without_pants(newer_workspace: Path, without_39: Path, tmp_path: Path) -> None:
    env = fresh_env(without_39, tmp_path / "home", tmp_path, PANTS_TFLITE_PANTS=str(tmp_path))
    result = run(newer_workspace, env)
    assert result.returncode == 1
    assert f"there is no {tmp_path}/bin/pants." in result.stderr
