"""Which days a changed row touches, per stream: what incremental builds go by.

A platform says it beside its staging views (`touches` in the meta of its sources). Conservative
is right and costs a moment; a missed day is a wrong number that nobody sees.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pyarrow as pa
import yaml

from extractors.core.model import LOAD_FIELDS, Stream
from tidemark.settings import PROJECT_ROOT

STAGING = PROJECT_ROOT / "dbt_project" / "models" / "staging"

#: the domains of the incremental models; metric_day is made of all others
DOMAINS = ("account_day", "post_day", "interaction_day", "order_day", "metric_day")

RUNNING_KINDS = frozenset({"cumulative", "snapshot"})


@dataclass(frozen=True)
class Touch:
    """The days of a changed row, as SQL over its columns, and who else is judged with it."""

    domains: tuple[str, ...]
    days: tuple[str, ...]
    # a running total is a difference to the next observation, whenever that is, and a stock is
    # carried forward: everything from the first touched day on is built anew
    is_running: bool = False
    # SQL of a list: the entities the row belongs to; changed entities touch the days of all
    # their rows, in this stream and in the named ones
    family: str | None = None
    relatives: Mapping[str, str] = field(default_factory=dict)


def shanghai(column: str) -> str:
    """Return the SQL of a moment's business day."""
    return f"cast(timezone('Asia/Shanghai', {column}) as date)"


@cache
def declared() -> Mapping[str, Mapping[str, Any]]:
    """Return what the staging folders say of their streams, by the name of the lake's view."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in STAGING.glob("*/_*__sources.yml"):
        for source in yaml.safe_load(path.read_text("utf-8"))["sources"]:
            tables = source["tables"]
            found |= {t["name"]: t["config"]["meta"]["touches"] for t in tables if "config" in t}
    return found


def touch_of(name: str, stream: Stream) -> Touch:
    """Return the declared touch of a stream; a stream without one touches all it might."""
    said = declared().get(name.replace("/", "__"))
    if said is None:
        return _derived(stream)
    days = ((day, _kind(stream.schema, day)) for day in said["days"])
    return Touch(
        tuple(said["domains"]),
        tuple(shanghai(day) if pa.types.is_timestamp(kind) else day for day, kind in days),
        bool(said.get("is_running")),
        said.get("family"),
        said.get("relatives", {}),
    )


def _kind(schema: pa.Schema, path: str) -> pa.DataType:
    """Return the type of a column, or of a field within it: `order_detail.pay_info.pay_time`."""
    column, *inside = path.split(".")
    kind = schema.field(column).type
    for name in inside:
        kind = kind.field(name).type
    return kind


def _derived(stream: Stream) -> Touch:
    """Return the widest touch that a stream's own declaration allows."""
    load_columns = {name for name, _ in LOAD_FIELDS}
    columns = [column for column in stream.schema if column.name not in load_columns]
    days = [f'"{c.name}"' for c in columns if pa.types.is_date(c.type)]
    moments = [shanghai(f'"{c.name}"') for c in columns if pa.types.is_timestamp(c.type)]
    is_running = any(f.kind in RUNNING_KINDS for f in stream.fields) or stream.is_snapshot
    # where rows are versions, dt is only a filing day: good enough when there is no other
    filed = () if stream.merge == "upsert_version" and [*days, *moments] else ("dt",)
    return Touch(DOMAINS, (*filed, *days, *moments), is_running=is_running)
