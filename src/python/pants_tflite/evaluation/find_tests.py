# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""All tests of models: what a search for a smaller one must meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

from pants.engine.addresses import Address
from pants.engine.target import AllTargets, Target

from pants_tflite.compat import collect_rules, concurrently, rule
from pants_tflite.evaluation.fields import ModelTestFields
from pants_tflite.util_rules.references import ReferencesRequest, find_references


@dataclass(frozen=True)
class FindModelTestsRequest:
    """Asks for all `tflite_test` targets in the repository whose `model` is at one of `addresses`."""

    addresses: tuple[Address, ...]

    def debug_hint(self) -> str:
        return ", ".join(str(address) for address in self.addresses)


@dataclass(frozen=True)
class ModelTests:
    """The fields of the tests, in the order of their addresses."""

    tests: tuple[ModelTestFields, ...]


def model_tests_among(targets: Iterable[Target]) -> list[ModelTestFields]:
    """The fields of the tests among `targets`, in the order of their addresses."""
    return [
        ModelTestFields.create(target)
        for target in sorted(targets, key=lambda target: target.address)
        if ModelTestFields.is_applicable(target)
    ]


@rule(desc="Find the tests of models")
async def find_model_tests(request: FindModelTestsRequest, targets: AllTargets) -> ModelTests:
    fields = model_tests_among(targets)
    models = await concurrently(find_references(ReferencesRequest(each.model)) for each in fields)
    return ModelTests(
        tuple(
            each
            for each, references in zip(fields, models)
            if set(references.addresses) & set(request.addresses)
        )
    )


def rules():
    return collect_rules()
