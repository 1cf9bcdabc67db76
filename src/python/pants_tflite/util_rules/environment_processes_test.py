# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Python environments as Pants really installs and starts them, here with one small package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Iterator

import pytest
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.backend.python.util_rules.pex_requirements import Lockfile
from pants.core.target_types import rules as core_target_types_rules
from pants.engine.addresses import Address
from pants.engine.fs import (
    EMPTY_DIGEST,
    CreateDigest,
    Digest,
    DigestContents,
    FileContent,
    MergeDigests,
)
from pants.engine.process import Process
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite import register
from pants_tflite.android.sandbox.checksums_protocol import ChecksumsRequest
from pants_tflite.cc.testutil import needs_launcher
from pants_tflite.compat import collect_rules, concurrently, rule
from pants_tflite.util_rules.environment_installation import (
    ENVIRONMENTS_CACHE,
    CompiledEnvironment,
    CompileEnvironmentRequest,
    InstalledEnvironment,
    InstallEnvironmentRequest,
    PythonEnvironmentRequest,
)
from pants_tflite.util_rules.environment_processes import (
    NOT_INSTALLED_EXIT_CODE,
    ExecutedInEnvironment,
    ExecuteInEnvironmentRequest,
    PythonEnvironment,
    environment_key,
    unpacking_script,
)
from pants_tflite.util_rules.sandbox_programs import (
    ProgramResult,
    RunProgramRequest,
    run_program,
)

LOCK = """\
immutabledict==4.3.1 \\
    --hash=sha256:c9facdc0ff30fdb8e35bd16532026cac472a549e182c94fa201b51b25e4bf7bf \\
    --hash=sha256:f844a669106cfdc73f47b1a9da003782fb17dc955a54c80972e0d93d1c63c514
"""
REQUEST = PythonEnvironmentRequest(
    Lockfile(url="small.lock", url_description_of_origin="a test", resolve_name="small"),
    InterpreterConstraints(["CPython==3.11.*"]),
)
MARKER = ".pants_tflite_compiled"
# How Pants finds Pex, interpreters and an index.
_INHERITED = ("HOME", "PATH", "PYENV_ROOT", "PANTS_PEX_", "PIP_", "SSL_CERT_", "REQUESTS_CA_BUNDLE")


@dataclass(frozen=True)
class ConcurrentRunsRequest:
    runs: tuple[RunProgramRequest, ...]


@dataclass(frozen=True)
class ConcurrentRuns:
    results: tuple[ProgramResult, ...]


@rule
async def run_at_once(request: ConcurrentRunsRequest) -> ConcurrentRuns:
    results = await concurrently(run_program(run) for run in request.runs)
    return ConcurrentRuns(tuple(results))


