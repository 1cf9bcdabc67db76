# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants tflite-reproduce`: builds targets twice, without caches, and compares every step."""

from __future__ import annotations

import shutil
import sys
import uuid
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Iterator, Mapping, Sequence

from pants.base.build_environment import get_buildroot
from pants.core.goals.package import PackageFieldSet
from pants.engine.addresses import Address
from pants.engine.console import Console
from pants.engine.env_vars import CompleteEnvironmentVars
from pants.engine.fs import (
    AddPrefix,
    CreateDigest,
    Directory,
    FileContent,
    MergeDigests,
    Workspace,
)
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.process import InteractiveProcess
from pants.engine.target import FieldSetsPerTargetRequest, FilteredTargets
from pants.option.global_options import GlobalOptions
from pants.util.strutil import softwrap

from pants_tflite.compat import (
    add_prefix,
    collect_rules,
    concurrently,
    create_digest,
    find_valid_field_sets,
    get_digest_contents,
    goal_rule,
    implicitly,
    merge_digests,
    rule,
    run_interactive_process,
)
from pants_tflite.errors import TfLiteError
from pants_tflite.reproduction.step_pairs import PairedSteps, StepPair, pair_steps
from pants_tflite.sandbox.reproduction.compare_outputs_protocol import (
    CompareOutputsRequest,
    DifferencesReport,
)
from pants_tflite.subsystems.step_records import StepRecords
from pants_tflite.target_types import NondeterministicField
from pants_tflite.util_rules.declared_differences import (
    DeclaredDifferencesRequest,
    find_declared_differences,
)
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, find_report, run_program
from pants_tflite.util_rules.steps import StepRecord

_FOLDER = "tflite-reproduce"
_FIRST, _SECOND, _SOURCES = "first", "second", "sources"
# The paths of the sandboxes have other lengths, so that one that got into a file shows.
_RUNS = (_FIRST, "the_second_one")


class TfLiteReproduceSubsystem(GoalSubsystem):
    name = "tflite-reproduce"
    help = softwrap(
        """
        Packages targets twice, in other sandboxes at other paths and without a result from any cache,
        and compares every byte of each step and of what is packaged. Of a step that differs, it says
        which file, where, and what is likely to be the cause. It fails, unless the target of that step
        says why in its field `nondeterministic`.

        `dist/` stays as it is. Environments of Python and compilers are not built again.
        """
    )


class TfLiteReproduce(Goal):
    subsystem_cls = TfLiteReproduceSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@dataclass(frozen=True)
class ReproductionRun:
    """A run of Pants, and the folder of all that is its own."""

    folder: Path

    @property
    def records(self) -> Path:
        return self.folder / "steps.jsonl"

    @property
    def sandboxes(self) -> Path:
        return self.folder / "sandboxes"

    @property
    def dist(self) -> Path:
        return self.folder / "dist"

    def argv(self, addresses: Sequence[str]) -> tuple[str, ...]:
        scope = StepRecords.options_scope
        return (
            *(sys.executable, "-m", "pants"),
            "--no-pantsd",
            f"--pants-workdir={self.folder / 'workdir'}",
            f"--pants-distdir={self.dist}",
            f"--local-execution-root-dir={self.sandboxes}",
            f"--{scope}-file={self.records}",
            "package",
            *addresses,
        )

    def steps(self) -> list[StepRecord]:
        if not self.records.exists():
            return []
        lines = self.records.read_text(encoding="utf-8").splitlines()
        return [StepRecord.parse(line) for line in lines]

    def artifacts(self) -> dict[str, str]:
        """The SHA-256 of each file that was packaged, by its path."""
        paths = sorted(path for path in self.dist.rglob("*") if path.is_file())
        return {
            path.relative_to(self.dist).as_posix(): sha256(path.read_bytes()).hexdigest()
            for path in paths
        }


@dataclass(frozen=True)
class CompareStepRequest:
    """Asks where the outputs of the two differ; `sandboxes` are the folders in which they ran, and
    `address` is one of the targets."""

    pair: StepPair
    sandboxes: tuple[str, ...]
    address: Address


@dataclass(frozen=True)
class ComparedStep:
    description: str
    report: DifferencesReport

    def render(self) -> Iterator[str]:
        """Lines for people."""
        yield f"✕ {self.description}"
        for file in self.report.files:
            place = "" if file.offset is None else f", byte {file.offset}"
            yield f"  {file.path}{place}{f': {file.where}' if file.where else ''}"
        yield "  Likely cause:"
        yield from (f"  - {cause}" for cause in self.report.causes)


