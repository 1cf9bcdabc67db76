# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Whether a layout can carry the kernels of custom ops, whose names and defines the user chose."""

from __future__ import annotations

from pants.engine.addresses import Address

from pants_tflite.errors import Mistake
from pants_tflite.micro.layouts.layout import Layout, LibraryFiles
from pants_tflite.micro.target_types import MicroLayoutField

_ARDUINO = "arduino"


def check_layout(address: Address, name: str, files: LibraryFiles, layout: Layout) -> None:
    """Raises if two files want one place, or if kernels need what the layout `name` lacks."""
    field = MicroLayoutField.alias
    if name == _ARDUINO and files.kernel_defines:
        raise Mistake(
            message=(
                "the kernels of its custom ops are compiled with the defines "
                f"{', '.join(files.kernel_defines)}, and an Arduino library cannot define macros"
            ),
            fix="Define them in a header of the kernels instead, or choose another layout.",
            field=field,
            value=name,
        ).at(address)
    taken = {path: "the layout's own" for path in layout.texts}
    for source, place in sorted(layout.places.items()):
        other = taken.setdefault(place, source)
        if other != source:
            raise Mistake(
                message=f"`{other}` and `{source}` of the library both go to `{place}`",
                fix="Rename the source or header of the custom op's kernel.",
                field=field,
                value=name,
            ).at(address)
