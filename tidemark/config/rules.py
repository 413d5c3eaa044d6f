"""What a campaign file must fulfil beyond its form; every breach is a problem of its own."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from extractors.core.model import Account
from tidemark.config.accounts import Brand
from tidemark.config.alerts import AlertConfig
from tidemark.config.campaigns import CAMPAIGN_LEVEL, Campaign, Goal, Guardrail, Phase
from tidemark.config.document import Value
from tidemark.config.metrics import Metric
from tidemark.config.problems import nearest


@dataclass(frozen=True)
class Known:
    """What campaign files may refer to."""

    brands: tuple[Brand, ...]
    accounts: tuple[Account, ...]
    metrics: Mapping[str, Metric]
    alerts: AlertConfig


def goal_accounts(goal: Goal, campaign_brand: str, accounts: Sequence[Account]) -> list[Account]:
    """Return the accounts a goal's scope speaks of."""
    scope = goal.scope
    return [
        account
        for account in accounts
        if account.brand == scope.get("brand", campaign_brand)
        and account.ownership == scope.get("ownership", "own")
        and account.platform == scope.get("platform", account.platform)
        and account.key == scope.get("account", account.key)
        and account.key == scope.get("shop", account.key)
    ]


def check_matchers(
    known: Known, campaigns: Collection[str], platforms: Collection[str] | None
) -> None:
    """Warn of what routes, silences and playbooks wait for and will never see."""
    values: Mapping[str, Collection[str]] = {
        "brand": {brand.key for brand in known.brands},
        "campaign": campaigns,
        "metric": set(known.metrics),
        **({} if platforms is None else {"platform": platforms}),
    }
    for name, value, place in known.alerts.awaited:
        if name in values and value != "-" and value not in values[name]:
            place.warn(f"unknown {name} {value!r}: matches nothing", nearest(value, values[name]))


def check_campaign(campaign: Campaign, known: Known) -> None:
    """Report everything that is wrong with one campaign."""
    at = campaign.at
    if campaign.ends_on < campaign.starts_on:
        _report(at, "ends_on", "is before starts_on", "swap or correct the two days")
    brands = {brand.key for brand in known.brands}
    if campaign.brand and campaign.brand not in brands:
        _report(at, "brand", "unknown brand", nearest(campaign.brand, brands))
    channels = {channel.key for channel in known.alerts.channels}
    owner = at.below("owner")
    for name, item in zip(campaign.notify, _items(owner, "notify"), strict=False):
        if name not in channels:
            item.report("unknown channel", nearest(name, channels))
    _check_phases(campaign)
    seen: dict[str, int] = {}
    for goal in campaign.goals:
        _check_goal(goal, campaign, known)
        _check_unique(goal, seen)


def _report(at: Value | None, key: str, message: str, remedy: str) -> None:
    """Add a problem at a key, or at what should hold the key."""
    place = (at.below(key) or at) if at else None
    if place:
        place.report(message, remedy)


def _check_phases(campaign: Campaign) -> None:
    items = _items(campaign.at, "phases")
    for n, (phase, item) in enumerate(zip(campaign.phases, items, strict=False)):
        if phase.ends_on < phase.starts_on:
            _report(item, "ends_on", "is before starts_on", "swap or correct the two days")
        if phase.starts_on < campaign.starts_on or phase.ends_on > campaign.ends_on:
            item.report(
                f"phase {phase.key!r} reaches outside the campaign",
                f"keep it within {campaign.starts_on} and {campaign.ends_on}",
            )
        if phase.key == CAMPAIGN_LEVEL:
            _report(item, "key", "is that of the campaign's own rows", "give it another key")
        for earlier in campaign.phases[:n]:
            _check_pair(earlier, phase, item)


def _check_pair(earlier: Phase, phase: Phase, item: Value) -> None:
    if earlier.key == phase.key:
        _report(item, "key", f"phase {phase.key!r} is defined twice", "give it another key")
    if phase.starts_on <= earlier.ends_on and earlier.starts_on <= phase.ends_on:
        _report(
            item,
            "starts_on",
            f"phase {phase.key!r} overlaps phase {earlier.key!r}"
            f" ({earlier.starts_on} to {earlier.ends_on})",
            f"start it after {earlier.ends_on}",
        )


def _items(at: Value | None, key: str) -> list[Value]:
    place = at.below(key) if at else None
    return place.items() if place else []


def _check_unique(goal: Goal, seen: dict[str, int]) -> None:
    """Report a second entry of one metric, basis and scope, also where its phases are others."""
    if goal.at is None:
        return
    named = " ".join(filter(None, (goal.metric, goal.basis, goal.scope_text)))
    if named in seen:
        goal.at.report(
            f"a goal on {named} is already set in line {seen[named]}",
            "merge them into one by_phase, or narrow a scope",
        )
    seen.setdefault(named, goal.at.line)


def _check_goal(goal: Goal, campaign: Campaign, known: Known) -> None:
    metric = known.metrics.get(goal.metric)
    if metric is None:
        if goal.metric:
            _report(goal.at, "metric", "unknown metric", nearest(goal.metric, known.metrics))
        return
    if metric.aggregation == "ratio" and not metric.is_ratio_registered:
        _report(
            goal.at,
            "metric",
            "is a ratio that is not registered with numerator and denominator",
            f"add both to {goal.metric!r} in config/metrics.yml",
        )
    _check_basis(goal.at, goal.basis, metric)
    _check_scope(goal, campaign, known, metric)
    _check_targets(goal, campaign, metric)
    for guardrail, item in zip(goal.guardrails, _items(goal.at, "guardrails"), strict=False):
        _check_guardrail(guardrail, item, known)


