"""What the board reads of the published release, on a read-only connection of its own.

A release never changes, so what was read of its file is kept while the link names that file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidemark.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Row = Mapping[str, Any]

CARD_POINTS = 31
PAGE_POINTS = 400
TRAIL_DAYS = 30
KEPT_BOARDS, KEPT_GOALS = 8, 64

RELEASE = """
select release_id, as_of_date, published_at, gate_summary
from ops.release
order by release_id desc
limit 1
"""

CAMPAIGNS = """
select
    campaign.*,
    brand.brand_name,
    release.as_of_date between campaign.starts_on and campaign.ends_on as is_running
from marts.dim_campaign as campaign
left join marts.dim_brand as brand on brand.brand_key = campaign.brand_key
cross join (select max(as_of_date) as as_of_date from ops.release) as release
order by campaign.starts_on desc, campaign.campaign_key
"""

GOALS = """
select
    status.*,
    goal.direction,
    goal.objective,
    goal.pacing,
    metric.name_zh,
    metric.name_en,
    metric.unit as metric_unit,
    metric.definition,
    account.account_name,
    phase.phase_no,
    phase.phase_name,
    coalesce(phase.starts_on, campaign.starts_on) as starts_on,
    coalesce(phase.ends_on, campaign.ends_on) as ends_on
from kpi.goal_status as status
join kpi.goal as goal on goal.goal_key = status.goal_key
join marts.dim_campaign as campaign on campaign.campaign_key = status.campaign_key
left join marts.dim_metric as metric on metric.metric = status.metric
left join marts.dim_account as account on account.account_key = status.account_key
left join marts.dim_phase as phase
    on phase.campaign_key = status.campaign_key and phase.phase_key = status.phase_key
where status.campaign_key in (select unnest($campaigns)) or status.goal_key = $goal
order by
    phase.phase_no nulls last,
    case status.status
        when 'missed' then 0
        when 'at_risk' then if(status.severity = 'critical', 1, 2)
        when 'no_data' then 3
        when 'on_track' then 4
        else 5
    end,
    status.goal_key
"""

# every day of a short goal; of a long one its ends, the as-of day and some between
CURVES = """
with points as (
    select
        curve.*,
        row_number() over (partition by goal_key order by date) as nth,
        count(*) over (partition by goal_key) as days
    from kpi.goal_curve as curve
    where goal_key in (select unnest($goals))
)

select
    goal_key,
    list(date order by date) as days,
    list(actual_cumulative order by date) as actual,
    list(expected_cumulative order by date) as expected,
    list(forecast order by date) as forecast,
    list(forecast_low order by date) as low,
    list(forecast_high order by date) as high,
    last(target order by date) as target
from points
where
    nth in (1, days)
    or date = $as_of
    or nth % cast(ceil(days / $points) as bigint) = 0
group by goal_key
"""

SOURCES = "select * from ops.freshness order by is_late desc, platform, stream, account_key"

TRAIL = """
select as_of_date, status, severity, reason
from kpi.goal_history
where goal_key = ?
order by as_of_date desc
limit ?
"""


@dataclass(frozen=True)
class Release:
    """Which release is shown: every number on a page is of it."""

    release_id: str
    as_of: date
    published_at: datetime
    gate_summary: str


@dataclass(frozen=True, eq=False)  # one of a kind: a picture is drawn once of it
class Curve:
    """A goal's plan, its way so far and the way ahead; None is a day without a number."""

    days: Sequence[date]
    actual: Sequence[float | None]
    expected: Sequence[float | None]
    forecast: Sequence[float | None]
    low: Sequence[float | None]
    high: Sequence[float | None]
    target: float | None


@dataclass(frozen=True, eq=False)  # what was read once is drawn once
class Published:
    """What a page shows of a release; release is None before the first one."""

    release: Release | None = None
    campaigns: Sequence[Row] = ()
    goals: Sequence[Row] = ()
    curves: Mapping[str, Curve] = field(default_factory=dict)
    sources: Sequence[Row] = ()
    trail: Sequence[Row] = ()

    @property
    def late(self) -> list[Row]:
        """The sources that are past their deadline in this release."""
        return [source for source in self.sources if source["is_late"]]

    def goals_of(self, campaign_key: str) -> list[Row]:
        """Return a campaign's goals, of its phases and of the whole."""
        return [goal for goal in self.goals if goal["campaign_key"] == campaign_key]


def read_campaigns(settings: Settings, wanted: str | None = None) -> Published:
    """Return the running campaigns with their goals, or the one that is asked for."""
    written = _written(settings)
    return _campaigns(*written, wanted) if written else Published()


def read_goal(settings: Settings, goal_key: str) -> Published:
    """Return one goal with its whole curve and its newest verdicts; no goal if there is none."""
    written = _written(settings)
    return _goal(*written, goal_key) if written else Published()


def _written(settings: Settings) -> tuple[str, int, int] | None:
    """Return the file that the link names now, and which writing of it; nothing before a release.

    People who are forgotten are taken out of old files, so a name alone does not tell.
    """
    link = settings.published_dir / "tidemark.duckdb"
    if not link.exists():
        return None
    file: Path = link.resolve()
    state = file.stat()
    return str(file), state.st_ino, state.st_mtime_ns


@lru_cache(maxsize=KEPT_BOARDS)
def _campaigns(database: str, _inode: int, _changed: int, wanted: str | None) -> Published:
    with _open(database) as connection:
        release = _release(connection)
        campaigns = _rows(connection, CAMPAIGNS)
        keys = [
            campaign["campaign_key"]
            for campaign in campaigns
            if (campaign["campaign_key"] == wanted if wanted else campaign["is_running"])
        ]
        goals = _rows(connection, GOALS, {"campaigns": keys, "goal": None})
        curved = [goal["goal_key"] for goal in goals if goal["phase_state"] == "active"]
        curves = _curves(connection, curved, release.as_of, CARD_POINTS)
        return Published(release, campaigns, goals, curves, _rows(connection, SOURCES))


@lru_cache(maxsize=KEPT_GOALS)
def _goal(database: str, _inode: int, _changed: int, goal_key: str) -> Published:
    with _open(database) as connection:
        release = _release(connection)
        return Published(
            release,
            _rows(connection, CAMPAIGNS),
            _rows(connection, GOALS, {"campaigns": [], "goal": goal_key}),
            _curves(connection, [goal_key], release.as_of, PAGE_POINTS),
            _rows(connection, SOURCES),
            _rows(connection, TRAIL, [goal_key, TRAIL_DAYS])[::-1],
        )


def _open(database: str) -> "DuckDBPyConnection":
    import duckdb

    return duckdb.connect(database, read_only=True)


def _release(connection: "DuckDBPyConnection") -> Release:
    row = connection.execute(RELEASE).fetchone()
    assert row is not None
    return Release(*row)


def _rows(
    connection: "DuckDBPyConnection",
    query: str,
    parameters: Mapping[str, Any] | list[Any] | None = None,
) -> list[Row]:
    found = connection.execute(query, parameters)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _curves(
    connection: "DuckDBPyConnection", goals: Sequence[str], as_of: date, points: int
) -> dict[str, Curve]:
    asked = {"goals": list(goals), "as_of": as_of, "points": points}
    return {key: Curve(*rest) for key, *rest in connection.execute(CURVES, asked).fetchall()}
