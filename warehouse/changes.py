"""The changed dates of a build: what dbt would read now against what the base build read."""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from extractors.core.lake import SliceKey
from extractors.core.landed import of_days
from extractors.core.model import LOAD_FIELDS, Stream
from tidemark.clock import days_between
from warehouse.base import Base
from warehouse.candidate import current_files, current_rows
from warehouse.plans import Plan
from warehouse.site import Site
from warehouse.slices import KEY
from warehouse.touches import DOMAINS, Touch, touch_of

logger = logging.getLogger(__name__)

Days = dict[str, set[date]]

#: load columns say who brought a row and when, never what it means
_LOAD_COLUMNS = frozenset(name for name, _ in LOAD_FIELDS) - {"account_key", "dt"}


@dataclass(frozen=True)
class Comparison:
    """A build database whose schema lake is new, with the base build attached as `base`."""

    site: Site
    database: Any
    streams: Mapping[str, Stream]  # by "platform/stream"
    base: Base
    as_of: date


def changed_dates(site: Site, database: Any, base: Base, plan: Plan) -> dict[str, list[str]] | None:
    """Return the changed days per domain; None when the base can no longer be read.

    database holds the inputs of the build, and the newest build is attached to it as `base`.
    Rows are compared, not batches: reading the same figures again changes no day.
    """
    import duckdb

    streams = {f"{platform.name}/{stream.name}": stream for platform, stream in site.streams}
    as_of = date.fromisoformat(plan.as_of_date)
    comparison = Comparison(site, database, streams, base, as_of)
    since = days_between(base.as_of_date + timedelta(days=1), as_of)
    found: Days = {domain: set(since) for domain in DOMAINS}
    try:
        differing = _differing(database, f"{KEY}, batch_id", plan.told_days)
        appeared = _differing(database, KEY, plan.told_days)
        for name in streams:
            for domain, days in _touched(
                comparison, name, differing.get(name, set()), appeared.get(name, set())
            ):
                found[domain] |= days
    except duckdb.Error as error:
        logger.warning("the base build cannot be compared, every day is built anew: %s", error)
        return None
    found["metric_day"] = set().union(*found.values())
    return {domain: [str(day) for day in sorted(days)] for domain, days in found.items()}


def _touched(
    comparison: Comparison, name: str, differing: set[SliceKey], appeared: set[SliceKey]
) -> Iterator[tuple[str, set[date]]]:
    """Yield the days that one stream's changes touch, by domain."""
    touch = touch_of(name, comparison.streams[name])
    # a new day is a new slice; what was ahead of time in an old one says so in another column
    ahead = [day for day in touch.days if day != "dt"]
    if not differing and not ahead:
        return
    _collect_changed(comparison, name, touch, differing, ahead)
    # a slice that comes or goes matters also without rows: observed zero against not observed
    days = {key.dt for key in appeared} | _days(comparison.database, touch, "changed_rows")
    if touch.is_running and days:
        days |= set(days_between(min(days), comparison.as_of))
    yield from ((domain, days) for domain in touch.domains)
    if not comparison.database.execute("select 1 from changed_rows limit 1").fetchone():
        return
    for relative, family in touch.relatives.items():
        if relative in comparison.streams:
            yield from _relatives(comparison, touch, relative, family)


