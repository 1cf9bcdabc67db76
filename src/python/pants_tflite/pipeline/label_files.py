# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Label files: one label a line, in the order of a model's scores."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.fs import FileEntry

from pants_tflite.compat import (
    collect_rules,
    get_digest_contents,
    get_digest_entries,
    rule,
)
from pants_tflite.errors import Mistake
from pants_tflite.fields import NamedAddressesField
from pants_tflite.sizes import format_size
from pants_tflite.util_rules.references import ReferencedFileRequest, find_referenced_file

# More than anybody has names for: a model's weights in place of its labels are not to be read.
_MAX_BYTES = 16 << 20
_PATH_SEPARATORS = re.compile(r"[/\\]")


@dataclass(frozen=True)
class LabelsRequest:
    """Asks for the labels of the file that the entry `value` of `field` names."""

    field: NamedAddressesField
    value: str


@dataclass(frozen=True)
class Labels:
    """In the order of the scores; empty if a model has none."""

    labels: tuple[str, ...] = ()


def parse_labels(
    address: Address, value: str, content: bytes, *, field: str = "labels"
) -> tuple[str, ...]:
    """The labels in a file, which the `field` of `address` names as `value`.

    Raises if it is not UTF-8, is empty, has an empty, repeated or unprintable label, or one that
    reads as a path to a parent directory: programs name files after labels.
    """

    def mistake(message: str, fix: str) -> Exception:
        return Mistake(message=message, fix=fix, field=field, value=value).at(address)

    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise mistake(f"the labels are not UTF-8: {error}", "Save the file as UTF-8.") from error
    labels = tuple(line.rstrip("\r") for line in text.rstrip("\r\n").split("\n"))
    for number, label in enumerate(labels, start=1):
        if not label.strip() or not label.isprintable():
            raise mistake(
                f"line {number} is empty or has unprintable characters: {label!r}",
                "Write one label a line, in the order of the model's scores.",
            )
        if {".", ".."} & set(_PATH_SEPARATORS.split(label)):
            raise mistake(
                f"line {number} is a path, not a label: {label!r}",
                "Programs on the device may name files after labels: write plain names.",
            )
    seen = set()
    for label in labels:
        if label in seen:
            raise mistake(f"the label {label!r} is there twice", "Give each score its own label.")
        seen.add(label)
    return labels


@rule
async def read_labels(request: LabelsRequest) -> Labels:
    field = request.field
    file = await find_referenced_file(ReferencedFileRequest(field, request.value))
    (entry,) = await get_digest_entries(file.digest)
    size = entry.file_digest.serialized_bytes_length if isinstance(entry, FileEntry) else 0
    if size > _MAX_BYTES:
        raise Mistake(
            message=f"`{entry.path}` has {format_size(size)}, so these are no labels",
            fix="Name a text file with one label a line.",
            field=field.alias,
            value=request.value,
        ).at(field.address)
    contents = await get_digest_contents(file.digest)
    return Labels(
        parse_labels(field.address, request.value, contents[0].content, field=field.alias)
    )


def rules():
    return collect_rules()
