# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Cuts a part out of a SavedModel, from some of its tensors to others: `out/saved_model/`,
`out/export.json` and `out/cut.json`.

The part is a SavedModel of one signature, with the variables and tables that it needs, and is compared
with the whole one before anything uses it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Mapping, Sequence

from pants_tflite.sandbox.harness import OUTPUT_DIR, run, write_report
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.saved_models.canonical_saved_model import Exportable, write_saved_model
from pants_tflite.sandbox.saved_models.cut_check import CutCheck, check_cut
from pants_tflite.sandbox.saved_models.cut_points import INPUTS, OUTPUTS, CutPoints
from pants_tflite.sandbox.saved_models.cut_protocol import CutReport, CutRequest
from pants_tflite.sandbox.saved_models.export_protocol import ExportReport, SignatureInfo
from pants_tflite.sandbox.saved_models.flat_graph import FlatGraph
from pants_tflite.sandbox.saved_models.graph_cut import cut_out
from pants_tflite.sandbox.saved_models.graph_function import trace
from pants_tflite.sandbox.saved_models.loading import (
    check_variables,
    input_infos,
    load_saved_model,
    output_infos,
)
from pants_tflite.sandbox.saved_models.saved_model_signatures import (
    choose_signatures,
    read_signatures,
)
from pants_tflite.sandbox.saved_models.tensorflow_runtime import seed_training, start_tensorflow
from pants_tflite.sandbox.tflite.conversion_protocol import Cut, CutTensor

_INDEX_0 = re.compile(r":0$")


def main(request: CutRequest) -> None:
    start_tensorflow(threads=request.threads)
    seed_training(request.seed)
    path = Path(request.saved_model)
    available = read_signatures(path)
    (name,) = choose_signatures(available, request.signatures)
    order = tuple(available[name].shapes)
    check = _write_part(path, name, order, request)
    samples = check_cut(check, request)
    report = ExportReport.parse(path.with_name(ExportReport.FILE).read_bytes())
    part = check.part.signatures[name]
    infos = {info.name: info for info in input_infos(part)}
    described = SignatureInfo(tuple(infos[each] for each in check.inputs), output_infos(part))
    write_report(replace(report, signatures={name: described}))
    places = Cut(
        signature=name,
        inputs=_tensors(check.inputs),
        outputs=_tensors(check.outputs),
        samples=samples.count,
        made_up=samples.made_up,
    )
    write_report(CutReport(places))


def _write_part(path: Path, name: str, order: tuple[str, ...], request: CutRequest) -> CutCheck:
    """Cuts the signature `name`, whose inputs are in this `order`, and writes the part; returns what is
    to be compared."""
    loaded, written = load_saved_model(path, field="saved_model"), OUTPUT_DIR / "saved_model"
    signature = loaded.signatures[name]
    graph = FlatGraph.of(signature)
    points = CutPoints.of(graph, signature.structured_input_signature[1])
    inputs = _find(points, request.inputs, INPUTS) or {n: graph.inputs[n] for n in order}
    outputs = _find(points, request.outputs, OUTPUTS) or {
        each: graph.source(tensor) for each, tensor in graph.outputs.items()
    }
    part = trace(
        graph,
        cut_out(graph, inputs, outputs),
        inputs=inputs,
        specs={each: points.types[tensor] for each, tensor in inputs.items()},
        outputs=outputs,
    )
    write_saved_model(Exportable({name: part}, {}, loaded), written)
    reloaded = load_saved_model(written, field=OUTPUTS)
    check_variables(written, field=OUTPUTS)
    return CutCheck(
        whole=loaded,
        signature=name,
        graph=graph,
        order=order,
        inputs=inputs,
        outputs=outputs,
        part=reloaded,
    )


def _find(points: CutPoints, names: Sequence[str], field: str) -> dict[str, str]:
    """The tensors of these names, by what the cut model calls them."""
    found: dict[str, str] = {}
    wanted: dict[str, str] = {}
    for name in names:
        own, tensor = own_name(name), points.find(name, field)
        if own in wanted:
            raise Mistake(
                f"`{name}` and `{wanted[own]}` would both be called `{own}`",
                field=field,
                value=name,
                fix="Name one of them in another way: a tensor by its layer, say.",
            )
        for other, known in found.items():
            if known == tensor:
                raise Mistake(
                    f"`{name}` and `{wanted[other]}` are the same tensor, `{tensor}`",
                    field=field,
                    value=name,
                    fix="Name it once.",
                )
        found[own], wanted[own] = tensor, name
    return found


def _tensors(named: Mapping[str, str]) -> tuple[CutTensor, ...]:
    return tuple(CutTensor(name, tensor) for name, tensor in named.items())


def own_name(name: str) -> str:
    """What a cut model calls the input or output that a user names so."""
    return re.sub(r"\W", "_", _INDEX_0.sub("", name))


if __name__ == "__main__":
    run(main, CutRequest)
