# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pants.engine.addresses import Address

from pants_tflite.errors import TfLiteError
from pants_tflite.pipeline.label_files import parse_labels

ADDRESS = Address("pets", target_name="bundle")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"cat\ndog\n", ("cat", "dog")),
        (b"cat\ndog", ("cat", "dog")),
        (b"cat\r\ndog\r\n", ("cat", "dog")),
        (b"cat\ndog\n\n\n", ("cat", "dog")),
        ("größe\n猫\n".encode(), ("größe", "猫")),
        (b"a b\nand/or\n..a\n", ("a b", "and/or", "..a")),
    ],
)
def test_labels(content: bytes, expected: tuple[str, ...]) -> None:
    assert parse_labels(ADDRESS, ":labels", content) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "line 1 is empty"),
        (b"\n\n", "line 1 is empty"),
        (b"cat\n  \ndog\n", "line 2 is empty"),
        (b"cat\nd\x00g\n", "line 2 is empty or has unprintable characters: 'd\\x00g'"),
        (b"cat\tdog\n", "line 1 is empty or has unprintable characters"),
        (b"\xfe\xff\x00c\n", "the labels are not UTF-8"),
        (b"cat\n..\n", "line 2 is a path, not a label: '..'"),
        (b"a/../../etc\n", "line 1 is a path"),
        (b"..\\..\\etc\n", "line 1 is a path"),
        (b"./cat\n", "line 1 is a path"),
        (b"cat\ndog\ncat\n", "the label 'cat' is there twice"),
    ],
)
def test_bad_labels(content: bytes, expected: str) -> None:
    with pytest.raises(TfLiteError) as error:
        parse_labels(ADDRESS, ":labels", content)
    assert f"pets:bundle, field `labels` = ':labels': {expected}" in str(error.value)
    assert "Fix: " in str(error.value)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.one_of(st.binary(), st.text(alphabet="ab./\\ \r\n\t\u0085\u2028ß").map(str.encode)))
def test_any_bytes_are_labels_or_refused(content: bytes) -> None:
    try:
        labels = parse_labels(ADDRESS, ":labels", content)
    except TfLiteError as error:
        assert "pets:bundle, field `labels` = ':labels': " in str(error)
        return
    assert labels and len(set(labels)) == len(labels)
    assert all(label.isprintable() and label.strip() for label in labels)
    # What they become in a bundle is read as the same labels again.
    written = "".join(f"{label}\n" for label in labels).encode()
    assert parse_labels(ADDRESS, ":labels", written) == labels


def test_many_labels_take_no_longer_each() -> None:
    content = "".join(f"{number}\n" for number in [*range(100_000), 99_999]).encode()
    begin = time.process_time()
    with pytest.raises(TfLiteError, match="the label '99999' is there twice"):
        parse_labels(ADDRESS, ":labels", content)
    assert time.process_time() - begin < 5
