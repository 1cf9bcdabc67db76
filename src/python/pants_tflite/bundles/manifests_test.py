# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST
from pants.util.frozendict import FrozenDict

from pants_tflite.bundles.manifests import (
    BundleManifest,
    KernelEntry,
    ModelEntry,
)
from pants_tflite.bundles.models import BundleModel
from pants_tflite.bundles.testutil import description_json
from pants_tflite.custom_ops.declarations import CustomOp
from pants_tflite.sandbox.protocol import to_plain
from pants_tflite.sandbox.tflite.manifest_protocol import BundledFile, KernelBuild, Manifest


def facts(*ops: str, **others: Any) -> dict[str, Any]:
    return {
        "custom_ops": [],
        "inputs": [],
        "ops": [{"name": op} for op in ops],
        "outputs": [],
        "quantization": {"mode": "int8"},
        "sha256": "abc",
        "signatures": {},
        "sizes": {"file": 12, "weights": 3},
        "tools": {"tensorflow": "2.21.0"},
        **others,
    }


def model(name: str, described: dict[str, Any], *labels: str) -> BundleModel:
    address = Address("m", target_name=name)
    return BundleModel(name, address, EMPTY_DIGEST, description_json(described), labels)


PETS = model("pets", facts("CONV_2D", "SOFTMAX"), "cat", "größer")
SINE = model("sine", facts("FULLY_CONNECTED", "SOFTMAX", custom_ops=["Atan"]))


def manifest(**others: Any) -> BundleManifest:
    return BundleManifest(
        kind="tflite_micro_library",
        name="demo",
        version="1.0.0",
        models=(
            ModelEntry(PETS, "models/pets.tflite", "models/pets.labels.txt"),
            ModelEntry(SINE, "models/sine.tflite", arena=FrozenDict({"bytes": 4096})),
        ),
        platforms=("cortex-m4",),
        files=(BundledFile("z", 1, "aa"), BundledFile("a", 2, "bb")),
        **others,
    )


def test_the_same_form_for_all_bundles() -> None:
    content = json.loads(manifest().render())
    assert sorted(content) == [
        "custom_ops",
        "files",
        "format_version",
        "kind",
        "models",
        "name",
        "ops",
        "platforms",
        "tools",
        "version",
    ]
    assert (content["format_version"], content["kind"]) == (1, "tflite_micro_library")
    assert content["ops"] == ["CONV_2D", "FULLY_CONNECTED", "SOFTMAX"]
    assert [entry["path"] for entry in content["files"]] == ["a", "z"]
    assert content["files"][0] == {"path": "a", "bytes": 2, "sha256": "bb"}
    pets, sine = content["models"]
    assert sorted(pets) == sorted(sine)


def test_a_model_of_one_runtime_is_marked() -> None:
    verification = json.loads(description_json({}))["verification"]
    marked = facts("CONV_2D", verification={**verification, "micro_only": "LiteRT refuses it"})
    entry = ModelEntry(model("old", marked), "models/old.tflite").to_bundled()
    assert to_plain(entry)["micro_only"] == "LiteRT refuses it"
    assert "micro_only" not in to_plain(ModelEntry(SINE, "models/sine.tflite").to_bundled())


def test_models() -> None:
    pets, sine = json.loads(manifest().render())["models"]
    assert (pets["name"], pets["address"], pets["file"]) == ("pets", "m:pets", "models/pets.tflite")
    assert (pets["bytes"], pets["sha256"], pets["tools"]) == (12, "abc", {"tensorflow": "2.21.0"})
    assert pets["labels"] == {
        "file": "models/pets.labels.txt",
        "count": 2,
        "sha256": hashlib.sha256("cat\ngrößer\n".encode()).hexdigest(),
    }
    assert (pets["arena"], sine["arena"]) == (None, {"bytes": 4096})
    assert (sine["labels"], sine["custom_ops"]) == (None, ["Atan"])


ATAN = KernelEntry(
    CustomOp(
        Address("ops", target_name="atan"), "Atan", "Register_ATAN", "Register_ATAN", False, True
    ),
    "Register_ATAN",
    (KernelBuild("lib/libops.so", "linux_x86_64", "zig 0.17.1"), KernelBuild("src/atan.c")),
)


def test_a_manifest_can_be_read_again() -> None:
    content = manifest(tools=FrozenDict({"zig": "0.17.1"}), custom_ops=(ATAN,)).render()
    assert Manifest.parse(content).render() == content
    assert Manifest.parse(content).models[0].quantization == PETS.facts.quantization


def test_equal_manifests_are_equal_bytes() -> None:
    one = manifest(tools=FrozenDict({"b": "1", "a": "2"}), custom_ops=(ATAN,))
    other = manifest(tools=FrozenDict({"a": "2", "b": "1"}), custom_ops=(ATAN,))
    assert one.render() == other.render()
    assert one.render().endswith(b"}\n")
    # The engine only takes hashable values in a request.
    assert hash(one) == hash(replace(one))


def test_custom_ops_say_what_was_built_for_which_platform() -> None:
    assert json.loads(manifest(custom_ops=(ATAN,)).render())["custom_ops"] == [
        {
            "name": "Atan",
            "address": "ops:atan",
            "registration": "Register_ATAN",
            "builds": [
                {"file": "lib/libops.so", "platform": "linux_x86_64", "toolchain": "zig 0.17.1"},
                {"file": "src/atan.c", "platform": None, "toolchain": None},
            ],
        }
    ]
