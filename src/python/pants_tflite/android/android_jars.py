# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The Android classes that Java is compiled against: a target's file, or the Android SDK's."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import Iterable, Optional

from pants.core.util_rules.system_binaries import BashBinary, CpBinary
from pants.engine.addresses import Address
from pants.engine.env_vars import EnvironmentVarsRequest
from pants.engine.fs import CreateDigest, Digest
from pants.engine.process import Process
from pants.util.logging import LogLevel

from pants_tflite.android.sdk import AndroidSdk
from pants_tflite.android.target_types import AndroidJarField
from pants_tflite.compat import (
    EnvironmentTarget,
    collect_rules,
    create_digest,
    environment_vars_subset,
    execute_process,
    execute_process_or_raise,
    get_digest_entries,
    implicitly,
    rule,
)
from pants_tflite.errors import Mistake
from pants_tflite.util_rules.references import ReferencedFileRequest, find_referenced_file

ANDROID_JAR = "android.jar"
_HOMES = ("ANDROID_HOME", "ANDROID_SDK_ROOT")
_PLATFORM = re.compile(r"android-([0-9]+)(?:\.([0-9]+))?(?:-ext([0-9]+))?")
# Prints the platforms of the SDK in $1. It uses only Bash, since nothing is on its PATH.
_LIST_PLATFORMS = 'cd "$1/platforms" && for jar in */android.jar; do echo "${jar%/*}"; done'


@dataclass(frozen=True)
class AndroidJarRequest:
    """Asks for the file that the field `android_jar` of a target names, or the SDK's."""

    field: AndroidJarField


@dataclass(frozen=True)
class AndroidJar:
    """`digest` holds `android.jar`; `origin` says where it comes from."""

    digest: Digest
    origin: str


@dataclass(frozen=True)
class SdkAndroidJarRequest:
    """Asks for the `android.jar` of the Android SDK, for the target `address`."""

    address: Address


@dataclass(frozen=True)
class AndroidPlatformsRequest:
    """Asks for which platforms the SDK in `home` has an `android.jar`."""

    home: str


@dataclass(frozen=True)
class AndroidPlatforms:
    names: tuple[str, ...]


def newest_platform(names: Iterable[str]) -> Optional[str]:
    """The released platform of the highest API level, if there is one."""
    releases = [match for match in map(_PLATFORM.fullmatch, names) if match]
    newest = max(releases, key=lambda match: tuple(map(int, match.groups("0"))), default=None)
    return newest.group() if newest else None


@rule
async def find_android_jar(request: AndroidJarRequest) -> AndroidJar:
    field = request.field
    if field.value is None:
        return await find_sdk_android_jar(SdkAndroidJarRequest(field.address), **implicitly())
    file = await find_referenced_file(ReferencedFileRequest(field, field.value))
    entries = await get_digest_entries(file.digest)
    renamed = CreateDigest(replace(entry, path=ANDROID_JAR) for entry in entries)
    return AndroidJar(await create_digest(renamed), field.value)


@rule
async def list_android_platforms(
    request: AndroidPlatformsRequest, bash: BashBinary, environment_target: EnvironmentTarget
) -> AndroidPlatforms:
    result = await execute_process(
        Process(
            argv=(bash.path, "-c", _LIST_PLATFORMS, "bash", request.home),
            description=f"List the platforms of the Android SDK in {request.home}",
            level=LogLevel.DEBUG,
            cache_scope=environment_target.executable_search_path_cache_scope(),
        ),
        **implicitly(),
    )
    names = result.stdout.decode(errors="replace").split("\n") if result.exit_code == 0 else ()
    return AndroidPlatforms(tuple(name for name in names if name not in ("", "*")))


@rule(desc="Find the Android SDK")
async def find_sdk_android_jar(
    request: SdkAndroidJarRequest,
    sdk: AndroidSdk,
    cp: CpBinary,
    environment_target: EnvironmentTarget,
) -> AndroidJar:
    variables = await environment_vars_subset(EnvironmentVarsRequest(_HOMES), **implicitly())
    home = sdk.home or next((variables[name] for name in _HOMES if variables.get(name)), None)
    if home is None:
        raise Mistake(
            message="`java_api` is compiled against Android's classes, and none are named",
            fix=(
                f"Give the address of a `file` that is an `{ANDROID_JAR}`, or set "
                f"`[{AndroidSdk.options_scope}].home` or $ANDROID_HOME to an Android SDK."
            ),
            field=AndroidJarField.alias,
        ).at(request.address)
    found = await list_android_platforms(AndroidPlatformsRequest(home), **implicitly())
    platform = sdk.platform or newest_platform(found.names)
    if platform not in found.names:
        raise Mistake(
            message=(
                f"the Android SDK in {home} has no platform "
                f"{platform or 'of a release'}; it has {', '.join(found.names) or 'none'}"
            ),
            fix=(
                f"Install one there, name another in `[{AndroidSdk.options_scope}].platform`, or "
                "give the address of a `file`."
            ),
            field=AndroidJarField.alias,
        ).at(request.address)
    # A copy, so that what is compiled depends on the file's bytes and not on its path.
    copied = await execute_process_or_raise(
        **implicitly(
            Process(
                argv=(cp.path, os.path.join(home, "platforms", platform, ANDROID_JAR), ANDROID_JAR),
                output_files=(ANDROID_JAR,),
                description=f"Copy {ANDROID_JAR} of {platform}",
                level=LogLevel.DEBUG,
                cache_scope=environment_target.executable_search_path_cache_scope(),
            )
        )
    )
    return AndroidJar(copied.output_digest, platform)


def rules():
    return collect_rules()