class Environments:
    """A RuleRunner with caches of its own, and the environment that it installs there."""

    def __init__(self, caches: Path) -> None:
        self.named_caches = caches / "named"
        self.rule_runner = RuleRunner(
            rules=[
                *collect_rules({"run_at_once": run_at_once}),
                *core_target_types_rules(),
                *register.rules(),
                QueryRule(CompiledEnvironment, [CompileEnvironmentRequest]),
                QueryRule(ConcurrentRuns, [ConcurrentRunsRequest]),
                QueryRule(InstalledEnvironment, [InstallEnvironmentRequest]),
                QueryRule(ExecutedInEnvironment, [ExecuteInEnvironmentRequest]),
                QueryRule(PythonEnvironment, [PythonEnvironmentRequest]),
            ],
            target_types=register.target_types(),
            bootstrap_args=[
                f"--local-store-dir={caches / 'store'}",
                f"--named-caches-dir={self.named_caches}",
            ],
        )
        self.set_options()
        self.environment = self.request_environment()

    def set_options(self, *options: str) -> None:
        self.rule_runner.set_options(
            (
                "--pex-executable-search-paths=['/usr/bin', '/bin']",
                "--python-bootstrap-search-path=['<PATH>', '<PYENV>']",
                *options,
            ),
            env_inherit={name for name in os.environ if name.startswith(_INHERITED)},
        )

    def request_environment(self) -> PythonEnvironment:
        self.rule_runner.write_files({"small.lock": LOCK})
        return self.rule_runner.request(PythonEnvironment, [REQUEST])

    @property
    def link(self) -> Path:
        (link,) = (self.named_caches / ENVIRONMENTS_CACHE).iterdir()
        return link

    @property
    def folder(self) -> Path:
        return self.named_caches / "pex_root" / self.link.read_text().strip()

    @property
    def package(self) -> Path:
        (package,) = self.folder.glob("lib/python3.11/site-packages/immutabledict")
        return package

    def is_compiled(self) -> bool:
        sources = [path.stem for path in self.package.glob("*.py")]
        compiled = [path.name.split(".")[0] for path in self.package.glob("__pycache__/*.pyc")]
        return sorted(sources) == sorted(compiled) and (self.folder / MARKER).exists()

    def compile(self) -> None:
        """Has the environment compiled as if that had never been done."""
        assert self.environment.installation is not None
        installed = self.rule_runner.request(InstalledEnvironment, [self.environment.installation])
        files = CreateDigest([FileContent("new", uuid.uuid4().bytes)])
        digests = (installed.digest, self.rule_runner.request(Digest, [files]))
        digest = self.rule_runner.request(Digest, [MergeDigests(digests)])
        request = CompileEnvironmentRequest("small", replace(installed, digest=digest))
        self.rule_runner.request(CompiledEnvironment, [request])

    def delete(self) -> None:
        """Deletes the environment, as whoever prunes a cache does, before another run of Pants."""
        shutil.rmtree(self.named_caches / "pex_root" / "venvs")
        self.set_options()

    def run_programs(self, count: int = 1) -> None:
        """Runs a program `count` times at once, over input that no run had before."""
        runs = tuple(self._program(uuid.uuid4().hex) for _ in range(count))
        result = self.rule_runner.request(ConcurrentRuns, [ConcurrentRunsRequest(runs)])
        for run in result.results:
            assert len(self.rule_runner.request(DigestContents, [run.digest])) == 4

    def _program(self, text: str) -> RunProgramRequest:
        files = CreateDigest([FileContent("d/file", text.encode())])
        return RunProgramRequest.create(
            Address("m"),
            ChecksumsRequest("d", ("file",)),
            self.environment,
            description="Write checksums",
            input_digest=self.rule_runner.request(Digest, [files]),
        )

    def run_python(self, code: str) -> str:
        process = Process(
            argv=(self.environment.python, "-c", code),
            input_digest=self.environment.digest,
            append_only_caches=self.environment.append_only_caches,
            description="Run Python",
        )
        request = ExecuteInEnvironmentRequest(process, self.environment)
        executed = self.rule_runner.request(ExecutedInEnvironment, [request])
        assert executed.result.exit_code == 0, executed.result.stderr
        return executed.result.stdout.decode().strip()

    def script(self) -> str:
        (file,) = self.rule_runner.request(DigestContents, [self.environment.digest])
        return file.content.decode()


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Environments:
    return Environments(tmp_path_factory.mktemp("caches"))


@pytest.fixture
def restored(environments: Environments) -> Iterator[Environments]:
    yield environments
    environments.delete()
    environments.run_programs()


pytestmark = needs_launcher


def test_an_environment_is_compiled_where_it_is_installed(environments: Environments) -> None:
    assert environments.is_compiled()


def test_a_process_loads_what_was_compiled(restored: Environments) -> None:
    # A link to the wheel that Pex makes environments from: it keeps its own.
    (restored.package / "__init__.py").unlink()
    (restored.package / "__init__.py").write_text("raise SystemExit('compiled again')")
    code = "import immutabledict; print(immutabledict.immutabledict({1: 2})[1])"
    assert restored.run_python(code) == "2"


def test_the_folder_of_wheels_holds_nothing_compiled(environments: Environments) -> None:
    wheels = environments.named_caches / "pex_root" / "installed_wheels"
    assert list(wheels.rglob("immutabledict/__init__.py"))
    assert list(wheels.rglob("immutabledict/__pycache__")) == []


def test_a_deleted_environment_is_compiled_again(environments: Environments) -> None:
    environments.delete()
    environments.run_programs()
    assert environments.is_compiled()


def test_programs_that_start_at_once_without_an_environment(environments: Environments) -> None:
    environments.delete()
    environments.run_programs(count=3)
    assert environments.is_compiled()


def test_an_interrupted_compilation_is_finished(environments: Environments) -> None:
    (environments.folder / MARKER).unlink()
    next(environments.package.glob("__pycache__/*.pyc")).unlink()
    assert not environments.is_compiled()
    environments.run_programs()
    assert environments.is_compiled()


def test_an_environment_that_cannot_be_written_works(restored: Environments) -> None:
    restored.delete()
    restored.run_python(f"pass  # {uuid.uuid4()}")
    (restored.folder / ".pants_tflite_compiling").mkdir()
    restored.run_programs()
    assert not restored.is_compiled()


