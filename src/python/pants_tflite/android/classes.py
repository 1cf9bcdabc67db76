# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`classes.jar` of an AAR: empty, or with the compiled Java API."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.fs import (
    EMPTY_DIGEST,
    CreateDigest,
    Digest,
    FileContent,
    MergeDigests,
    RemovePrefix,
)
from pants.util.frozendict import FrozenDict

from pants_tflite.android import replay
from pants_tflite.android.accessors import CLASS_NAME, render_accessors
from pants_tflite.android.android_jars import (
    ANDROID_JAR,
    AndroidJar,
    AndroidJarRequest,
    find_android_jar,
)
from pants_tflite.android.java_compiler import JavaCompiler, JavaCompilerRequest, find_java_compiler
from pants_tflite.android.target_types import AndroidJarField
from pants_tflite.bundles.archives import WriteArchiveRequest, write_archive
from pants_tflite.bundles.models import BundleModels
from pants_tflite.compat import (
    collect_rules,
    create_digest,
    implicitly,
    merge_digests,
    remove_prefix,
    rule,
)
from pants_tflite.errors import Mistake, crash
from pants_tflite.sandbox.archives.write_archive_protocol import ZIP
from pants_tflite.util_rules.steps import ExecuteStepRequest, execute_step

CLASSES_JAR = "classes.jar"
_JAR_MANIFEST = FileContent("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\r\n\r\n")
_CLASSES = "__classes__"
_DECLARATIONS = "__declarations__"


@dataclass(frozen=True)
class JavaToolsRequest:
    """Asks for what a library with a Java API is compiled with, before any model is built."""

    address: Address
    android_jar: AndroidJarField


@dataclass(frozen=True)
class JavaTools:
    compiler: JavaCompiler
    android_jar: AndroidJar


@dataclass(frozen=True)
class CompileAccessorsRequest:
    """Asks for the class `Model` of `package`; the models are in `assets_directory`. With `golden` there
    are golden vectors, too, and the class `SelfTest` replays them."""

    address: Address
    tools: JavaTools
    package: str
    assets_directory: str
    models: BundleModels
    golden: bool = False

    def to_sources(self) -> dict[str, bytes]:
        """The classes' sources, by their paths."""
        folder = os.path.join(*self.package.split("."))
        arguments = (self.package, self.assets_directory, self.models.models)
        sources = {f"{folder}/{CLASS_NAME}.java": render_accessors(*arguments)}
        if self.golden:
            sources[f"{folder}/{replay.CLASS_NAME}.java"] = replay.render_self_test(*arguments)
        return sources


@dataclass(frozen=True)
class CompiledAccessors:
    """`digest` holds the class files in the folders of their package."""

    digest: Digest


@dataclass(frozen=True)
class ClassesJarRequest:
    """Asks for a jar of compiled accessors, or of nothing."""

    address: Address
    accessors: Optional[CompileAccessorsRequest]


@dataclass(frozen=True)
class ClassesJar:
    """`digest` holds `classes.jar`; `tools` are the versions of what made it, by name."""

    digest: Digest
    tools: FrozenDict[str, str]


@rule
async def find_java_tools(request: JavaToolsRequest) -> JavaTools:
    # One after the other, so that the error is always the same if both are missing.
    compiler = await find_java_compiler(JavaCompilerRequest(request.address), **implicitly())
    android_jar = await find_android_jar(AndroidJarRequest(request.android_jar))
    return JavaTools(compiler, android_jar)


@rule(desc="Compile a Java API")
async def compile_accessors(request: CompileAccessorsRequest) -> CompiledAccessors:
    sources = request.to_sources()
    declared = {}
    if request.golden:
        path = os.path.join(_DECLARATIONS, replay.INTERPRETER_FILE)
        declared[path] = replay.interpreter_source()
    written = await create_digest(
        CreateDigest(FileContent(path, text) for path, text in {**sources, **declared}.items())
    )
    description = f"Compile the Java API of {request.address}"
    process = request.tools.compiler.compile(
        tuple(sources),
        classpath=ANDROID_JAR,
        output=_CLASSES,
        input_digest=await merge_digests(MergeDigests((written, request.tools.android_jar.digest))),
        description=description,
        declarations=_DECLARATIONS if declared else None,
    )
    executed = await execute_step(ExecuteStepRequest(process), **implicitly())
    result = executed.result
    output = "\n".join(text.decode(errors="replace") for text in (result.stdout, result.stderr))
    if result.exit_code == 1:
        # What is generated compiles against every Android, so the jar is to blame.
        raise Mistake(
            message="the Java API does not compile against these classes",
            fix=f"Give an `{ANDROID_JAR}` of an Android SDK's platform, or Robolectric's android-all.",
            field=AndroidJarField.alias,
            value=request.tools.android_jar.origin,
            detail=output,
        ).at(request.address)
    if result.exit_code != 0:
        raise crash(
            request.address,
            step=description,
            exit_code=result.exit_code,
            stdout="",
            stderr=output,
        )
    return CompiledAccessors(await remove_prefix(RemovePrefix(result.output_digest, _CLASSES)))


@rule(desc="Write classes.jar")
async def write_classes_jar(request: ClassesJarRequest) -> ClassesJar:
    classes, tools = EMPTY_DIGEST, {}
    if request.accessors:
        compiled = await compile_accessors(request.accessors)
        classes = compiled.digest
        tools = {"javac": request.accessors.tools.compiler.version}
    manifest = await create_digest(CreateDigest((_JAR_MANIFEST,)))
    content = await merge_digests(MergeDigests((manifest, classes)))
    archive = await write_archive(
        WriteArchiveRequest(
            address=request.address, filename=CLASSES_JAR, format=ZIP, digest=content
        )
    )
    return ClassesJar(archive.digest, FrozenDict(tools))


def rules():
    return collect_rules()
