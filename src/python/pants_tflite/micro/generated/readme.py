# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The library's README: what is in it, how to link it, how to call it."""

from __future__ import annotations

from typing import Iterable, Sequence

from pants_tflite.micro.generated.cpp import fill
from pants_tflite.micro.generated.library import Library, LibraryModel, LibraryTensor
from pants_tflite.micro.layouts.layout import Layout, LibraryFiles
from pants_tflite.sandbox.cpp_types import CPP_TYPES


def render_readme(
    library: Library, files: LibraryFiles, layout: Layout, *, stateful: Iterable[str]
) -> str:
    """`stateful` are the names of the models that have resource variables."""
    count = library.op_count
    return fill(
        "README.md.in",
        **files.names,
        models=_model_table(library.models),
        arenas=_arenas(library.models),
        op_count="1 op" if count == 1 else f"{count} ops",
        how_to_link=layout.how_to_link,
        example=render_example(library),
        variables=_variables(library, sorted(stateful)),
        kernels=_kernels(library, files, layout),
        tolerance=str(library.tolerance_lsb),
    )


def _arenas(models: Sequence[LibraryModel]) -> str:
    """Where the sizes of the arenas come from, up to the middle of a sentence."""
    largest = max(model.arena_size for model in models)
    margins = [model.arena_margin for model in models if model.smallest_arena is not None]
    given = [f"`{model.name}`" for model in models if model.smallest_arena is None]
    parts = []
    if margins:
        which = "The others" if given else "The arenas"
        parts.append(f"{which} are measured with TFLite Micro and have a margin of {margins[0]} %")
    if given:
        one = len(given) == 1
        parts.insert(
            0,
            f"The arena{'' if one else 's'} of {', '.join(given)} {'is' if one else 'are'} as the "
            "library's target says, and not measured:\nwatch what the self-test prints on the device.",
        )
    end = "; " if margins else " "
    return f"{' '.join(parts)}{end}{'one' if margins else 'An arena'} of {largest} bytes"


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


def render_example(library: Library) -> str:
    """A function that runs the first model."""
    model = library.models[0]
    put = get = ""
    if model.inputs:
        put = _put(library.name, model.inputs[0])
    if model.outputs:
        get = _get(library.name, model.outputs[0])
    return fill("example.cc.in", library=library.name, model=model.name, put=put, get=get)


def _put(library: str, tensor: LibraryTensor) -> str:
    cpp_type = CPP_TYPES[tensor.dtype]
    value = f"static_cast<{cpp_type.name}>(first)"
    if tensor.scale:
        value = f"{library}::Quantize<{cpp_type.name}>(first, model::kInputs[0])"
    return f"  interpreter.input(0)->data.{cpp_type.member}[0] = {value};\n"


def _get(library: str, tensor: LibraryTensor) -> str:
    value = f"interpreter.output(0)->data.{CPP_TYPES[tensor.dtype].member}[0]"
    if tensor.scale:
        return f"  *result = {library}::Dequantize({value}, model::kOutputs[0]);\n"
    return f"  *result = static_cast<float>({value});\n"


def _variables(library: Library, stateful: list[str]) -> str:
    if not stateful:
        return ""
    names = ", ".join(f"`{name}`" for name in stateful)
    return (
        f"\n\nState is kept in resource variables by {names}: give the interpreter a\n"
        f"`tflite::MicroResourceVariables`, as `{library.name}_self_test` does."
    )
