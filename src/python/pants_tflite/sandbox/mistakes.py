# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Mistakes that users can fix, on both sides: a program reports one, and the plugin says where it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Optional

from pants_tflite.sandbox.protocol import Message


class TfLiteError(Exception):
    """A target that cannot be built, in words that its author can act on. `mistake` is what it says, if
    one of its fields is at fault."""

    mistake: Optional[Mistake] = None


@dataclass(frozen=True)
class MistakeReport(Message):
    """What a program writes instead of its result. `nodes` are those of a SavedModel that the mistake
    is about, if the lines of code that they come from can say more."""

    FILE: ClassVar[str] = "error.json"

    message: str
    fix: str
    field: Optional[str]
    value: Optional[str]
    detail: str
    nodes: tuple[str, ...] = ()


def _writable(text: str) -> str:
    """The text with escapes for what UTF-8 has not, such as half a character in a name from JSON."""
    return text.encode(errors="backslashreplace").decode()


class Mistake(Exception):
    """A mistake that the user can fix: a wrong field, a broken model, a bad sample.

    `field` is the name of the BUILD field at fault (None if no single field is), `value` what it
    held, `fix` what to do instead, and `detail` longer text to show before it, such as a traceback.
    `nodes` are the nodes of a SavedModel that it is about.
    """

    def __init__(
        self,
        message: str,
        *,
        fix: str,
        field: Optional[str] = None,
        value: Any = None,
        detail: str = "",
        nodes: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.field = field
        self.value = value
        self.detail = detail
        self.nodes = nodes

    @classmethod
    def from_report(cls, report: MistakeReport) -> Mistake:
        return cls(
            report.message,
            fix=report.fix,
            field=report.field,
            value=report.value,
            detail=report.detail,
            nodes=report.nodes,
        )

    @classmethod
    def of(
        cls,
        field: Any,
        *,
        message: str,
        fix: str,
        value: Optional[str] = None,
        detail: str = "",
    ) -> TfLiteError:
        """The error for what is wrong with a field of a target, which knows its target's address.

        `value` is the part of the field's value that is at fault. By default it is all of it, or
        nothing if the field holds several.
        """
        if value is None and isinstance(field.value, (str, int, float)):
            value = str(field.value)
        mistake = cls(message, fix=fix, field=field.alias, value=value, detail=detail)
        return mistake.at(field.address)

    def to_report(self) -> MistakeReport:
        return MistakeReport(
            message=_writable(self.message),
            fix=_writable(self.fix),
            field=self.field,
            value=None if self.value is None else _writable(str(self.value)),
            detail=_writable(self.detail),
            nodes=self.nodes,
        )

    def at(self, address: object) -> TfLiteError:
        """The error that names the target, the field, the value and the fix."""
        where = str(address)
        if self.field:
            where += f", field `{self.field}`"
        if self.value is not None:
            where += f" = {str(self.value)!r}"
        # The fix comes last: a terminal shows the end of a long text.
        parts = [f"{where}: {self.message.rstrip('.')}.", self.detail.rstrip(), f"Fix: {self.fix}"]
        error = TfLiteError("\n\n".join(part for part in parts if part.strip()))
        error.mistake = self
        return error
