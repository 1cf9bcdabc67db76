# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Native builds in tests: a RuleRunner that really compiles."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Iterable, Mapping, Type

import pytest
from pants.core.target_types import rules as core_target_types_rules
from pants.engine.addresses import Address
from pants.engine.fs import CreateDigest, Digest, DigestContents, FileContent
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner
from pants.util.frozendict import FrozenDict

from pants_tflite import register
from pants_tflite.cc.binary_inspection import BinaryInspection, InspectBinaryRequest
from pants_tflite.cc.compilation import (
    ArchiveObjectsRequest,
    CompiledObject,
    CompileSourceRequest,
    StaticLibrary,
)
from pants_tflite.cc.linking import (
    Executable,
    LinkExecutableRequest,
    LinkSharedLibraryRequest,
    SharedLibrary,
)
from pants_tflite.cc.platforms import PLATFORMS
from pants_tflite.cc.toolchain import C, Toolchain
from pants_tflite.cc.toolchain_selection import ToolchainRequest
from pants_tflite.cc.universal_binary import JoinSlicesRequest, UniversalBinary

ADDRESS = Address("src/ops", target_name="kernel")
SOURCE = "src/ops/kernel.c"
_QUERIES = {
    ArchiveObjectsRequest: StaticLibrary,
    CompileSourceRequest: CompiledObject,
    InspectBinaryRequest: BinaryInspection,
    JoinSlicesRequest: UniversalBinary,
    LinkExecutableRequest: Executable,
    LinkSharedLibraryRequest: SharedLibrary,
    ToolchainRequest: Toolchain,
}
# How Pants finds Pex, interpreters and an index.
_INHERITED = ("HOME", "PATH", "PYENV_ROOT", "PANTS_", "PIP_", "SSL_CERT_", "REQUESTS_CA_BUNDLE")
_OPTIONS = (
    "--pex-executable-search-paths=['/usr/bin', '/bin']",
    "--python-bootstrap-search-path=['<PATH>', '<PYENV>']",
)

needs_launcher = pytest.mark.skipif(
    "PANTS_PEX_CLI_URL_TEMPLATE" not in os.environ,
    reason="zig is installed with the Pex that the launcher provides: run this by `./pants test`",
)


def needs(program: str, package: str) -> Any:
    """Skips a test where `program`, of a Debian package, is not installed."""
    return pytest.mark.skipif(
        shutil.which(program) is None, reason=f"there is no {program} (Debian's {package})"
    )


class NativeBuilds:
    """Builds through the backend's rules, and those of another on top of it, each request answered
    by its one result."""

    def __init__(
        self, rules: Iterable[Any] = (), queries: Mapping[Type[Any], Type[Any]] = FrozenDict()
    ) -> None:
        self.queries = {**_QUERIES, **queries}
        query_rules = [QueryRule(result, [request]) for request, result in self.queries.items()]
        self.rule_runner = RuleRunner(
            rules=[*core_target_types_rules(), *register.rules(), *rules, *query_rules],
            target_types=register.target_types(),
        )
        self.set_options()

    def set_options(self, *options: str, env: Mapping[str, str] | None = None) -> None:
        inherited = {name for name in os.environ if name.startswith(_INHERITED)}
        self.rule_runner.set_options((*_OPTIONS, *options), env=env, env_inherit=inherited)

    def request(self, request: Any) -> Any:
        return self.rule_runner.request(self.queries[type(request)], [request])

    def digest(self, files: Mapping[str, str]) -> Digest:
        contents = [FileContent(path, text.encode()) for path, text in files.items()]
        return self.rule_runner.request(Digest, [CreateDigest(contents)])

    def compile(
        self,
        text: str,
        platform: str,
        *,
        language: str = C,
        source: str = SOURCE,
        others: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> CompiledObject:
        digest = self.digest({source: text, **(others or {})})
        result: CompiledObject = self.request(
            CompileSourceRequest(
                address=ADDRESS,
                platform=PLATFORMS[platform],
                language=language,
                source=source,
                digest=digest,
                **fields,
            )
        )
        return result

    def archive(self, platform: str, *objects: CompiledObject) -> StaticLibrary:
        result: StaticLibrary = self.request(
            ArchiveObjectsRequest(
                address=ADDRESS,
                platform=PLATFORMS[platform],
                language=C,
                name="kernel",
                objects=objects,
            )
        )
        return result

    def link(
        self, platform: str, *objects: CompiledObject, exports: Iterable[str], **fields: Any
    ) -> SharedLibrary:
        result: SharedLibrary = self.request(
            LinkSharedLibraryRequest(
                address=ADDRESS,
                platform=PLATFORMS[platform],
                language=C,
                name="kernel",
                objects=objects,
                exports=tuple(exports),
                **fields,
            )
        )
        return result

    def content(self, digest: Digest) -> bytes:
        """The one file in `digest`."""
        (file,) = self.rule_runner.request(DigestContents, [digest])
        return file.content

    def write(self, digest: Digest, folder: Path) -> Path:
        """Writes the one file in `digest` into `folder`."""
        (file,) = self.rule_runner.request(DigestContents, [digest])
        path = folder / Path(file.path).name
        path.write_bytes(file.content)
        path.chmod(0o755)
        return path


def run(*argv: str | Path) -> str:
    """What a program prints that must succeed."""
    return subprocess.run(
        [str(argument) for argument in argv], check=True, capture_output=True, text=True
    ).stdout
