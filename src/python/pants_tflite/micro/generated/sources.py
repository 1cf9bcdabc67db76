# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The C++ sources of a `tflite_micro_library`, the same for every layout and processor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

from pants.engine.addresses import Address
from pants.engine.fs import CreateDigest, Digest, FileContent, MergeDigests, Snapshot

from pants_tflite.bundles.models import BundleModel
from pants_tflite.compat import (
    collect_rules,
    concurrently,
    create_digest,
    digest_to_snapshot,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.micro.field_sets import MicroLibraryFieldSet
from pants_tflite.micro.generated.rendering import (
    INCLUDE_DIRECTORY,
    SELF_TEST_DIRECTORY,
    render_library,
    render_self_test,
)
from pants_tflite.micro.kernels import KERNEL_DIRECTORY, MicroKernels
from pants_tflite.micro.models import MicroModelsRequest, build_micro_models
from pants_tflite.micro.sandbox.render_model_protocol import RenderRequest
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.verify import GOLDEN_FILES
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, run_program


@dataclass(frozen=True)
class MicroSourcesRequest:
    """Asks for a library's sources. Its models are checked and measured before."""

    field_set: MicroLibraryFieldSet

    def debug_hint(self) -> str:
        return str(self.field_set.address)


@dataclass(frozen=True)
class MicroSources:
    """All sources of a library called `library`; paths are those in `digest`.

    `headers` are below `include_directory`. The self-test's sources include its headers by their
    bare names; `main.cc` among them calls `int <library>_RunSelfTest(void)`. The files of `kernels`
    are in `digest` too, and not among the others.
    """

    digest: Digest
    library: str
    include_directory: str
    headers: tuple[str, ...]
    sources: tuple[str, ...]
    self_test_headers: tuple[str, ...]
    self_test_sources: tuple[str, ...]
    kernels: MicroKernels = MicroKernels()


@dataclass(frozen=True)
class RenderModelRequest:
    """Asks for the sources that hold a model's bytes and its golden vectors."""

    address: Address
    library: str
    model: BundleModel

    def to_program(self, files: Iterable[str]) -> RenderRequest:
        has_golden = set(GOLDEN_FILES) <= set(files)
        golden_input, golden_output = GOLDEN_FILES if has_golden else (None, None)
        return RenderRequest(
            library=self.library,
            name=self.model.name,
            model=MODEL_FILE,
            golden_input=golden_input,
            golden_output=golden_output,
        )


@dataclass(frozen=True)
class RenderedModel:
    digest: Digest


@rule
async def render_model(request: RenderModelRequest) -> RenderedModel:
    environment, files = await concurrently(
        find_litert_environment(LiteRtEnvironmentRequest(), **implicitly()),
        digest_to_snapshot(request.model.digest),
    )
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            request.to_program(files.files),
            environment,
            description=f"Render {request.model.name} of {request.address} as C++",
            input_digest=files.digest,
        )
    )
    return RenderedModel(result.digest)


@rule(desc="Render a TFLite Micro library")
async def render_sources(request: MicroSourcesRequest) -> MicroSources:
    field_set = request.field_set
    models = await build_micro_models(MicroModelsRequest(field_set))
    library = models.library
    rendered = await concurrently(
        render_model(RenderModelRequest(field_set.address, library.name, model))
        for model in models.bundle.models
    )
    texts = (*render_library(library), *render_self_test(library))
    written = await create_digest(
        CreateDigest(FileContent(path, text.encode()) for path, text in texts)
    )
    parts = (written, models.kernels.digest, *(model.digest for model in rendered))
    merged = await merge_digests(MergeDigests(parts))
    return _sort_files(library.name, models.kernels, await digest_to_snapshot(merged))


def _sort_files(library: str, kernels: MicroKernels, files: Snapshot) -> MicroSources:
    def find(ending: str, *, self_test: bool) -> tuple[str, ...]:
        return tuple(
            path
            for path in files.files
            if path.endswith(ending)
            and not path.startswith(f"{KERNEL_DIRECTORY}/")
            and path.startswith(f"{SELF_TEST_DIRECTORY}/") == self_test
        )

    return MicroSources(
        digest=files.digest,
        library=library,
        include_directory=INCLUDE_DIRECTORY,
        headers=find(".h", self_test=False),
        sources=find(".cc", self_test=False),
        self_test_headers=find(".h", self_test=True),
        self_test_sources=find(".cc", self_test=True),
        kernels=kernels,
    )


def rules():
    return collect_rules()
