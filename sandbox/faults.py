"""Faults on order: what platforms really do, on the next calls whose path matches.

A fault is {"match": path prefix, "kind": …, "times": n or null for always, "value": …}; the kind
"error_code:60000" is short for kind error_code with that value. Faults strike in the order they
were added, at most one of each layer (the platform, the rows, the wire) per call.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

BODY_KINDS = frozenset(
    {"bad_type", "unknown_field", "missing_field", "zeros", "empty_success", "duplicate_page"}
)
ROUTE_KINDS = frozenset({"error_code", "rate_limit", "quota", "expire_token"})
PAGE_KINDS = frozenset({"page_shift"})
WIRE_KINDS = frozenset(
    {"http_500", "html_502", "http_429", "truncated", "empty_object", "empty_body", "delay"}
)
KINDS = BODY_KINDS | ROUTE_KINDS | PAGE_KINDS | WIRE_KINDS
JSON = "application/json"

Answer = tuple[int, bytes, str]  # status, body, content type


@dataclass
class Fault:
    """One fault and how often it still strikes."""

    match: str
    kind: str
    times: int | None = 1
    value: Any = None

    def strikes(self, path: str) -> bool:
        """Tell whether this call is hit, and count it."""
        if not path.startswith(self.match) or self.times == 0:
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass
class Faults:
    """The faults in force."""

    rules: list[Fault] = field(default_factory=list)

    def add(self, rule: dict[str, Any]) -> None:
        """Put a fault in force; ValueError names an unknown kind."""
        kind, _, code = str(rule.get("kind")).partition(":")
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind!r}; there are {sorted(KINDS)}")
        value = code or rule.get("value")
        self.rules.append(Fault(rule["match"], kind, rule.get("times", 1), value))

    def clear(self) -> None:
        """Take every fault out of force."""
        self.rules.clear()

    def take_one(self, path: str, kinds: frozenset[str]) -> Fault | None:
        """Return the first fault of these kinds that hits a call, and count it."""
        return next((r for r in self.rules if r.kind in kinds and r.strikes(path)), None)

    def is_shifted(self, path: str) -> bool:
        """Tell whether the listing moved by one row while its caller was paging."""
        return self.take_one(path, PAGE_KINDS) is not None


async def wire(fault: Fault, answer: Answer) -> Answer:
    """Return an answer as it comes through a bad wire."""
    status, content, kind = answer
    spoilt: dict[str, Answer] = {
        "http_500": (500, b'{"message":"internal error"}', JSON),
        "html_502": (502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", "text/html"),
        "http_429": (429, b"too many requests", "text/plain"),
        "truncated": (200, content[: len(content) // 2], JSON),
        "empty_object": (200, b"{}", JSON),
        "empty_body": (200, b"", JSON),
    }
    if fault.kind == "delay":
        await asyncio.sleep(float(fault.value or 1.0))
        return status, content, kind
    return spoilt[fault.kind]


def spoil(fault: Fault, content: bytes) -> bytes:
    """Return a body in which the rows lie in the way of the fault."""
    try:
        body = json.loads(content)
    except ValueError:
        return content  # a path that does not exist answers without a body
    change = SPOILERS[fault.kind]
    for rows in _lists(body):
        change(rows, fault.value)
    return json.dumps(body, ensure_ascii=False).encode()


def _lists(body: Any) -> list[list[Any]]:
    """Return the outermost lists of objects in a body: the rows of a page."""
    if isinstance(body, list):
        return [body] if body and all(isinstance(item, dict) for item in body) else []
    if isinstance(body, dict):
        return [rows for value in body.values() for rows in _lists(value)]
    return []


def _bad_type(rows: list[Any], value: Any) -> None:
    name = value or next((k for k, v in rows[0].items() if isinstance(v, int)), None)
    for row in rows if name is not None else ():
        row[name] = "not-a-number"


def _unknown_field(rows: list[Any], value: Any) -> None:
    for row in rows:
        row[value or "brand_new_field"] = 1


def _missing_field(rows: list[Any], value: Any) -> None:
    for row in rows:
        row.pop(value or next(iter(row)), None)


def _zeros(rows: list[Any], _value: Any) -> None:
    for row in rows:
        for key, item in row.items():
            is_count = isinstance(item, int) and not isinstance(item, bool)
            if is_count or (isinstance(item, str) and item.isdigit()):
                row[key] = type(item)(0)


def _empty(rows: list[Any], _value: Any) -> None:
    rows.clear()


def _repeat(rows: list[Any], _value: Any) -> None:
    rows.extend(list(rows))


SPOILERS: dict[str, Callable[[list[Any], Any], None]] = {
    "bad_type": _bad_type,
    "unknown_field": _unknown_field,
    "missing_field": _missing_field,
    "zeros": _zeros,
    "empty_success": _empty,
    "duplicate_page": _repeat,
}
