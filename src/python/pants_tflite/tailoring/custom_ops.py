# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants tailor` for kernels of custom ops in C and C++."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import Mapping, Optional, Union

from pants.backend.cc.goals.tailor import PutativeCCTargetsRequest
from pants.backend.cc.target_types import (
    CC_SOURCE_FILE_EXTENSIONS,
    CCGeneratorSourcesField,
    CCSourceField,
)
from pants.core.goals.tailor import PutativeTargets, PutativeTargetsRequest
from pants.engine.addresses import Address
from pants.engine.fs import PathGlobs
from pants.engine.target import AllUnexpandedTargets, HydrateSourcesRequest, Target
from pants.engine.unions import UnionMembership, UnionRule

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    get_digest_contents,
    hydrate_sources,
    implicitly,
    rule,
)
from pants_tflite.custom_ops.kernel_sources import MICRO, TFLITE
from pants_tflite.custom_ops.target_types import (
    CustomOpNameField,
    MicroRegistrationField,
    RegistrationField,
    TfLiteCustomOpTarget,
    TfLiteRuntimeTarget,
    default_registration,
)
from pants_tflite.subsystems.tailoring import Tailoring
from pants_tflite.tailoring.kernel_code import FoundKernel, find_kernels, included_headers
from pants_tflite.tailoring.proposals import Proposal, can_be_source, name_proposals

logger = logging.getLogger(__name__)

_TEST_ENDS = ("_test", "_tests", "-test")


class PutativeCustomOpsRequest(PutativeTargetsRequest):
    pass


@dataclass(frozen=True)
class SourceOwnersRequest:
    """Asks for the addresses of the C and C++ sources in `folders`, as BUILD files there write them."""

    folders: tuple[str, ...]


@dataclass(frozen=True)
class SourceOwners:
    """The address of each source that is owned, and the name that `cc_sources()` gets in a folder."""

    addresses: tuple[tuple[str, str], ...]
    next_names: tuple[tuple[str, str], ...]


def _registered(targets: AllUnexpandedTargets) -> frozenset[str]:
    """The registration functions that targets name."""
    found = set()
    for target in targets:
        if target.has_field(CustomOpNameField):
            default = default_registration(target[CustomOpNameField].value)
            found.add(target[RegistrationField].value or default)
            found.add(target[MicroRegistrationField].value or default)
    return frozenset(found)


def _only_runtime(targets: AllUnexpandedTargets) -> Optional[Address]:
    found = [target.address for target in targets if isinstance(target, TfLiteRuntimeTarget)]
    return found[0] if len(found) == 1 else None


def _file_address(file: str, name: str, folder: str) -> str:
    """A file of the `cc_sources` called `name`, in the BUILD file of `folder`."""
    return f"./{file}" if name == os.path.basename(folder) else f"./{file}:{name}"


def _source_address(target: Target, path: str, folder: str) -> str:
    address = target.address
    if target.has_field(CCSourceField):
        return f":{address.target_name}" if address.spec_path == folder else address.spec
    if address.spec_path != folder:
        # The owner's BUILD file is in a folder above.
        levels = os.path.relpath(path, address.spec_path or ".").count(os.path.sep)
        return f"{path}:{'../' * levels}{address.target_name}"
    return _file_address(os.path.basename(path), address.target_name, folder)


@rule
async def find_source_owners(
    request: SourceOwnersRequest, all_targets: AllUnexpandedTargets
) -> SourceOwners:
    targets = [
        target
        for target in all_targets
        if target.has_field(CCGeneratorSourcesField) or target.has_field(CCSourceField)
    ]
    sources = await concurrently(
        hydrate_sources(
            HydrateSourcesRequest(
                target[
                    CCSourceField if target.has_field(CCSourceField) else CCGeneratorSourcesField
                ]
            ),
            **implicitly(),
        )
        for target in targets
    )
    addresses: dict[str, str] = {}
    for target, hydrated in zip(targets, sources):
        for path in hydrated.snapshot.files:
            folder = os.path.dirname(path)
            if folder in request.folders:
                addresses.setdefault(path, _source_address(target, path, folder))
    taken = {target.address.spec for target in all_targets}
    next_names = []
    for folder in request.folders:
        base = name = os.path.basename(folder)
        number = 0
        while Address(folder, target_name=name).spec in taken:
            name = f"{base}{number}"
            number += 1
        next_names.append((folder, name))
    return SourceOwners(tuple(sorted(addresses.items())), tuple(next_names))


