"""Douyin: who the followers are, as distributions; no person is in them."""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from extractors.core.envelope import list_of, object_of
from extractors.core.errors import ApiChanged
from extractors.core.model import Account, Api, DayOutcome, Field, Row, Window

FANS_DATA = "/api/douyin/v1/user/fans_data/"
#: a dimension of ours, by the platform's list
DISTRIBUTIONS = {
    "gender_distributions": "gender",
    "age_distributions": "age",
    "geographical_distributions": "region",
    "active_days_distributions": "active_days",
    "device_distributions": "device",
    "interest_distributions": "interest",
}
FLOWS = "flow_contributions"
FLOW_NAMES = ("flow", "fans_sum", "all_sum")
TOO_FEW = "the platform tells no distribution; it does from 100 followers on"

FIELDS = (
    Field("dimension", pa.string(), required=True),
    Field("item", pa.string(), required=True),
    Field("value", pa.int64(), "snapshot", required=True),
    Field("whole", pa.int64(), "snapshot", optional=True),  # null: all values of the dimension
    Field("all_fans_num", pa.int64(), "snapshot"),
)


def audience(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """The account's followers by dimension and item, as the platform has them now."""
    found = object_of(object_of(api.get(FANS_DATA)).get("fans_data"))
    rows = [*_distributions(found), *_flows(found)]
    if not rows:
        yield DayOutcome(window.until, "not_offered", TOO_FEW)
    for row in rows:
        yield {**row, "all_fans_num": found.get("all_fans_num")}


def _distributions(found: Row) -> Iterator[Row]:
    for name, dimension in DISTRIBUTIONS.items():
        for entry in _once_each(list_of(found, name), name, "item"):
            yield {**entry, "dimension": dimension}


def _flows(found: Row) -> Iterator[Row]:
    for entry in _once_each(list_of(found, FLOWS), FLOWS, "flow"):
        item, value, whole = (entry.get(name) for name in FLOW_NAMES)
        new = {name: value for name, value in entry.items() if name not in FLOW_NAMES}
        yield {**new, "dimension": "flow", "item": item, "value": value, "whole": whole}


def _once_each(entries: list[Any], name: str, key: str) -> Iterator[Mapping[str, Any]]:
    seen: set[str] = set()
    for entry in entries:
        item = str(object_of(entry).get(key))
        if item in seen:
            raise ApiChanged(f"{name}: {item!r} stands twice; nobody could tell which counts")
        seen.add(item)
        yield entry
