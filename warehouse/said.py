"""What a release says for the first time: verdicts with revisions, and what it freezes."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from extractors.core.lake import Lake

SAID = "said"
BASELINES = "baselines"
WEEKDAYS = "weekday_shares"

VERDICTS = """
select
    goal_key,
    cast(as_of_date as varchar) as as_of_date,
    status,
    severity,
    cast(actual as double) as actual,
    cast(target as double) as target
from kpi.goal_status
order by goal_key
"""

# the derived lines that the ledger does not hold yet
FROZEN = """
select
    goal_key,
    baseline_phase_key,
    cast(frozen_on as varchar) as as_of_date,
    cast(baseline_value as double) as baseline_value
from intermediate.int_kpi_baseline
where not is_told and baseline_value is not null
order by goal_key, frozen_on, valid_from
"""

FROZEN_WEEKDAYS = """
select
    span_key,
    cast(weekday as bigint) as weekday,
    cast(weight as double) as weight,
    cast(frozen_on as varchar) as as_of_date
from intermediate.int_kpi_weekday_weight
where not is_told
order by span_key, weekday
"""

_SPOKEN = ("status", "severity", "actual", "target")
Row = dict[str, Any]


def new_verdicts(verdicts: Iterable[Row], told: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Return the verdicts that differ from what was last said of the goal and day."""
    last: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in sorted(told, key=lambda row: int(row["revision"])):
        last[row["goal_key"], row["as_of_date"]] = row
    found = []
    for row in verdicts:
        before = last.get((row["goal_key"], row["as_of_date"]))
        if before is None or any(before[name] != row[name] for name in _SPOKEN):
            found.append({**row, "revision": int(before["revision"]) + 1 if before else 1})
    return found


def say(lake: Lake, release_id: str, said_at: str, body: Mapping[str, list[Row]]) -> None:
    """Append a release's verdicts and what it freezes; saying it again changes nothing."""
    lake.append(
        SAID, release_id, {"release_id": release_id, "said_at": said_at, "rows": body[SAID]}
    )
    for row in body[BASELINES]:
        # one entry per goal, phase lifted over and day: what was frozen first stays
        phase = row.get("baseline_phase_key")  # a release begun by an older version has none
        entry_id = f"{row['goal_key']}@{phase}@{row['as_of_date']}"
        lake.append(BASELINES, entry_id, {**row, "release_id": release_id, "frozen_at": said_at})
    for row in body.get(WEEKDAYS, []):  # a release that was begun by an older version has none
        # the key of a span is too long for a file's name
        entry_id = f"{sha256(row['span_key'].encode()).hexdigest()[:16]}@{row['weekday']}"
        lake.append(WEEKDAYS, entry_id, {**row, "release_id": release_id, "frozen_at": said_at})
