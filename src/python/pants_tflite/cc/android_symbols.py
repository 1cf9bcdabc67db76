# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a kernel may call on Android if compiled without an NDK, so with another libc's headers.

Functions of C11 that every Android since 5.0 exports and whose prototypes hold plain C types only.
What is a macro over a libc's inner names (`assert`, `errno`, `stdout`, `isalpha`), or a struct that
each libc lays out in its own way, is left out on purpose: it would build, and fail on the device.
"""

from __future__ import annotations

_FLOAT_AND_DOUBLE = """
acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs fdim
floor fma fmax fmin fmod frexp hypot ilogb ldexp lgamma llrint llround log log10 log1p log2 logb lrint
lround modf nan nearbyint nextafter pow remainder remquo rint round scalbln scalbn sin sinh sqrt tan
tanh tgamma trunc
""".split()

LIBC = tuple(
    sorted(
        """
        abort abs atof atoi atol atoll bsearch calloc exit free labs llabs malloc memchr memcmp memcpy
        memmove memset posix_memalign printf puts qsort rand realloc snprintf srand strcat strchr strcmp
        strcpy strcspn strlen strncat strncmp strncpy strpbrk strrchr strspn strstr strtod strtof strtol
        strtoll strtoul strtoull vprintf vsnprintf
        """.split()
    )
)
LIBM = tuple(sorted(name + suffix for name in _FLOAT_AND_DOUBLE for suffix in ("", "f")))
ANDROID_SYMBOLS = frozenset((*LIBC, *LIBM))


def render_stub(symbols: tuple[str, ...]) -> str:
    """An assembler source that defines `symbols`, for a library that only the linker ever reads."""
    lines = []
    for symbol in symbols:
        lines += [f".globl {symbol}", f".type {symbol}, %function", f"{symbol}:"]
    return "\n".join([".text", *lines, ""])
