# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What compiled code is made of: formats, architectures, symbols, needed libraries, alignment."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.fs import Digest

from pants_tflite.compat import collect_rules, get_digest_contents, implicitly, rule
from pants_tflite.sandbox.binaries.inspect_binary_protocol import (
    BinaryImage,
    BinaryReport,
    BinaryRequest,
)
from pants_tflite.util_rules.python_environments import ZigEnvironmentRequest, find_zig_environment
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, find_report, run_program


@dataclass(frozen=True)
class InspectBinaryRequest:
    """Inspects the file at `path` in `digest`: ELF, Mach-O, a static library or a universal file.

    `field` is blamed if it is none of these; without one, the file is a step's result.
    """

    address: Address
    digest: Digest
    path: str
    field: str | None = None

    def debug_hint(self) -> str:
        return self.path


@dataclass(frozen=True)
class BinaryInspection:
    images: tuple[BinaryImage, ...]

    @property
    def exports(self) -> frozenset[str]:
        """The symbols that any of the images exports."""
        return frozenset(symbol for image in self.images for symbol in image.exports)

    @property
    def hidden(self) -> frozenset[str]:
        """The symbols that one of the images shows only to what it is linked with."""
        return frozenset(symbol for image in self.images for symbol in image.hidden)

    @property
    def clashes(self) -> tuple[str, ...]:
        """Symbols that several members of a static library define; a program can have only one."""
        counts = Counter(
            (image.architecture, symbol)
            for image in self.images
            for symbol in {*image.exports, *image.hidden} - set(image.weak)
        )
        return tuple(sorted({symbol for (_, symbol), count in counts.items() if count > 1}))

    @property
    def imports(self) -> frozenset[str]:
        """The symbols that the images need and none of them defines."""
        needed = {symbol.name for image in self.images for symbol in image.imports}
        return frozenset(needed - self.exports - self.hidden)


@rule(desc="Inspect compiled code")
async def inspect_binary(request: InspectBinaryRequest) -> BinaryInspection:
    environment = await find_zig_environment(ZigEnvironmentRequest(), **implicitly())
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            BinaryRequest(request.path, request.field),
            environment,
            description=f"Inspect {request.path}",
            input_digest=request.digest,
        )
    )
    report = find_report(await get_digest_contents(result.digest), BinaryReport)
    return BinaryInspection(report.images)


def rules():
    return collect_rules()
