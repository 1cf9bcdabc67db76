# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Who publishes a library, and what it depends on: for layouts whose package managers ask for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterable, Optional, Union

from pants.engine.target import AsyncFieldMixin, StringField, StringSequenceField
from pants.util.strutil import help_text

from pants_tflite.errors import Mistake

_ARDUINO = "arduino"
_PLATFORMIO = "platformio"
_DEFAULT_AUTHOR = "pants-tflite"
_DEFAULT_URL = "https://www.tensorflow.org/lite/microcontrollers"
_URL = re.compile(r"https?://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d+)?(?:[/?#][!-~]*)?")
# PlatformIO takes no more of an author's name, and of a URL.
_LONGEST_AUTHOR = 100
_LONGEST_URL = 255

# A library in `library.properties`: rule LP047 of arduino-lint, for one of the list.
_ARDUINO_NAME = r"(?:[a-zA-Z][\w .-]*|[0-9][\w .-]*[a-zA-Z][\w .-]*)"
_ARDUINO_DEPENDENCY = re.compile(rf"({_ARDUINO_NAME}?)(?: \((.+)\))?", re.ASCII)
# Rule LP058: comparisons, joined by `&&` and `||`.
_COMPARISON = (
    r"!? *(?:<=|>=|<|>|=|\^|~)? *\d+(?:\.\d+){0,2}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?"
)
_CONSTRAINT = re.compile(rf" *{_COMPARISON} *(?:(?:&&|\|\|) *{_COMPARISON} *)*", re.ASCII)
_PLATFORMIO_DEPENDENCY = re.compile(
    r"(?:([A-Za-z0-9][\w.-]*)/)?([^:;/,@<>\s](?:[^:;/,@<>]{0,98}[^:;/,@<>\s])?)(?:@ *(\S.{0,254}))?",
    re.ASCII,
)


def _only_for(layouts: Iterable[str]) -> str:
    return f"Only libraries with the `layout` {' or '.join(layouts)} have it."


class MicroAuthorField(StringField, AsyncFieldMixin):
    alias = "author"
    layouts = (_ARDUINO, _PLATFORMIO)
    help = help_text(
        f"""
        Who wrote the library, as its package manager shows it: a name, which may be followed by an
        e-mail address in `<>`. {_only_for(layouts)}

        Defaults to {_DEFAULT_AUTHOR}.

        Example: `author="Jane Doe <jane@example.org>"`.
        """
    )


class MicroMaintainerField(StringField, AsyncFieldMixin):
    alias = "maintainer"
    layouts = (_ARDUINO, _PLATFORMIO)
    help = help_text(
        f"""
        Who looks after the library, written as in `author`. {_only_for(layouts)}

        Defaults to the author.

        Example: `maintainer="Example Inc. <firmware@example.org>"`.
        """
    )


class MicroUrlField(StringField, AsyncFieldMixin):
    alias = "url"
    layouts = (_ARDUINO, "esp_idf", _PLATFORMIO)
    help = help_text(
        f"""
        The address of the library's web page. {_only_for(layouts)}

        Defaults to TFLite Micro's page, {_DEFAULT_URL}; with esp_idf to none.

        Example: `url="https://example.org/wake-word"`.
        """
    )


class MicroDependsField(StringSequenceField, AsyncFieldMixin):
    alias = "depends"
    layouts = (_ARDUINO, _PLATFORMIO)
    help = help_text(
        f"""
        The libraries that the package manager installs together with this one, above all TFLite
        Micro itself: for Arduino names with an optional constraint of versions, for PlatformIO
        `owner/name@version`, of which owner and version may be missing. {_only_for(layouts)}

        Defaults to none, since each board has a library of its own for TFLite Micro.

        Example: `depends=["Arduino_TensorFlowLite (>=2.4.0-ALPHA)"]`.
        """
    )


_PublishingField = Union[MicroAuthorField, MicroMaintainerField, MicroUrlField, MicroDependsField]


@dataclass(frozen=True)
class Dependency:
    """A library that another one needs; of Arduino's, `owner` is empty."""

    name: str
    owner: str = ""
    constraint: str = ""


