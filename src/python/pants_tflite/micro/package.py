# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants package` for `tflite_micro_library`."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any, Optional

from pants.core.goals.package import BuiltPackage, PackageFieldSet
from pants.engine.fs import CreateDigest, Digest, FileContent, FileEntry, MergeDigests
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict

from pants_tflite.bundles.contents import (
    AddManifestRequest,
    LayOutModelsRequest,
    add_manifest,
    files_of,
    lay_out_models,
)
from pants_tflite.bundles.manifests import BundleManifest, KernelEntry, ModelEntry
from pants_tflite.compat import (
    collect_rules,
    concurrently,
    create_digest,
    get_digest_entries,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.micro.boards.fitting import FitBoardsRequest, check_fits, fit_boards
from pants_tflite.micro.compression.models import warn_of_nothing_won
from pants_tflite.micro.field_sets import MicroLibraryFieldSet, MicroSettings
from pants_tflite.micro.generated.readme import render_readme
from pants_tflite.micro.generated.sources import MicroSources, MicroSourcesRequest, render_sources
from pants_tflite.micro.layouts.catalog import CATALOG
from pants_tflite.micro.layouts.layout import Layout, LibraryFiles
from pants_tflite.micro.layouts.placement import check_layout
from pants_tflite.micro.layouts.runtimes import runtime_of, runtime_warning
from pants_tflite.micro.models import (
    MicroModels,
    MicroModelsRequest,
    build_micro_models,
)
from pants_tflite.micro.publishing import Publishing
from pants_tflite.micro.self_test.binaries import (
    BuiltMicroBinaries,
    BuiltMicroBinariesRequest,
    build_micro_binaries,
)
from pants_tflite.micro.target_types import TfLiteMicroLibraryTarget
from pants_tflite.sandbox.tflite.manifest_protocol import KernelBuild
from pants_tflite.util_rules.output_paths import (
    OutputPathRequest,
    PackageOutputRequest,
    find_output_path,
    place_output,
)

logger = logging.getLogger(__name__)
_MODELS_DIRECTORY = "models"
_README_FILE = "README.md"


@dataclass(frozen=True)
class LayOutSourcesRequest:
    """Asks for a library's C++ files at the places that its layout has for them, and the layout's own."""

    sources: MicroSources
    layout: Layout


@dataclass(frozen=True)
class LaidOutSources:
    digest: Digest


@rule
async def lay_out_sources(request: LayOutSourcesRequest) -> LaidOutSources:
    layout = request.layout
    entries = await get_digest_entries(request.sources.digest)
    placed, written = await concurrently(
        create_digest(
            CreateDigest(
                replace(entry, path=layout.places[entry.path])
                for entry in entries
                if isinstance(entry, FileEntry) and entry.path in layout.places
            )
        ),
        create_digest(
            CreateDigest(FileContent(path, text.encode()) for path, text in layout.texts.items())
        ),
    )
    return LaidOutSources(await merge_digests(MergeDigests((placed, written))))


def library_files(
    sources: MicroSources, models: MicroModels, publishing: Publishing
) -> LibraryFiles:
    """What a layout needs to know about a library."""
    return LibraryFiles(
        library=sources.library,
        version=models.bundle.version,
        models=tuple(model.name for model in models.bundle.models),
        headers=sources.headers,
        sources=sources.sources,
        self_test_headers=sources.self_test_headers,
        self_test_sources=sources.self_test_sources,
        kernel_headers=sources.kernels.headers,
        kernel_sources=sources.kernels.sources,
        kernel_defines=sources.kernels.defines,
        methods=models.library.methods,
        publishing=publishing,
    )


def kernel_entries(
    models: MicroModels, layout: Layout, binaries: BuiltMicroBinaries
) -> tuple[KernelEntry, ...]:
    """The manifest's entries for custom ops: the sources of each, and the library with its objects."""
    library = binaries.library_path
    built: tuple[KernelBuild, ...] = ()
    if library is not None and binaries.self_test is not None:
        toolchain = binaries.self_test.library.toolchain
        built = (KernelBuild(library, binaries.platform, toolchain),)
    kernels = models.kernels
    return tuple(
        KernelEntry(
            op,
            op.micro_registration,
            (*(KernelBuild(layout.places[path]) for path in kernels.sources_of[op.name]), *built),
        )
        for op in sorted(kernels.ops, key=lambda op: op.name)
    )


def _instructions(binaries: BuiltMicroBinaries, model: str) -> Optional[FrozenDict[str, Any]]:
    """The manifest's entry for a model, if its instructions were counted."""
    counted = binaries.instructions.of(model) if binaries.instructions is not None else None
    if counted is None or binaries.self_test is None:
        return None
    made_with = {"cpu": binaries.platform, "kernels": binaries.self_test.tools.kernels}
    return FrozenDict.deep_freeze({**made_with, **counted.to_manifest()})


def _memory(binaries: BuiltMicroBinaries) -> Optional[FrozenDict[str, Any]]:
    """The manifest's entry for the compiled self-test, if there is one."""
    parts = binaries.parts
    if parts is None or binaries.self_test is None:
        return None
    total = parts.total
    return FrozenDict.deep_freeze(
        {
            "cpu": binaries.platform,
            "kernels": binaries.self_test.tools.kernels,
            "flash": total.flash,
            "ram": total.ram,
            "parts": parts.to_manifest(),
        }
    )


def describe(
    field_set: MicroLibraryFieldSet,
    models: MicroModels,
    layout: Layout,
    binaries: BuiltMicroBinaries,
) -> BundleManifest:
    """The manifest, but for the files."""
    runtime = runtime_of(field_set.layout.checked)
    runtimes = [measured.report.measurement.measured_on for measured in models.measured.models]
    tools = {runtime.runtime: runtime.version for runtime in runtimes}
    if binaries.self_test is not None:
        compiled_with = binaries.self_test.tools
        tools.update(
            compiler=compiled_with.toolchain,
            kernels=compiled_with.tree.kernels,
            tflm=compiled_with.tree.version,
        )
    if binaries.instructions is not None and binaries.instructions.emulator:
        tools.update(qemu=binaries.instructions.emulator)
    return BundleManifest(
        kind=TfLiteMicroLibraryTarget.alias,
        name=models.library.name,
        version=models.bundle.version,
        models=tuple(
            ModelEntry(
                model,
                files_of(model.name, _MODELS_DIRECTORY).model,
                files_of(model.name, _MODELS_DIRECTORY).labels if model.labels else None,
                arena=FrozenDict.deep_freeze(measured.arena),
                golden=FrozenDict.deep_freeze(measured.golden),
                instructions=_instructions(binaries, model.name),
                npu=models.npu[model.name].manifest if model.name in models.npu else None,
                compression=(
                    models.compressed[model.name].manifest
                    if model.name in models.compressed
                    else None
                ),
            )
            for model, measured in zip(models.bundle.models, models.measured.models)
        ),
        platforms=(cpu,) if (cpu := field_set.cpu.checked) else (),
        custom_ops=kernel_entries(models, layout, binaries),
        tools=FrozenDict(tools),
        runtime=runtime.describe(models.library.methods) if runtime else None,
        shared_arena=models.measured.shared_arena if len(models.bundle.models) > 1 else None,
        memory=_memory(binaries),
    )


@rule(desc="Package a TFLite Micro library")
async def package_micro_library(field_set: MicroLibraryFieldSet) -> BuiltPackage:
    path = await find_output_path(OutputPathRequest(field_set.output_path), **implicitly())
    # This comes first: it looks for compilers before any model is built.
    binaries = await build_micro_binaries(BuiltMicroBinariesRequest(field_set))
    models, sources = await concurrently(
        build_micro_models(MicroModelsRequest(field_set)),
        render_sources(MicroSourcesRequest(field_set)),
    )
    check_fits(field_set, await fit_boards(FitBoardsRequest(field_set)))
    settings = MicroSettings.create(field_set)
    files = library_files(sources, models, settings.publishing)
    layout = CATALOG[settings.layout](files)
    if warning := runtime_warning(settings.layout, files.methods):
        logger.warning(f"{field_set.address}, field `{field_set.layout.alias}`: {warning}")
    for line in warn_of_nothing_won(models.compressed.values()):
        logger.warning(f"{field_set.address}, field `{field_set.compression.alias}`: {line}")
    check_layout(field_set.layout, files, layout)
    npu = {name: model.manifest["numerics"] for name, model in models.npu.items()}
    readme = render_readme(models.library, files, layout, npu=npu)
    laid_out, laid_out_models, described = await concurrently(
        lay_out_sources(LayOutSourcesRequest(sources, layout)),
        lay_out_models(LayOutModelsRequest(models.bundle, _MODELS_DIRECTORY)),
        create_digest(CreateDigest((FileContent(_README_FILE, readme.encode()),))),
    )
    parts = (laid_out.digest, laid_out_models.digest, described, binaries.digest)
    content = await merge_digests(MergeDigests(parts))
    manifest = describe(field_set=field_set, models=models, layout=layout, binaries=binaries)
    bundle = await add_manifest(AddManifestRequest(manifest, content))
    return await place_output(PackageOutputRequest(path, bundle.digest, binaries.lines))


def rules():
    return (*collect_rules(), UnionRule(PackageFieldSet, MicroLibraryFieldSet))
