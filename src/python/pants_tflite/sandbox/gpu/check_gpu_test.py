# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pants_tflite.sandbox.coverage.attempts import Attempt
from pants_tflite.sandbox.gpu.accelerator import explain, reasons
from pants_tflite.sandbox.gpu.check_gpu import check
from pants_tflite.sandbox.gpu.check_gpu_protocol import GPU_TOLERANCE, CheckGpuRequest, is_far
from pants_tflite.sandbox.gpu.find_vulkan_driver import find_driver
from pants_tflite.sandbox.gpu.find_vulkan_driver_protocol import VulkanDriver, VulkanSearch
from pants_tflite.sandbox.gpu.golden_calls import compare_outputs, find_golden, read_golden
from pants_tflite.sandbox.gpu.vulkan_drivers import find_manifests
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.npz_files import write_npz
from pants_tflite.sandbox.testing.small_models import (
    SERVING,
    OpSpec,
    TensorSpec,
    build_model,
    linear_model,
    quantized_linear_model,
)
from pants_tflite.sandbox.tflite.model_reader import parse_model

EVERYWHERE = VulkanSearch(None, None)


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> VulkanDriver:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("driver"))
        report = find_driver(EVERYWHERE)
    if report.driver is None:
        pytest.skip(f"no Vulkan driver: {report.lacks}")
    assert report.driver is not None
    return report.driver


def asked(content: bytes, driver: VulkanDriver, *, max_seconds: int = 60) -> CheckGpuRequest:
    Path("model.tflite").write_bytes(content)
    return CheckGpuRequest(
        model="model.tflite",
        golden_input=None,
        golden_output=None,
        search=EVERYWHERE,
        driver=driver,
        max_samples=4,
        seed=0,
        max_seconds=max_seconds,
    )


def spectrum_model() -> bytes:
    """|rfft2d(-x)|: the ops in the middle have no kernel on a GPU."""
    return build_model(
        [
            TensorSpec("x", (1, 8, 8)),
            TensorSpec("negated", (1, 8, 8)),
            TensorSpec("size", (2,), "int32", value=[8, 8]),
            TensorSpec("spectrum", (1, 8, 5), "complex64"),
            TensorSpec("layer/magnitude", (1, 8, 5)),
            TensorSpec("y", (1, 8, 5)),
        ],
        [
            OpSpec("NEG", ("x",), ("negated",)),
            OpSpec("RFFT2D", ("negated", "size"), ("spectrum",)),
            OpSpec("COMPLEX_ABS", ("spectrum",), ("layer/magnitude",)),
            OpSpec("NEG", ("layer/magnitude",), ("y",)),
        ],
        SERVING,
    )


def two_negations_model() -> bytes:
    """Two ops of one name, one of which works on a type that the accelerator lacks."""
    tensors = [
        TensorSpec("x", (1, 4)),
        TensorSpec("n", (1, 4), "int64"),
        TensorSpec("y", (1, 4)),
        TensorSpec("wide", (1, 4), "int64"),
    ]
    ops = [OpSpec("NEG", ("x",), ("y",)), OpSpec("NEG", ("n",), ("wide",))]
    return build_model(tensors, ops, inputs=("x", "n"), outputs=("y", "wide"))


@pytest.mark.parametrize(
    "model", [linear_model(features=3), quantized_linear_model()], ids=["float32", "int8"]
)
def test_a_model_of_usual_ops_is_delegated_whole_and_computes_the_same(
    model: bytes, driver: VulkanDriver
) -> None:
    report = check(asked(model, driver))
    assert report.delegated and report.refused == () and report.not_compared is None
    assert [output.name for output in report.outputs] == ["y"]
    assert all(o.error is not None and o.error < GPU_TOLERANCE / 10 for o in report.outputs)


def test_the_ops_without_a_kernel_are_named_with_their_places(driver: VulkanDriver) -> None:
    report = check(asked(spectrum_model(), driver))
    assert not report.delegated and report.outputs == ()
    assert [(op.index, op.op, op.tensor) for op in report.refused] == [
        (1, "RFFT2D", "spectrum"),
        (2, "COMPLEX_ABS", "layer/magnitude"),
    ]
    assert all("not supported" in op.reason for op in report.refused)


