# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What compiles, archives and links for one platform, as data: the only place that builds argv."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.engine.fs import EMPTY_DIGEST, Digest
from pants.util.frozendict import FrozenDict

from pants_tflite.cc.platforms import Platform
from pants_tflite.util_rules.environment_processes import PythonEnvironment

C = "c"
CXX = "c++"
LANGUAGES = (C, CXX)
# The standards that TensorFlow Lite itself is built with, and GNU's additions to C such as M_PI.
_STANDARDS = {C: "-std=gnu11", CXX: "-std=c++17"}
# For the same bytes in every folder, at any time.
_REPRODUCIBLE = ("-g0", "-Wdate-time", "-Werror=date-time")
VERSION_SCRIPT = "__exports__.map"


@dataclass(frozen=True)
class Toolchain:
    """`drivers` compile (and link) C and C++, `archiver` makes static libraries.

    `name` says what they are, with the version, for people to read. `linker`, where set, links
    shared libraries in place of the driver, against `linker_libraries`, since there is no NDK.
    `helpers` compiles what the compiler itself calls, such as a division that the processor lacks,
    if no library on the device has it.
    `digest`, `env` and `append_only_caches` are what these programs need around them, and
    `environment` is the one of Python that starts them, if they came in one.
    """

    name: str
    platform: Platform
    drivers: FrozenDict[str, tuple[str, ...]]
    archiver: tuple[str, ...]
    compile_flags: tuple[str, ...] = ()
    link_flags: tuple[str, ...] = ()
    linker: tuple[str, ...] | None = None
    linker_libraries: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    digest: Digest = EMPTY_DIGEST
    env: FrozenDict[str, str] = FrozenDict()
    append_only_caches: FrozenDict[str, str] = FrozenDict()
    environment: Optional[PythonEnvironment] = None

    @property
    def stands_in_for_ndk(self) -> bool:
        return self.linker is not None

    def compile(
        self,
        source: str,
        output: str,
        *,
        language: str,
        include_dirs: tuple[str, ...] = (),
        defines: tuple[str, ...] = (),
        flags: tuple[str, ...] = (),
    ) -> tuple[str, ...]:
        """The object `output` of one source. The user's own flags come last, so that they win."""
        return (
            *self.drivers[language],
            _STANDARDS[language],
            *self.compile_flags,
            *_REPRODUCIBLE,
            *(f"-I{folder}" for folder in include_dirs),
            *(f"-D{define}" for define in defines),
            *flags,
            "-c",
            source,
            "-o",
            output,
        )

    def archive(
        self, objects: tuple[str, ...], output: str, *, libraries: tuple[str, ...] = ()
    ) -> tuple[str, ...]:
        """A static library without time stamps, which keeps objects that share a name.

        The objects in `libraries` go into it too; only LLVM's archivers, zig's among them, take
        any.
        """
        modifiers = "qcsDL" if libraries else "qcsD"
        return (*self.archiver, modifiers, output, *objects, *libraries)

    def link_shared(
        self,
        objects: tuple[str, ...],
        output: str,
        *,
        language: str,
        name: str,
        libraries: tuple[str, ...] = (),
        allow_undefined: bool = False,
        flags: tuple[str, ...] = (),
    ) -> tuple[str, ...]:
        """A shared library known as `name` to the loader, which shows what VERSION_SCRIPT names."""
        options: tuple[str, ...]
        if self.platform.is_mach_o:
            options = ("-install_name", f"@rpath/{name}")
            options += ("-undefined", "dynamic_lookup") if allow_undefined else ()
        else:
            undefined = "undefs" if allow_undefined else "defs"
            options = ("-soname", name, f"--version-script={VERSION_SCRIPT}", "-z", undefined)
            # A missing export is reported by the caller.
            options += ("--undefined-version", "--gc-sections", "--build-id=none", "--strip-all")
        if self.linker is not None:
            inputs = (*objects, *libraries, *self.linker_libraries)
            return (*self.linker, "-shared", *self.link_flags, *options, *flags, *inputs) + (
                ("-o", output)
            )
        return (
            *self.drivers[language],
            "-shared",
            *self.link_flags,
            f"-Wl,{','.join(options)}",
            *flags,
            *objects,
            *libraries,
            "-o",
            output,
        )

    def link_shared_with_debug_info(
        self,
        objects: tuple[str, ...],
        output: str,
        *,
        language: str,
        flags: tuple[str, ...] = (),
    ) -> tuple[str, ...]:
        """A shared library that keeps all symbols and line numbers, for tools that watch it run."""
        return (
            *self.drivers[language],
            "-shared",
            *self.link_flags,
            *objects,
            *flags,
            "-o",
            output,
        )

    def link_stub(self, source: str, output: str, *, name: str) -> tuple[str, ...]:
        """A shared library out of an assembler source, which needs nothing itself."""
        options = f"-Wl,-soname,{name},--build-id=none"
        return (*self.drivers[C], "-shared", "-nostdlib", options, source, "-o", output)

    def compile_helpers(self, output: str) -> tuple[str, ...]:
        """The object `output` with all functions that compiled code may call without saying so."""
        return (*self.helpers, f"-femit-bin={output}")

    def link_executable(
        self,
        objects: tuple[str, ...],
        output: str,
        *,
        language: str,
        libraries: tuple[str, ...] = (),
        flags: tuple[str, ...] = (),
    ) -> tuple[str, ...]:
        """A program. Libraries come after the objects that use them, flags such as -lm last."""
        return (
            *self.drivers[language],
            *self.link_flags,
            *objects,
            *libraries,
            *flags,
            "-o",
            output,
        )
