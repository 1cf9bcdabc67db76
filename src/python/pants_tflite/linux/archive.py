# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`tflite_linux_archive`: models as one `.tar.gz` or Debian package for each platform.

An archive has one directory of its own name:

- `models/<name>.tflite`, `.json` and, if there are labels, `.labels.txt`;
- `manifest.json`, `README.md`;
- `predict.py`, which runs the models as `pants run` does, its modules in `pants_tflite/`, and
  `requirements.txt`, what it needs;
- with `golden=True`, `models/<name>.golden_input.npz`, `models/<name>.golden_output.npz` and
  `self_test.py`, which replays them;
- with custom ops, `lib/lib<name>_ops.so` with their kernels, and `custom_ops.py`, which hands them
  to LiteRT for programs of the user.

A Debian package has the same in `/usr/lib/<name>/`, but for the README.md, which is in
`/usr/share/doc/<name>/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.core.goals.package import BuiltPackage, PackageFieldSet
from pants.engine.addresses import Address
from pants.engine.fs import AddPrefix, CreateDigest, Digest, FileContent, MergeDigests
from pants.engine.target import DescriptionField
from pants.engine.unions import UnionRule

from pants_tflite.bundles.archives import WriteArchiveRequest, write_archive
from pants_tflite.bundles.contents import (
    AddManifestRequest,
    LayOutModelsRequest,
    add_manifest,
    check_custom_ops,
    files_of,
    lay_out_models,
    refuse_select_tf_ops,
)
from pants_tflite.bundles.fields import BundleGoldenField
from pants_tflite.bundles.manifests import BundleManifest, ModelEntry
from pants_tflite.bundles.models import (
    BundleFieldSet,
    BundleModels,
    BundleModelsRequest,
    PlanBundleRequest,
    build_bundle_models,
    plan_bundle,
)
from pants_tflite.compat import (
    add_prefix,
    collect_rules,
    concurrently,
    create_digest,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.linux.debian import DebianPackage, check_debian_package
from pants_tflite.linux.debs import (
    CopyrightRequest,
    WriteDebRequest,
    read_copyright,
    write_deb,
)
from pants_tflite.linux.kernels import (
    ArchiveKernels,
    BuildArchiveKernelsRequest,
    build_archive_kernels,
)
from pants_tflite.linux.platform_names import check_archive_name, check_platforms
from pants_tflite.linux.programs import program_files
from pants_tflite.linux.readme import OLDEST_PYTHON, Readme
from pants_tflite.linux.target_types import (
    MODELS_DIRECTORY,
    LinuxArchiveNameField,
    LinuxCopyrightField,
    LinuxFormatField,
    LinuxMaintainerField,
    LinuxPlatformsField,
    LinuxUrlField,
    TfLiteLinuxArchiveTarget,
)
from pants_tflite.sandbox.archives.write_archive_protocol import TAR_GZ
from pants_tflite.util_rules.output_paths import (
    OutputPathRequest,
    PackageOutputRequest,
    find_output_path,
    place_output,
)

_NO_TENSORFLOW = (
    "An archive runs its models with LiteRT, whose package has no kernels of TensorFlow."
)


@dataclass(frozen=True)
class LinuxArchiveFieldSet(BundleFieldSet, PackageFieldSet):
    required_fields = (LinuxPlatformsField,)

    platforms: LinuxPlatformsField
    archive_name: LinuxArchiveNameField
    format: LinuxFormatField
    golden: BundleGoldenField
    description: DescriptionField
    maintainer: LinuxMaintainerField
    url: LinuxUrlField
    copyright: LinuxCopyrightField


@dataclass(frozen=True)
class BuildLinuxArchiveRequest:
    """Asks for the archive of one platform, or for the Debian package `debian`, whose copyright is
    `copyright`, if that says anything. `golden` says whether golden vectors go along."""

    address: Address
    name: str
    platform: str
    models: BundleModels
    debian: Optional[DebianPackage]
    copyright: str
    golden: bool

    @property
    def folder(self) -> str:
        """The archive's top directory, and its file's name without the suffix."""
        return f"{self.name}-{self.models.version}-{self.platform}"

    def to_readme(self, kernels: ArchiveKernels) -> bytes:
        debian = self.debian
        return Readme(
            folder=debian.name if debian else self.folder,
            platform=self.platform,
            models=self.models.models,
            kernels=kernels.entries,
            kernels_glibc=kernels.glibc,
            deb=debian.filename(self.platform) if debian else "",
            installed=f"/{debian.folder}/" if debian else "",
            golden=self.golden,
        ).render()

    def to_manifest(self, kernels: ArchiveKernels) -> BundleManifest:
        files = {model.name: files_of(model.name, MODELS_DIRECTORY) for model in self.models.models}
        return BundleManifest(
            kind=TfLiteLinuxArchiveTarget.alias,
            name=self.name,
            version=self.models.version,
            platforms=(self.platform,),
            models=tuple(
                ModelEntry(
                    model,
                    files[model.name].model,
                    files[model.name].labels if model.labels else None,
                    golden_files=files[model.name].golden if self.golden else None,
                )
                for model in self.models.models
            ),
            custom_ops=kernels.entries,
        )

    def debug_hint(self) -> str:
        return f"{self.folder} of {self.address}"


@dataclass(frozen=True)
class BuiltLinuxArchive:
    """`digest` holds the archive's file."""

    digest: Digest


@rule
async def build_linux_archive(request: BuildLinuxArchiveRequest) -> BuiltLinuxArchive:
    folder, bundled = request.folder, request.models
    models, kernels = await concurrently(
        lay_out_models(LayOutModelsRequest(bundled, MODELS_DIRECTORY, golden=request.golden)),
        build_archive_kernels(
            BuildArchiveKernelsRequest(bundled.kernels, request.platform, request.name),
            **implicitly(),
        ),
    )
    readme = FileContent("README.md", request.to_readme(kernels))
    programs = program_files(
        custom_ops=bool(bundled.kernels),
        golden=request.golden,
        debian=request.debian is not None,
    )
    # A package's README.md is not beside its models, so that their manifest does not list it.
    beside = () if request.debian else (readme,)
    created = await create_digest(CreateDigest((*beside, *programs)))
    content = await merge_digests(MergeDigests((models.digest, kernels.digest, created)))
    manifest = request.to_manifest(kernels)
    described = await add_manifest(AddManifestRequest(manifest, content))
    if request.debian is not None:
        deb = await write_deb(
            WriteDebRequest(
                address=request.address,
                package=request.debian,
                platform=request.platform,
                control=request.debian.control(
                    request.platform,
                    models=[model.name for model in bundled.models],
                    python=OLDEST_PYTHON,
                    glibc=kernels.glibc if kernels.entries else None,
                ),
                digest=described.digest,
                readme=readme.content,
                copyright=request.copyright,
            )
        )
        return BuiltLinuxArchive(deb.digest)
    placed = await add_prefix(AddPrefix(described.digest, folder))
    archive = await write_archive(
        WriteArchiveRequest(
            address=request.address, filename=f"{folder}.tar.gz", format=TAR_GZ, digest=placed
        )
    )
    return BuiltLinuxArchive(archive.digest)


@rule(desc="Package a Linux archive")
async def package_linux_archive(field_set: LinuxArchiveFieldSet) -> BuiltPackage:
    address = field_set.address
    platforms = check_platforms(field_set.platforms)
    path = await find_output_path(OutputPathRequest(field_set.output_path), **implicitly())
    plan = await plan_bundle(PlanBundleRequest(field_set))
    debian = check_debian_package(
        field_set.format,
        name=field_set.archive_name,
        version=field_set.version,
        description=field_set.description,
        maintainer=field_set.maintainer,
        url=field_set.url,
        copyright=field_set.copyright,
    )
    name = debian.name if debian else check_archive_name(field_set.archive_name)
    refuse_select_tf_ops(address, plan.models, why=_NO_TENSORFLOW)
    copyright = await read_copyright(CopyrightRequest(field_set.copyright))
    models = await build_bundle_models(BundleModelsRequest(field_set))
    check_custom_ops(address, models, kernels=[op.name for op in models.kernels])
    archives = await concurrently(
        build_linux_archive(
            BuildLinuxArchiveRequest(
                address=address,
                name=name,
                platform=platform,
                models=models,
                debian=debian,
                copyright=copyright.text,
                golden=field_set.golden.value,
            )
        )
        for platform in platforms
    )
    digest = await merge_digests(MergeDigests(archive.digest for archive in archives))
    return await place_output(PackageOutputRequest(path, digest))


def rules():
    return (*collect_rules(), UnionRule(PackageFieldSet, LinuxArchiveFieldSet))
