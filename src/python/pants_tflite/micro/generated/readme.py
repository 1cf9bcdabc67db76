# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The library's README: what is in it, how to link it, how to call it."""

from __future__ import annotations

from types import MappingProxyType
from typing import Iterable, Mapping, Sequence

from pants_tflite.micro.generated.cpp import fill
from pants_tflite.micro.generated.example import render_example
from pants_tflite.micro.generated.library import Library, LibraryModel, LibraryTensor
from pants_tflite.micro.layouts.layout import Layout, LibraryFiles


def render_readme(
    library: Library,
    files: LibraryFiles,
    layout: Layout,
    *,
    npu: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """`npu` says of the models for an NPU, by name, what was not tried."""
    count = library.op_count
    return fill(
        "README.md.in",
        **files.names,
        models=_model_table(library.models),
        arenas=_arenas(library.models),
        op_count="1 op" if count == 1 else f"{count} ops",
        how_to_link=layout.how_to_link,
        example=render_example(library),
        state=_state(library) + _npu(npu),
        sharing=_sharing(library),
        kernels=_kernels(library, files, layout),
        tolerance=str(library.tolerance_lsb),
    )


def _arenas(models: Sequence[LibraryModel]) -> str:
    """A sentence, without its end, that says where the sizes of the arenas come from."""
    margins = [model.arena_margin for model in models if model.smallest_arena is not None]
    unmeasured = [model for model in models if model.smallest_arena is None]
    given = [f"`{model.name}`" for model in unmeasured if model.planned_arena is None]
    planned = [f"`{model.name}`" for model in unmeasured if model.planned_arena is not None]
    parts = []
    if margins:
        which = "The others" if unmeasured else "The arenas"
        parts.append(f"{which} are measured with TFLite Micro and have a margin of {margins[0]} %")
    if given:
        one = len(given) == 1
        parts.insert(
            0,
            f"The arena{'' if one else 's'} of {', '.join(given)} {'is' if one else 'are'} as the "
            "library's target says, and not measured:\nwatch what the self-test prints on the device.",
        )
    if planned:
        one = len(planned) == 1
        parts.insert(
            0,
            f"The arena{'' if one else 's'} of {', '.join(planned)} {'is' if one else 'are'} what Vela planned "
            "for tensors and an upper limit\nof TFLite Micro's tables, unless `arena_size` says it. No host can "
            "measure it: watch what the self-test prints.",
        )
    return " ".join(parts).rstrip(".")


def _kernels(library: Library, files: LibraryFiles, layout: Layout) -> str:
    if not library.kernels:
        return ""
    names = ", ".join(f"`{op.name}`" for op in library.kernels)
    whose = "kernel of the custom op" if len(library.kernels) == 1 else "kernels of the custom ops"
    places = "".join(f"  - `{layout.places[path]}`\n" for path in files.kernel_sources)
    return f"- The {whose} {names}, which the op resolver adds:\n{places}"


def _model_table(models: Iterable[LibraryModel]) -> str:
    rows = "".join(
        f"| `{model.name}` | {model.size} | {model.arena_size} | {_tensors(model.inputs)} | "
        f"{_tensors(model.outputs)} |\n"
        for model in models
    )
    return (
        f"| model | flash, bytes | arena, bytes | inputs | outputs |\n|---|---|---|---|---|\n{rows}"
    )


def _tensors(tensors: Iterable[LibraryTensor]) -> str:
    return ", ".join(f"`{tensor.name}` {tensor.dtype} {list(tensor.shape)}" for tensor in tensors)


def _npu(models: Mapping[str, str]) -> str:
    if not models:
        return ""
    notes = "".join(f"\n- `{name}`: {note}" for name, note in sorted(models.items()))
    return (
        "\n\nThese models have an op for an Arm Ethos-U NPU, which `AddEthosU()` adds to the op resolver. It "
        "needs TFLite\nMicro with the kernel of `CO_PROCESSOR=ethos_u`, Arm's Ethos-U driver, and the "
        f"driver started before\nthe interpreter is made.\n{notes}"
    )


def _state(library: Library) -> str:
    names = [f"`{model.name}`" for model in library.models if model.keeps_state]
    if not names:
        return ""
    keep, set_up = ("keeps", "SetUpModel") if len(library.models) == 1 else ("keep", "SetUpModels")
    keep = "keeps" if len(names) == 1 else keep
    return (
        f"\n\nState: {', '.join(names)} {keep} something from run to run. For a new stream of inputs\n"
        f"call `{set_up}()` again, which gives it the value that the model says. TFLite Micro's own\n"
        "`MicroInterpreter::Reset()` takes less time, and sets variables to zero instead."
    )


def _sharing(library: Library) -> str:
    if len(library.models) == 1:
        return ""
    largest = max(model.arena_size for model in library.models)
    total = sum(model.arena_size for model in library.models)
    return (
        "\n\nAll models are ready at the same time, and share an arena: each keeps what lasts, and the\n"
        "tensors of the model that runs overlie those of the others. So fill the inputs, invoke and\n"
        "read the outputs of one model before you go on to the next, from one thread.\n\n"
        "| arena | bytes | when |\n|---|---|---|\n"
        f"| `kSharedArenaSize` | {library.shared_arena_size} | all models are ready, one runs at a time |\n"
        f"| `kArenaSize` | {largest} | one model at a time, each set up anew before its turn |\n"
        f"| `kTotalArenaSize` | {total} | all models are ready, each with an arena of its own |"
    )
