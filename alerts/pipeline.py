"""What is wrong with the data or the machinery now, as incidents for the engineers' channel.

The same machinery as for goals: one incident per subject, told when it begins, reminded of after
seven days, told when it is over. Re-running tells nothing twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from alerts.incidents import REMIND_AFTER, Told, Transition, told
from alerts.ledgers import Entry
from alerts.past import Past
from alerts.pipeline_words import (
    AND_MORE,
    CODE,
    HEADS,
    HEALTH,
    LASTED,
    ON_DUTY,
    OVER,
    REMEDIES,
    SOMEBODY_ON_DUTY,
    UNJUDGED,
)
from alerts.problems import SHOWN_AT_MOST, Kind, Problem, gone, is_ours
from alerts.text import CHARACTERS_AT_MOST, LETTERS, day, shortened
from tidemark.clock import business_date
from tidemark.config.alerts import LANGUAGES, AlertConfig

LINES_AT_MOST = 6
PREFIX: Mapping[Kind, str] = {
    "gate_failed": "GATE",
    "slices_refused": "ROWS",
    "source_late": "SRC",
    "credential_refused": "CRED",
    "quota_exhausted": "QUOTA",
    "drift_found": "DRIFT",
    "dag_failed": "DAG",
    "run_late": "LATE",
}
SEVERITY: Mapping[Kind, str] = {
    "gate_failed": "critical",
    "slices_refused": "warning",
    "source_late": "warning",
    "credential_refused": "critical",
    "quota_exhausted": "warning",
    "drift_found": "warning",
    "dag_failed": "critical",
    "run_late": "warning",
}


def pipeline_transitions(
    problems: Iterable[Problem],
    past: Past,
    config: AlertConfig,
    now: datetime,
) -> list[Entry]:
    """Return what is to be told of the pipeline: what is new, what goes on, what is over."""
    today = business_date(now)
    wrong = {problem.key: problem for problem in problems}
    found = []
    for key in sorted({*wrong, *(key for key in past.heard if is_ours(key))}):
        messages = past.heard.get(key, [])
        problem = wrong.get(key) or gone(key)
        labels = _labels(problem)
        silence = config.silence_of(labels, now)
        state = told(messages, with_silenced=silence is not None)
        kind = _owed(
            key in wrong,
            state,
            today,
            was_silenced=silence is None and past.ended_silent(key),
            is_acknowledged=past.is_acknowledged(key, now),
        )
        if kind is None:
            continue
        since = state.fired_on or today
        found.append(
            _entry(problem, kind, since, today, len(messages), labels, config.on_duty)
            | {"suppressed_by": silence.key if silence else None}
        )
    return found


def _owed(
    is_wrong: bool, state: Told, today: date, *, was_silenced: bool, is_acknowledged: bool
) -> Transition | None:
    if not is_wrong:
        return "resolve" if state.is_open else None
    if was_silenced:
        return "remind"
    if not state.is_open:
        return "fire"
    is_due = state.last_on is not None and today - state.last_on >= REMIND_AFTER
    return "remind" if is_due and not is_acknowledged else None


def _labels(problem: Problem) -> dict[str, str]:
    return {
        "kind": "data" if problem.kind == "source_late" else "pipeline",
        "brand": problem.brand,
        "campaign": "-",
        "platform": problem.platform,
        "metric": "-",
        "severity": SEVERITY[problem.kind],
    }


def _entry(
    problem: Problem,
    kind: Transition,
    since: date,
    today: date,
    turn: int,
    labels: Mapping[str, str],
    on_duty: str,
) -> Entry:
    code = problem_code(problem, kind, today)
    texts = {
        language: _text(problem, kind, since, today, code, on_duty, language)
        for language in LANGUAGES
    }
    is_over = kind == "resolve"
    return {
        "kind": labels["kind"],
        "goal_key": problem.key,
        "rule": "S9" if problem.kind == "gate_failed" else "pipeline",
        "transition": kind,
        "severity": SEVERITY[problem.kind],
        "as_of_date": str(today),
        "release_id": "-",
        "inhibited_by": None,
        "incident_opened_on": str(since),
        "turn": str(turn),  # the same may begin and end several times a day
        "code": code,
        "message": texts["zh"],
        "messages": texts,
        "lines": {language: f"{text.splitlines()[0]}｜{code}" for language, text in texts.items()},
        "tone": "resolved" if is_over else _tone(problem.kind),
        "people": [on_duty] if on_duty else [],
        "attainment": None,
        "labels": dict(labels),
    }


def _tone(kind: Kind) -> str:
    if kind in ("gate_failed", "slices_refused"):
        return "blocked"
    return "data" if kind == "source_late" else SEVERITY[kind]


def problem_code(problem: Problem, kind: Transition, today: date) -> str:
    """Return the short id people quote, such as SRC-DY-0415, or SRC-DY-0416S when it is over."""
    about = problem.short.strip("-").upper()[:24].rstrip("-")
    letter = "" if kind == "fire" else LETTERS[kind]
    on = problem.on or today
    return "-".join(filter(None, (PREFIX[problem.kind], about, f"{on:%m%d}{letter}")))


def _text(
    problem: Problem,
    kind: Transition,
    since: date,
    today: date,
    code: str,
    on_duty: str,
    language: str,
) -> str:
    who = f"@{shortened(on_duty)}" if on_duty else ""
    subject = problem.notes.get(language, problem.subject)
    last = "｜".join(filter(None, (who, CODE[language].format(code=code))))
    if problem.kind == "source_late":
        last = HEALTH[language].format(code=code)
    if kind == "resolve":
        lasted = LASTED[language].format(since=day(since, language), days=(today - since).days)
        return "\n".join((OVER[language].format(subject=subject), lasted, last))
    shown = day(problem.shown_as_of, language) if problem.shown_as_of else "-"
    head = HEADS[language][problem.kind].format(subject=subject, shown=shown)
    if problem.kind == "source_late":
        duty = ON_DUTY[language].format(who=who) if who else SOMEBODY_ON_DUTY[language]
        return _late(problem, head, (duty, last), language)
    tail = (REMEDIES[language][problem.kind], last)
    details = _details(problem, language, SHOWN_AT_MOST)
    return "\n".join((head, *_fitting(details, _room(head, *tail)), *tail))


def _late(problem: Problem, head: str, tail: Sequence[str], language: str) -> str:
    """Return the text about a source that is not there: what is not judged, and what stands."""
    remedy = REMEDIES[language]["source_late"]
    if not problem.unjudged:
        details = _details(problem, language, LINES_AT_MOST - 2 - len(tail))
        details = _fitting(details, _room(head, remedy, *tail))
        return "\n".join((head, *details, remedy, *tail))
    stands = problem.last_verdicts.get(language, "")
    frame = UNJUDGED[language].format(n=problem.unjudged, goals="") + remedy
    goals = shortened(problem.goals[language], max(_room(head, frame, stands, *tail), 8))
    counted = UNJUDGED[language].format(n=problem.unjudged, goals=goals) + remedy
    stands = shortened(stands, max(_room(head, counted, *tail), 1))
    return "\n".join(filter(None, (head, counted, stands, *tail)))


def _details(problem: Problem, language: str, at_most: int) -> list[str]:
    details = problem.details_in.get(language, problem.details)
    lines = list(details[:at_most])
    if len(details) > at_most:
        lines[-1] += " " + AND_MORE[language].format(n=len(details))
    return lines


def _room(*lines: str) -> int:
    """Return how many characters are left beside lines."""
    return CHARACTERS_AT_MOST - sum(len(line) + 1 for line in lines)


def _fitting(lines: Sequence[str], room: int) -> list[str]:
    """Return lines so shortened that they fit together."""
    if not lines:
        return []
    each = room // len(lines) - 1
    return [shortened(line, each) for line in lines] if each >= 12 else []
