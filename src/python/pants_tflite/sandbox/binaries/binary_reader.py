# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""ELF and Mach-O files, static libraries and universal files of them, as data."""

from __future__ import annotations

import io

# Only installed in zig's environment.
import arpy  # pants: no-infer-dep
import lief  # pants: no-infer-dep
from lief import ELF, MachO  # pants: no-infer-dep

from pants_tflite.sandbox.binaries.inspect_binary_protocol import BinaryImage, ImportedSymbol
from pants_tflite.sandbox.binaries.universal_format import is_universal, split

_ARCHIVE_MAGIC = b"!<arch>\n"
_ELF_ARCHITECTURES = {
    ELF.ARCH.AARCH64: "aarch64",
    ELF.ARCH.ARM: "arm",
    ELF.ARCH.I386: "x86",
    ELF.ARCH.RISCV: "riscv",
    ELF.ARCH.X86_64: "x86_64",
}
_ELF_KINDS = {
    ELF.Header.FILE_TYPE.DYN: "shared_library",
    ELF.Header.FILE_TYPE.EXEC: "executable",
    ELF.Header.FILE_TYPE.REL: "object",
}
_MACH_O_ARCHITECTURES = {
    MachO.Header.CPU_TYPE.ARM64: "aarch64",
    MachO.Header.CPU_TYPE.X86_64: "x86_64",
}
_MACH_O_KINDS = {
    MachO.Header.FILE_TYPE.DYLIB: "shared_library",
    MachO.Header.FILE_TYPE.EXECUTE: "executable",
    MachO.Header.FILE_TYPE.OBJECT: "object",
}
_MACH_O_SYSTEMS = {
    MachO.BuildVersion.PLATFORMS.IOS: "ios",
    MachO.BuildVersion.PLATFORMS.IOS_SIMULATOR: "ios_simulator",
    MachO.BuildVersion.PLATFORMS.MACOS: "macos",
}
# Bits of a Mach-O symbol's type: seen by other files, and seen only within the same library.
_EXTERNAL = 0x01
_PRIVATE_EXTERNAL = 0x10
# A bit of a defined symbol's description.
_WEAK_DEFINITION = 0x80

# LIEF would print on standard output why it cannot read a file.
lief.logging.disable()


class UnknownBinary(ValueError):
    """Bytes that are not an ELF or Mach-O file, nor a static library or universal file of them."""


def _sorted_imports(imports: list[ImportedSymbol]) -> tuple[ImportedSymbol, ...]:
    return tuple(sorted(set(imports), key=lambda item: (item.name, item.version or "")))


def _text(name: str | bytes) -> str:
    """A name as text, which need not be UTF-8: LIEF returns bytes then."""
    return name if isinstance(name, str) else name.decode(errors="backslashreplace")


def _elf_version(symbol: ELF.Symbol) -> str | None:
    version = symbol.symbol_version
    auxiliary = version.symbol_version_auxiliary if version is not None else None
    return _text(auxiliary.name) if auxiliary is not None else None


def _read_elf(binary: ELF.Binary, member: str | None) -> BinaryImage:
    kind = _ELF_KINDS[binary.header.file_type]
    symbols = list(binary.symtab_symbols if kind == "object" else binary.dynamic_symbols)
    seen = [
        symbol
        for symbol in symbols
        if symbol.name and symbol.binding in (ELF.Symbol.BINDING.GLOBAL, ELF.Symbol.BINDING.WEAK)
    ]
    inner = (ELF.Symbol.VISIBILITY.HIDDEN, ELF.Symbol.VISIBILITY.INTERNAL)
    defined = [symbol for symbol in seen if symbol.shndx != 0]
    loaded = [s.alignment for s in binary.segments if s.type == ELF.Segment.TYPE.LOAD]
    name = binary.get(ELF.DynamicEntry.TAG.SONAME)
    return BinaryImage(
        format="elf",
        kind=kind,
        architecture=_ELF_ARCHITECTURES[binary.header.machine_type],
        exports=tuple(sorted(_text(s.name) for s in defined if s.visibility not in inner)),
        imports=_sorted_imports(
            [
                ImportedSymbol(_text(s.name), _elf_version(s), s.binding == ELF.Symbol.BINDING.WEAK)
                for s in seen
                if s.shndx == 0
            ]
        ),
        hidden=tuple(sorted(_text(s.name) for s in defined if s.visibility in inner)),
        weak=tuple(sorted(_text(s.name) for s in defined if s.binding == ELF.Symbol.BINDING.WEAK)),
        member=member,
        name=_text(name.name) if isinstance(name, ELF.DynamicSharedObject) else None,
        libraries=tuple(_text(library) for library in binary.libraries),
        page_alignment=min(loaded, default=None),
        system=None,
        system_version=None,
    )


