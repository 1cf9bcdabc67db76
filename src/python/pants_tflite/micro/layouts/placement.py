# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Whether a layout can carry the kernels of custom ops, whose names and defines the user chose."""

from __future__ import annotations

from pants_tflite.errors import Mistake
from pants_tflite.micro.layouts.layout import Layout, LibraryFiles
from pants_tflite.micro.target_types import MicroLayoutField

_ARDUINO = "arduino"


def check_layout(field: MicroLayoutField, files: LibraryFiles, layout: Layout) -> None:
    """Raises if two files want one place, or if kernels need what the field's layout lacks."""
    if field.value == _ARDUINO and files.kernel_defines:
        raise Mistake.of(
            field,
            message=(
                "the kernels of its custom ops are compiled with the defines "
                f"{', '.join(files.kernel_defines)}, and an Arduino library cannot define macros"
            ),
            fix="Define them in a header of the kernels instead, or choose another layout.",
        )
    taken = {path: "the layout's own" for path in layout.texts}
    for source, place in sorted(layout.places.items()):
        other = taken.setdefault(place, source)
        if other != source:
            raise Mistake.of(
                field,
                message=f"`{other}` and `{source}` of the library both go to `{place}`",
                fix="Rename the source or header of the custom op's kernel.",
            )
