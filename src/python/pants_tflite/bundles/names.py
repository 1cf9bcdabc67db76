# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The names of models in a bundle, and the names and versions that a bundle may have."""

from __future__ import annotations

import os
import re
from typing import Mapping, Optional, Sequence

from pants.engine.addresses import Address

from pants_tflite.bundles.fields import (
    BundleLabelsField,
    BundleModelNamesField,
    BundleModelsField,
    BundleVersionField,
)
from pants_tflite.errors import Mistake

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LONGEST_NAME = 64
_VERSION = re.compile(
    r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?"
)


def is_name(value: str) -> bool:
    """Whether a model may have this name: it must be a file name and an identifier everywhere."""
    return len(value) <= _LONGEST_NAME and _NAME.fullmatch(value) is not None


def default_name(model: Address, *, is_file: bool) -> str:
    """The default name of a model: that of a file's target, or of a conversion's directory."""
    directory = os.path.basename(model.spec_path)
    name = model.target_name if is_file or not directory else directory
    return re.sub(r"[^a-z0-9_]", "_", name.lower())


def check_names(
    address: Address,
    models: Sequence[str],
    names: Mapping[str, str],
    resolved: Sequence[tuple[Address, str]],
) -> None:
    """Raises if a name is malformed, is for a model outside the bundle, or is that of two models.

    `models` and `names` are the fields' values, `resolved` each model's address and name.
    """
    field = BundleModelNamesField.alias
    for model, name in sorted(names.items()):
        if model not in models:
            raise Mistake(
                message=f"{model} is not among the bundle's models: {', '.join(models)}",
                fix=f"Write each address as it stands in `{BundleModelsField.alias}`.",
                field=field,
                value=model,
            ).at(address)
    by_name: dict[str, Address] = {}
    for model_address, name in resolved:
        if not is_name(name):
            raise Mistake(
                message=(
                    f"the name of {model_address} must be of lower-case letters, digits and `_`, "
                    f"begin with a letter and have at most {_LONGEST_NAME} characters"
                ),
                fix=f'Name it, as in `{field}={{"{models[0]}": "digits"}}`.',
                field=field,
                value=name,
            ).at(address)
        other = by_name.setdefault(name, model_address)
        if other is not model_address:
            raise Mistake(
                message=f"{other} and {model_address} have the same name in the bundle",
                fix=f"Name at least one of them otherwise in `{field}`.",
                field=field,
                value=name,
            ).at(address)


def check_label_keys(address: Address, labels: Mapping[str, str], names: Sequence[str]) -> None:
    """Raises if labels are given for a name that no model of the bundle has."""
    for key in sorted(labels):
        if key not in names:
            raise Mistake(
                message=f"no model of the bundle has that name; they are {', '.join(names)}",
                fix="Give labels by the names of models in the bundle, not by addresses or paths.",
                field=BundleLabelsField.alias,
                value=key,
            ).at(address)


def check_version(address: Address, version: Optional[str]) -> str:
    """The version; raises if it is malformed."""
    value = version or ""
    if not _VERSION.fullmatch(value):
        raise Mistake(
            message="that is not a version of Semantic Versioning",
            fix="Give three numbers, as in `1.4.0`, or a pre-release such as `1.4.0-rc.1`.",
            field=BundleVersionField.alias,
            value=version,
        ).at(address)
    return value
