# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A bundle's models, built, named and with their labels: where every bundle starts from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Iterable, Mapping, Optional, Type

from pants.engine.addresses import Address
from pants.engine.fs import Digest
from pants.engine.target import Field, FieldSet, Target

from pants_tflite.bundles.fields import (
    BundleLabelsField,
    BundleModelNamesField,
    BundleModelsField,
    BundleVersionField,
)
from pants_tflite.bundles.labels import check_label_count
from pants_tflite.bundles.names import check_label_keys, check_names, check_version, default_name
from pants_tflite.compat import EnvironmentField, collect_rules, concurrently, rule
from pants_tflite.custom_ops.declarations import (
    CustomOp,
    CustomOps,
    ResolveCustomOpsRequest,
    resolve_custom_ops,
)
from pants_tflite.custom_ops.registration_code import RegisteredOp
from pants_tflite.errors import Mistake
from pants_tflite.pipeline.any_model import (
    BuildAnyModelRequest,
    BuiltModelFactsRequest,
    build_any_model,
    describe_built_model,
)
from pants_tflite.pipeline.label_files import Labels, LabelsRequest, read_labels
from pants_tflite.pipeline.micro_only import is_micro_only
from pants_tflite.pipeline.model_description import ModelDescription
from pants_tflite.sandbox.tflite.manifest_protocol import DeclaredDifference
from pants_tflite.target_types import (
    MICRO,
    CustomOpsField,
    OutputDirectoryField,
    RuntimeField,
    SelectTfOpsField,
    TfLiteFileTarget,
)
from pants_tflite.util_rules.declared_differences import (
    DeclaredDifferencesRequest,
    find_declared_differences,
)
from pants_tflite.util_rules.references import ReferenceRequest, resolve_reference


@dataclass(frozen=True)
class BundleFieldSet(FieldSet):
    """The fields that all bundle targets share; each kind adds its own."""

    # Annotated, so that each kind of bundle may require a field of its own instead.
    required_fields: ClassVar[tuple[Type[Field], ...]] = (BundleModelsField,)
    # Whether the bundle's runtime is the one that runs models which LiteRT refuses.
    takes_micro_only: ClassVar[bool] = False

    models: BundleModelsField
    model_names: BundleModelNamesField
    labels: BundleLabelsField
    version: BundleVersionField
    output_path: OutputDirectoryField
    environment: EnvironmentField


@dataclass(frozen=True)
class BundleModel:
    """A model under its `name` in the bundle.

    `digest` holds `model.tflite`, `model.json` and, if LiteRT could run the model,
    `golden_input.npz` and `golden_output.npz`. `description` is `model.json`. `labels` are empty
    if there are none. `custom_ops` are what its target declares. `nondeterministic` says which targets
    that it was made with are others each time.
    """

    name: str
    address: Address
    digest: Digest
    description: str
    labels: tuple[str, ...] = ()
    custom_ops: CustomOps = CustomOps()
    nondeterministic: tuple[DeclaredDifference, ...] = ()

    @cached_property
    def facts(self) -> ModelDescription:
        """The parsed `description`."""
        return ModelDescription.parse(self.description)

    @property
    def labels_text(self) -> bytes:
        """The labels as a file: UTF-8, one a line."""
        return "".join(f"{label}\n" for label in self.labels).encode()

    @property
    def labels_sha256(self) -> str:
        return hashlib.sha256(self.labels_text).hexdigest()


@dataclass(frozen=True)
class BundleModelsRequest:
    """Asks for a bundle's models. Its fields are checked before any model is built."""

    field_set: BundleFieldSet

    def debug_hint(self) -> str:
        return str(self.field_set.address)


@dataclass(frozen=True)
class BundleModels:
    """In the order of their names."""

    models: tuple[BundleModel, ...]
    version: str

    @property
    def kernels(self) -> tuple[CustomOp, ...]:
        """The custom ops of all models that have a kernel in the repository, by name."""
        return _kernels(self.models)

    @property
    def registered_ops(self) -> tuple[RegisteredOp, ...]:
        """The `kernels`, as an interpreter's options get them."""
        return registered_ops(self.kernels, self.models)


@dataclass(frozen=True)
class PlanBundleRequest:
    field_set: BundleFieldSet


@dataclass(frozen=True)
class PlannedModel:
    """`labels_value` is what the field says, for errors; None if there are no labels."""

    name: str
    target: Target
    labels: Labels
    labels_value: Optional[str]
    custom_ops: CustomOps

    @property
    def has_select_tf_ops(self) -> bool:
        """Whether it takes ops from TensorFlow: a model that need not is refused when it is built."""
        return self.target.has_field(SelectTfOpsField) and bool(self.target[SelectTfOpsField].ops)


@dataclass(frozen=True)
class BundlePlan:
    """A bundle's fields, resolved and checked against each other before anything is built."""

    version: str
    models: tuple[PlannedModel, ...]

    @property
    def kernels(self) -> tuple[CustomOp, ...]:
        """The same as `BundleModels.kernels`, before any model is built."""
        return _kernels(self.models)


def name_in_bundle(value: str, target: Target, given: Mapping[str, str]) -> str:
    """What a bundle calls the model at `target`, which its field `models` has as `value`, and for which
    `model_names` may have `given` a name."""
    is_file = isinstance(target, TfLiteFileTarget)
    return given.get(value) or default_name(target.address, is_file=is_file)


