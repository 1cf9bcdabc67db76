# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Names in C++: of the library and of the models in it."""

from __future__ import annotations

import os
import re
from typing import Iterable, Optional

from pants.engine.addresses import Address

from pants_tflite.bundles.fields import BundleModelNamesField
from pants_tflite.errors import Mistake
from pants_tflite.micro.target_types import MicroLibraryNameField

# Two underscores in a row belong to the compiler.
_NAME = re.compile(r"[a-z](?:_?[a-z0-9])*_?", re.ASCII)
_LONGEST_NAME = 48
# Functions of the C library, whose names a library cannot have: C's headers declare them outside of
# any namespace, where the library's own namespace is too.
_C_FUNCTIONS = frozenset(
    """
    abort abs accept access acos acosh alarm asin asinh atan atanh atexit atof atoi basename bind
    bsearch calloc canonicalize cbrt ceil chdir chmod chown clock clone close connect copysign cos
    cosh creat ctime difftime dirname div drem dup erf erfc exec exit exp fabs fclose fcntl fdim feof
    ferror fflush fgetc fgets finite floor fma fmax fmin fmod fopen fork fprintf fputc fputs fread
    free frexp fscanf fseek ftell fwrite gamma getc getchar getenv gets gmtime hypot index infinity
    ioctl isalnum isalpha isatty isblank iscntrl isdigit isgraph islower isprint ispunct isspace
    isupper isxdigit kill labs ldexp ldiv lgamma link listen llabs localtime log logb lrint lround
    lseek malloc memccpy memchr memcmp memcpy memmove memset mkdir mktemp mktime modf nan nearbyint
    nextafter nice open pause perror pipe poll popen pow printf putc putchar putenv puts qsort raise
    rand random read realloc recv remainder remove remquo rename rewind rindex rint rmdir round
    scalb scalbln scalbn scanf select send setbuf setenv setjmp shutdown signal signbit significand
    sin sincos sinh sleep socket sprintf sqrt srand srandom sscanf stat strcat strchr strcmp strcoll
    strcpy strcspn strdup strerror strftime strlen strncat strncmp strncpy strpbrk strrchr strsep
    strspn strstr strtod strtof strtok strtol strtoul swab sync system tan tanh tempnam tgamma time
    times tmpfile tmpnam tolower toupper trunc truncate umask uname ungetc unlink usleep wait write
    """.split()
)
# C++'s keywords that a name could be, what compilers define as macros, and the namespaces that the
# library's own code uses.
_RESERVED = frozenset(
    """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t
    class compl const const_cast constexpr continue decltype default delete do double dynamic_cast
    else enum explicit export extern false float for friend goto if inline int long mutable namespace
    new noexcept not not_eq nullptr operator or or_eq private protected public register
    reinterpret_cast return short signed sizeof static static_assert static_cast struct switch
    template this thread_local throw true try typedef typeid typename union unsigned using virtual
    void volatile wchar_t while xor xor_eq
    linux unix i386 arm
    main std tflite
    """.split()
)


def is_cpp_name(name: str) -> bool:
    """Whether a namespace may have this name."""
    return (
        len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) is not None and name not in _RESERVED
    )


def default_library_name(address: Address) -> str:
    """The default name of a library."""
    parts = (os.path.basename(address.spec_path), address.target_name)
    name = "_".join(part for part in parts if part)
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def library_name(address: Address, value: Optional[str]) -> str:
    """The library's name; raises if it is not a name in C++."""
    name = value if value is not None else default_library_name(address)
    if not is_cpp_name(name) or name in _C_FUNCTIONS:
        raise Mistake(
            message=(
                "a library's name must be of lower-case letters, digits and single `_`, begin with a "
                f"letter, have at most {_LONGEST_NAME} characters and be no word of C++ and no "
                "function of the C library"
            ),
            fix=f'Name it, as in `{MicroLibraryNameField.alias}="wake_word"`.',
            field=MicroLibraryNameField.alias,
            value=name,
        ).at(address)
    return name


def check_model_names(address: Address, names: Iterable[str]) -> None:
    """Raises if a model's name in the bundle could not be a namespace in C++."""
    for name in names:
        if not is_cpp_name(name):
            raise Mistake(
                message=(
                    "that is not a namespace in C++: it has two `_` in a row, more than "
                    f"{_LONGEST_NAME} characters, or is a word of the language"
                ),
                fix=f"Name the model otherwise in `{BundleModelNamesField.alias}`.",
                field=BundleModelNamesField.alias,
                value=name,
            ).at(address)
