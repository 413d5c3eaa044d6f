"""Targets held against what a scope has reached before: tidemark config check warns by it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from tidemark.config.campaigns import Campaign, Goal, Phase
from tidemark.config.loader import Config
from tidemark.config.problems import Problem

WINDOW_DAYS = 28
#: a target that asks for more than this many times the best mean looks infeasible
STRETCH = 1.5

# days on which some account of the scope was not observed are no mean
BEST_MEAN = f"""
with days as (
    select
        figures.stat_date,
        case when count(*) = count(figures.value) then sum(figures.value) end as value
    from marts.fct_metric_day as figures
    join marts.dim_account as accounts using (account_key)
    where figures.metric = $metric and figures.basis = $basis
        and accounts.brand_key = $brand and accounts.ownership = $ownership
        and ($platform is null or accounts.platform = $platform)
        and ($account is null or accounts.account_key = $account)
        and figures.stat_date < $before
    group by figures.stat_date
),

windows as (
    select
        avg(value) over recent as mean,
        count(value) over recent as observed,
        min(stat_date) over recent as since,
        stat_date
    from days
    window recent as (order by stat_date rows between {WINDOW_DAYS - 1} preceding and current row)
)

select max(mean) from windows
where observed = {WINDOW_DAYS} and stat_date - since = {WINDOW_DAYS - 1}
"""


@dataclass(frozen=True)
class Target:
    """What a goal asks of a phase."""

    campaign: Campaign
    goal: Goal
    phase: Phase
    total: float

    @property
    def per_day(self) -> float:
        """What is needed on each day of the phase."""
        return self.total / ((self.phase.ends_on - self.phase.starts_on) / timedelta(1) + 1)


def infeasible(config: Config, database: Path) -> list[Problem]:
    """Return a warning for every target that looks infeasible or that nothing can be said of."""
    found: list[Problem] = []
    targets = _targets(config)
    bests = _best_means(targets, database) if database.exists() else [None] * len(targets)
    for target, best in zip(targets, bests, strict=True):
        if target.goal.at and (best is None or target.per_day > STRETCH * best):
            replace(target.goal.at, problems=found).warn(*_told(target, best))
    return found


def _best_means(targets: Sequence[Target], database: Path) -> list[float | None]:
    """Return the greatest mean of four weeks before each phase, None where there are none."""
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        return [connection.execute(BEST_MEAN, _scope(t)).fetchall()[0][0] for t in targets]


def _told(target: Target, best: float | None) -> tuple[str, str]:
    """Return what is wrong with a target, and what to do."""
    name = f"{target.goal.metric} of {target.campaign.key}/{target.phase.key}"
    if best is None:
        return (
            f"{name} is unchecked: no {WINDOW_DAYS} days of this scope are known before it",
            "nothing to do; check again when the history is loaded",
        )
    return (
        f"{name} needs {target.per_day:,.0f} a day; the best {WINDOW_DAYS} days of this scope "
        f"had {best:,.0f}",
        f"a target above {STRETCH} times what was ever reached is rarely met; lower it or say why",
    )


def _targets(config: Config) -> list[Target]:
    """Return the fixed targets that are reached by adding up days."""
    return [
        Target(campaign, goal, phase, given.target)
        for campaign in config.campaigns
        for goal in campaign.goals
        for phase in campaign.phases
        if (metric := config.metrics[goal.metric]).aggregation == "sum"
        and metric.direction == "higher"
        and (given := goal.by_phase.get(phase.key)) is not None
        and given.target is not None
    ]


def _scope(target: Target) -> dict[str, Any]:
    goal = target.goal
    return {
        "metric": goal.metric,
        "basis": goal.basis or "-",
        "brand": goal.scope.get("brand", target.campaign.brand),
        "ownership": goal.scope.get("ownership", "own"),
        "platform": goal.scope.get("platform"),
        "account": goal.scope.get("account") or goal.scope.get("shop"),
        "before": target.phase.starts_on,
    }
