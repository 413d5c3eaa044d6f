"""What is wrong with the data or the machinery now, as incidents for the engineers' channel.

The same machinery as for goals: one incident per subject, told when it begins, reminded of after
seven days, told when it is over. Re-running tells nothing twice.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

from alerts.facts import Facts
from alerts.incidents import REMIND_AFTER, Message, Transition, told
from alerts.ledgers import TASK_RUNS, Entry
from alerts.text import CHARACTERS_AT_MOST, LETTERS, day, shortened
from extractors.core.lake import Lake
from tidemark.clock import business_date
from tidemark.config.alerts import LANGUAGES, AlertConfig
from tidemark.settings import Settings
from warehouse.status import read_status

Kind = Literal[
    "gate_failed",
    "slices_refused",
    "source_late",
    "credential_refused",
    "quota_exhausted",
    "drift_found",
    "dag_failed",
]

SHOWN_AT_MOST = 3
DRIFT_DAYS = 3
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
#: what an exception of a task says about who has to act
BY_ERROR: Mapping[str, Kind] = {
    "AuthError": "credential_refused",
    "TokenExpired": "credential_refused",
    "QuotaExhausted": "quota_exhausted",
}
LATE = re.compile(  # as warehouse/asof.py writes it
    r"(?P<platform>[^/ ]+)/(?P<stream>\S+) (?P<account>\S+) (?P<dt>\d{4}-\d\d-\d\d): late since "
    r"[-\d]+ [:\d]+, (?:data until (?P<until>[-\d]+)|never read before), (?P<why>.*)"
)
REFUSED = re.compile(
    r"(?P<platform>[^/ ]+)/(?P<stream>\S+) (?P<account>\S+) (?P<dt>\S+): (?P<why>.*)"
)
PLANNED = re.compile(r"\(as of (\d{4}-\d\d-\d\d)\)")

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
ARRIVED = {"zh": "{label}数据已到", "en": "{label}: the data is there"}
SILENT = {
    "zh": {True: "{label}停在 {until}，缺 {days}", False: "{label}尚无数据，缺 {days}"},
    "en": {
        True: "{label} ends on {until}, {days} missing",
        False: "{label} was never read, {days} missing",
    },
}
LASTED = {"zh": "{since} 起，历时 {days} 天", "en": "since {since}, {days} days"}
UNJUDGED = {"zh": "{n} 个目标暂不判定", "en": "{n} goals are not judged"}
CODE = {"zh": "数据健康 ↗ ｜编号 {code}", "en": "Data health ↗ ｜{code}"}
AND_MORE = {"zh": "等 {n} 处", "en": "{n} in all"}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong now; subject and details are what people read of it."""

    key: str  # kind/subject: the incident
    kind: Kind
    subject: str
    details: tuple[str, ...] = ()
    brand: str = "-"
    platform: str = "-"
    shown_as_of: date | None = None
    goals_unjudged: int = 0
    notes: Mapping[str, str] = field(default_factory=dict, compare=False)


def read_problems(settings: Settings, lake: Lake, facts: Facts | None) -> list[Problem]:
    """Return everything that is wrong now, in a fixed order."""
    status = read_status(settings)
    found = [
        *_gate(status),
        *_refused(status),
        *_late(status, facts),
        *_task_runs(lake.ledger(TASK_RUNS)),
        *_drift(lake, business_date(settings.clock())),
    ]
    return sorted(found, key=lambda problem: problem.key)


def pipeline_transitions(
    problems: Iterable[Problem],
    heard: Mapping[str, list[Message]],
    config: AlertConfig,
    now: datetime,
) -> list[Entry]:
    """Return what is to be told of the pipeline: what is new, what goes on, what is over."""
    today = business_date(now)
    wrong = {problem.key: problem for problem in problems}
    found = []
    for key in sorted({*wrong, *(key for key in heard if _is_ours(key))}):
        messages = heard.get(key, [])
        problem = wrong.get(key) or _gone(key)
        labels = _labels(problem)
        silence = config.silence_of(labels, now)
        state = told(messages, with_silenced=silence is not None)
        kind = _owed(key in wrong, state.is_open, state.last_on, today)
        if kind is None:
            continue
        since = state.fired_on or today
        found.append(
            _entry(problem, kind, since, today, len(messages), labels)
            | {"suppressed_by": silence.key if silence else None}
        )
    return found


def _owed(is_wrong: bool, is_told: bool, last_on: date | None, today: date) -> Transition | None:
    if not is_wrong:
        return "resolve" if is_told else None
    if not is_told:
        return "fire"
    return "remind" if last_on is not None and today - last_on >= REMIND_AFTER else None


def _is_ours(key: str) -> bool:
    return key.partition("/")[0] in PREFIX


def _gone(key: str) -> Problem:
    kind, _, subject = key.partition("/")
    platform = subject.partition("/")[0]
    notes = {}
    if kind == "source_late":
        notes = {
            language: ARRIVED[language].format(label=_label(platform, language))
            for language in LANGUAGES
        }
    return Problem(key, kind, subject, platform=platform, notes=notes)  # type: ignore[arg-type] # _is_ours looked


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


# -- what is read ------------------------------------------------------------------------------