def _with_implementations(path: str, code: Mapping[str, str]) -> tuple[str, ...]:
    """The source at `path` and, of those next to it, the ones whose headers it includes, and so on."""
    folder = os.path.dirname(path)
    found, pending = {path}, [path]
    while pending:
        for header in included_headers(code[pending.pop()]):
            stem = os.path.splitext(header)[0]
            for extension in CC_SOURCE_FILE_EXTENSIONS:
                source = os.path.join(folder, stem + extension)
                if source in code and source not in found:
                    found.add(source)
                    pending.append(source)
    return tuple(sorted(found))


def _is_test(path: str) -> bool:
    return os.path.splitext(path)[0].endswith(_TEST_ENDS)


@rule(desc="Determine candidate targets of custom ops to create")
async def find_putative_custom_ops(
    request: PutativeCustomOpsRequest,
    all_targets: AllUnexpandedTargets,
    union_membership: UnionMembership,
    tailoring: Tailoring,
) -> PutativeTargets:
    # Without the backend of C and C++, a kernel's sources have no targets.
    has_cc = PutativeCCTargetsRequest in union_membership.get(PutativeTargetsRequest)
    if not tailoring.tailor_custom_ops or not has_cc:
        return PutativeTargets()
    globs = request.path_globs(*(f"*{end}" for end in CC_SOURCE_FILE_EXTENSIONS))
    contents = await get_digest_contents(**implicitly({globs: PathGlobs}))
    code = {file.path: file.content.decode(errors="replace") for file in contents}
    registered = _registered(all_targets)
    kernels = [
        (path, kernel)
        for path in sorted(code)
        if os.path.dirname(path) and can_be_source(path) and not _is_test(path)
        for kernel in find_kernels(path, code[path])
        if kernel.registration not in registered
    ]
    if not any(kernel.variant == TFLITE for _, kernel in kernels):
        return PutativeTargets()
    runtime = _only_runtime(all_targets)
    if runtime is None:
        names = ", ".join(sorted({path for path, _ in kernels}))
        logger.info(
            f"There are kernels of custom ops in {names}. `tailor` proposes a `tflite_custom_op` for them "
            "if there is just one `tflite_runtime`, whose headers they include."
        )
        return PutativeTargets()
    folders = tuple(sorted({os.path.dirname(path) for path, _ in kernels}))
    owners = await find_source_owners(SourceOwnersRequest(folders), **implicitly())
    addresses, next_names = dict(owners.addresses), dict(owners.next_names)

    def dependencies(path: str) -> tuple[str, ...]:
        folder = os.path.dirname(path)
        return tuple(
            addresses.get(source)
            or _file_address(os.path.basename(source), next_names[folder], folder)
            for source in _with_implementations(path, code)
        )

    micro = {
        (os.path.dirname(path), kernel.registration): path
        for path, kernel in kernels
        if kernel.variant == MICRO
    }
    return name_proposals(
        _proposal(
            path,
            kernel,
            runtime=runtime,
            dependencies=dependencies(path),
            micro_dependencies=(
                dependencies(micro[os.path.dirname(path), kernel.registration])
                if (os.path.dirname(path), kernel.registration) in micro
                else ()
            ),
        )
        for path, kernel in kernels
        if kernel.variant == TFLITE
    )


def _proposal(
    path: str,
    kernel: FoundKernel,
    *,
    runtime: Address,
    dependencies: tuple[str, ...],
    micro_dependencies: tuple[str, ...],
) -> Proposal:
    fields: dict[str, Union[str, tuple[str, ...]]] = {
        "op": kernel.op,
        "dependencies": dependencies,
    }
    if micro_dependencies:
        fields["micro_dependencies"] = micro_dependencies
    if default_registration(kernel.op) != kernel.registration:
        fields["registration"] = kernel.registration
    fields["runtime"] = runtime.spec
    name = default_registration(kernel.op)[len(default_registration("")) :].lower()
    return Proposal(
        TfLiteCustomOpTarget,
        folder=os.path.dirname(path),
        name=name,
        longer_name=f"{name}_op",
        fields=fields,
        comments=(f"# `op` is a guess by `{kernel.registration}`: give its name in the graph.",),
    )


def rules():
    return (
        *collect_rules(),
        UnionRule(PutativeTargetsRequest, PutativeCustomOpsRequest),
    )