def registered_ops(
    kernels: Iterable[CustomOp], models: Iterable[BundleModel]
) -> tuple[RegisteredOp, ...]:
    """The ops in all versions that the models use; each kernel is for all versions of its op."""
    versions: dict[str, int] = {}
    for op in (op for model in models for op in model.facts.ops if op.custom):
        versions[op.name] = max(op.version, versions.get(op.name, 1))
    return tuple(
        RegisteredOp(kernel.name, kernel.registration, versions.get(kernel.name, 1))
        for kernel in kernels
    )


def _kernels(models: Iterable[BundleModel | PlannedModel]) -> tuple[CustomOp, ...]:
    ops = {op.name: op for model in models for op in model.custom_ops.ops}
    return tuple(op for _, op in sorted(ops.items()))


def check_kernels(address: Address, models: Iterable[CustomOps]) -> None:
    """Raises if models of one bundle have different kernels for an op of one name."""
    by_name: dict[str, CustomOp] = {}
    for op in (op for custom_ops in models for op in custom_ops.ops):
        other = by_name.setdefault(op.name, op)
        if other.address != op.address:
            raise Mistake(
                message=(
                    f"its models have two kernels for the op {op.name}, {other.address} and "
                    f"{op.address}, and a device has one for all of them"
                ),
                fix="Give the models the same custom op, or each a bundle of its own.",
                field=BundleModelsField.alias,
            ).at(address)


def check_runtimes(field_set: BundleFieldSet, targets: Iterable[Target]) -> None:
    """Raises if a model does not run with the bundle's runtime; lists all of them."""
    refused = [str(target.address) for target in targets if is_micro_only(target)]
    if refused and not field_set.takes_micro_only:
        raise Mistake.of(
            field_set.models,
            message=(
                f"LiteRT, which runs the models of this bundle, refuses {', '.join(refused)}, as "
                f'`{RuntimeField.alias}="{MICRO}"` there says'
            ),
            fix=(
                "Leave it out: only a `tflite_micro_library` takes it. For this bundle, convert the "
                "model again from its SavedModel."
            ),
        )


@rule
async def plan_bundle(request: PlanBundleRequest) -> BundlePlan:
    field_set = request.field_set
    address = field_set.address
    values = tuple(field_set.models.value or ())
    if not values:
        raise Mistake(
            message="the bundle has no models",
            fix="Give the addresses of `tflite_model` or `tflite_file` targets.",
            field=BundleModelsField.alias,
        ).at(address)
    references = await concurrently(
        resolve_reference(ReferenceRequest(field_set.models, value)) for value in values
    )
    targets = tuple(reference.target for reference in references)
    check_runtimes(field_set, targets)
    given: Mapping[str, str] = field_set.model_names.value or {}
    names = [name_in_bundle(value, target, given) for value, target in zip(values, targets)]
    check_names(
        address=address,
        models=values,
        names=given,
        resolved=[(t.address, name) for t, name in zip(targets, names)],
    )
    label_values: Mapping[str, str] = field_set.labels.value or {}
    check_label_keys(address, label_values, sorted(names))
    labels = await concurrently(
        read_labels(LabelsRequest(field_set.labels, value))
        for _, value in sorted(label_values.items())
    )
    by_name = dict(zip(sorted(label_values), labels))
    custom_ops = await concurrently(
        resolve_custom_ops(ResolveCustomOpsRequest(target[CustomOpsField])) for target in targets
    )
    check_kernels(address, custom_ops)
    return BundlePlan(
        check_version(address, field_set.version.value),
        tuple(
            PlannedModel(
                name=name,
                target=target,
                labels=by_name.get(name, Labels()),
                labels_value=label_values.get(name),
                custom_ops=ops,
            )
            for name, target, ops in sorted(
                zip(names, targets, custom_ops), key=lambda named: named[0]
            )
        ),
    )


@rule(desc="Build a bundle's models")
async def build_bundle_models(request: BundleModelsRequest) -> BundleModels:
    address = request.field_set.address
    plan = await plan_bundle(PlanBundleRequest(request.field_set))
    declared = await concurrently(
        find_declared_differences(DeclaredDifferencesRequest((planned.target.address,)))
        for planned in plan.models
    )
    built = await concurrently(
        build_any_model(BuildAnyModelRequest(planned.target)) for planned in plan.models
    )
    facts = await concurrently(
        describe_built_model(BuiltModelFactsRequest(model)) for model in built
    )
    models = tuple(
        BundleModel(
            name=planned.name,
            address=planned.target.address,
            digest=model.digest,
            description=fact.description,
            labels=planned.labels.labels,
            custom_ops=planned.custom_ops,
            nondeterministic=differences.declared,
        )
        for planned, model, fact, differences in zip(plan.models, built, facts, declared)
    )
    for planned, bundled in zip(plan.models, models):
        if planned.labels_value is not None:
            check_label_count(
                address=address,
                value=planned.labels_value,
                labels=bundled.labels,
                model=bundled.name,
                description=bundled.facts,
            )
    return BundleModels(models, plan.version)


def rules():
    return collect_rules()
