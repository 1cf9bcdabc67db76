# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A framework's name and the systems that it is for, from its target's fields, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pants_tflite.errors import Mistake
from pants_tflite.ios.target_types import BundleIdField, FrameworkNameField, MinIosField

_BUNDLE_ID = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LONGEST_BUNDLE_ID = 155
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LONGEST_NAME = 64
_IOS_VERSION = re.compile(r"([1-9][0-9])\.(0|[1-9][0-9]?)(\.(0|[1-9][0-9]?))?")
# What today's Xcode and the iOS libraries of TensorFlow Lite still build for.
_OLDEST_IOS = 12
# Keywords of C, C++, Objective-C and Swift, and modules that every app has.
RESERVED_WORDS = frozenset(
    """
    Any Darwin Foundation ObjectiveC Protocol Self Swift TensorFlowLite TensorFlowLiteC Type UIKit
    alignas alignof and and_eq as asm associatedtype async auto await bitand bitor bool break case
    catch char class compl concept const const_cast constexpr continue decltype default defer deinit
    delete do double dynamic_cast else enum explicit export extension extern fallthrough false
    fileprivate final float for friend func goto guard id if import in indirect infix init inline
    inout int internal is lazy let long mutable namespace new nil noexcept not not_eq nullptr open
    operator or or_eq override postfix precedencegroup prefix private protected protocol public
    register reinterpret_cast repeat requires restrict rethrows return self short signed sizeof
    static static_assert static_cast struct subscript super switch template this thread_local throw
    throws true try typealias typedef typeid typename typeof union unowned unsigned using var
    virtual void volatile weak wchar_t where while xor xor_eq
    """.split()
)


@dataclass(frozen=True)
class FrameworkSettings:
    """`name` is the framework's and its C module's, `version` the bundle's."""

    name: str
    bundle_id: str
    min_ios: str
    version: str

    @property
    def plist_version(self) -> str:
        """Three numbers: a property list cannot say that a version is a pre-release."""
        return self.version.partition("-")[0]

    @property
    def swift_module(self) -> str:
        """The Swift package's module that carries the models."""
        return f"{self.name}Models"

    @property
    def swift_type(self) -> str:
        return f"{self.name}Model"


def check_bundle_id(field: BundleIdField) -> str:
    """The bundle identifier. Raises if it is not one."""
    bundle_id = field.value
    if len(bundle_id) > _LONGEST_BUNDLE_ID or not _BUNDLE_ID.fullmatch(bundle_id):
        raise Mistake.of(
            field,
            message=(
                "that is not a bundle identifier: it must be two or more parts of letters, digits "
                f"and `-`, with dots between them, of {_LONGEST_BUNDLE_ID} characters at most"
            ),
            fix="Give one in reverse-DNS form, as in `org.example.CatsVsDogs`.",
        )
    return bundle_id


def framework_name(field: FrameworkNameField, bundle_id: str) -> str:
    """The framework's name. Raises if C or Swift could not use it."""
    value = field.value
    if value is None:
        value = bundle_id.rpartition(".")[2].replace("-", "_")
    if len(value) > _LONGEST_NAME or not _IDENTIFIER.fullmatch(value) or value in RESERVED_WORDS:
        origin = " (the last part of the `bundle_id`)" if field.value is None else ""
        raise Mistake.of(
            field,
            message=(
                f"a framework cannot be called so{origin}: the name must be a letter, then letters, "
                f"digits and `_`, {_LONGEST_NAME} characters at most, and none that C or Swift "
                "reserves"
            ),
            fix=f'Name it, as in `{field.alias}="CatsVsDogs"`.',
            value=value,
        )
    return value


def check_min_ios(field: MinIosField) -> str:
    """The version of iOS. Raises if it is not one, or one that nothing is built for any more."""
    match = _IOS_VERSION.fullmatch(field.value)
    if not match or int(match[1]) < _OLDEST_IOS:
        raise Mistake.of(
            field,
            message=f"that is not a version of iOS from {_OLDEST_IOS}.0 on",
            fix="Give two or three numbers, as in `13.0`.",
        )
    return field.value