def _collect_changed(
    comparison: Comparison,
    name: str,
    touch: Touch,
    differing: set[SliceKey],
    ahead: Sequence[str],
) -> None:
    """Fill the temporary table changed_rows: rows that differ, and rows that were ahead of time.

    Ahead of time: a row with a moment after the base's as-of day was cut there, and counts now
    though it did not change.
    """
    stream = comparison.streams[name]
    columns = ", ".join(f'"{column}"' for column in _compared(stream, touch))
    everything, compared, parts = f"lake.{_view(name)}", "", []
    if differing:
        # a table, not a list in the query: after compaction every slice of a month stands in it
        comparison.database.register("differing_slice", _slices(differing))
        now, before = (_scope(comparison, name, differing, s) for s in ("lake", "base.lake"))
        compared = (
            f"with now_rows as (select {columns} from {now}), "
            f"before_rows as (select {columns} from {before}) "
        )
        parts = [
            "(from now_rows except all from before_rows)",
            "(from before_rows except all from now_rows)",
        ]
        if stream.merge == "upsert_version":
            everything = "now_rows"  # every version is read already
    if ahead:
        is_ahead = " or ".join(f"{day} > date '{comparison.base.as_of_date}'" for day in ahead)
        parts.append(f"select {columns} from {everything} where {is_ahead}")
    comparison.database.execute(
        f"create or replace temp table changed_rows as {compared}{' union all '.join(parts)}"
    )


def _relatives(
    comparison: Comparison, touch: Touch, relative: str, family: str
) -> Iterator[tuple[str, set[date]]]:
    """Yield the days of the rows that are judged together with the changed ones."""
    comparison.database.execute(
        f"create or replace temp table related_rows as select * from lake.{_view(relative)} "
        f"where list_has_any({family}, coalesce((select list_distinct(flatten("
        f"list({touch.family}))) from changed_rows), []))"
    )
    theirs = touch_of(relative, comparison.streams[relative])
    days = _days(comparison.database, theirs, "related_rows")
    yield from ((domain, days) for domain in theirs.domains)


def _compared(stream: Stream, touch: Touch) -> list[str]:
    """Return the columns that carry meaning; where rows are versions, dt is only a filing day."""
    is_filing = stream.merge == "upsert_version" and "dt" not in touch.days
    filing = {"dt"} if is_filing else set()
    columns = [name for name in stream.schema.names if name not in _LOAD_COLUMNS | filing]
    return [*columns, "_is_listed"] if stream.is_complete_listing else columns


def _scope(comparison: Comparison, name: str, differing: set[SliceKey], schema: str) -> str:
    """Return what to select the rows from that may differ: of slices, or every version."""
    stream = comparison.streams[name]
    if stream.merge == "upsert_version":
        return f"{schema}.{_view(name)}"
    site, days = comparison.site, {key.dt for key in differing}
    # a view opens all files, and a day stands in few of them
    [rows] = [
        current_rows(site.lake, files, schema)
        for files in current_files(site, comparison.database, schema, days)
        if files.view == f"lake.{_view(name)}"
    ]
    return f"({rows}) as rows semi join differing_slice using (account_key, dt)"


def _slices(keys: Collection[SliceKey]) -> pa.Table:
    columns = {"account_key": [key.account_key for key in keys], "dt": [key.dt for key in keys]}
    return pa.table(columns, schema=pa.schema([("account_key", pa.string()), ("dt", pa.date32())]))


def _days(database: Any, touch: Touch, table: str) -> set[date]:
    queries = " union ".join(f"select {day} as day from {table}" for day in touch.days)
    rows = database.execute(f"select day from ({queries}) where day is not null").fetchall()
    return {day for (day,) in rows}


def _differing(
    database: Any, columns: str, days: Collection[date] | None
) -> dict[str, set[SliceKey]]:
    """Return by stream the slices, of some days, that only one of the two builds is made from."""
    now, before = (
        f"select {columns} from {table} where {of_days('dt', days)}"
        for table in ("lake.winning_slice", "base.lake.winning_slice")
    )
    rows = database.execute(f"({now} except {before}) union all ({before} except {now})").fetchall()
    found: dict[str, set[SliceKey]] = {}
    for platform, stream, account_key, dt, *_ in rows:
        key = SliceKey(platform, stream, account_key, dt)
        found.setdefault(f"{platform}/{stream}", set()).add(key)
    return found


def _view(name: str) -> str:
    return name.replace("/", "__")


def describe(days: Mapping[str, list[str]] | None) -> str:
    """Return how much is built anew, for the log."""
    if days is None:
        return "every day"
    return ", ".join(f"{domain} {len(found)}" for domain, found in days.items()) + " days"
