"""What the lake holds now: the current slice of every key, and the newest attempt at it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from extractors.core.lake import SliceKey
from extractors.core.landed import NEWEST, of_days, sql_list
from extractors.core.model import READABLE
from warehouse.site import Site

#: the slices that a release is made from
SLICES = pa.schema(
    [
        pa.field("platform", pa.string(), False),
        pa.field("stream", pa.string(), False),
        pa.field("account_key", pa.string(), False),
        pa.field("dt", pa.date32(), False),
        pa.field("batch_id", pa.string(), False),
        pa.field("status", pa.string(), False),
        pa.field("rows", pa.int64(), False),
        pa.field("captured_at", pa.string(), False),
        pa.field("committed_at", pa.string(), False),
        pa.field("files", pa.list_(pa.string()), False),
    ]
)
#: platform, stream and account
Source = tuple[str, str, str]
KEY = "platform, stream, account_key, dt"


def first_of_each(relation: str, order: str, among: str = "true") -> str:
    """Return the query for the first row of every key, among some rows; all others stay.

    Nearly every day was read once, so only the keys that stand more than once are sorted.
    """
    read_again = f"select {KEY} from {relation} where {among} group by all having count(*) > 1"
    return f"""
    select * from {relation} anti join ({read_again}) using ({KEY})
    union all
    (
        select * from {relation} semi join ({read_again}) using ({KEY})
        qualify row_number() over (partition by {KEY} order by {order}) = 1
    )
    """


# what no stream declares never counts
_VIEWS = f"""
create temp view counting as
select admitted.* exclude (is_accepted, passed, failures), declared.merge
from admitted
inner join declared using (platform, stream);

create temp view ending as
select
    {KEY}, path, nth, batch_id, rows, committed_at,
    status not in ({sql_list(READABLE)}) or passed is not null as is_judged,
    case
        when not is_judged then 'not_ready'
        when status in ({sql_list(READABLE)}) and not passed then 'suspect'
        else status
    end as status,
    case
        when not is_judged then 'the gate has not judged it yet (run tidemark gate)'
        when slice.status in ({sql_list(READABLE)}) and not passed
            then 'refused by ' || array_to_string(failures, ', ')
        else error
    end as error
from slice;
"""

# of replaced slices the newest counts, of versions every one
_WINNERS = f"""
with judged as (
    select *
    from counting
    where {{among}}
)