def test_of_ops_of_one_name_only_those_are_named_that_are_refused_alone(
    driver: VulkanDriver,
) -> None:
    (refused,) = check(asked(two_negations_model(), driver)).refused
    assert (refused.index, refused.op, refused.tensor) == (1, "NEG", "wide")
    assert "INT64" in refused.reason and "input_" not in refused.reason


def flattening_model() -> bytes:
    """A fully connected layer on a picture: the CPU takes its pixels in a row, and the accelerator of
    LiteRT 2.3 only as many as there are channels."""
    weights = np.random.default_rng(0).normal(size=(4, 48)).astype(np.float32)
    return build_model(
        [
            TensorSpec("x", (1, 4, 4, 3)),
            TensorSpec("negated", (1, 4, 4, 3)),
            TensorSpec("weights", (4, 48), value=weights),
            TensorSpec("scores", (1, 4)),
            TensorSpec("y", (1, 4)),
        ],
        [
            OpSpec("NEG", ("x",), ("negated",)),
            OpSpec("FULLY_CONNECTED", ("negated", "weights", ""), ("scores",)),
            OpSpec("NEG", ("scores",), ("y",)),
        ],
        SERVING,
    )


def test_the_op_that_computes_something_else_is_named(driver: VulkanDriver) -> None:
    report = check(asked(flattening_model(), driver))
    if report.runtime != "ai-edge-litert 2.3.0":
        pytest.skip(f"{report.runtime} may compute it right")
    assert report.delegated and [is_far(output) for output in report.outputs] == [True]
    assert [(op.index, op.op, op.tensor) for op in report.refused] == [
        (1, "FULLY_CONNECTED", "scores")
    ]


def test_a_custom_op_is_refused(driver: VulkanDriver) -> None:
    model = build_model(
        [TensorSpec("x", (1, 2)), TensorSpec("a", (1, 2)), TensorSpec("y", (1, 2))],
        [OpSpec("NEG", ("x",), ("a",)), OpSpec("Strange", ("a",), ("y",), custom=True)],
        SERVING,
    )
    assert [(op.index, op.op) for op in check(asked(model, driver)).refused] == [(1, "Strange")]


def test_the_same_question_has_the_same_answer(driver: VulkanDriver) -> None:
    request = asked(linear_model(features=3), driver)
    assert check(request).render() == check(request).render()


def test_a_broken_file_is_refused_with_a_reason_and_no_path(driver: VulkanDriver) -> None:
    model = build_model(
        [TensorSpec("x", (1, 2), variable=True), TensorSpec("y", (1, 2))],
        [OpSpec("NEG", ("x",), ("y",))],
        inputs=(),
    )
    report = check(asked(model, driver))
    assert not report.delegated and report.refused == () and report.reason
    assert "/" not in report.reason


