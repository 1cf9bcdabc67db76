# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A framework's fields, resolved and checked before anything is built."""

from __future__ import annotations

from dataclasses import dataclass

from pants.core.goals.package import PackageFieldSet
from pants.util.frozendict import FrozenDict

from pants_tflite.bundles.fields import BundleGoldenField
from pants_tflite.bundles.models import BundleFieldSet, PlanBundleRequest, plan_bundle
from pants_tflite.compat import collect_rules, rule
from pants_tflite.ios.settings import (
    FrameworkSettings,
    check_bundle_id,
    check_min_ios,
    framework_name,
)
from pants_tflite.ios.swift_accessors import member_names
from pants_tflite.ios.target_types import BundleIdField, FrameworkNameField, MinIosField


@dataclass(frozen=True)
class IosFrameworkFieldSet(PackageFieldSet, BundleFieldSet):
    required_fields = (BundleIdField, MinIosField)

    bundle_id: BundleIdField
    framework: FrameworkNameField
    min_ios: MinIosField
    golden: BundleGoldenField


@dataclass(frozen=True)
class PlanIosFrameworkRequest:
    field_set: IosFrameworkFieldSet


@dataclass(frozen=True)
class IosFrameworkPlan:
    """A framework's fields, checked before anything is built. `members` are what Swift calls the
    models."""

    settings: FrameworkSettings
    members: FrozenDict[str, str]


@rule
async def plan_ios_framework(request: PlanIosFrameworkRequest) -> IosFrameworkPlan:
    field_set = request.field_set
    address = field_set.address
    bundle_id = check_bundle_id(field_set.bundle_id)
    name = framework_name(field_set.framework, bundle_id)
    min_ios = check_min_ios(field_set.min_ios)
    plan = await plan_bundle(PlanBundleRequest(field_set))
    return IosFrameworkPlan(
        FrameworkSettings(name=name, bundle_id=bundle_id, min_ios=min_ios, version=plan.version),
        FrozenDict(member_names(address, [model.name for model in plan.models])),
    )


def rules():
    return collect_rules()
