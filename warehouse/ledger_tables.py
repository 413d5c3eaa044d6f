"""The ledgers of the lake as tables of the build database, with their types also when empty."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from extractors.core.lake import Lake
from warehouse.said import BASELINES, SAID, WEEKDAYS

MOMENT = pa.timestamp("us", tz="UTC")
TEXT, NUMBER, WHOLE, DAY, FLAG = pa.string(), pa.float64(), pa.int64(), pa.date32(), pa.bool_()

COLUMNS: Mapping[str, Mapping[str, pa.DataType]] = {
    "release": {
        "release_id": TEXT,
        "published_at": MOMENT,
        "as_of_date": DAY,
        "code_version": TEXT,
        "config_version": TEXT,
        "input_hash": TEXT,
        "gate_summary": TEXT,
    },
    "said": {
        "goal_key": TEXT,
        "as_of_date": DAY,
        "revision": WHOLE,
        "status": TEXT,
        "severity": TEXT,
        "actual": NUMBER,
        "target": NUMBER,
        "release_id": TEXT,
        "said_at": MOMENT,
    },
    "baseline": {
        "goal_key": TEXT,
        "baseline_phase_key": TEXT,
        "as_of_date": DAY,
        "baseline_value": NUMBER,
        "release_id": TEXT,
    },
    "weekday_share": {
        "span_key": TEXT,
        "weekday": WHOLE,
        "weight": NUMBER,
        "as_of_date": DAY,
        "release_id": TEXT,
    },
    "transition": {
        "alert_id": TEXT,
        "goal_key": TEXT,
        "rule": TEXT,
        "transition": TEXT,
        "severity": TEXT,
        "as_of_date": DAY,
        "created_at": MOMENT,
        "release_id": TEXT,
        "inhibited_by": TEXT,
        "suppressed_by": TEXT,
        "message": TEXT,
    },
    "delivery": {
        "alert_id": TEXT,
        "channel": TEXT,
        "attempted_at": MOMENT,
        "outcome": TEXT,
        "response": TEXT,
    },
    "gate_result": {
        "batch_id": TEXT,
        "release_id": TEXT,
        "suite": TEXT,
        "expectation": TEXT,
        "column_name": TEXT,
        "severity": TEXT,
        "success": FLAG,
        "observed": TEXT,
        "unexpected_count": WHOLE,
        "checked_at": MOMENT,
    },
}

#: the ledger behind each table
LEDGERS: Mapping[str, str] = {
    "release": "releases",
    "said": SAID,
    "baseline": BASELINES,
    "weekday_share": WEEKDAYS,
    "transition": "transitions",
    "delivery": "deliveries",
    "gate_result": "gate_results",
}


def ledger_tables(lake: Lake) -> dict[str, pa.Table]:
    """Return every ledger table as of now."""
    return {name: ledger_table(name, lake.ledger(ledger)) for name, ledger in LEDGERS.items()}


def ledger_table(name: str, entries: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Return one ledger's rows with the declared columns and types."""
    columns = COLUMNS[name]
    rows = [
        {column: _read(row.get(column), kind) for column, kind in columns.items()}
        for row in flatten(entries)
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema(list(columns.items())))


def flatten(entries: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield rows: an entry is one row, or holds several under `rows` that share the rest."""
    for entry in entries:
        if "rows" not in entry:
            yield entry
            continue
        shared = {key: value for key, value in entry.items() if key != "rows"}
        yield from ({**shared, **row} for row in entry["rows"])


def _read(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    return _READERS[kind](value)


def _as_text(value: Any) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


_READERS: Mapping[pa.DataType, Callable[[Any], Any]] = {
    MOMENT: datetime.fromisoformat,
    DAY: lambda value: date.fromisoformat(str(value)[:10]),
    NUMBER: float,
    WHOLE: int,
    FLAG: bool,
    TEXT: _as_text,
}
