# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The library's C++ files, except those that hold a model's bytes and golden vectors."""

from __future__ import annotations

from typing import Iterable, Iterator, Sequence

from pants_tflite.c_literals import string_literal
from pants_tflite.custom_ops.declarations import CustomOp
from pants_tflite.micro.generated.cpp import fill, float_literal
from pants_tflite.micro.generated.library import Library, LibraryModel, LibraryTensor
from pants_tflite.sandbox.constants import ARENA_ALIGNMENT, GOLDEN_RELATIVE, as_written
from pants_tflite.sandbox.cpp_types import CPP_TYPES

INCLUDE_DIRECTORY = "include"
SOURCE_DIRECTORY = "src"
SELF_TEST_DIRECTORY = "self_test"


def render_library(library: Library) -> Iterator[tuple[str, str]]:
    """Every file's path and text."""
    names = {"library": library.name, "LIBRARY": library.name.upper()}
    headers = f"{INCLUDE_DIRECTORY}/{library.name}"
    for model in library.models:
        yield f"{headers}/{model.name}_model.h", _model_header(library, model)
    arenas = [model.arena_size for model in library.models]
    yield f"{headers}/arena.h", fill(
        "arena.h.in",
        **names,
        arena_size=str(max(arenas)),
        shared_arena_size=str(library.shared_arena_size),
        total_arena_size=str(sum(arenas)),
        order=", ".join(model.name for model in library.set_up_order),
    )
    yield f"{headers}/tensor_info.h", fill(
        "tensor_info.h.in", **names, max_rank=str(_max_rank(library.models))
    )
    yield f"{INCLUDE_DIRECTORY}/{library.name}.h", fill(
        "library.h.in", **names, includes=_includes(library)
    )
    yield from render_op_resolver(library.name, library.methods, library.kernels)


def render_op_resolver(
    library: str, methods: Sequence[str], kernels: Sequence[CustomOp]
) -> Iterator[tuple[str, str]]:
    """The two files of an op resolver with the ops that `methods` add, and those of `kernels`."""
    names = {"library": library, "LIBRARY": library.upper()}
    # C++ does not allow an empty array.
    op_count = max(1, len(methods) + len(kernels))
    yield f"{INCLUDE_DIRECTORY}/{library}/op_resolver.h", fill(
        "op_resolver.h.in", **names, op_count=str(op_count)
    )
    yield f"{SOURCE_DIRECTORY}/op_resolver.cc", fill(
        "op_resolver.cc.in",
        **names,
        registrations=_registrations(kernels),
        add_ops=_add_ops((*_add_builtins(methods), *_add_kernels(kernels))),
    )


def render_measuring_program(library: str) -> tuple[str, str]:
    """The path and the text of a program that measures models with a library's op resolver."""
    return f"{SOURCE_DIRECTORY}/measure.cc", fill(
        "measure.cc.in", library=library, LIBRARY=library.upper()
    )


def render_self_test(library: Library) -> Iterator[tuple[str, str]]:
    """Every file's path and text."""
    names = {"library": library.name, "LIBRARY": library.name.upper()}
    declarations = "".join(
        f"namespace {model.name} {{\nextern const GoldenModel kGolden;\n}}\n"
        for model in library.models
    )
    golden_models = "".join(f"    &{model.name}::kGolden,\n" for model in library.models)
    yield f"{SELF_TEST_DIRECTORY}/golden.h", fill("golden.h.in", **names, declarations=declarations)
    yield f"{SELF_TEST_DIRECTORY}/main.cc", fill("main.cc.in", **names)
    yield f"{SELF_TEST_DIRECTORY}/{library.name}_self_test.cc", fill(
        "self_test.cc.in",
        **names,
        models=golden_models,
        tolerance_float=f"{as_written(GOLDEN_RELATIVE)}f",
        tolerance_lsb=str(library.tolerance_lsb),
    )
    yield f"{SELF_TEST_DIRECTORY}/{library.name}_self_test.h", fill("self_test.h.in", **names)


def _max_rank(models: Iterable[LibraryModel]) -> int:
    tensors = (tensor for model in models for tensor in (*model.inputs, *model.outputs))
    return max(1, *(len(tensor.shape) for tensor in tensors))


def _includes(library: Library) -> str:
    headers = ["arena.h", "op_resolver.h", "tensor_info.h"]
    headers += [f"{model.name}_model.h" for model in library.models]
    return "".join(f'#include "{library.name}/{header}"\n' for header in sorted(headers))


def _add_ops(calls: Iterable[str]) -> str:
    return "".join(f"  if (resolver.{call} != kTfLiteOk) return kTfLiteError;\n" for call in calls)


def _add_builtins(methods: Iterable[str]) -> Iterator[str]:
    return (f"{method}()" for method in methods)


def _add_kernels(kernels: Iterable[CustomOp]) -> Iterator[str]:
    for op in kernels:
        yield f"AddCustom({string_literal(op.name)}, {op.micro_registration}())"


def _registrations(kernels: Iterable[CustomOp]) -> str:
    functions = sorted({op.micro_registration for op in kernels})
    declared = "".join(
        f'extern "C" const TFLMRegistration* {function}(void);\n' for function in functions
    )
    return f"\n// The kernels of custom ops.\n{declared}" if declared else ""


def _arena_note(model: LibraryModel) -> str:
    if model.planned_arena is not None:
        return (
            "// The tensor arena, which no host can measure for an NPU: Vela planned "
            f"{model.planned_arena} bytes for\n// tensors, and the rest is for TFLite Micro's own tables "
            "unless the library's `arena_size` says it all.\n"
        )
    if model.smallest_arena is None:
        return (
            "// The tensor arena, of the size that the library's `arena_size` says: it was not measured,\n"
            "// for lack of a TFLite Micro tree to compile the kernels of custom ops with.\n"
        )
    return (
        "// The tensor arena: the smallest that works, measured with TFLite Micro, is "
        f"{model.smallest_arena} bytes;\n"
        f"// {model.arena_margin} % are added, and it is rounded up to a multiple of {ARENA_ALIGNMENT}.\n"
    )


def _model_header(library: Library, model: LibraryModel) -> str:
    return fill(
        "model.h.in",
        library=library.name,
        LIBRARY=library.name.upper(),
        model=model.name,
        MODEL=model.name.upper(),
        sha256=model.sha256,
        model_size=str(model.size),
        arena_note=_arena_note(model),
        arena_size=str(model.arena_size),
        inputs=_tensor_array("kInputs", model.inputs),
        outputs=_tensor_array("kOutputs", model.outputs),
        labels=_label_array(model.labels),
    )


def _tensor_array(name: str, tensors: Iterable[LibraryTensor]) -> str:
    entries = "".join(f"    {_tensor(tensor)},\n" for tensor in tensors)
    return f"constexpr TensorInfo {name}[] = {{\n{entries}}};\n"


def _tensor(tensor: LibraryTensor) -> str:
    values = (
        string_literal(tensor.name),
        f"TensorType::{CPP_TYPES[tensor.dtype].enumerator}",
        str(len(tensor.shape)),
        "{{{}}}".format(", ".join(str(size) for size in tensor.shape)),
        str(tensor.elements),
        str(tensor.bytes),
        float_literal(tensor.scale),
        str(tensor.zero_point),
    )
    return f"{{{', '.join(values)}}}"


def _label_array(labels: Iterable[str]) -> str:
    entries = "".join(f"    {string_literal(label)},\n" for label in labels)
    if not entries:
        return ""
    return f"\n// In the order of the scores.\nconstexpr const char* kLabels[] = {{\n{entries}}};\n"
