# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Mutants of JSON that are JSON again: a changed byte seldom gets past the parser."""

from __future__ import annotations

import json
import random
from typing import Any, Callable, Iterator

_VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        -1,
        0,
        3,
        1 << 70,
        0.5,
        -0.0,
        1e300,
        float("nan"),
        "",
        "x",
        "*",
        ".*",
        "\ud800",
        "\0",
    ),
    *("UINT", "INT", "FLOAT", "CONV_2D", "*(", "min_max_uniform_quantize", [], {}, [[]], {"": {}}),
)

# How often bytes are changed all the same.
_BYTES_CHANCE = 0.2

Place = tuple[Any, Any]


def _places(value: Any) -> Iterator[Place]:
    """Each container in `value` with each of its keys."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in list(keys):
        yield value, key
        yield from _places(value[key])


def _set(value: Any, chance: random.Random) -> Any:
    """Puts another value in some place of it, or in place of it all."""
    root = [value]
    places = list(_places(root))
    container, key = chance.choice(places)
    # A copy: what is in two places would be changed in both, and what holds itself has no end.
    parts = [json.dumps(holder[name]) for holder, name in places[:50]]
    container[key] = chance.choice([*_VALUES, *map(json.loads, parts)])
    return root[0]


def _rename(value: Any, chance: random.Random) -> Any:
    """Gives a key another name, which may be that of another."""
    found = [place for place in _places(value) if isinstance(place[0], dict)]
    if found:
        container, key = chance.choice(found)
        names = [name for _, name in found]
        container[chance.choice([*names, "", "x", "dtype"])] = container.pop(key)
    return value


def _drop(value: Any, chance: random.Random) -> Any:
    found = list(_places(value))
    if found:
        container, key = chance.choice(found)
        del container[key]
    return value


def _nest(value: Any, chance: random.Random) -> Any:
    """Deeper than anybody writes."""
    for _ in range(chance.randint(1, 50)):
        value = [value]
    return value


_CHANGES = (_set, _set, _set, _rename, _drop, _nest)


def mutate_json(
    data: bytes, max_size: int, seed: int, mutate_bytes: Callable[[bytes, int], bytes]
) -> bytes:
    """A mutant of `data`; of its bytes, if it is no JSON that can be changed, or by chance."""
    chance = random.Random(seed)
    if chance.random() >= _BYTES_CHANCE:
        try:
            value = json.loads(data)
            for _ in range(chance.randint(1, 3)):
                value = chance.choice(_CHANGES)(value, chance)
            # A parser takes NaN and half a character, too.
            mutant = json.dumps(value).encode()
        except (ValueError, RecursionError):
            return mutate_bytes(data, max_size)
        if len(mutant) <= max_size:
            return mutant
    return mutate_bytes(data, max_size)
