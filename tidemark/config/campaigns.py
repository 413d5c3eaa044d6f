"""Campaigns, phases and goals: config/campaigns/*.yml, one file per campaign."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tidemark.config.document import Section, Value

CAMPAIGN_FIELDS = ("campaign", "name", "brand", "starts_on", "ends_on", "owner", "phases", "goals")
PHASE_FIELDS = ("key", "name", "starts_on", "ends_on")
GOAL_FIELDS = (
    *("metric", "basis", "objective", "scope", "target", "by_phase", "pacing", "guardrails"),
)
LIFT_FIELDS = ("lift_over", "factor", "rebase")
GUARDRAIL_FIELDS = ("metric", "basis", "min", "max")
SCOPE_FIELDS = ("platform", "account", "brand", "shop", "ownership")
OBJECTIVES = ("awareness", "interaction", "sales", "action", "community")
PACINGS = ("linear", "weekday")
CAMPAIGN_LEVEL = "all"  # stands in goal keys where a phase would


@dataclass(frozen=True)
class Phase:
    """A stretch of a campaign with targets of its own; both days belong to it."""

    key: str
    number: int
    name: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True)
class PhaseTarget:
    """A fixed target, or a lift over an earlier phase."""

    target: float | None = None
    lift_over: str | None = None
    factor: float | None = None
    rebase: date | None = None


@dataclass(frozen=True)
class Guardrail:
    """A bound shown beside a goal; it never changes the verdict."""

    metric: str
    basis: str | None
    minimum: float | None
    maximum: float | None


@dataclass(frozen=True)
class Goal:
    """One metric within one scope, with a target per phase."""

    metric: str
    basis: str | None
    objective: str
    scope: Mapping[str, str]
    target: float | None
    by_phase: Mapping[str, PhaseTarget]
    pacing: str = "linear"
    curve: tuple[tuple[date, float], ...] = ()
    guardrails: tuple[Guardrail, ...] = ()
    at: Value | None = field(default=None, compare=False, repr=False)

    @property
    def scope_text(self) -> str:
        """The scope as it stands in goal keys."""
        return ",".join(f"{key}={value}" for key, value in sorted(self.scope.items()))

    def key(self, campaign: str, phase: str) -> str:
        """Return the goal key of one phase, or of the campaign for CAMPAIGN_LEVEL."""
        return f"{campaign}/{phase}/{self.metric}/{self.basis or '-'}/{self.scope_text}"


@dataclass(frozen=True)
class Campaign:
    """What one campaign file says."""

    key: str
    name: str
    brand: str
    starts_on: date
    ends_on: date
    owner: str
    notify: tuple[str, ...]
    phases: tuple[Phase, ...]
    goals: tuple[Goal, ...]
    at: Value = field(compare=False, repr=False)

    def phase(self, key: str) -> Phase | None:
        """Return the phase of that key."""
        return next((phase for phase in self.phases if phase.key == key), None)


def parse_campaign(root: Value) -> Campaign | None:
    """Return what one file says, None where its frame of days cannot be read."""
    section = root.section(CAMPAIGN_FIELDS)
    starts_on, ends_on = section.needed_day("starts_on"), section.needed_day("ends_on")
    phases = [_phase(item, n) for n, item in enumerate(section.items("phases"), start=1)]
    goals = [_goal(item) for item in section.items("goals")]
    key, name = section.needed_text("campaign"), section.text("name")
    brand = section.needed_text("brand")
    owner, notify = _owner(section.need("owner"))
    section.need("phases")
    section.need("goals")
    if starts_on is None or ends_on is None or None in phases:
        return None
    return Campaign(
        key=key,
        name=name or key,
        brand=brand,
        starts_on=starts_on,
        ends_on=ends_on,
        owner=owner,
        notify=notify,
        phases=tuple(phase for phase in phases if phase),
        goals=tuple(goals),
        at=root,
    )


def _owner(value: Value | None) -> tuple[str, tuple[str, ...]]:
    if value is None:
        return "", ()
    section = value.section(("name", "notify"))
    notify = tuple(item.text() or "" for item in section.items("notify"))
    return section.needed_text("name"), notify


def _phase(item: Value, number: int) -> Phase | None:
    section = item.section(PHASE_FIELDS)
    starts_on, ends_on = section.needed_day("starts_on"), section.needed_day("ends_on")
    key = section.needed_text("key")
    if starts_on is None or ends_on is None:
        return None
    return Phase(key, number, section.text("name", key), starts_on, ends_on)


def _goal(item: Value) -> Goal:
    section = item.section(GOAL_FIELDS)
    pacing, curve = _pacing(section.get("pacing"))
    scope = section.need("scope")
    by_phase = section.get("by_phase")
    target = section.number("target")
    return Goal(
        metric=section.needed_text("metric"),
        basis=section.text("basis") or None,
        objective=section.choice("objective", OBJECTIVES) or "",
        scope=_scope(scope) if scope else {},
        target=target,
        by_phase=_by_phase(by_phase, target) if by_phase else {},
        pacing=pacing,
        curve=curve,
        guardrails=tuple(_guardrail(value) for value in section.items("guardrails")),
        at=item,
    )


def _scope(value: Value) -> dict[str, str]:
    scope = {key: given.text() or "" for key, given in value.section(SCOPE_FIELDS)}
    if not scope:
        value.report("names nothing", "write a platform, an account, a brand or a shop")
    return scope


def _by_phase(value: Value, default: float | None) -> dict[str, PhaseTarget]:
    found = {}
    for phase, given in value.section():
        if given.is_null():
            found[phase] = PhaseTarget(default)
        elif given.shown:
            found[phase] = PhaseTarget(given.number())
        else:
            found[phase] = _lift(given.section(LIFT_FIELDS))
    return found


def _lift(section: Section) -> PhaseTarget:
    factor = section.need("factor")
    return PhaseTarget(
        lift_over=section.needed_text("lift_over"),
        factor=factor.number() if factor else None,
        rebase=section.day("rebase"),
    )


def _pacing(value: Value | None) -> tuple[str, tuple[tuple[date, float], ...]]:
    """Return the name of the pacing and, for a curve, its weights by first day."""
    if value is None:
        return "linear", ()
    if value.shown:
        return value.choice(PACINGS, "pacing") or "linear", ()
    curve = value.section(("curve",)).need("curve")
    points: list[tuple[date, float]] = []
    for item in curve.items() if curve else []:
        pair = item.items()
        if len(pair) != 2:
            item.report("is not a day and a weight", "write it as [2026-04-01, 1]")
            continue
        day, weight = pair[0].day(), pair[1].number()
        if weight is not None and weight < 0:
            pair[1].report("is below 0", "weights are 0 or more")
        if day is not None and weight is not None:
            points.append((day, weight))
    if curve and points != sorted(points):
        curve.report("is not in the order of days", "sort the days, each once")
    return "curve", tuple(points)


def _guardrail(value: Value) -> Guardrail:
    section = value.section(GUARDRAIL_FIELDS)
    minimum, maximum = section.number("min"), section.number("max")
    if minimum is None and maximum is None:
        value.report("has no bound", "add max: or min:")
    return Guardrail(section.needed_text("metric"), section.text("basis") or None, minimum, maximum)


def plain(campaign: Campaign) -> dict[str, Any]:
    """Return the file's content as plain data, for hashes and ledgers."""
    content: dict[str, Any] = campaign.at.plain()
    return content
