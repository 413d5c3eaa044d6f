"""What a liar puts into documents."""

import copy
import math
import random
from collections.abc import Iterable, Iterator
from typing import Any

MUTATIONS_AT_MOST = 3
LONG = 20_000


def _nested(depth: int) -> Any:
    found: Any = 1
    for _ in range(depth):
        found = [{"list": found}]
    return found


HOSTILE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**63, -(2**63) - 1, 2**64, 10**30, 0.5, 1e308, 1e18),
    *(math.nan, math.inf, -math.inf, "", " ", "nan", "-", "１２", "1,234", "1e5", "0x10", "NULL"),
    *("\x00", "a\x00b", "\ud800", "\u202e", "x" * LONG, "9" * 400, "<html>", "{}", "[]"),
    *("2026-02-30", "0000-00-00", "9999-12-31", "20260514", "2026-05-14T25:00:00", "1778716800"),
    *([], {}, [[]], [None], [1, "a", {}], {"list": None}, {"a": {"b": []}}, _nested(120)),
)

#: of no shape that any field has, and empty in no way that a platform means
MISSHAPEN: tuple[Any, ...] = (0.5, "<html>", "\ud800", {"odd": "x"}, [["odd"]], True, _nested(5))


def mutated(dice: random.Random, document: Any) -> Any:
    """Return a copy of a document in which up to three places are hostile."""
    found = copy.deepcopy(document)
    for _ in range(dice.randint(1, MUTATIONS_AT_MOST)):
        found = _mutate(dice, found)
    return found


def _mutate(dice: random.Random, document: Any) -> Any:
    places = list(_places(document))
    if not places:
        return copy.deepcopy(dice.choice(HOSTILE))
    holder, key = dice.choice(places)
    what = dice.random()
    if what < 0.15:
        del holder[key]
    elif what < 0.25:
        holder[key] = [holder[key]] * dice.randint(0, 3)
    elif what < 0.35 and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    elif what < 0.45 and isinstance(holder, dict):
        holder[dice.choice(("new_field", "", "list", "\x00", "é"))] = copy.deepcopy(
            dice.choice(HOSTILE)
        )
    elif what < 0.55:
        holder[key] = _flipped(holder[key])
    else:
        holder[key] = copy.deepcopy(dice.choice(HOSTILE))
    return document


def _flipped(value: Any) -> Any:
    """Return a value as another type that says the same, as platforms do."""
    if isinstance(value, str):
        return int(value) if value.isdecimal() and value.isascii() else [value]
    if isinstance(value, list):
        return {str(n): inner for n, inner in enumerate(value)}
    if isinstance(value, dict):
        return list(value.values())
    return str(value)


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place of a document as its holder and key."""
    pending = [document]
    while pending:
        holder = pending.pop()
        keys: Iterable[Any] = ()
        if isinstance(holder, dict):
            keys = list(holder)
        elif isinstance(holder, list):
            keys = range(len(holder))
        for key in keys:
            yield holder, key
            if isinstance(holder[key], dict | list):
                pending.append(holder[key])


def misshape(dice: random.Random, document: Any) -> str:
    """Take a field out of an object, or put something of another shape there; tell what."""
    places = [(holder, key) for holder, key in _places(document) if isinstance(holder, dict)]
    if not places:
        return "nothing"
    holder, key = dice.choice(places)
    was = type(holder[key]).__name__
    if dice.random() < 0.3:
        del holder[key]
        return f"{key!r} ({was}) is gone"
    wrong = dice.choice([w for w in MISSHAPEN if type(w) is not type(holder[key])])
    holder[key] = copy.deepcopy(wrong)
    return f"{key!r} ({was}) is {str(wrong)[:40]!r}"
