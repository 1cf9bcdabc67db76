# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Running the programs of `sandbox/`: the protocol of docs/architecture.md, on Pants' side."""

from __future__ import annotations

import ast
import importlib.util
import logging
import os
from dataclasses import dataclass
from typing import Any, Iterable, Iterator, Optional, Type, TypeVar

from pants.engine.addresses import Address
from pants.engine.fs import (
    EMPTY_DIGEST,
    CreateDigest,
    Digest,
    DigestSubset,
    Directory,
    FileContent,
    MergeDigests,
    PathGlobs,
    RemovePrefix,
)
from pants.engine.process import FallibleProcessResult, Process, ProcessCacheScope
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel
from pants.util.memo import memoized

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    create_digest,
    digest_subset_to_digest,
    digest_to_snapshot,
    get_digest_contents,
    implicitly,
    merge_digests,
    remove_prefix,
    rule,
)
from pants_tflite.errors import Mistake, TfLiteError, crash, crash_text
from pants_tflite.resources import read_resource
from pants_tflite.sandbox.compile_environment import COMPILE_VARIABLE
from pants_tflite.sandbox.harness import USER_ERROR_EXIT_CODE
from pants_tflite.sandbox.mistakes import MistakeReport
from pants_tflite.sandbox.outside_use_protocol import OutsideUse
from pants_tflite.sandbox.protocol import Message
from pants_tflite.sandbox.saved_models.code_lines_protocol import CodeLinesReport
from pants_tflite.util_rules.environment_processes import PythonEnvironment
from pants_tflite.util_rules.steps import PROGRAMS_ROOT, ExecuteStepRequest, execute_step

logger = logging.getLogger(__name__)

_BACKEND = "pants_tflite"
# The core's programs are below a package of this name, and so are those of the backends on top.
_PACKAGE_NAME = "sandbox"
# What Pants writes to the output of a process that it ends for its time.
_EXCEEDED = b"Exceeded timeout of"
_REQUEST_FILE = "__request__.json"
OUTPUT_DIR = "out"
# It runs a program and demands proof that it finished.
_SUPERVISOR = "pants_tflite.sandbox.supervisor"
_HOME = "__home__"
_SLOTS_DIR = "__slots__"
Report = TypeVar("Report", bound=Message)


def _read_module(module: str) -> bytes:
    package, _, name = module.rpartition(".")
    return read_resource(package, f"{name}.py")


def _is_in_sandbox(module: str) -> bool:
    parts = module.split(".")
    return parts[0] == _BACKEND and _PACKAGE_NAME in parts


def _is_package(module: str) -> bool:
    spec = importlib.util.find_spec(module)
    assert spec is not None, f"there is no module {module}"
    return spec.submodule_search_locations is not None


def _imported_modules(content: bytes) -> Iterator[str]:
    """The sandbox modules that a module imports, at any level."""
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.ImportFrom) and node.module and _is_in_sandbox(node.module):
            if _is_package(node.module):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            else:
                yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if _is_in_sandbox(alias.name))


def _packages(module: str) -> Iterator[str]:
    """The packages that a module is in, from the outermost."""
    parts = module.split(".")
    yield from (".".join(parts[:end]) for end in range(1, len(parts)))


@memoized
def module_files(program: str, *, root: str = "") -> tuple[FileContent, ...]:
    """The sources of the module `program` and of all sandbox modules that it imports, directly or
    not, below the folder `root`, which is to be on Python's path."""
    contents: dict[str, bytes] = {}
    pending = [program]
    while pending:
        module = pending.pop()
        if module not in contents:
            contents[module] = _read_module(module)
            pending.extend(_imported_modules(contents[module]))
    packages = sorted({package for module in contents for package in _packages(module)})
    sources = {
        **{f"{package}.__init__": b"" for package in packages},
        **dict(sorted(contents.items())),
    }
    return tuple(
        FileContent(os.path.join(root, *module.split(".")) + ".py", content)
        for module, content in sources.items()
    )


