"""What a silent source leaves open: the goals without a verdict, and what was last said of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from alerts.facts import Goal
from alerts.incidents import Verdict, fold
from alerts.text import day, percent
from alerts.words import WORDS
from tidemark.config.alerts import LANGUAGES
from tidemark.config.metrics import Metric

CAMPAIGN = {"zh": "活动", "en": "campaign "}
LAST = {"zh": "最近判定（{day}）：", "en": "{day}: "}
PACE = {"zh": "（进度 {pace}）", "en": " (pace {pace})"}
KEPT = {"zh": "，告警保留", "en": ", alert kept"}
REST_FINE = {"zh": "；其余 {where} 正常", "en": "; rest fine"}
ALL_FINE = {"zh": "{where} 正常", "en": "{where} fine"}
ENOUGH = {"zh": "、", "en": ", "}
GROUPS = {"zh": "，", "en": "; "}
MISSED = ("at_risk", "missed")


def unjudged_words(
    goals: Sequence[Goal], until: date | None, metrics: Mapping[str, Metric]
) -> dict[str, Any]:
    """Return goals without a verdict, and the last verdicts of their phases, by language."""
    order = list(metrics)
    ordered = sorted(
        goals,
        key=lambda g: (
            g.figures["campaign_key"],
            g.figures["phase_no"] or float("inf"),
            order.index(g.figures["metric"]),
            g.goal_key,
        ),
    )
    return {
        "goals": {language: _listed(ordered, language, metrics) for language in LANGUAGES},
        "last_verdicts": {
            language: _last_verdicts(ordered, until, language, metrics) for language in LANGUAGES
        },
    }


def _listed(goals: Iterable[Goal], language: str, metrics: Mapping[str, Metric]) -> str:
    """Return goals by phase, as in P2 播放、涨粉，活动播放."""
    groups: dict[tuple[str, str], list[str]] = {}
    for goal in goals:
        where = _where(goal, language)
        names = groups.setdefault((goal.figures["campaign_key"], where), [])
        names.append(_name(goal, language, metrics))
    return GROUPS[language].join(
        f"{where}{ENOUGH[language].join(dict.fromkeys(names))}"
        for (_, where), names in groups.items()
    )


def _last_verdicts(
    goals: Sequence[Goal], until: date | None, language: str, metrics: Mapping[str, Metric]
) -> str:
    """Return who was late when the source was last there; phases speak for their campaigns."""
    phases = [goal for goal in goals if goal.figures["level"] == "phase"] or list(goals)
    known = [(goal, verdict) for goal in phases if (verdict := _verdict_on(goal, until))]
    if not known or until is None:
        return ""
    late = [
        _late(goal, verdict, language, metrics)
        for goal, verdict in known
        if verdict.status in MISSED
    ]
    places = dict.fromkeys(_where(goal, language).strip() for goal, _ in known)
    where = ENOUGH[language].join(places)
    text = LAST[language].format(day=day(until, language)) + ENOUGH[language].join(late)
    if not late:
        return text + ALL_FINE[language].format(where=where)
    if any(fold(goal.verdicts).is_open for goal, _ in known):
        text += KEPT[language]
    rest = REST_FINE[language].format(where=where) if len(late) < len(known) else ""
    return text + rest


def _late(goal: Goal, verdict: Verdict, language: str, metrics: Mapping[str, Metric]) -> str:
    words = WORDS[language]
    high = goal.figures.get("direction") == "lower"
    behind = (words.too_high if high else words.behind)[verdict.level]
    pace = PACE[language].format(pace=percent(verdict.pace)) if verdict.pace is not None else ""
    return f"{_name(goal, language, metrics)} {behind}{pace}"


def _verdict_on(goal: Goal, until: date | None) -> Verdict | None:
    """Return the newest verdict that the silent source still allowed."""
    judged = [v for v in goal.verdicts if v.status != "no_data" and until and v.as_of <= until]
    return judged[-1] if judged else None


def _where(goal: Goal, language: str) -> str:
    number = goal.figures["phase_no"]
    return f"P{number} " if number else CAMPAIGN[language]


def _name(goal: Goal, language: str, metrics: Mapping[str, Metric]) -> str:
    metric = metrics[goal.figures["metric"]]
    return metric.short_zh if language == "zh" else metric.name_en
