"""What a plan reads of the lake: the days that its base has otherwise, or all of them.

A build remembers of every day a mark (of its manifests, verdicts and acceptances), how many slices
it was made from and their hash. A day whose mark is the same is taken from the build.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pyarrow as pa

from tidemark.clock import days_between
from tidemark.settings import Settings
from warehouse.base import Base, Memory, read_memory
from warehouse.slices import LakeState

#: the days of a build; mark: NULL where nothing tells whether the day has changed since
DAYS = pa.schema(
    [
        pa.field("dt", pa.date32(), False),
        ("mark", pa.string()),
        pa.field("slices", pa.int64(), False),
        pa.field("hash", pa.string(), False),
    ]
)

_READ = """
with told as (
    select dt, concat_ws('|', platform, stream, account_key, batch_id, status, rows) as line
    from current_slice
),

made as (
    select dt, count(*) as slices, md5(string_agg(line, chr(10) order by line)) as hash
    from told
    group by dt
)

select dt, mark, coalesce(slices, 0) as slices, coalesce(hash, '') as hash
from marked_day
full join made using (dt)
"""


@dataclass(frozen=True)
class Reading:
    """The current slices of the days that were read, and what is known of all days.

    base: the release whose build the other days are taken from; days: those that were read, None
    where it was every day. slices and expected are shaped as SLICES and EXPECTED.
    """

    base: str | None
    days: frozenset[date] | None
    slices: pa.Table
    known: pa.Table  # DAYS
    expected: pa.Table

    @property
    def hashes(self) -> list[tuple[date, str]]:
        """Return the days with slices, and the hash of each."""
        rows = self.known.to_pylist()
        return [(row["dt"], row["hash"]) for row in rows if row["slices"]]

    @property
    def slice_count(self) -> int:
        """How many slices count, of all days."""
        return sum(self.known["slices"].to_pylist())


def read_days(
    settings: Settings, state: LakeState, base: Base | None, expected: pa.Table, as_of: date
) -> Reading:
    """Read the days up to the as-of day that a base has otherwise, or all without a base."""
    memory = read_memory(settings) if base is not None else None
    if base is None or memory is None:
        return _read(state, None, expected, as_of)
    if not memory.expected.equals(expected):
        return _read(state, base.release_id, expected, as_of)
    days = frozenset(_differing(state, memory, base, as_of))
    found = _read(state, base.release_id, expected, as_of, days)
    others = [row for row in memory.days.to_pylist() if row["dt"] not in days]
    known = pa.concat_tables([pa.Table.from_pylist(others, schema=DAYS), found.known])
    return replace(found, known=known)


def _read(
    state: LakeState,
    base: str | None,
    expected: pa.Table,
    as_of: date,
    days: frozenset[date] | None = None,
) -> Reading:
    """Read some days up to the as-of day, or all; known of no others."""
    slices = state.slices(as_of, days)
    return Reading(base, days, slices, _known(state, slices, as_of, days), expected)


def _differing(state: LakeState, memory: Memory, base: Base, as_of: date) -> set[date]:
    before = {row["dt"]: row["mark"] for row in memory.days.to_pylist()}
    found = {day for day in (before.keys() | state.day_marks.keys()) if day <= as_of}
    changed = {day for day in found if before.get(day) != state.day_marks.get(day)}
    unmarked = {day for day in found if before.get(day) is None}
    since = days_between(base.as_of_date + timedelta(days=1), as_of)
    return {*changed, *unmarked, *since, *memory.open_days}


def _known(
    state: LakeState, slices: pa.Table, as_of: date, days: Collection[date] | None
) -> pa.Table:
    """Return what is to be remembered of the days that were read."""
    marks = [
        {"dt": day, "mark": mark}
        for day, mark in sorted(state.day_marks.items())
        if day <= as_of and (days is None or day in days)
    ]
    schema = pa.schema([DAYS.field("dt"), DAYS.field("mark")])
    state.tables.register("marked_day", pa.Table.from_pylist(marks, schema=schema))
    state.tables.register("current_slice", slices)
    return state.tables.execute(_READ).to_arrow_table().cast(DAYS)