def _gate(status: Mapping[str, Any]) -> list[Problem]:
    if status.get("outcome") not in ("gate_failed", "build_failed"):
        return []
    planned = PLANNED.search(status["reason"])
    as_of = date.fromisoformat(planned[1]) if planned else None
    shown = status.get("as_of_date")
    details = tuple(status.get("failures") or (status["reason"],))
    return [
        Problem(
            "gate_failed/release",
            "gate_failed",
            "release",
            details,
            shown_as_of=date.fromisoformat(shown) if shown else None,
            notes={language: day(as_of, language) for language in LANGUAGES} if as_of else {},
        )
    ]


def _refused(status: Mapping[str, Any]) -> list[Problem]:
    return [
        Problem(
            f"slices_refused/{platform}",
            "slices_refused",
            platform,
            tuple(f"{m['stream']} {m['account']} {m['dt']} {m['why']}" for m in found),
            platform=platform,
        )
        for platform, found in _by_platform(REFUSED, status.get("refused_slices", ())).items()
    ]


def _late(status: Mapping[str, Any], facts: Facts | None) -> list[Problem]:
    problems = []
    for platform, found in _by_platform(LATE, status.get("late_sources", ())).items():
        accounts = {match["account"] for match in found}
        unjudged = [
            goal
            for goal in (facts.goals if facts else ())
            if goal.figures["status"] == "no_data" and _reads(goal.figures, platform, accounts)
        ]
        problems.append(
            Problem(
                f"source_late/{platform}",
                "source_late",
                platform,
                _silent_accounts(found),
                platform=platform,
                goals_unjudged=len(unjudged),
                notes={language: _silence(platform, found, language) for language in LANGUAGES},
            )
        )
    return problems


def _reads(figures: Mapping[str, Any], platform: str, accounts: Collection[str]) -> bool:
    """Tell whether a goal's scope holds one of a platform's silent accounts."""
    if figures["account_key"] is not None:
        return figures["account_key"] in accounts
    return figures["platform"] in (platform, None)


def _silent_accounts(found: Iterable[re.Match[str]]) -> tuple[str, ...]:
    """Return a line per account and way of failing, with the streams that are missing."""
    streams: dict[tuple[str, str], list[str]] = defaultdict(list)
    for match in found:
        streams[match["account"], match["why"]].append(match["stream"])
    return tuple(
        f"{account} {', '.join(names)}: {why}" for (account, why), names in streams.items()
    )


def _silence(platform: str, found: Iterable[re.Match[str]], language: str) -> str:
    """Say until which day a platform was read, and which days are missing since."""
    spans = [
        (date.fromisoformat(m["until"]) if m["until"] else None, date.fromisoformat(m["dt"]))
        for m in found
    ]
    known = [until for until, _ in spans if until]
    last = max(dt for _, dt in spans)
    until = min(known, default=None)
    first = until + timedelta(days=1) if until else min(dt for _, dt in spans)
    days = [day(first + timedelta(days=n), language) for n in range((last - first).days + 1)]
    if len(days) > SHOWN_AT_MOST:
        days = [f"{days[0]}–{days[-1]}"]
    return SILENT[language][until is not None].format(
        label=_label(platform, language),
        until=day(until, language) if until else "",
        days=("、" if language == "zh" else ", ").join(days),
    )


def _label(platform: str, language: str) -> str:
    from extractors.core.registry import platforms_by_name

    known = platforms_by_name().get(platform)
    if known is None:
        return platform  # its last incident outlives the platform
    return known.label_zh if language == "zh" else known.label_en


def _by_platform(pattern: re.Pattern[str], lines: Iterable[str]) -> dict[str, list[re.Match[str]]]:
    found = defaultdict(list)
    for line in lines:
        if matched := pattern.fullmatch(line):
            found[matched["platform"]].append(matched)
    return found


def _task_runs(entries: Iterable[Mapping[str, Any]]) -> list[Problem]:
    """Return the tasks whose newest recorded run failed, by what has to be done about it."""
    newest: dict[str, Mapping[str, Any]] = {}
    for entry in sorted(entries, key=lambda e: (e["at"], e["entry_id"])):
        newest[entry["subject"]] = entry
    problems = []
    for subject, entry in sorted(newest.items()):
        if entry["outcome"] != "failed":
            continue
        kind = BY_ERROR.get(entry["error_class"], "dag_failed")
        problems.append(
            Problem(f"{kind}/{subject}", kind, subject, (entry["error"],) if entry["error"] else ())
        )
    return problems


def _drift(lake: Lake, today: date) -> list[Problem]:
    """Return streams whose newest batch of the last days had fields that nobody declared."""
    from extractors.core.registry import platforms_by_name

    days = [today - timedelta(days=n) for n in range(1, DRIFT_DAYS + 1)]
    problems = []
    for platform in platforms_by_name().values():
        for stream in platform.streams:
            manifests = lake.manifests(platform.name, stream.name, days)
            newest = max(manifests, key=lambda m: (m.committed_at, m.batch_id), default=None)
            if newest is not None and newest.drift:
                subject = f"{platform.name}/{stream.name}"
                problems.append(
                    Problem(
                        f"drift_found/{subject}",
                        "drift_found",
                        subject,
                        newest.drift,
                        platform=platform.name,
                    )
                )
    return problems