@rule
async def compare_step(request: CompareStepRequest) -> ComparedStep:
    pair = request.pair
    environment, first, second, code, folders = await concurrently(
        find_litert_environment(LiteRtEnvironmentRequest(), **implicitly()),
        add_prefix(AddPrefix(pair.first.digest, _FIRST)),
        add_prefix(AddPrefix(pair.second.digest, _SECOND)),
        create_digest(
            CreateDigest(
                FileContent(f"{_SOURCES}/{path}", text.encode())
                for path, text in pair.first.sources
            )
        ),
        create_digest(CreateDigest([Directory(name) for name in (_FIRST, _SECOND, _SOURCES)])),
    )
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            CompareOutputsRequest(
                first=_FIRST, second=_SECOND, sources=_SOURCES, sandboxes=request.sandboxes
            ),
            environment,
            description=f"Compare two runs of the step: {pair.first.description}",
            input_digest=await merge_digests(MergeDigests((first, second, code, folders))),
        )
    )
    contents = await get_digest_contents(result.digest)
    return ComparedStep(pair.first.description, find_report(contents, DifferencesReport))


def render_same(steps: PairedSteps, same_artifacts: int) -> str:
    """What is the same, for people."""
    return (
        f"Steps that yielded the same bytes twice: {len(steps.pairs) - len(steps.differing)}. "
        f"Packaged files that are identical: {same_artifacts}."
    )


def render_declared(steps: PairedSteps, reasons: Mapping[str, str]) -> Iterator[str]:
    """Lines about targets that are declared to be others each time; `reasons` are by address."""
    for pair in steps.declared_roots(reasons):
        reason = reasons[pair.first.address]
        yield f"○ {pair.first.description} differs, as is declared: {reason}"
    for address in steps.same_although(reasons):
        yield (
            f"{address} is declared as `{NondeterministicField.alias}`, but yielded the same bytes; "
            "the field can go."
        )


def render_explained(
    steps: PairedSteps, reasons: Mapping[str, str], differing: Sequence[str]
) -> Iterator[str]:
    """The same, and what follows from it, if nothing else differs."""
    yield from render_declared(steps, reasons)
    declared = steps.declared_roots(reasons)
    following = len(steps.differing) - len(steps.roots)
    if declared and following:
        yield f"Steps that differ because they take what these yield: {following}."
    if declared and differing:
        yield f"Packaged files that differ for these reasons, {len(differing)}:"
        yield from (f"  {path}" for path in differing)


def render_result(
    steps: PairedSteps, compared: Sequence[ComparedStep], artifacts: int, differing: Sequence[str]
) -> str:
    """What was found that nothing declares, for people."""
    lines = [line for step in compared for line in step.render()]
    for name in steps.unpaired:
        lines.append(f"✕ {name}: only one of the two runs had this step")
    following = len(steps.differing) - len(steps.roots)
    if following:
        lines.append(f"Steps that differ because they take what these yield: {following}.")
    if differing:
        lines.append(f"Packaged files that differ, {len(differing)} of {artifacts}:")
        lines += [f"  {path}" for path in differing]
    return "\n".join(lines)


@goal_rule
async def reproduce(
    console: Console,
    targets: FilteredTargets,
    global_options: GlobalOptions,
    variables: CompleteEnvironmentVars,
    _: Workspace,
) -> TfLiteReproduce:
    found = await find_valid_field_sets(
        FieldSetsPerTargetRequest(PackageFieldSet, targets), **implicitly()
    )
    addresses = sorted({field_set.address for field_set in found.field_sets})
    if not addresses:
        raise TfLiteError(
            "`tflite-reproduce` packages targets, and none of those named can be packaged.\n\n"
            "Fix: Name models, datasets or bundles."
        )
    # Before the runs, so that a mistake costs no time.
    found_reasons = await find_declared_differences(DeclaredDifferencesRequest(tuple(addresses)))
    reasons = {it.address: it.reason for it in found_reasons.declared}
    root = Path(get_buildroot(), global_options.pants_workdir, _FOLDER, uuid.uuid4().hex)
    runs = [ReproductionRun(root / name) for name in _RUNS]
    try:
        for number, run in enumerate(runs, start=1):
            run.sandboxes.mkdir(parents=True)
            console.print_stderr(f"Run {number} of {len(runs)}:")
            ended = await run_interactive_process(
                InteractiveProcess(
                    argv=run.argv([str(address) for address in addresses]),
                    env=variables,
                    run_in_workspace=True,
                )
            )
            if ended.exit_code:
                return TfLiteReproduce(ended.exit_code)
        steps = pair_steps(*(run.steps() for run in runs))
        first, second = (run.artifacts() for run in runs)
        differing = [p for p in sorted({*first, *second}) if first.get(p) != second.get(p)]
    finally:
        shutil.rmtree(root, ignore_errors=True)
    compared = await concurrently(
        compare_step(
            CompareStepRequest(pair, tuple(str(run.sandboxes) for run in runs), addresses[0])
        )
        for pair in steps.undeclared(reasons)
    )
    artifacts = len({*first, *second})
    if not steps.is_explained(reasons, artifacts_differ=bool(differing)):
        text = render_result(steps, compared, artifacts=artifacts, differing=differing)
        console.print_stderr("\n".join((*render_declared(steps, reasons), text)))
        return TfLiteReproduce(exit_code=1)
    explained = render_explained(steps, reasons, differing)
    console.print_stdout("\n".join((render_same(steps, artifacts - len(differing)), *explained)))
    return TfLiteReproduce(exit_code=0)


def rules():
    return collect_rules()
