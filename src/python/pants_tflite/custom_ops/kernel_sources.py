# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The C and C++ sources of a custom op's kernel, each with just the headers that it includes."""

from __future__ import annotations

from dataclasses import dataclass

from pants.backend.cc.target_types import (
    C_SOURCE_FILE_EXTENSIONS,
    CC_HEADER_FILE_EXTENSIONS,
    CCSourceField,
)
from pants.engine.addresses import Address
from pants.engine.fs import Digest, MergeDigests
from pants.engine.target import (
    AsyncFieldMixin,
    DependenciesRequest,
    HydrateSourcesRequest,
    Target,
    TransitiveTargets,
    TransitiveTargetsRequest,
)
from pants.source.source_root import SourceRootsRequest

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    get_source_roots,
    hydrate_sources,
    implicitly,
    merge_digests,
    resolve_dependencies,
    resolve_unparsed_address_inputs,
    rule,
    transitive_targets,
)
from pants_tflite.custom_ops.target_types import KernelDependenciesField, MicroDependenciesField
from pants_tflite.errors import Mistake

# The two runtimes that a kernel can be written for.
TFLITE = "tflite"
MICRO = "micro"


@dataclass(frozen=True)
class KernelSource:
    """One source to compile. `digest` holds it, at `path`, and the headers that it includes."""

    address: Address
    path: str
    is_cxx: bool
    digest: Digest
    include_dirs: tuple[str, ...]


@dataclass(frozen=True)
class KernelSourceRequest:
    """Asks for the source that the `cc_source` target at `address` is, with its headers."""

    address: Address


@dataclass(frozen=True)
class KernelSourcesRequest:
    """Asks for all sources of a `tflite_custom_op` in a variant: TFLITE or MICRO."""

    target: Target
    variant: str

    def debug_hint(self) -> str:
        return f"{self.target.address} ({self.variant})"


@dataclass(frozen=True)
class KernelSources:
    """The sources to compile, in the order of their paths."""

    sources: tuple[KernelSource, ...]

    @property
    def is_cxx(self) -> bool:
        return any(source.is_cxx for source in self.sources)


def is_header(target: Target) -> bool:
    return target[CCSourceField].file_path.endswith(CC_HEADER_FILE_EXTENSIONS)


def _cc_targets(transitive: TransitiveTargets) -> list[Target]:
    found = [target for target in transitive.closure if target.has_field(CCSourceField)]
    return sorted(found, key=lambda target: target[CCSourceField].file_path)


@rule
async def find_kernel_source(request: KernelSourceRequest) -> KernelSource:
    transitive = await transitive_targets(
        TransitiveTargetsRequest([request.address]), **implicitly()
    )
    source = transitive.roots[0]
    files = [source, *(target for target in _cc_targets(transitive) if is_header(target))]
    paths = [target[CCSourceField].file_path for target in files]
    roots, *hydrated = await concurrently(
        get_source_roots(SourceRootsRequest.for_files(paths)),
        *(
            hydrate_sources(HydrateSourcesRequest(target[CCSourceField]), **implicitly())
            for target in files
        ),
    )
    digest = await merge_digests(MergeDigests(sources.snapshot.digest for sources in hydrated))
    return KernelSource(
        address=request.address,
        path=paths[0],
        is_cxx=not paths[0].endswith(C_SOURCE_FILE_EXTENSIONS),
        digest=digest,
        include_dirs=tuple(sorted({root.path for root in roots.path_to_root.values()})),
    )


@rule(desc="Find the sources of a kernel")
async def find_kernel_sources(request: KernelSourcesRequest) -> KernelSources:
    target = request.target
    if request.variant == MICRO:
        field: AsyncFieldMixin = target[MicroDependenciesField]
        roots = await resolve_unparsed_address_inputs(
            target[MicroDependenciesField].to_unparsed_address_inputs(), **implicitly()
        )
    else:
        field = target[KernelDependenciesField]
        roots = await resolve_dependencies(
            DependenciesRequest(target[KernelDependenciesField]), **implicitly()
        )
    transitive = await transitive_targets(TransitiveTargetsRequest(roots), **implicitly())
    sources = [found for found in _cc_targets(transitive) if not is_header(found)]
    if not sources:
        raise Mistake.of(
            field,
            message=f"the {request.variant} variant of the kernel has no C or C++ source",
            fix=(
                f"Name the `cc_source` or `cc_sources` targets of the kernel in `{field.alias}`; they "
                "need the backend `pants.backend.experimental.cc`."
            ),
        )
    found = await concurrently(
        find_kernel_source(KernelSourceRequest(source.address)) for source in sources
    )
    return KernelSources(found)


def rules():
    return collect_rules()
