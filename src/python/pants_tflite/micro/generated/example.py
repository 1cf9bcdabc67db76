# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The README's C++ code that sets a library's models up once, and runs them as often as you like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Sequence

from pants_tflite.micro.generated.cpp import fill
from pants_tflite.micro.generated.library import Library, LibraryModel, LibraryTensor
from pants_tflite.sandbox.cpp_types import CPP_TYPES

_LINE = 96


def render_example(library: Library) -> str:
    """The functions that set the models up and run each.

    Several models share an arena, as `Library.shared_arena_size` was measured: all of them are ready
    at the same time, and one runs at a time.
    """
    several = len(library.models) > 1
    models = _name_models(library)
    variables = any(model.has_variables for model in library.models)
    set_up = "SetUpModels" if several else "SetUpModel"
    make = _make_with_allocator if several or variables else _make
    arena_size = models[0].arena_size
    return fill(
        "example.cc.in",
        library=library.name,
        memory_header="#include <cstring>\n" if _copies(library) else "",
        headers=_headers(allocator=several or variables, variables=variables),
        models="models work" if several else "model works",
        shared=": the models share one arena" if several else "",
        arena_size=arena_size,
        interpreters="".join(
            f"{library.name}::Storage<tflite::MicroInterpreter> {model.interpreter};\n"
            for model in models
        ),
        set_up_comment=_set_up_comment(library),
        set_up=set_up,
        clear=_clear(models) if several or variables or _is_stateful(library) else "",
        make=make(models),
        run="\n".join(_run(model, set_up) for model in models),
    )


@dataclass(frozen=True)
class _NamedModel:
    """A model, and what the example calls its parts; `run` is the function that runs it."""

    library: str
    model: LibraryModel
    arena_size: str
    interpreter: str
    run: str

    @property
    def namespace(self) -> str:
        return f"{self.library}::{self.model.name}"

    @property
    def variables(self) -> str:
        return self.interpreter.replace("interpreter", "variables")


def _name_models(library: Library) -> tuple[_NamedModel, ...]:
    """In the order in which they are set up."""
    if len(library.models) == 1:
        (model,) = library.models
        arena_size = f"{library.name}::{model.name}::kArenaSize"
        return (_NamedModel(library.name, model, arena_size, "interpreter", "RunModel"),)
    found: dict[str, _NamedModel] = {}
    for model in library.set_up_order:
        run = "Run" + "".join(part.capitalize() for part in model.name.split("_"))
        # `a1` and `a_1` are two models.
        run = f"Run_{model.name}" if run in found else run
        found[run] = _NamedModel(
            library=library.name,
            model=model,
            arena_size=f"{library.name}::kSharedArenaSize",
            interpreter=f"{model.name}_interpreter",
            run=run,
        )
    return tuple(found.values())


def _is_real(tensor: LibraryTensor) -> bool:
    """Whether a tensor's values stand for real numbers in steps."""
    return bool(tensor.scale) and CPP_TYPES[tensor.dtype].bytes <= 2


def _copies(library: Library) -> bool:
    tensors = (tensor for model in library.models for tensor in (*model.inputs, *model.outputs))
    return any(not _is_real(tensor) for tensor in tensors)


def _headers(*, allocator: bool, variables: bool) -> str:
    names = ["micro/micro_interpreter", "schema/schema_generated"]
    names += ["micro/micro_allocator"] * allocator
    names += ["micro/micro_resource_variable"] * variables
    return "".join(f'#include "tensorflow/lite/{name}.h"\n' for name in sorted(names))


def _set_up_comment(library: Library) -> str:
    several = len(library.models) > 1
    text = f"// Sets {'all models' if several else 'the model'} up: call it once, before the first run."
    if _is_stateful(library):
        text += (
            "\n// Another call starts afresh: what the "
            f"{'models keep' if several else 'model keeps'} from run to run is as it was at first."
        )
    return f"{text}\n"


def _is_stateful(library: Library) -> bool:
    return any(model.keeps_state for model in library.models)


def _clear(models: Iterable[_NamedModel]) -> str:
    """The end of the interpreters before their arena and their op resolver are used again."""
    return "".join(f"  {model.interpreter}.Clear();\n" for model in models)


def _make(models: Sequence[_NamedModel]) -> str:
    (named,) = models
    return (
        f"  interpreter.Make(tflite::GetModel({named.namespace}::kModel), *op_resolver,\n"
        f"                   tensor_arena.data(), {named.arena_size});\n"
        "  return interpreter->AllocateTensors();\n"
    )


