# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Native builds in tests: a RuleRunner that really compiles."""

from __future__ import annotations

import os
from typing import Iterable, Mapping

import pytest
from pants.core.target_types import rules as core_target_types_rules
from pants.engine.addresses import Address
from pants.engine.fs import CreateDigest, Digest, DigestContents, FileContent
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite import register
from pants_tflite.util_rules.cc.compilation import CompiledObject, CompileSourceRequest
from pants_tflite.util_rules.cc.platforms import PLATFORMS
from pants_tflite.util_rules.cc.toolchain import C

ADDRESS = Address("src/ops", target_name="kernel")
# What the launcher tells Pants of Pex, and what pip and the search for interpreters go by.
_INHERITED = {
    "ANDROID_NDK_HOME",
    "HOME",
    "PANTS_PEX_CLI_KNOWN_VERSIONS",
    "PANTS_PEX_CLI_URL_TEMPLATE",
    "PANTS_PEX_CLI_VERSION",
    "PATH",
    "PYENV_ROOT",
    *(name for name in os.environ if name.startswith(("PIP_", "SSL_CERT_"))),
}

needs_launcher = pytest.mark.skipif(
    "PANTS_PEX_CLI_URL_TEMPLATE" not in os.environ,
    reason="it installs zig with the Pex that the launcher provides: run it by `./pants test`",
)


def new_rule_runner(
    queries: Iterable[QueryRule],
    options: Iterable[str] = (),
    env: Mapping[str, str] | None = None,
) -> RuleRunner:
    """A RuleRunner that compiles, in a folder of its own."""
    rule_runner = RuleRunner(
        rules=[
            *core_target_types_rules(),
            *register.rules(),
            QueryRule(CompiledObject, [CompileSourceRequest]),
            *queries,
        ],
        target_types=register.target_types(),
    )
    set_options(rule_runner, options, env)
    return rule_runner


def set_options(
    rule_runner: RuleRunner, options: Iterable[str] = (), env: Mapping[str, str] | None = None
) -> None:
    rule_runner.set_options(
        [
            "--pex-executable-search-paths=['/usr/bin', '/bin']",
            "--python-bootstrap-search-path=['<PATH>', '<PYENV>']",
            *options,
        ],
        env=env,
        env_inherit=_INHERITED,
    )


def sources(rule_runner: RuleRunner, files: Mapping[str, str]) -> Digest:
    return rule_runner.request(
        Digest, [CreateDigest(FileContent(path, text.encode()) for path, text in files.items())]
    )


def compile_source(
    rule_runner: RuleRunner,
    source: str,
    text: str,
    platform: str,
    language: str = C,
    **fields: object,
) -> CompiledObject:
    return rule_runner.request(
        CompiledObject,
        [
            CompileSourceRequest(
                ADDRESS,
                PLATFORMS[platform],
                language,
                source,
                sources(rule_runner, {source: text}),
                **fields,  # type: ignore[arg-type]
            )
        ],
    )


def content(rule_runner: RuleRunner, digest: Digest) -> bytes:
    """The one file in `digest`."""
    (file,) = rule_runner.request(DigestContents, [digest])
    return file.content
