"""What alerts read of a release: each goal's verdicts in order, and the figures of the newest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from alerts.channels.model import Curve
from alerts.incidents import Verdict
from tidemark.errors import TidemarkError
from tidemark.settings import Settings

NEWEST = """
select
    status.*,
    goal.aggregation,
    goal.direction,
    coalesce(phase.phase_no, 0) as phase_no,
    phase.phase_name,
    campaign.campaign_name,
    coalesce(phase.starts_on, campaign.starts_on) as starts_on,
    coalesce(phase.ends_on, campaign.ends_on) as ends_on
from kpi.goal_status as status
join kpi.goal as goal on goal.goal_key = status.goal_key
join marts.dim_campaign as campaign on campaign.campaign_key = status.campaign_key
left join marts.dim_phase as phase
    on phase.campaign_key = status.campaign_key and phase.phase_key = status.phase_key
order by status.goal_key
"""

HISTORY = """
select goal_key, as_of_date, status, severity, is_final, restated_from, pace
from kpi.goal_history
order by goal_key, as_of_date
"""

RELEASE = "select release_id, as_of_date from ops.release order by release_id desc limit 1"


@dataclass(frozen=True)
class Goal:
    """A goal at the newest as-of day: its figures by column name, and all its verdicts."""

    goal_key: str
    figures: Mapping[str, Any]
    verdicts: tuple[Verdict, ...] = ()

    @property
    def newest(self) -> Verdict:
        """The verdict of the newest as-of day."""
        return self.verdicts[-1]


@dataclass(frozen=True)
class Facts:
    """A release as alerts see it."""

    release_id: str
    as_of: date
    goals: tuple[Goal, ...] = field(default=())


def read_facts(database: Path) -> Facts:
    """Read the published release; a new connection per request sees the newest one."""
    import duckdb

    if not database.exists():
        raise TidemarkError(f"{database}: nothing is published yet; run tidemark release")
    with duckdb.connect(str(database), read_only=True) as connection:
        release = connection.execute(RELEASE).fetchone()
        newest = connection.execute(NEWEST).to_arrow_table().to_pylist()
        history = connection.execute(HISTORY).fetchall()
    verdicts: dict[str, list[Verdict]] = {}
    for goal_key, *rest in history:
        verdicts.setdefault(goal_key, []).append(Verdict(*rest))
    assert release is not None
    goals = tuple(
        Goal(row["goal_key"], row, tuple(verdicts.get(row["goal_key"], ()))) for row in newest
    )
    return Facts(release[0], release[1], goals)


CURVE = """
select date, actual_cumulative, expected_cumulative, target
from kpi.goal_curve
where goal_key = ?
order by date
"""


def read_curves(settings: Settings) -> Callable[[str], Curve | None]:
    """Return how to get a goal's curve of the published release; None where it has none."""
    database = settings.published_dir / "tidemark.duckdb"

    @cache
    def curve(goal_key: str) -> Curve | None:
        import duckdb

        if not database.exists():
            return None
        with duckdb.connect(str(database), read_only=True) as connection:
            rows = connection.execute(CURVE, [goal_key]).fetchall()
        targets = [row[3] for row in rows if row[3] is not None]
        if not targets:
            return None
        days, actual, expected = (tuple(row[n] for row in rows) for n in range(3))
        return Curve(days, actual, expected, float(targets[-1]))

    return curve
