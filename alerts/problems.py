"""What is wrong with the data or the machinery now, read from what it already writes down."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal, cast, get_args

from alerts.facts import Facts
from alerts.ledgers import TASK_RUNS
from alerts.text import day
from extractors.core.lake import Lake
from tidemark.clock import business_date
from tidemark.config.alerts import LANGUAGES
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

ARRIVED = {"zh": "{label}数据已到", "en": "{label}: the data is there"}
SILENT = {
    "zh": {True: "{label}停在 {until}，缺 {days}", False: "{label}尚无数据，缺 {days}"},
    "en": {
        True: "{label} ends on {until}, {days} missing",
        False: "{label} was never read, {days} missing",
    },
}


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


def is_ours(key: str) -> bool:
    """Tell whether an incident is one of the pipeline, and not of a goal."""
    return key.partition("/")[0] in get_args(Kind)


def gone(key: str) -> Problem:
    """Return a problem that is over, known by its key alone."""
    kind, _, subject = key.partition("/")
    platform = subject.partition("/")[0]
    notes = {}
    if kind == "source_late":
        notes = {
            language: ARRIVED[language].format(label=_label(platform, language))
            for language in LANGUAGES
        }
    return Problem(key, cast(Kind, kind), subject, platform=platform, notes=notes)


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