def test_a_crash_is_an_answer(driver: VulkanDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    crash = "pants_tflite.sandbox.gpu.accelerator._load"
    monkeypatch.setattr(crash, lambda path: os.kill(os.getpid(), signal.SIGSEGV))
    report = check(asked(linear_model(), driver))
    assert not report.delegated and "SIGSEGV" in report.reason


def test_an_accelerator_that_hangs_is_ended(
    driver: VulkanDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(path: Path) -> None:
        while True:
            pass

    monkeypatch.setattr("pants_tflite.sandbox.gpu.accelerator._load", hang)
    with pytest.raises(Mistake, match="within 1 s"):
        check(asked(linear_model(), driver, max_seconds=1))


def test_a_driver_that_was_replaced_is_not_taken_for_the_one_before(driver: VulkanDriver) -> None:
    other = VulkanDriver(driver.device, driver.version, "0" * 64)
    with pytest.raises(Mistake, match="replaced"):
        check(asked(linear_model(), other))


def test_wrong_outputs_are_far_and_no_numbers_are_said_to_be_none() -> None:
    model = parse_model(linear_model())
    Path("model.tflite").write_bytes(linear_model())
    request = asked(linear_model(), VulkanDriver("none", "0", ""))
    golden = find_golden(request, Path("model.tflite"), model)
    right = dict(golden[0].outputs)
    for wrong, far in ((right["y"], False), (-right["y"], True), (right["y"] * 0, True)):
        (output,) = compare_outputs(golden, {"serving_default": {"y": wrong}})
        assert output.error is not None and (output.error > GPU_TOLERANCE) is far
    broken = {"serving_default": {"y": np.full_like(right["y"], np.nan)}}
    assert [output.error for output in compare_outputs(golden, broken)] == [None]


def test_golden_files_are_compared_with_if_there_are_some(driver: VulkanDriver) -> None:
    inputs = np.array([[[1.0]], [[2.0]]], np.float32)
    write_npz(Path("in.npz"), {"serving_default/x": inputs})
    # Not what the model computes.
    write_npz(Path("out.npz"), {"serving_default/y": np.array([[[7.0]], [[-5.0]]], np.float32)})
    model = linear_model()
    (golden,) = read_golden(parse_model(model), Path("in.npz"), Path("out.npz"))
    assert golden.inputs["x"].tolist() == inputs.tolist()
    request = asked(model, driver)
    report = check(replace(request, golden_input="in.npz", golden_output="out.npz"))
    assert report.delegated and (report.outputs[0].error or 0) > GPU_TOLERANCE


def test_reasons_are_read_as_the_accelerator_writes_them() -> None:
    text = (
        "INFO: something\nERROR: Following operations are not supported by GPU delegate:\n"
        "CAST: Not supported.\nSignal: Operation is not supported.\n"
        "3 operations will run on the GPU, and the remaining 4 operations will run on the CPU.\n"
    )
    assert reasons(text) == {"CAST": "Not supported.", "Signal": "Operation is not supported."}
    assert reasons("ERROR: something else: 3") == {}


def test_a_refusal_is_told_in_the_words_of_the_accelerator_alone() -> None:
    text = (
        "INFO: [environment.cc:36] Creating\nWARNING: [npu_registry.cc:34] NPU\n"
        "└ Could not load shared library /opt/lib/libx.so: libopenvino.so: cannot open\n"
        "WARNING: Attempting to use a delegate that only supports static-sized tensors.\n"
        "I0000 00:00:17 delegate.cc:7] # of threads\n"
        "ERROR: [./litert/cc/litert_compiled_model.h:1961]\n└ Failed to read /home/me/model.tflite"
    )
    assert explain(Attempt(False, None, 0, text)) == (
        "Attempting to use a delegate that only supports static-sized tensors. "
        "Failed to read model.tflite"
    )


def test_manifests_are_found_in_files_and_folders_in_their_order(tmp_path: Path) -> None:
    folder = tmp_path / "icd.d"
    folder.mkdir()
    for name in ("b.json", "a.json", "note.txt"):
        (folder / name).write_text("{}")
    single = tmp_path / "c.json"
    single.write_text("{}")
    listed = f"{single}:{tmp_path / 'missing.json'}:{folder}"
    found = find_manifests(VulkanSearch(None, listed))
    assert [m.path for m in found] == [single, folder / "a.json", folder / "b.json"]
    assert [m.path for m in find_manifests(VulkanSearch("/one.json", listed))] == [
        Path("/one.json")
    ]


def test_a_manifest_without_a_driver_is_told_apart_from_none(tmp_path: Path) -> None:
    empty = tmp_path / "icd.json"
    empty.write_text('{"file_format_version": "1.0.0", "ICD": {"library_path": "./none.so"}}')
    report = find_driver(VulkanSearch(str(empty), None))
    assert report.driver is None and str(empty) in report.lacks
    assert find_driver(VulkanSearch(None, str(tmp_path / "nothing"))).lacks == "there is none"
