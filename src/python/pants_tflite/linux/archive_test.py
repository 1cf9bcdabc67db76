# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Mistakes in the fields of a `tflite_linux_archive`, found before any model is built."""

from __future__ import annotations

import pytest
from pants.core.goals.package import BuiltPackage
from pants.engine.addresses import Address
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.linux.archive import LinuxArchiveFieldSet
from pants_tflite.testutil import new_rule_runner, write_workspace


@pytest.fixture
def rule_runner() -> RuleRunner:
    return new_rule_runner([QueryRule(BuiltPackage, (LinuxArchiveFieldSet,))])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ('platforms=["linux_armv7"]', "field `platforms` = 'linux_armv7'"),
        ("platforms=[]", "field `platforms`: the archive is for no platform"),
        ('archive_name="../pets"', "field `archive_name` = '../pets'"),
        ('version="one"', "field `version` = 'one'"),
        ('model_names={":pet": "Pet"}', "field `model_names` = 'Pet'"),
        ('labels={"dog": ":labels"}', "field `labels` = 'dog'"),
        ('labels={"pet": ":labels"}', "field `labels` = ':labels': line 2 is a path, not a label"),
        ('format="deb"', "field `maintainer`: a Debian package has a maintainer"),
        ('url="https://example.org"', "field `url` = 'https://example.org': an archive with"),
        (
            'format="deb", maintainer="A <a@example.org>", copyright=":nothing"',
            "field `copyright` = ':nothing': `pets/nothing.txt` is empty",
        ),
        ('output_path="../elsewhere"', "field `output_path` = '../elsewhere'"),
    ],
)
def test_mistakes(rule_runner: RuleRunner, fields: str, expected: str) -> None:
    build = f"""\
tflite_file(name="pet", source="pet.tflite")
file(name="labels", source="labels.txt")
file(name="nothing", source="nothing.txt")
tflite_linux_archive(name="archive", models=[":pet"], {fields})
"""
    files = {
        "pets/BUILD": build,
        "pets/pet.tflite": "",
        "pets/labels.txt": "cat\n../../dog\n",
        "pets/nothing.txt": "\n",
    }
    write_workspace(rule_runner, files)
    target = rule_runner.get_target(Address("pets", target_name="archive"))
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(BuiltPackage, [LinuxArchiveFieldSet.create(target)])
    text = str(error.value)
    assert f"pets:archive, {expected}" in text
    assert "Fix: " in text