def _check_basis(at: Value | None, basis: str | None, metric: Metric) -> None:
    choices = ", ".join(metric.basis)
    if metric.basis and basis is None:
        _report(at, "basis", f"{metric.id!r} needs a basis", f"add basis: one of {choices}")
    elif metric.basis and basis not in metric.basis:
        _report(at, "basis", "unknown basis", nearest(str(basis), metric.basis))
    elif basis is not None and not metric.basis:
        _report(at, "basis", f"{metric.id!r} has no basis", "remove the line")


def _check_scope(goal: Goal, campaign: Campaign, known: Known, metric: Metric) -> None:
    scope = goal.at.below("scope") if goal.at else None
    choices = {
        "platform": {account.platform for account in known.accounts},
        "account": {account.key for account in known.accounts},
        "shop": {account.key for account in known.accounts if account.kind == "shop"},
        "brand": {brand.key for brand in known.brands},
        "ownership": {"own", "kol", "competitor"},
    }
    is_known = True
    for name, value in goal.scope.items():
        if value not in choices[name]:
            _report(scope, name, f"unknown {name}", nearest(value, choices[name]))
            is_known = False
    if goal.scope.get("ownership", "own") not in ("own", ""):
        _report(
            scope,
            "ownership",
            "is not own: only own accounts are read day by day",
            "take the line out; what others bring is a metric of the own account",
        )
        return
    fed = [
        account
        for account in goal_accounts(goal, campaign.brand, known.accounts)
        if account.platform in metric.sources
    ]
    if scope and goal.scope and is_known and not fed:
        scope.report(
            f"no account of this scope has a source of {metric.id!r}",
            f"the metric has sources for: {', '.join(metric.sources) or 'no platform'}",
        )


def _check_targets(goal: Goal, campaign: Campaign, metric: Metric) -> None:
    if not goal.by_phase:
        _report(goal.at, "by_phase", "gives no phase a target", "add by_phase: {p1: …}")
        return
    by_phase = goal.at.below("by_phase") if goal.at else None
    for key, given in goal.by_phase.items():
        phase = campaign.phase(key)
        if phase is None:
            names = [phase.key for phase in campaign.phases]
            _report(by_phase, key, f"unknown phase {key!r}", nearest(key, names))
        elif given.lift_over is not None:
            _check_lift(by_phase, given.lift_over, phase, campaign)
        elif given.target is None:
            _report(by_phase, key, f"phase {key!r} has no target", "write a number")
        elif given.target <= 0 and metric.direction == "higher":
            _report(by_phase, key, "is not above 0", "a goal to reach needs a positive target")
    _check_sum(goal, metric)
    _check_curve(goal, campaign)
    pacing = goal.at.below("pacing") if goal.at else None
    if pacing and goal.pacing == "weekday" and metric.aggregation != "sum":
        pacing.warn("is judged as linear", "only a sum has shares of weekdays; write linear")


def _check_lift(at: Value | None, lift_over: str, phase: Phase, campaign: Campaign) -> None:
    earlier = [p.key for p in campaign.phases if p.ends_on < phase.starts_on]
    if lift_over and lift_over not in earlier:
        known = lift_over in [p.key for p in campaign.phases]
        _report(
            at.below(phase.key) if at else None,
            "lift_over",
            f"phase {lift_over!r} {'does not end before this one' if known else 'is unknown'}",
            f"lift over an earlier phase: {', '.join(earlier) or 'there is none'}",
        )


def _check_sum(goal: Goal, metric: Metric) -> None:
    """Report phase targets of a sum goal that do not add up to its campaign target."""
    if metric.aggregation != "sum" or goal.target is None:
        return
    targets = [given.target for given in goal.by_phase.values()]
    if any(target is None for target in targets):
        _report(goal.at, "target", "cannot stand beside a lifted phase", "remove the target")
        return
    total = math.fsum(target for target in targets if target is not None)
    if not math.isclose(total, goal.target, rel_tol=1e-9):
        _report(
            goal.at,
            "target",
            f"the phase targets add up to {total:,.10g}, not to the campaign target"
            f" {goal.target:,.10g} (difference {total - goal.target:+,.10g})",
            "make by_phase add up to target",
        )


def _check_curve(goal: Goal, campaign: Campaign) -> None:
    """Report phases all of whose days the curve gives no weight: nothing is ever expected there."""
    for phase in (phase for phase in campaign.phases if phase.key in goal.by_phase):
        if not _weighs(goal.curve, phase):
            _report(
                goal.at.below("pacing") if goal.at else None,
                "curve",
                f"the weights of phase {phase.key!r} add up to 0"
                f" ({phase.starts_on} to {phase.ends_on})",
                "give at least one of its days a weight above 0",
            )


def _weighs(curve: Sequence[tuple[date, float]], phase: Phase) -> bool:
    """Return whether some day of the phase has a weight; a day before the curve weighs 1."""
    steps = [(date.min, 1.0), *curve]
    ends = [*(since for since, _ in curve), date.max]
    return any(
        weight > 0 and since <= phase.ends_on and until > phase.starts_on
        for (since, weight), until in zip(steps, ends, strict=True)
    )


def _check_guardrail(guardrail: Guardrail, item: Value, known: Known) -> None:
    metric = known.metrics.get(guardrail.metric)
    if metric is None:
        _report(item, "metric", "unknown metric", nearest(guardrail.metric, known.metrics))
        return
    _check_basis(item, guardrail.basis, metric)
