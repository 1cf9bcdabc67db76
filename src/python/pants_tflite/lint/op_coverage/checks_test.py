# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What is said of a runtime's answer: op, layer, types, runtime, and what to use instead."""

from __future__ import annotations

from pants.engine.addresses import Address

from pants_tflite.custom_ops.declarations import CustomOp, CustomOps
from pants_tflite.lint.findings import Finding
from pants_tflite.lint.op_coverage.bundle_runtimes import BundleRuntime
from pants_tflite.lint.op_coverage.checks import (
    Answer,
    NotAsked,
    check_answer,
    kernels_for,
    render_not_asked,
)
from pants_tflite.sandbox.coverage.coverage_protocol import CoverageReport, RefusedOp
from pants_tflite.sandbox.tflite.list_ops_protocol import OpUse

MICRO = BundleRuntime("micro", "app:library")
APP = BundleRuntime("tflite_runtime_2_14", "tensorflow-lite:2.16.1 in app:android", takes_flex=True)
NO_KERNEL = "it has no kernel for this op"


def use(op: str, layer: str, *dtypes: str, version: int = 1, custom: bool = False) -> OpUse:
    return OpUse(
        subgraph=0,
        op=op,
        version=version,
        custom=custom,
        tensor=f"{layer}/t",
        layer=layer,
        dtypes=dtypes or ("float32",),
        macs=0,
        is_before_weights=False,
    )


def custom_op(name: str, *, has_micro: bool) -> CustomOp:
    return CustomOp(
        address=Address("ops", target_name=name.lower()),
        name=name,
        registration=f"Register_{name}",
        micro_registration=f"Register_{name}",
        has_micro=has_micro,
        quantized=False,
    )


def findings(
    ops: list[OpUse],
    *reasons: str,
    runtime: BundleRuntime = MICRO,
    custom_ops: CustomOps = CustomOps(),
    remark: str = "",
) -> list[Finding]:
    """The findings if the first ops are refused for these reasons."""
    refused = tuple(
        RefusedOp(index, op.op, op.tensor, reason)
        for index, (op, reason) in enumerate(zip(ops, reasons))
    )
    report = CoverageReport(
        runtime=runtime.name, loads=False, refused=refused, remark=remark, answered_by="runtime 1.0"
    )
    return list(check_answer("app:model", Answer(runtime, report, ops, custom_ops)))


def test_ops_that_are_refused_alike_are_one_finding() -> None:
    ops = [use("GELU", "a"), use("GELU", "b", version=2), use("POW", "c"), use("ADD", "d")]
    gelu, power = findings(ops, NO_KERNEL, NO_KERNEL, NO_KERNEL)
    assert gelu.check == "GELU"
    assert gelu.what == (
        "GELU in `a`, `b`, of version 1, 2 with the types float32, is refused: "
        "it has no kernel for this op"
    )
    assert gelu.runtime == "micro (runtime 1.0), for app:library"
    assert "tf.sigmoid" in gelu.instead
    assert gelu.silence == '`ignore_tflite_op_coverage=["GELU"]` in app:model'
    assert power.check == "POW"


def test_types_that_are_lacking() -> None:
    ops = [use("CONV_2D", "a", "float32", "int8"), use("ADD", "b", "int16")]
    hybrid, int16 = findings(
        ops, "Hybrid models are not supported on TFLite Micro.", "Type INT16 not supported"
    )
    assert "with the types float32, int8" in hybrid.what
    assert "`int8`" in hybrid.instead and "integer weights" in hybrid.instead
    assert "`int8`" in int16.instead


def test_a_version_that_an_older_runtime_lacks() -> None:
    reason = "Didn't find op for builtin opcode 'ADD' version '9'"
    (finding,) = findings([use("ADD", "a", version=9)], reason, runtime=APP)
    assert "newer runtime" in finding.instead
    assert finding.runtime.endswith("for tensorflow-lite:2.16.1 in app:android")


def test_custom_ops_by_their_kernels() -> None:
    op = use("Twice", "a", custom=True)
    for_apps = CustomOps((), (custom_op("Twice", has_micro=False),))
    (finding,) = findings([op], NO_KERNEL, custom_ops=for_apps)
    assert "`micro_dependencies` of ops:twice" in finding.instead
    (finding,) = findings([op], NO_KERNEL)
    assert "tflite_custom_op" in finding.instead
    everywhere = CustomOps((), (custom_op("Twice", has_micro=True),))
    assert kernels_for(MICRO, for_apps, [op]) == set()
    assert kernels_for(APP, for_apps, [op]) == {"Twice"}
    assert kernels_for(MICRO, everywhere, [op]) == {"Twice"}