@dataclass(frozen=True)
class Publishing:
    """The fields' values, checked, with their defaults; `own_url` is the field's, without one."""

    author: str = _DEFAULT_AUTHOR
    maintainer: str = _DEFAULT_AUTHOR
    url: str = _DEFAULT_URL
    own_url: Optional[str] = None
    depends: tuple[Dependency, ...] = ()

    @classmethod
    def create(
        cls,
        layout: str,
        *,
        author: MicroAuthorField,
        maintainer: MicroMaintainerField,
        url: MicroUrlField,
        depends: MicroDependsField,
    ) -> Publishing:
        """Raises if a value is not what package managers take, or if the layout cannot carry it."""
        for field in (author, maintainer, url, depends):
            _check_layout(field, layout)
        written_by = _checked_person(author) or _DEFAULT_AUTHOR
        return cls(
            author=written_by,
            maintainer=_checked_person(maintainer) or written_by,
            url=_checked_url(url) or _DEFAULT_URL,
            own_url=_checked_url(url),
            depends=_checked_dependencies(depends, layout),
        )


def _check_layout(field: _PublishingField, layout: str) -> None:
    if field.value is not None and layout not in field.layouts:
        raise Mistake.of(
            field,
            message=f"a library with the layout {layout} has no place for it",
            fix=f"Leave the field out; {' and '.join(field.layouts)} have one.",
        )


def _checked_person(field: StringField) -> Optional[str]:
    value = field.value
    if value is None:
        return None
    name, email = split_person(value)
    problem = ""
    if not value.isprintable() or value != value.strip():
        problem = "that must be one line, without space around it"
    elif not name or "," in value:
        problem = "that must be one name, which an e-mail address in `<>` may follow"
    elif "<" in name or ">" in name or (email is not None and not re.fullmatch(r"\S+@\S+", email)):
        problem = "what is in `<>` is not an e-mail address at its end"
    elif len(name) > _LONGEST_AUTHOR:
        problem = f"a name has at most {_LONGEST_AUTHOR} characters"
    if problem:
        raise Mistake.of(
            field,
            message=problem,
            fix=f'Write it as in `{field.alias}="Jane Doe <jane@example.org>"`.',
        )
    return value


def split_person(value: str) -> tuple[str, Optional[str]]:
    """A name, and the e-mail address that follows it in `<>`."""
    match = re.fullmatch(r"(.*?)\s*<([^<>]*)>", value)
    return (match[1], match[2]) if match else (value, None)


def _checked_url(field: MicroUrlField) -> Optional[str]:
    value = field.value
    if value is not None and not (_URL.fullmatch(value) and len(value) <= _LONGEST_URL):
        raise Mistake.of(
            field,
            message=f"that is not a web address of at most {_LONGEST_URL} characters",
            fix=f'Begin it with `https://` and a host, as in `{field.alias}="https://example.org"`.',
        )
    return value


def _checked_dependencies(field: MicroDependsField, layout: str) -> tuple[Dependency, ...]:
    read = _read_arduino if layout == _ARDUINO else _read_platformio
    found = []
    for value in field.value or ():
        dependency = read(value)
        if dependency is None:
            example = (
                '["Arduino_TensorFlowLite (>=2.4.0-ALPHA)"]'
                if layout == _ARDUINO
                else '["owner/tflite-micro@^1.0.0"]'
            )
            raise Mistake.of(
                field,
                message=f"{layout} cannot read it as a library with an optional constraint of versions",
                fix=f"Write each as in `{field.alias}={example}`.",
                value=value,
            )
        found.append(dependency)
    names = [dependency.name for dependency in found]
    for name in names:
        if names.count(name) > 1:
            raise Mistake.of(
                field,
                message="the library is in the list twice",
                fix="Name each library once, with all of its constraints.",
                value=name,
            )
    return tuple(found)


def _read_arduino(value: str) -> Optional[Dependency]:
    match = _ARDUINO_DEPENDENCY.fullmatch(value)
    if match is None or not match[1] or match[1] != match[1].strip():
        return None
    constraint = match[2] or ""
    if constraint and not _CONSTRAINT.fullmatch(constraint):
        return None
    return Dependency(match[1], constraint=constraint)


def _read_platformio(value: str) -> Optional[Dependency]:
    match = _PLATFORMIO_DEPENDENCY.fullmatch(value)
    if match is None:
        return None
    return Dependency(match[2], owner=match[1] or "", constraint=match[3] or "")