def _make_with_allocator(models: Sequence[_NamedModel]) -> str:
    lines = [
        "  tflite::MicroAllocator* allocator =\n",
        f"      tflite::MicroAllocator::Create(tensor_arena.data(), {models[0].arena_size});\n",
        "  if (allocator == nullptr) return kTfLiteError;\n",
    ]
    for named in models:
        call, space = f"  {named.interpreter}.Make(", named.namespace
        arguments = [f"tflite::GetModel({space}::kModel)", "*op_resolver", "allocator"]
        if named.model.has_variables:
            arguments.append(named.variables)
            lines += [
                f"  tflite::MicroResourceVariables* {named.variables} =\n",
                "      tflite::MicroResourceVariables::Create(allocator,\n",
                f"                                             {space}::kResourceVariables);\n",
                f"  if ({named.variables} == nullptr) return kTfLiteError;\n",
            ]
        lines += [
            f"{call}{_wrapped(call, arguments)});\n",
            f"  if ({named.interpreter}->AllocateTensors() != kTfLiteOk) return kTfLiteError;\n",
        ]
    return "".join((*lines, "  return kTfLiteOk;\n"))


def _wrapped(head: str, parts: Iterable[str]) -> str:
    """What follows `head`, in as many lines as it takes."""
    column, text, length = len(head), "", len(head)
    for part in parts:
        separator = ", " if text else ""
        if text and length + len(separator) + len(part) > _LINE:
            separator, length = f",\n{' ' * column}", column - 2
        text += f"{separator}{part}"
        length += 2 + len(part)
    return text


def _run(named: _NamedModel, set_up: str) -> str:
    """The function that runs a model."""
    model = named.model
    head = f"TfLiteStatus {named.run}("
    parameters = [
        *(f"const {_value_type(tensor)}* input_{i}" for i, tensor in enumerate(model.inputs)),
        *(f"{_value_type(tensor)}* output_{i}" for i, tensor in enumerate(model.outputs)),
    ]
    return (
        f"// Runs `{model.name}`, after {set_up}(). Each pointer is to all values of a tensor:\n"
        f"{_tensor_comments('input', model.inputs)}{_tensor_comments('output', model.outputs)}"
        f"{head}{_wrapped(head, parameters)}) {{\n"
        f"{''.join(_put(named, i, tensor) for i, tensor in enumerate(model.inputs))}"
        f"  if ({named.interpreter}->Invoke() != kTfLiteOk) return kTfLiteError;\n"
        f"{''.join(_get(named, i, tensor) for i, tensor in enumerate(model.outputs))}"
        "  return kTfLiteOk;\n}\n"
    )


def _tensor_comments(kind: str, tensors: Sequence[LibraryTensor]) -> str:
    # A name may hold anything, but no line break belongs into a comment.
    return "".join(
        f"// {kind}_{i} is {' '.join(tensor.name.split())} {list(tensor.shape)}.\n"
        for i, tensor in enumerate(tensors)
    )


def _value_type(tensor: LibraryTensor) -> str:
    """The type of what an application has: real numbers, or what the tensor holds."""
    return "float" if _is_real(tensor) else CPP_TYPES[tensor.dtype].name


def _put(named: _NamedModel, index: int, tensor: LibraryTensor) -> str:
    place = f"{named.interpreter}->input({index})->data"
    info = f"{named.namespace}::kInputs[{index}]"
    if not _is_real(tensor):
        return f"  std::memcpy({place}.raw, input_{index}, {info}.bytes);\n"
    cpp_type = CPP_TYPES[tensor.dtype]
    return (
        f"  {cpp_type.name}* to_{index} = {place}.{cpp_type.member};\n"
        f"  for (std::size_t i = 0; i < {info}.elements; ++i) {{\n"
        f"    to_{index}[i] = {named.library}::Quantize<{cpp_type.name}>(input_{index}[i], {info});\n"
        "  }\n"
    )


def _get(named: _NamedModel, index: int, tensor: LibraryTensor) -> str:
    place = f"{named.interpreter}->output({index})->data"
    info = f"{named.namespace}::kOutputs[{index}]"
    if not _is_real(tensor):
        return f"  std::memcpy(output_{index}, {place}.raw, {info}.bytes);\n"
    cpp_type = CPP_TYPES[tensor.dtype]
    return (
        f"  const {cpp_type.name}* from_{index} = {place}.{cpp_type.member};\n"
        f"  for (std::size_t i = 0; i < {info}.elements; ++i) {{\n"
        f"    output_{index}[i] = {named.library}::Dequantize(from_{index}[i], {info});\n"
        "  }\n"
    )