def program_files(program: str) -> tuple[FileContent, ...]:
    """The sources of a program, of what supervises it, and of what they import, as a process finds them."""
    files = {
        file.path: file
        for module in (_SUPERVISOR, program)
        for file in module_files(module, root=PROGRAMS_ROOT)
    }
    return tuple(files.values())


@dataclass(frozen=True)
class RunProgramRequest:
    """Runs `program` over `request` with `input_digest` around it.

    `address` is blamed for mistakes and named in errors; it is not part of the process, so that
    equal work for two targets is done once. Nor are the `code_lines`, a CodeLinesReport of the model
    or nothing, which a mistake is explained with. The program must leave the files `outputs`, or
    `instead`.
    """

    address: Address
    program: str
    environment: PythonEnvironment
    request: str
    input_digest: Digest
    description: str
    outputs: tuple[str, ...]
    instead: Optional[str]
    source_roots: tuple[str, ...] = ()
    code_lines: Digest = EMPTY_DIGEST
    # When a result may be taken from a cache, and after how many seconds the process is ended.
    cache_scope: ProcessCacheScope = ProcessCacheScope.SUCCESSFUL
    timeout: Optional[int] = None

    @classmethod
    def create(
        cls,
        address: Address,
        request: Message,
        environment: PythonEnvironment,
        *,
        description: str,
        input_digest: Digest = EMPTY_DIGEST,
        source_roots: tuple[str, ...] = (),
        code_lines: Digest = EMPTY_DIGEST,
        cache_scope: ProcessCacheScope = ProcessCacheScope.SUCCESSFUL,
        timeout: Optional[int] = None,
    ) -> RunProgramRequest:
        return cls(
            address=address,
            program=request.PROGRAM,
            environment=environment,
            request=request.render().decode(),
            input_digest=input_digest,
            description=description,
            outputs=request.output_files(),
            instead=request.INSTEAD,
            source_roots=source_roots,
            code_lines=code_lines,
            cache_scope=cache_scope,
            timeout=timeout,
        )

    def debug_hint(self) -> str:
        return f"{self.program} for {self.address}"


@dataclass(frozen=True)
class PrepareProgramRequest:
    """Asks for the process of `run`, for a caller that runs it in its own way."""

    run: RunProgramRequest


@dataclass(frozen=True)
class PreparedProgram:
    """`process` leaves what the program wrote in OUTPUT_DIR."""

    process: Process


@dataclass(frozen=True)
class ProgramResult:
    """What a program wrote, relative to its output directory."""

    digest: Digest


@dataclass(frozen=True)
class OutsideUseRequest:
    """Asks to tell what the code of a target used from outside, and for the `output` without that."""

    address: Address
    output: Digest


def find_report(files: Iterable[FileContent], report: Type[Report]) -> Report:
    """The report of this class among the files that its program wrote."""
    return report.parse(next(file.content for file in files if file.path == report.FILE))


def to_process(request: RunProgramRequest, input_digest: Digest) -> Process:
    environment = request.environment
    # Nobody would start from the compiled files of an environment that is gone afterwards.
    compiles = {COMPILE_VARIABLE: "1"} if environment.kept else {}
    return Process(
        argv=(environment.python, "-m", _SUPERVISOR, request.program, _REQUEST_FILE),
        env={
            # A home of its own, so that no ~/.keras or ~/.config can change a result. It exists, or
            # Keras would take /tmp/.keras.
            **compiles,
            "HOME": _HOME,
            "LC_ALL": "C.UTF-8",
            "PANTS_TFLITE_SLOTS": _SLOTS_DIR,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": os.pathsep.join((PROGRAMS_ROOT, *request.source_roots)),
        },
        input_digest=input_digest,
        output_directories=(OUTPUT_DIR,),
        append_only_caches=FrozenDict(
            {**environment.append_only_caches, "pants_tflite_slots": _SLOTS_DIR}
        ),
        description=request.description,
        level=LogLevel.INFO,
        cache_scope=request.cache_scope,
        timeout_seconds=request.timeout,
    )


