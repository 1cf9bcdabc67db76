# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Netron's own files, as a browser gets them here: with a model to open, and nothing to report.

Netron's page asks a web service for the country, sends statistics, and shows no model once its version
is older than half a year. It does the first without a consent, the second in a released version only.
"""

from __future__ import annotations

import html
import importlib.util
import re
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

DATA_PREFIX = "/data/"
INDEX = "/index.html"
# Netron says so of a development version, which sends nothing.
_DEVELOPMENT_VERSION = "0.0.0"
_CONTENT_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
}
# The page reaches this server and no other, whatever its scripts do.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' blob: data:; font-src 'self' data:; connect-src 'self' blob: data:; "
        "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# With this cookie the page asks for no consent.
CONSENT = "consent=0; Path=/; SameSite=Strict"


@dataclass(frozen=True)
class Content:
    """What a browser gets: bytes of a type."""

    data: bytes
    type: str


def netron_version() -> str:
    return version("netron")


def netron_folder() -> Path:
    """Where Netron's files are. It is not imported."""
    spec = importlib.util.find_spec("netron")
    assert spec is not None and spec.submodule_search_locations, "the environment has Netron"
    return Path(spec.submodule_search_locations[0])


def read_file(folder: Path, path: str) -> Content | None:
    """The file of Netron's at `path`, if it is one for a browser."""
    file = (folder / path.lstrip("/")).resolve()
    kind = _CONTENT_TYPES.get(file.suffix)
    if kind is None or file.parent != folder.resolve() or not file.is_file():
        return None
    return Content(file.read_bytes(), kind)


def render_index(page: str, model: str, title: str) -> str:
    """Netron's page, which opens `model` when it is loaded, and calls it `title`.

    Raises ValueError if it is not a page as Netron has it.
    """
    now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    page = _set_meta(page, "date", now)
    page = _set_meta(page, "version", _DEVELOPMENT_VERSION)
    added = {"type": "Python", "file": f"{DATA_PREFIX}{model}", "name": title, "identifier": model}
    metas = "\n".join(_meta(name, content) for name, content in added.items())
    return page.replace("</title>", f"</title>\n{metas}", 1)


def _meta(name: str, content: str) -> str:
    return f'<meta name="{name}" content="{html.escape(content)}">'


def _set_meta(page: str, name: str, content: str) -> str:
    page, count = re.subn(rf'<meta name="{name}" content="[^"]*">', _meta(name, content), page)
    if count != 1:
        raise ValueError(f"Netron's page has {count} elements `meta` called `{name}`, not one")
    return page
