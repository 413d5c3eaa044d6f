"""What is wrong with the data or the machinery now, as incidents for the engineers' channel.

The same machinery as for goals: one incident per subject, told when it begins, reminded of after
seven days, told when it is over. Re-running tells nothing twice.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from alerts.incidents import REMIND_AFTER, Told, Transition, told
from alerts.ledgers import Entry
from alerts.past import Past
from alerts.problems import SHOWN_AT_MOST, Kind, Problem, gone, is_ours
from alerts.text import CHARACTERS_AT_MOST, LETTERS, day, shortened
from tidemark.clock import business_date
from tidemark.config.alerts import LANGUAGES, AlertConfig

PREFIX: Mapping[Kind, str] = {
    "gate_failed": "GATE",
    "slices_refused": "ROWS",
    "source_late": "SRC",
    "credential_refused": "CRED",
    "quota_exhausted": "QUOTA",
    "drift_found": "DRIFT",
    "dag_failed": "DAG",
}
SEVERITY: Mapping[Kind, str] = {
    "gate_failed": "critical",
    "slices_refused": "warning",
    "source_late": "warning",
    "credential_refused": "critical",
    "quota_exhausted": "warning",
    "drift_found": "warning",
    "dag_failed": "critical",
}
HEADS: Mapping[str, Mapping[Kind, str]] = {
    "zh": {
        "gate_failed": "🛑【未发布】{subject} 数据未过检查，看板仍为 {shown} 版",
        "slices_refused": "🛑【已隔离】{subject} 有数据未过检查",
        "source_late": "⚪【数据未到】{subject}",
        "credential_refused": "🔴【凭证失效】{subject}",
        "quota_exhausted": "🟡【额度用尽】{subject}",
        "drift_found": "🟡【接口变化】{subject}",
        "dag_failed": "🔴【任务失败】{subject}",
    },
    "en": {
        "gate_failed": "🛑 [Not published] {subject} failed its checks, boards still show {shown}",
        "slices_refused": "🛑 [Held back] {subject}: data failed its checks",
        "source_late": "⚪ [Data missing] {subject}",
        "credential_refused": "🔴 [Credential refused] {subject}",
        "quota_exhausted": "🟡 [Quota used up] {subject}",
        "drift_found": "🟡 [API changed] {subject}",
        "dag_failed": "🔴 [Task failed] {subject}",
    },
}
REMEDIES: Mapping[str, Mapping[Kind, str]] = {
    "zh": {
        "gate_failed": "KPI 告警本次不发；改数据或规则后 tidemark release",
        "slices_refused": "该批已隔离，其余照常；tidemark gate 可查",
        "source_late": "不是 0，也不算未达成；无需运营操作",
        "credential_refused": "请重新授权，再 tidemark doctor",
        "quota_exhausted": "次日自动续读；tidemark extract 可补",
        "drift_found": "数据照常落地；请核对字段",
        "dag_failed": "查任务日志，修复后清除重跑",
    },
    "en": {
        "gate_failed": "goal alerts are withheld; mend data or rule, then tidemark release",
        "slices_refused": "they are quarantined, the rest goes on; see tidemark gate",
        "source_late": "not zero and not missed; nothing to do for operators",
        "credential_refused": "authorise again, then tidemark doctor",
        "quota_exhausted": "read again tomorrow; or tidemark extract",
        "drift_found": "rows land as before; compare the fields",
        "dag_failed": "read the task's log, mend, clear it",
    },
}
OVER = {"zh": "🟢【恢复】{subject}", "en": "🟢 [Resolved] {subject}"}
LASTED = {"zh": "{since} 起，历时 {days} 天", "en": "since {since}, {days} days"}
UNJUDGED = {"zh": "{n} 个目标暂不判定", "en": "{n} goals are not judged"}
CODE = {"zh": "数据健康 ↗ ｜编号 {code}", "en": "Data health ↗ ｜{code}"}
AND_MORE = {"zh": "等 {n} 处", "en": "{n} in all"}


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
            _entry(problem, kind, since, today, len(messages), labels)
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
) -> Entry:
    code = f"{PREFIX[problem.kind]}-{_short(problem.subject)}-{today:%m%d}{LETTERS[kind]}"
    texts = {language: _text(problem, kind, since, today, code, language) for language in LANGUAGES}
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
        "people": [],
        "attainment": None,
        "labels": dict(labels),
    }


def _tone(kind: Kind) -> str:
    if kind in ("gate_failed", "slices_refused"):
        return "blocked"
    return "data" if kind == "source_late" else SEVERITY[kind]


def _short(subject: str) -> str:
    """Return a subject as part of an id that people quote."""
    return re.sub(r"[^0-9A-Za-z]+", "-", subject).strip("-").upper()[:24]


def _text(
    problem: Problem, kind: Transition, since: date, today: date, code: str, language: str
) -> str:
    if kind == "resolve":
        lasted = LASTED[language].format(since=day(since, language), days=(today - since).days)
        head = OVER[language].format(subject=problem.notes.get(language, problem.subject))
        return "\n".join((head, lasted, CODE[language].format(code=code)))
    shown = day(problem.shown_as_of, language) if problem.shown_as_of else "-"
    subject = problem.notes.get(language, problem.subject)
    head = HEADS[language][problem.kind].format(subject=subject, shown=shown)
    lines = [head, *problem.details[:SHOWN_AT_MOST]]
    if len(problem.details) > SHOWN_AT_MOST:
        lines[-1] += " " + AND_MORE[language].format(n=len(problem.details))
    remedy = REMEDIES[language][problem.kind]
    if problem.goals_unjudged:
        remedy = UNJUDGED[language].format(n=problem.goals_unjudged) + "；" + remedy
    tail = [remedy, CODE[language].format(code=code)]
    room = CHARACTERS_AT_MOST - sum(len(line) + 1 for line in (head, *tail))
    return "\n".join((head, *_fitting(lines[1:], room), *tail))


def _fitting(lines: Sequence[str], room: int) -> list[str]:
    """Return lines so shortened that they fit together."""
    if not lines:
        return []
    each = room // len(lines) - 1
    return [shortened(line, each) for line in lines] if each >= 12 else []
