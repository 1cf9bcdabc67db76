# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`javac`: where it is, which version, and how it is called."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Optional, Sequence

from pants.core.util_rules.system_binaries import BinaryPathRequest, BinaryPathTest
from pants.engine.addresses import Address
from pants.engine.env_vars import EnvironmentVarsRequest
from pants.engine.fs import Digest
from pants.engine.process import Process
from pants.util.logging import LogLevel

from pants_tflite.android.sdk import AndroidSdk
from pants_tflite.android.target_types import JavaApiField
from pants_tflite.compat import (
    EnvironmentTarget,
    collect_rules,
    environment_vars_subset,
    execute_process,
    find_binary,
    implicitly,
    rule,
)
from pants_tflite.errors import Mistake

# What every Android build understands.
_RELEASE = "8"
# The first version that knows `--release`.
_OLDEST_JDK = 9
_VERSION = re.compile(r"javac ([0-9]+)(\S*)")
_VERSION_ARGS = ("-version",)


@dataclass(frozen=True)
class JavaCompilerRequest:
    """Asks for the compiler, for the target `address` that has `java_api`."""

    address: Address


@dataclass(frozen=True)
class JavaCompiler:
    path: str
    version: str

    def compile(
        self,
        sources: Sequence[str],
        *,
        classpath: str,
        output: str,
        input_digest: Digest,
        description: str,
        declarations: Optional[str] = None,
    ) -> Process:
        """Compiles files against a jar, into a directory. Classes hold lines, no local names.

        What the jar lacks is in the sources in `declarations`, of which nothing gets into the directory.
        """
        declared = ("-sourcepath", declarations, "-implicit:none") if declarations else ()
        return Process(
            argv=(
                self.path,
                *("--release", _RELEASE),
                *("-encoding", "UTF-8"),
                *("-classpath", classpath),
                *("-d", output),
                "-g:source,lines",
                "-proc:none",
                "-Xlint:-options",
                *declared,
                *sources,
            ),
            # Another compiler at the same path makes another process.
            env={"JAVAC_VERSION": self.version, "LC_ALL": "C.UTF-8"},
            input_digest=input_digest,
            output_directories=(output,),
            description=description,
            level=LogLevel.INFO,
        )


@rule(desc="Find a Java compiler")
async def find_java_compiler(
    request: JavaCompilerRequest, sdk: AndroidSdk, environment_target: EnvironmentTarget
) -> JavaCompiler:
    variables = await environment_vars_subset(
        EnvironmentVarsRequest(("JAVA_HOME", "PATH")), **implicitly()
    )
    java_home = sdk.java_home or variables.get("JAVA_HOME")
    search_path = (
        (os.path.join(java_home, "bin"),)
        if java_home
        else tuple(filter(None, variables.get("PATH", "").split(os.pathsep)))
    )
    paths = await find_binary(
        BinaryPathRequest(
            binary_name="javac", search_path=search_path, test=BinaryPathTest(_VERSION_ARGS)
        ),
        **implicitly(),
    )
    path = paths.first_path
    if path is None:
        raise _no_compiler(
            request.address, f"no working `javac` is in {java_home or 'a directory of $PATH'}"
        )
    result = await execute_process(
        Process(
            argv=(path.path, *_VERSION_ARGS),
            env={"JAVAC_FINGERPRINT": path.fingerprint},
            description="Find the version of the Java compiler",
            level=LogLevel.DEBUG,
            cache_scope=environment_target.executable_search_path_cache_scope(),
        ),
        **implicitly(),
    )
    # Up to Java 8, the version is on standard error.
    output = (result.stdout + result.stderr).decode(errors="replace").strip()
    version = _VERSION.search(output)
    if version is None or int(version.group(1)) < _OLDEST_JDK:
        raise _no_compiler(request.address, f"{path.path} says that it is {output!r}")
    return JavaCompiler(path.path, "".join(version.groups()))


def _no_compiler(address: Address, message: str) -> Exception:
    return Mistake(
        message=f"the Java API needs a Java compiler, and {message}",
        fix=(
            f"Install a JDK of version {_OLDEST_JDK} or newer, or name its directory in "
            f"`[{AndroidSdk.options_scope}].java_home` or $JAVA_HOME. Without `java_api` the "
            "library needs none."
        ),
        field=JavaApiField.alias,
        value="True",
    ).at(address)


def rules():
    return collect_rules()
