# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from typing import Any

from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST

from pants_tflite.bundles.models import BundleModel, BundleModels
from pants_tflite.bundles.testutil import description_json
from pants_tflite.custom_ops.declarations import CustomOp, CustomOps
from pants_tflite.custom_ops.registration_code import RegisteredOp


def _model(**versions: int) -> BundleModel:
    """A model that uses ops in these versions; those with a capital initial are custom."""
    custom = [name for name in versions if name.istitle()]
    ops: list[dict[str, Any]] = [
        {"name": name, "version": version, "count": 1, "custom": name in custom}
        for name, version in versions.items()
    ]
    kernels = tuple(
        CustomOp(Address("ops", target_name=name), name, f"Register{name}", "", False, False)
        for name in custom
    )
    facts = description_json({"ops": ops})
    address = Address("digits")
    return BundleModel(
        "digits", address, EMPTY_DIGEST, facts, custom_ops=CustomOps(tuple(custom), kernels)
    )


def test_kernels_are_for_all_versions_that_models_have() -> None:
    models = (_model(Meow=2, ADD=5), _model(Meow=1, Purr=1))
    assert BundleModels(models, "1.0.0").registered_ops == (
        RegisteredOp("Meow", "RegisterMeow", 2),
        RegisteredOp("Purr", "RegisterPurr", 1),
    )
