# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Each Android library has a Java package of its own, for an app has room for one of each name."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.target import AllTargets
from pants.util.frozendict import FrozenDict

from pants_tflite.android.target_types import AndroidPackageField
from pants_tflite.compat import collect_rules, rule
from pants_tflite.errors import Mistake


@dataclass(frozen=True)
class AllAndroidPackages:
    """The targets of each package, sorted. Those that one `parametrize` makes count as one: they are
    variants, of which an app takes one."""

    addresses: FrozenDict[str, tuple[Address, ...]]


@dataclass(frozen=True)
class UniquePackageRequest:
    field: AndroidPackageField


@dataclass(frozen=True)
class UniquePackage:
    """No other target has the package."""


@rule(desc="Find all packages of Android libraries")
async def find_all_android_packages(all_targets: AllTargets) -> AllAndroidPackages:
    addresses: dict[str, set[Address]] = {}
    for target in all_targets:
        if target.has_field(AndroidPackageField):
            package = target[AndroidPackageField].value
            addresses.setdefault(package, set()).add(_without_parameters(target.address))
    return AllAndroidPackages(
        FrozenDict({package: tuple(sorted(addresses[package])) for package in sorted(addresses)})
    )


def _without_parameters(address: Address) -> Address:
    return Address(address.spec_path, target_name=address.target_name)


@rule
async def check_unique_package(
    request: UniquePackageRequest, packages: AllAndroidPackages
) -> UniquePackage:
    field = request.field
    own = _without_parameters(field.address)
    for other in packages.addresses.get(field.value, ()):
        if other != own:
            raise Mistake.of(
                field,
                message=(
                    f"{other} has the same package, and no app could take both libraries: their "
                    "namespaces and the files of their models would be the same"
                ),
                fix="Give each target a package of its own, or put all models into one target.",
            )
    return UniquePackage()


def rules():
    return collect_rules()