@rule
async def prepare_program(prepare: PrepareProgramRequest) -> PreparedProgram:
    request = prepare.run
    request_file = FileContent(_REQUEST_FILE, request.request.encode())
    programs = await create_digest(
        CreateDigest((request_file, Directory(_HOME), *program_files(request.program)))
    )
    input_digest = await merge_digests(
        MergeDigests((request.environment.digest, programs, request.input_digest))
    )
    return PreparedProgram(to_process(request, input_digest))


def _how_it_ended(request: RunProgramRequest, result: FallibleProcessResult) -> dict[str, Any]:
    return {
        "step": request.description,
        "exit_code": result.exit_code,
        "stdout": result.stdout.decode(errors="replace"),
        "stderr": result.stderr.decode(errors="replace"),
    }


def check_outputs(
    request: RunProgramRequest, result: FallibleProcessResult, files: Iterable[str]
) -> None:
    """Raises TfLiteError if a program that succeeded did not leave the `files` that it must."""
    left = set(files)
    missing = [path for path in request.outputs if path not in left]
    if left and (not missing or request.instead in left):
        return
    lacks = ", ".join(f"`{path}`" for path in missing) or "anything"
    raise crash(request.address, **_how_it_ended(request, result), lacks=lacks)


def to_error(
    request: RunProgramRequest, result: FallibleProcessResult, files: Iterable[FileContent]
) -> TfLiteError:
    """The error for a program that failed: the mistake that it reported, or how it crashed.

    `files` are what it wrote, and the `code_lines`.
    """
    if request.timeout is not None and _EXCEEDED in result.stdout + result.stderr:
        return Mistake(
            f"{request.description} took longer than {request.timeout} s",
            fix="Give it more time, or less to do.",
            field="timeout",
            value=request.timeout,
        ).at(request.address)
    contents = {file.path: file.content for file in files}
    report = contents.get(MistakeReport.FILE)
    mistake = None if report is None else Mistake.from_report(MistakeReport.parse(report))
    lines = contents.get(CodeLinesReport.FILE)
    if mistake is not None and lines is not None:
        mistake.message += CodeLinesReport.parse(lines).describe(mistake.nodes)
    if mistake is not None and result.exit_code == USER_ERROR_EXIT_CODE:
        return mistake.at(request.address)
    how = _how_it_ended(request, result)
    if mistake is None:
        return crash(request.address, **how)
    # It was killed, and had said beforehand what that would mean.
    mistake.detail = crash_text(**how)
    return mistake.at(request.address)


@rule
async def warn_of_outside_use(request: OutsideUseRequest) -> ProgramResult:
    report, rest = await concurrently(
        digest_subset_to_digest(DigestSubset(request.output, PathGlobs((OutsideUse.FILE,)))),
        digest_subset_to_digest(
            DigestSubset(request.output, PathGlobs(("**", f"!{OutsideUse.FILE}")))
        ),
    )
    use = find_report(await get_digest_contents(report), OutsideUse)
    logger.warning(use.warning(request.address))
    return ProgramResult(rest)


@rule(desc="Run a sandbox program", level=LogLevel.DEBUG)
async def run_program(request: RunProgramRequest) -> ProgramResult:
    prepared = await prepare_program(PrepareProgramRequest(request))
    executed = await execute_step(
        ExecuteStepRequest(
            prepared.process, environment=request.environment, address=str(request.address)
        ),
        **implicitly(),
    )
    result = executed.result
    output = await remove_prefix(RemovePrefix(result.output_digest, OUTPUT_DIR))
    if result.exit_code == 0:
        snapshot = await digest_to_snapshot(output)
        check_outputs(request, result, snapshot.files)
        if OutsideUse.FILE not in snapshot.files:
            return ProgramResult(output)
        return await warn_of_outside_use(OutsideUseRequest(request.address, output))
    files = await merge_digests(MergeDigests((output, request.code_lines)))
    contents = await get_digest_contents(files)
    raise to_error(request, result, contents)


def rules():
    return collect_rules()
