"""What is wrong with the data or the machinery now, read from what it already writes down."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal, cast, get_args

from alerts.facts import Facts
from alerts.ledgers import TASK_RUNS, newest_runs
from alerts.names import broken_rule, label, short_code
from alerts.text import day
from alerts.unjudged import unjudged_words
from extractors.core.lake import Lake
from tidemark.clock import business_date, days_between
from tidemark.config.alerts import LANGUAGES
from tidemark.config.metrics import load_metrics
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
    "run_late",
]

OF_NO_PLATFORM = (
    *("gate_failed", "dag_failed", "run_late"),
    *("credential_refused", "quota_exhausted"),  # subjects are tasks
)
GATE_SHUT = ("gate_failed", "build_failed")
SHOWN_AT_MOST = 3
DRIFT_DAYS = 3
#: what an exception of a task says about who has to act
BY_ERROR: Mapping[str, Kind] = {
    "AuthError": "credential_refused",
    "TokenExpired": "credential_refused",
    "QuotaExhausted": "quota_exhausted",
    "DeadlineMissed": "run_late",
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
        True: "{label}: {days}",
        False: "{label}, never read: {days}",
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
    on: date | None = None  # the day of the data that it is about
    unjudged: int = 0  # so many goals have no verdict because of it
    # by language: the subject, the details, the goals without a verdict, their last verdicts
    notes: Mapping[str, str] = field(default_factory=dict, compare=False)
    details_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
    goals: Mapping[str, str] = field(default_factory=dict, compare=False)
    last_verdicts: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def short(self) -> str:
        """The subject as part of an id: platforms by their short codes."""
        platform, slash, rest = self.subject.partition("/")
        if self.platform == platform:
            return re.sub(r"[^0-9A-Za-z]+", "-", f"{short_code(platform)}{slash}{rest}")
        return re.sub(r"[^0-9A-Za-z]+", "-", "" if self.kind == "gate_failed" else self.subject)


def read_problems(settings: Settings, lake: Lake, facts: Facts | None) -> list[Problem]:
    """Return everything that is wrong now, in a fixed order."""
    status = read_status(settings)
    found = [
        *_gate(status),
        *_refused(status),
        *_late(status, facts, settings.config_dir),
        *_task_runs(lake.ledger(TASK_RUNS)),
        *_drift(lake, business_date(settings.clock())),
    ]
    return sorted(found, key=lambda problem: problem.key)


def is_gate_shut(settings: Settings) -> bool:
    """Tell whether the newest release failed its gate: goals are then not spoken of (S9)."""
    return read_status(settings).get("outcome") in GATE_SHUT


def is_ours(key: str) -> bool:
    """Tell whether an incident is one of the pipeline, and not of a goal."""
    return key.partition("/")[0] in get_args(Kind)


def gone(key: str) -> Problem:
    """Return a problem that is over, known by its key alone."""
    kind, _, subject = key.partition("/")
    platform = "-" if kind in OF_NO_PLATFORM else subject.partition("/")[0]
    notes = {}
    if kind == "source_late":
        notes = {
            language: ARRIVED[language].format(label=label(platform, language))
            for language in LANGUAGES
        }
    return Problem(key, cast(Kind, kind), subject, platform=platform, notes=notes)


def _gate(status: Mapping[str, Any]) -> list[Problem]:
    if status.get("outcome") not in GATE_SHUT:
        return []
    planned = PLANNED.search(status["reason"])
    as_of = date.fromisoformat(planned[1]) if planned else None
    shown = status.get("as_of_date")
    details = tuple(status.get("failures") or (status["reason"],))
    told = {language: tuple(broken_rule(d, language) for d in details) for language in LANGUAGES}
    return [
        Problem(
            "gate_failed/release",
            "gate_failed",
            "release",
            details,
            shown_as_of=date.fromisoformat(shown) if shown else None,
            on=as_of,
            details_in=told,
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


def _late(status: Mapping[str, Any], facts: Facts | None, config_dir: Path) -> list[Problem]:
    problems = []
    for platform, found in _by_platform(LATE, status.get("late_sources", ())).items():
        accounts = {match["account"] for match in found}
        goals = [
            goal
            for goal in (facts.goals if facts else ())
            if goal.figures["status"] == "no_data" and _reads(goal.figures, platform, accounts)
        ]
        until, last = _silent_span(found)
        problems.append(
            Problem(
                f"source_late/{platform}",
                "source_late",
                platform,
                _silent_accounts(found),
                platform=platform,
                on=last,
                unjudged=len(goals),
                notes={language: _silence(platform, found, language) for language in LANGUAGES},
                **(unjudged_words(goals, until, load_metrics(config_dir)) if goals else {}),
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
    until, last = _silent_span(found)
    first = until + timedelta(days=1) if until else min(date.fromisoformat(m["dt"]) for m in found)
    days = [day(each, language) for each in days_between(first, last)]
    if len(days) > SHOWN_AT_MOST:
        days = [f"{days[0]}–{days[-1]}"]
    return SILENT[language][until is not None].format(
        label=label(platform, language),
        until=day(until, language) if until else "",
        days=("、" if language == "zh" else ", ").join(days),
    )


def _silent_span(found: Iterable[re.Match[str]]) -> tuple[date | None, date]:
    """Return until which day a platform was read, if ever, and the newest day that is missing."""
    spans = [
        (date.fromisoformat(m["until"]) if m["until"] else None, date.fromisoformat(m["dt"]))
        for m in found
    ]
    known = [until for until, _ in spans if until]
    return min(known, default=None), max(dt for _, dt in spans)


def _by_platform(pattern: re.Pattern[str], lines: Iterable[str]) -> dict[str, list[re.Match[str]]]:
    found = defaultdict(list)
    for line in lines:
        if matched := pattern.fullmatch(line):
            found[matched["platform"]].append(matched)
    return found


def _task_runs(entries: Iterable[Mapping[str, Any]]) -> list[Problem]:
    """Return tasks whose newest run failed, and late runs, by what has to be done about them."""
    problems = []
    for subject, entry in sorted(newest_runs(entries).items()):
        if entry["outcome"] == "success":
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
