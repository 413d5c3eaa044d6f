"""Faults on order: what platforms really do, on the next calls whose path matches.

A fault is {"match": path prefix, "kind": …, "times": n or null for always, "value": …}.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

BODY_KINDS = frozenset(
    {"bad_type", "unknown_field", "missing_field", "zeros", "empty_success", "duplicate_page"}
)
ROUTE_KINDS = frozenset({"error_code", "rate_limit", "quota", "expire_token", "page_shift"})
WIRE_KINDS = frozenset({"http_500", "html_502", "truncated", "empty_object", "empty_body", "delay"})
KINDS = BODY_KINDS | ROUTE_KINDS | WIRE_KINDS


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
        if rule.get("kind") not in KINDS:
            raise ValueError(f"unknown fault {rule.get('kind')!r}; there are {sorted(KINDS)}")
        self.rules.append(
            Fault(rule["match"], rule["kind"], rule.get("times", 1), rule.get("value"))
        )

    def clear(self) -> None:
        """Take every fault out of force."""
        self.rules.clear()

    def take(self, path: str, kinds: frozenset[str]) -> list[Fault]:
        """Return the faults of these kinds that hit a call."""
        return [rule for rule in self.rules if rule.kind in kinds and rule.strikes(path)]


async def wire(fault: Fault, content: bytes) -> tuple[int, bytes, str]:
    """Return status, body and content type of an answer that the wire spoilt."""
    if fault.kind == "http_500":
        return 500, b'{"message":"internal error"}', "application/json"
    if fault.kind == "html_502":
        return 502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", "text/html"
    if fault.kind == "truncated":
        return 200, content[: len(content) // 2], "application/json"
    if fault.kind == "empty_object":
        return 200, b"{}", "application/json"
    if fault.kind == "empty_body":
        return 200, b"", "application/json"
    await asyncio.sleep(float(fault.value or 1.0))
    return 200, content, "application/json"


def spoil(fault: Fault, content: bytes) -> bytes:
    """Return a body in which the rows lie in the way of the fault."""
    body = json.loads(content)
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
    if name is not None:
        rows[0][name] = "not-a-number"


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