def test_environments_of_symlinks_are_not_used(environments: Environments) -> None:
    before = environments.environment
    environments.set_options("--pex-venv-use-symlinks")
    assert environments.request_environment() == before
    assert environments.is_compiled()


def test_a_failed_compilation_is_told_and_fails_nothing(
    restored: Environments, caplog: pytest.LogCaptureFixture
) -> None:
    restored.delete()
    restored.run_python(f"pass  # {uuid.uuid4()}")
    # No folder of this name can be made, as on a full disk.
    (restored.package / "__pycache__").write_text("")
    restored.compile()
    assert "The Python environment `small` could not be compiled" in caplog.text
    assert "Not a directory" in caplog.text
    assert not restored.is_compiled()
    restored.run_programs()


def test_steps_know_nothing_of_this_machine(environments: Environments) -> None:
    script = environments.script()
    assert str(environments.named_caches) not in script
    assert sys.prefix not in script
    assert str(Path.home()) not in script
    assert environments.environment.python.startswith("./__small-")


def test_the_locale_of_whoever_builds_stays_outside(environments: Environments) -> None:
    before = environments.environment
    environments.set_options(
        "--subprocess-environment-env-vars=['LC_ALL=de_DE.UTF-8', 'LANG=fr_FR', 'A_PROXY=p q']"
    )
    script_of = environments.request_environment()
    (file,) = environments.rule_runner.request(DigestContents, [script_of.digest])
    assert "export PATH=/usr/local/bin:/usr/bin:/bin A_PROXY='p q'\n" in file.content.decode()
    environments.set_options()
    assert environments.request_environment() == before


def test_a_link_that_was_deleted_is_written_again(environments: Environments) -> None:
    environments.link.unlink()
    environments.set_options()
    environments.run_programs()
    assert environments.is_compiled()


def test_a_link_to_nowhere_is_written_again(environments: Environments) -> None:
    environments.link.write_text("venvs/gone\n")
    environments.set_options()
    assert environments.run_python("print(1 + 1)  # " + uuid.uuid4().hex) == "2"
    assert environments.is_compiled()


def _unpack(sandbox: Path, *search_path: Path) -> subprocess.CompletedProcess[str]:
    """Starts an environment on a machine that is elsewhere. Instead of packed files, there is a program that
    says which interpreter it gets."""
    script = unpacking_script(
        name="small",
        pex="small.pex",
        interpreter="cpython-3.11.7",
        search_path=tuple(str(place) for place in search_path),
    )
    (sandbox / "small.pex").write_text("import os; print(os.environ['FOLDER'])")
    (sandbox / script.path).write_bytes(script.content)
    return subprocess.run(
        ("/bin/sh", f"./{script.path}", "an argument"),
        cwd=sandbox,
        env={"FOLDER": str(sandbox / "unpacked")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("place", ["pythons", "pythons/python3.11"])
def test_an_environment_elsewhere_finds_an_interpreter(place: str, tmp_path: Path) -> None:
    pythons, unpacked = tmp_path / "pythons", tmp_path / "unpacked" / "bin" / "python"
    for folder in (pythons, unpacked.parent):
        folder.mkdir(parents=True)
    (pythons / "python3.11").symlink_to(sys.executable)
    unpacked.write_text('#!/bin/sh\necho "$1 with $PATH"\n')
    unpacked.chmod(0o755)
    result = _unpack(tmp_path, tmp_path / "no folder", tmp_path / place)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "an argument with /usr/local/bin:/usr/bin:/bin\n"


def test_a_machine_elsewhere_without_an_interpreter(tmp_path: Path) -> None:
    (tmp_path / "python3.12").symlink_to(sys.executable)
    result = _unpack(tmp_path, tmp_path)
    assert result.returncode == NOT_INSTALLED_EXIT_CODE
    assert result.stderr == f"pants-tflite: there is no python3.11 in {tmp_path}\n"


def test_another_lock_or_interpreter_has_another_name() -> None:
    lockfile = EMPTY_DIGEST
    names = {
        environment_key(REQUEST, lockfile=lockfile, interpreter="cpython-3.11.7"),
        environment_key(REQUEST, lockfile=lockfile, interpreter="cpython-3.11.9"),
        environment_key(REQUEST, lockfile=Digest("a" * 64, 1), interpreter="cpython-3.11.7"),
        environment_key(
            replace(REQUEST, pex_args=("--no-compress",)),
            lockfile=lockfile,
            interpreter="cpython-3.11.7",
        ),
    }
    assert len(names) == 4
