# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Building the Swift package: the XCFramework, its archive, the models and what describes them."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.fs import CreateDigest, Digest, FileContent, FileEntry, MergeDigests
from pants.util.frozendict import FrozenDict

from pants_tflite.bundles.archives import WriteArchiveRequest, write_archive
from pants_tflite.bundles.contents import LayOutModelsRequest, lay_out_models
from pants_tflite.compat import (
    collect_rules,
    concurrently,
    create_digest,
    get_digest_entries,
    merge_digests,
    rule,
)
from pants_tflite.ios.frameworks import BuildXcframeworkRequest, build_xcframework
from pants_tflite.ios.podspec import podspec_file, render_podspec
from pants_tflite.ios.property_lists import PRIVACY_FILE, privacy_manifest
from pants_tflite.ios.readme import render_readme
from pants_tflite.ios.replay import render_self_test, self_test_file
from pants_tflite.ios.swift_accessors import render_accessors
from pants_tflite.ios.swift_manifest import models_folder, render_package
from pants_tflite.sandbox.archives.write_archive_protocol import ZIP


@dataclass(frozen=True)
class BuildSwiftPackageRequest:
    """Asks for a Swift package with an XCFramework in it. `members` are what Swift calls the
    models."""

    xcframework: BuildXcframeworkRequest
    members: FrozenDict[str, str]

    def debug_hint(self) -> str:
        return f"Swift package of {self.xcframework.address}"


@dataclass(frozen=True)
class SwiftPackage:
    """`digest` holds the package's files, and next to them the XCFramework's archive to release."""

    digest: Digest


@dataclass(frozen=True)
class ChecksumRequest:
    """Asks for the SHA-256 of the one file in `digest`."""

    digest: Digest


@dataclass(frozen=True)
class Checksum:
    value: str


@rule
async def find_checksum(request: ChecksumRequest) -> Checksum:
    (file,) = [
        entry for entry in await get_digest_entries(request.digest) if isinstance(entry, FileEntry)
    ]
    return Checksum(file.file_digest.fingerprint)


@rule(desc="Build a Swift package")
async def build_swift_package(request: BuildSwiftPackageRequest) -> SwiftPackage:
    framework, members = request.xcframework, request.members
    settings, facts = framework.settings, framework.facts
    xcframework, models = await concurrently(
        build_xcframework(framework),
        lay_out_models(
            LayOutModelsRequest(framework.models, models_folder(settings), golden=framework.golden)
        ),
    )
    filename = f"{settings.name}.xcframework.zip"
    archive = await write_archive(
        WriteArchiveRequest(
            address=framework.address, filename=filename, format=ZIP, digest=xcframework.digest
        )
    )
    checksum = await find_checksum(ChecksumRequest(archive.digest))
    texts = {
        "Package.swift": render_package(settings, facts),
        "README.md": render_readme(
            settings, facts, members, archive=filename, checksum=checksum.value
        ),
        f"{filename}.sha256": f"{checksum.value}  {filename}\n",
        f"Sources/{settings.swift_module}/{settings.swift_module}.swift": render_accessors(
            settings, facts, members
        ),
        f"Sources/{settings.swift_module}/{PRIVACY_FILE}": privacy_manifest().decode(),
        podspec_file(settings): render_podspec(settings),
    }
    if framework.golden:
        texts[self_test_file(settings)] = render_self_test(settings, facts, members)
    rendered = await create_digest(
        CreateDigest(FileContent(path, text.encode()) for path, text in texts.items())
    )
    return SwiftPackage(
        await merge_digests(
            MergeDigests((archive.digest, models.digest, rendered, xcframework.digest))
        )
    )


def rules():
    return collect_rules()