select {{columns}}
from ({first_of_each("judged", NEWEST, "merge = 'replace_slice'")})
"""

_COMPLETE = f"create temp view complete as select distinct {KEY} from counting"
_FORESEEN = (
    f"{_COMPLETE} union select {KEY} from slice "
    f"where status in ({sql_list(READABLE)}) and passed is null"
)

_ATTEMPT = f"""
select {KEY}, status, rows, batch_id, committed_at, error, is_judged
from ending
where {{where}}
qualify row_number() over (partition by {KEY} order by {NEWEST}) = 1
order by {KEY}
"""


@dataclass(frozen=True)
class Attempt:
    """How the newest reading of a slice ended, whether it counts or not."""

    status: str
    rows: int
    batch_id: str
    committed_at: str
    error: str | None
    is_judged: bool = True  # False: readable, and the gate has not spoken on it


@dataclass(frozen=True)
class LakeState:
    """The current slices per stream, and the newest attempt per slice.

    `tables` are those of extractors/core/landed.py with the views `counting`, the slices that may
    count; `complete`, their keys; `ending`, how every reading ended. day_marks: by day, what tells
    whether anything about its slices has changed; None where nothing tells.
    """

    tables: Any
    day_marks: Mapping[date, str | None]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever tried."""
        return self.tables.execute("select 1 from slice limit 1").fetchone() is None

    def slices(self, until: date = date.max, days: Collection[date] | None = None) -> pa.Table:
        """Return the current slices up to a day, of all days or of some, shaped as SLICES."""
        among = f"dt <= date '{until}' and {of_days('dt', days)}"
        query = _WINNERS.format(columns=", ".join(SLICES.names), among=among)
        return self.tables.execute(query).to_arrow_table().cast(SLICES)

    def complete(self, day: date) -> set[SliceKey]:
        """Return the keys of a day that have a current slice, with or without rows."""
        return set(self._keys("select * from complete where dt = ?", day))

    def attempts(self, day: date) -> dict[SliceKey, Attempt]:
        """Return the newest attempts at the slices of a day."""
        return dict(self._attempts("dt = ?", day))

    def first_days(self, until: date) -> dict[Source, date]:
        """Return the first day with a current slice up to a day, by platform, stream, account."""
        found = self.tables.execute(
            "select platform, stream, account_key, min(dt) from counting where dt <= ? "
            "group by all",
            [until],
        )
        return {(row[0], row[1], row[2]): row[3] for row in found.fetchall()}

    def last_complete(self, before: date) -> dict[Source, date]:
        """Return the newest day before a day that is complete, by platform, stream and account."""
        found = self.tables.execute(
            "select platform, stream, account_key, max(dt) from complete where dt < ? group by all",
            [before],
        )
        return {(row[0], row[1], row[2]): row[3] for row in found.fetchall()}

    def newest_days(self, ended: Collection[str]) -> dict[Source, date]:
        """Return the newest day whose reading counts or has ended in one of these ways."""
        attempts = _ATTEMPT.format(where="true")
        found = self.tables.execute(
            f"select platform, stream, account_key, max(dt) from (select {KEY} from complete "
            f"union all select {KEY} from ({attempts}) where status in ({sql_list(ended)})) "
            "group by all"
        )
        return {(row[0], row[1], row[2]): row[3] for row in found.fetchall()}

    def is_news_only_of(self, day: date, files: Collection[tuple[str, str]]) -> bool:
        """Tell whether all that the gate has yet to judge is of a day, or read once more.

        What came in a file (files: platform and stream) is news of its own, whatever its day.
        """
        listed = sql_list({"/".join(stream) for stream in files})
        other = self.tables.execute(
            "select 1 from slice semi join ungated using (path) "
            f"where platform || '/' || stream in ({listed or 'null'}) "
            f"or (dt < ? and ({KEY}) not in (select ({KEY}) from counting)) limit 1",
            [day],
        )
        return other.fetchone() is None

    def suspects(self, since: date = date.min) -> list[tuple[SliceKey, Attempt]]:
        """Return the newest attempts that are held back and that nobody has accepted."""
        doubtful = (
            f"dt >= date '{since}' and ({KEY}) in (select ({KEY}) from ending "
            f"where status = 'suspect' and dt >= date '{since}')"
        )
        query = _WINNERS.format(columns=f"{KEY}, batch_id", among=doubtful)
        kept = {(SliceKey(*row[:4]), row[4]) for row in self.tables.execute(query).fetchall()}
        return [
            (key, attempt)
            for key, attempt in self._attempts(doubtful)
            if attempt.status == "suspect" and (key, attempt.batch_id) not in kept
        ]

    def refused(self, since: date) -> tuple[str, ...]:
        """Return what the gate keeps from counting, from a day on, with the rules by name."""
        return tuple(
            f"{key.platform}/{key.stream} {key.account_key} {key.dt}: {attempt.error}"
            for key, attempt in self.suspects(since)
        )

    def _attempts(self, where: str, *values: Any) -> Iterable[tuple[SliceKey, Attempt]]:
        found = self.tables.execute(_ATTEMPT.format(where=where), list(values)).fetchall()
        return ((SliceKey(*row[:4]), Attempt(*row[4:])) for row in found)

    def _keys(self, query: str, *values: Any) -> Iterable[SliceKey]:
        return (SliceKey(*row) for row in self.tables.execute(query, list(values)).fetchall())


def read_lake_state(site: Site, *, is_gate_foreseen: bool = False) -> LakeState:
    """Read manifests and verdicts once and reduce them to what counts.

    is_gate_foreseen: a slice is complete as if the gate passed everything that is new.
    """
    landed = site.lake.landed()
    tables = landed.tables
    declared = [
        {"platform": platform.name, "stream": stream.name, "merge": stream.merge}
        for platform, stream in site.streams
    ]
    tables.register("declared", pa.Table.from_pylist(declared))
    tables.execute(_VIEWS)
    tables.execute(_FORESEEN if is_gate_foreseen else _COMPLETE)
    return LakeState(tables, landed.day_marks())