def test_ops_of_tensorflow_are_for_apps_alone() -> None:
    op = use("FlexCos", "a", custom=True)
    assert kernels_for(APP, CustomOps(), [op]) == {"FlexCos"}
    assert kernels_for(MICRO, CustomOps(), [op]) == set()
    (finding,) = findings([op], NO_KERNEL)
    assert "`select_tf_ops`" in finding.instead


def test_a_model_that_is_refused_as_a_whole() -> None:
    (finding,) = findings([use("ADD", "a")], remark="no memory.")
    assert finding.check == "micro"
    assert finding.what == "the model as a whole is refused: no memory"


def test_what_could_not_be_asked_is_no_finding() -> None:
    report = CoverageReport("gpu", None, (), "there is no GPU")
    assert not list(check_answer("app:model", Answer(MICRO, report, [], CustomOps())))


def test_what_a_gpu_computes_wrongly_runs_on_the_cpu() -> None:
    gpu = BundleRuntime("gpu", "`[tflite-op-coverage].runtimes`")
    (finding,) = findings([use("ADD", "a")], runtime=gpu, remark="`y` is off by 0.9")
    assert "off by 0.9" in finding.what and "CPU" in finding.instead


def test_a_type_that_a_gpu_lacks() -> None:
    gpu = BundleRuntime("gpu", "`[tflite-op-coverage].runtimes`")
    (finding,) = findings(
        [use("ARG_MAX", "a")], "Tensor type(INT64) is not supported. y", runtime=gpu
    )
    assert "int32" in finding.instead


def test_what_only_a_gpu_refuses_has_advice_that_is_for_it() -> None:
    gpu = BundleRuntime("gpu", "`[tflite-op-coverage].runtimes`")
    ops = [
        use("EXPAND_DIMS", "a"),
        use("RESHAPE", "b", "complex64"),
        use("CONV_3D", "c"),
        use("Mine", "d", custom=True),
    ]
    reason = "Operation is not supported."
    expand, reshape, conv, mine = findings(
        ops, reason, "Tensor type(COMPLEX64) is not supported. b", reason, reason, runtime=gpu
    )
    assert "tf.reshape(x, [-1, 6, 1])" in expand.instead
    assert "spectrograms" in reshape.instead
    assert "outside of the graph" in conv.instead and "outside of the graph" in mine.instead


def test_a_runtime_that_cannot_be_asked_is_told_of_once() -> None:
    notes = [NotAsked(address, "gpu", "all", "no driver") for address in ("b", "a")]
    text = render_not_asked([*notes, NotAsked("a", "micro", "app", "no wheel.")])
    assert text == (
        "gpu was not asked, for all, about a, b: no driver.\n"
        "micro was not asked, for app, about a: no wheel.\n"
    )


def npu_findings(op: OpUse, *, loads: bool, remark: str = "") -> list[Finding]:
    npu = BundleRuntime("ethos-u55-128", "app:library")
    refused = (RefusedOp(0, op.op, op.tensor, "Float32 is not for Ethos-U"),)
    report = CoverageReport(npu.name, loads, refused, remark, "Vela 5.2.0")
    return list(check_answer("app:model", Answer(npu, report, [op], CustomOps())))


def test_what_vela_leaves_to_the_processor_is_a_note() -> None:
    (note,) = npu_findings(use("QUANTIZE", "a", "float32", "int8"), loads=True)
    assert not note.fails
    assert note.what.endswith("is left to the processor: Float32 is not for Ethos-U")
    assert note.runtime == "ethos-u55-128 (Vela 5.2.0), for app:library"
    assert '`input_type="int8"`' in note.instead
    assert note.render().startswith("app:model: QUANTIZE: note: QUANTIZE in `a`")
    (note,) = npu_findings(use("EXP", "a", "float32"), loads=True)
    assert "the mode `int8`" in note.instead
    (note,) = npu_findings(use("NEG", "a", "float32"), loads=True)
    assert "x * -1.0" in note.instead
    (note,) = npu_findings(use("ATAN2", "a", "int8"), loads=True)
    assert "the processor has the time" in note.instead


def test_what_no_budget_of_an_npu_allows_fails() -> None:
    op = use("EXP", "a", "float32")
    found = npu_findings(op, loads=False, remark="`max_cpu_ops` allows 0")
    assert [(finding.check, finding.fails) for finding in found] == [
        ("EXP", False),
        ("ethos-u55-128", True),
    ]
    assert "`max_cpu_ops` allows 0" in found[1].what