def _c_name(symbol: MachO.Symbol) -> str:
    name = _text(symbol.name)
    return name[1:] if name.startswith("_") else name


def _read_mach_o(binary: MachO.Binary, member: str | None) -> BinaryImage:
    seen = [symbol for symbol in binary.symbols if symbol.raw_type & _EXTERNAL]
    undefined = MachO.Symbol.TYPE.UNDEFINED
    # An undefined symbol with a value is a tentative definition of that size.
    imports = [s for s in seen if s.type == undefined and s.value == 0]
    defined = [s for s in seen if s not in imports]
    build = binary.build_version
    identity = binary.get(MachO.LoadCommand.TYPE.ID_DYLIB)
    return BinaryImage(
        format="mach-o",
        kind=_MACH_O_KINDS[binary.header.file_type],
        architecture=_MACH_O_ARCHITECTURES[binary.header.cpu_type],
        exports=tuple(sorted(_c_name(s) for s in defined if not s.raw_type & _PRIVATE_EXTERNAL)),
        imports=_sorted_imports([ImportedSymbol(_c_name(s), None, False) for s in imports]),
        hidden=tuple(sorted(_c_name(s) for s in defined if s.raw_type & _PRIVATE_EXTERNAL)),
        weak=tuple(sorted(_c_name(s) for s in defined if s.description & _WEAK_DEFINITION)),
        member=member,
        name=_text(identity.name) if isinstance(identity, MachO.DylibCommand) else None,
        libraries=tuple(
            _text(library.name)
            for library in binary.libraries
            if library.command != MachO.LoadCommand.TYPE.ID_DYLIB
        ),
        page_alignment=None,
        system=_MACH_O_SYSTEMS.get(build.platform) if build is not None else None,
        system_version=".".join(map(str, build.minos[:2])) if build is not None else None,
    )


def _read_file(data: bytes, member: str | None) -> BinaryImage:
    where = f"its member `{member}`" if member else "it"
    # Bytes would be the path of a file, if there is one of that name.
    binary = lief.parse(io.BytesIO(data))
    try:
        if isinstance(binary, ELF.Binary):
            return _read_elf(binary, member)
        if isinstance(binary, MachO.Binary):
            return _read_mach_o(binary, member)
    except KeyError as error:
        raise UnknownBinary(f"{where} is of an unknown kind: {error}") from error
    raise UnknownBinary(f"{where} is neither an ELF nor a Mach-O file")


def _read_archive(data: bytes) -> list[BinaryImage]:
    try:
        with arpy.Archive(fileobj=io.BytesIO(data)) as archive:
            members = [
                (_text(header.name.rstrip(b"\0")), archive.open(header).read())
                for header in archive.infolist()
            ]
    except Exception as error:
        # Besides its own errors, arpy raises what its code stumbles upon.
        raise UnknownBinary(f"it is a damaged static library: {error}") from error
    return [
        _read_file(content, name) for name, content in members if not name.startswith("__.SYMDEF")
    ]


def read_images(data: bytes) -> list[BinaryImage]:
    """The images in a file, in its order. Raises UnknownBinary if it holds anything else."""
    if is_universal(data):
        try:
            slices = split(data)
        except ValueError as error:
            raise UnknownBinary(f"it is a damaged universal file: {error}") from error
        # Nothing makes universal files of universal ones, and such a slice may be the file itself.
        if any(is_universal(item.content) for item in slices):
            raise UnknownBinary("a slice of it is a universal file")
        return [image for item in slices for image in read_images(item.content)]
    if data.startswith(_ARCHIVE_MAGIC):
        return _read_archive(data)
    return [_read_file(data, None)]
