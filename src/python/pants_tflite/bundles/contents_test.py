# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import hashlib
import json

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import CreateDigest, Digest, DigestContents, FileContent
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.bundles.contents import (
    AddManifestRequest,
    DescribedBundle,
    LaidOutModels,
    LayOutModelsRequest,
    check_custom_ops,
    files_of,
    refuse_select_tf_ops,
)
from pants_tflite.bundles.manifests import BundleManifest
from pants_tflite.bundles.models import BundleModel, BundleModels, Labels, PlannedModel
from pants_tflite.bundles.testutil import description_json
from pants_tflite.custom_ops.declarations import CustomOps
from pants_tflite.errors import TfLiteError
from pants_tflite.target_types import TfLiteModelTarget
from pants_tflite.testutil import new_rule_runner

ADDRESS = Address("pets", target_name="bundle")


@pytest.fixture
def rule_runner() -> RuleRunner:
    return new_rule_runner(
        [
            QueryRule(LaidOutModels, (LayOutModelsRequest,)),
            QueryRule(DescribedBundle, (AddManifestRequest,)),
        ]
    )


def new_digest(rule_runner: RuleRunner, files: dict[str, bytes]) -> Digest:
    contents = CreateDigest(FileContent(path, content) for path, content in files.items())
    return rule_runner.request(Digest, [contents])


def read(rule_runner: RuleRunner, digest: Digest) -> dict[str, bytes]:
    contents = rule_runner.request(DigestContents, [digest])
    return {file.path: file.content for file in contents}


def new_model(rule_runner: RuleRunner, name: str, *labels: str) -> BundleModel:
    files = {
        "golden_input.npz": b"in",
        "golden_output.npz": b"out",
        "model.json": b"{}",
        "model.tflite": name.encode(),
    }
    address = Address("pets", target_name=name)
    return BundleModel(name, address, new_digest(rule_runner, files), "{}", labels)


@pytest.mark.parametrize("directory", ["", "assets/models"])
def test_models_under_their_names(rule_runner: RuleRunner, directory: str) -> None:
    cats, dogs = new_model(rule_runner, "cats", "tom", "größer"), new_model(rule_runner, "dogs")
    request = LayOutModelsRequest(BundleModels((cats, dogs), "1.0.0"), directory)
    found = read(rule_runner, rule_runner.request(LaidOutModels, [request]).digest)
    prefix = f"{directory}/" if directory else ""
    # Golden files are for those bundles that ask for them.
    assert found == {
        f"{prefix}cats.json": b"{}",
        f"{prefix}cats.labels.txt": "tom\ngrößer\n".encode(),
        f"{prefix}cats.tflite": b"cats",
        f"{prefix}dogs.json": b"{}",
        f"{prefix}dogs.tflite": b"dogs",
    }
    assert files_of("cats", directory).model == f"{prefix}cats.tflite"


def test_golden_files_where_they_are_asked_for(rule_runner: RuleRunner) -> None:
    models = BundleModels((new_model(rule_runner, "cats"),), "1.0.0")
    request = LayOutModelsRequest(models, "models", golden=True)
    found = read(rule_runner, rule_runner.request(LaidOutModels, [request]).digest)
    golden = files_of("cats", "models").golden
    assert golden.inputs == "models/cats.golden_input.npz"
    assert (found[golden.inputs], found[golden.outputs]) == (b"in", b"out")
    assert len(found) == 4


def test_a_manifest_lists_every_file_but_itself(rule_runner: RuleRunner) -> None:
    digest = new_digest(rule_runner, {"z/b": b"bb", "a": b""})
    manifest = BundleManifest("tflite_linux_archive", "demo", "1.0.0", (), ("linux_x86_64",))
    request = AddManifestRequest(manifest, digest, "META/manifest.json")
    files = read(rule_runner, rule_runner.request(DescribedBundle, [request]).digest)
    assert sorted(files) == ["META/manifest.json", "a", "z/b"]
    listed = json.loads(files.pop("META/manifest.json"))["files"]
    assert listed == [
        {"path": path, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for path, content in sorted(files.items())
    ]


def custom_ops(*codes: str) -> BundleModels:
    described = description_json({"custom_ops": codes})
    address = Address("pets", target_name="cats")
    digest = Digest("0" * 64, 0)
    return BundleModels((BundleModel("cats", address, digest, described),), "1.0.0")


def test_custom_ops_need_kernels() -> None:
    models = custom_ops("Atan", "Erf")
    check_custom_ops(ADDRESS, models, kernels=("Erf", "Atan", "More"))
    check_custom_ops(ADDRESS, custom_ops(), kernels=())
    with pytest.raises(TfLiteError) as error:
        check_custom_ops(ADDRESS, models, kernels=("Erf",))
    assert "pets:bundle, field `models`: pets:cats uses the custom ops Atan, for" in str(
        error.value
    )
    assert "Fix: " in str(error.value)


def test_ops_of_tensorflow_are_refused_by_a_bundle_whose_runtime_lacks_them() -> None:
    def planned(select_tf_ops: object) -> PlannedModel:
        fields = {"saved_model": ":sm", "select_tf_ops": select_tf_ops}
        target = TfLiteModelTarget(fields, Address("pets", target_name="cats"))
        return PlannedModel("cats", target, Labels(), labels_value=None, custom_ops=CustomOps())

    refuse_select_tf_ops(ADDRESS, [planned(False)], why="It has none.")
    for value in (True, ["Roll"]):
        with pytest.raises(TfLiteError) as error:
            refuse_select_tf_ops(ADDRESS, [planned(False), planned(value)], why="It has none.")
        text = str(error.value)
        assert "pets:bundle, field `models`: pets:cats takes ops from TensorFlow itself" in text
        assert "It has none." in text and "Fix: Leave the model out" in text
