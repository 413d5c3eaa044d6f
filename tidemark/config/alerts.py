"""Channels, people, routes, silences and playbooks: config/alerts.yml and config/playbooks.yml."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from pathlib import Path

from tidemark.clock import SHANGHAI
from tidemark.config.document import Section, Value, read_document
from tidemark.config.problems import Problem, nearest, raise_if_any

FILE, PLAYBOOKS_FILE = "alerts.yml", "playbooks.yml"
#: kind to the names of the ids by which a person is mentioned there
CHANNEL_KINDS = (
    *("feishu", "dingtalk", "wecom", "slack"),
    *("mail", "alertmanager", "webhook"),
)
LANGUAGES = ("zh", "en")
MATCHERS = ("kind", "brand", "campaign", "platform", "metric", "severity")
MESSAGE_KINDS = ("goal", "data", "pipeline")
SEVERITIES = ("warning", "critical", "missed")
GROUP_FROM = 6
HOUR = timedelta(hours=1)


Awaited = tuple[str, str, Value]


@dataclass(frozen=True)
class Channel:
    """One place where messages go; its address is a secret of the connection."""

    key: str
    kind: str
    name: str
    connection: str
    language: str = "zh"


@dataclass(frozen=True)
class Person:
    """Somebody who is called by name in messages; ids are what each kind of channel mentions."""

    name: str
    ids: Mapping[str, str] = field(default_factory=dict)
    next: str | None = None  # who is told when this person does not acknowledge


@dataclass(frozen=True)
class QuietHours:
    """A time of the day, Asia/Shanghai, in which messages are held, but for some severities."""

    since: time
    until: time
    exempt: tuple[str, ...] = ()

    def holds(self, moment: datetime, severity: str) -> bool:
        """Tell whether a message of that severity waits at a moment; the end is open."""
        if severity in self.exempt:
            return False
        clock = moment.astimezone(SHANGHAI).time()
        if self.since <= self.until:
            return self.since <= clock < self.until
        return clock >= self.since or clock < self.until


@dataclass(frozen=True)
class Escalation:
    """Who hears of a critical message that nobody acknowledges in time."""

    after: timedelta
    channels: tuple[str, ...]


@dataclass(frozen=True)
class Route:
    """Messages that meet every matcher go to these channels."""

    match: Mapping[str, tuple[str, ...]]
    channels: tuple[str, ...]
    quiet: QuietHours | None = None
    group_from: int = GROUP_FROM  # so many messages at once are told as one
    escalation: Escalation | None = None

    def takes(self, labels: Mapping[str, str]) -> bool:
        """Tell whether a message with these labels goes this way."""
        return all(labels.get(name) in values for name, values in self.match.items())


@dataclass(frozen=True)
class Silence:
    """Messages that are recorded and not sent until a moment, for a reason."""

    key: str
    match: Mapping[str, tuple[str, ...]]
    until: datetime
    reason: str

    def takes(self, labels: Mapping[str, str], now: datetime) -> bool:
        """Tell whether a message is silent at a moment."""
        matches = all(labels.get(name) in values for name, values in self.match.items())
        return matches and now < self.until


@dataclass(frozen=True)
class Playbook:
    """What to do first when a goal falls behind, and who does it."""

    match: Mapping[str, tuple[str, ...]]
    first_step: Mapping[str, str]
    person: str

    def takes(self, labels: Mapping[str, str]) -> bool:
        """Tell whether the playbook is about a message with these labels."""
        return all(labels.get(name) in values for name, values in self.match.items())


@dataclass(frozen=True)
class AlertConfig:
    """Who is told what."""

    channels: tuple[Channel, ...] = ()
    routes: tuple[Route, ...] = ()
    board_url: str = ""
    people: tuple[Person, ...] = ()
    silences: tuple[Silence, ...] = ()
    playbooks: tuple[Playbook, ...] = ()
    on_duty: str = ""  # who looks after the data, named in messages about the pipeline
    #: every value that a matcher waits for, by the matcher's name, with its place
    awaited: tuple[Awaited, ...] = field(default=(), compare=False, repr=False)

    def route_of(self, labels: Mapping[str, str]) -> Route | None:
        """Return the first route that takes a message."""
        return next((route for route in self.routes if route.takes(labels)), None)

    def channel(self, key: str) -> Channel:
        """Return a channel by its key."""
        return next(channel for channel in self.channels if channel.key == key)

    def person(self, name: str) -> Person:
        """Return a person by name; one who is not listed has no ids."""
        return next((p for p in self.people if p.name == name), Person(name))

    def silence_of(self, labels: Mapping[str, str], now: datetime) -> Silence | None:
        """Return the silence that holds a message back at a moment."""
        return next((s for s in self.silences if s.takes(labels, now)), None)

    def playbook_of(self, labels: Mapping[str, str]) -> Playbook | None:
        """Return the first playbook that is about a message."""
        return next((p for p in self.playbooks if p.takes(labels)), None)


def load_alerts(config_dir: Path, board_url: str = "") -> AlertConfig:
    """Return the alert configuration; ConfigError names all problems of its files.

    board_url stands for the one of the file on an installation whose board is elsewhere.
    """
    problems: list[Problem] = []
    alerts = read_alerts(config_dir, problems)
    raise_if_any(problems)
    return replace(alerts, board_url=board_url or alerts.board_url)


def read_alerts(config_dir: Path, problems: list[Problem]) -> AlertConfig:
    """Return what can be read of both files, adding every problem found."""
    awaited: list[Awaited] = []
    playbooks = _read_playbooks(config_dir, problems, awaited)
    root = read_document(config_dir / FILE, problems, f"config/{FILE}")
    if root is None:
        return AlertConfig(playbooks=playbooks, awaited=tuple(awaited))
    file = root.section(("board_url", "on_duty", "channels", "people", "routes", "silences"))
    channels: dict[str, Channel] = {}
    for item in file.items("channels"):
        channel = _channel(item.section(("key", "kind", "name", "connection", "language")))
        if channel.key in channels:
            item.report(f"channel {channel.key!r} is defined twice", "give it another key")
        channels[channel.key] = channel
    return AlertConfig(
        tuple(channels.values()),
        tuple(_route(item, channels, awaited) for item in file.items("routes")),
        file.text("board_url"),
        _people(file.items("people")),
        _silences(file.items("silences"), awaited),
        playbooks,
        file.text("on_duty"),
        tuple(awaited),
    )


def _channel(section: Section) -> Channel:
    kind = section.need("kind")
    key = section.needed_text("key")
    return Channel(
        key=key,
        kind=(kind.choice(CHANNEL_KINDS, "channel kind") if kind else None) or "",
        name=section.text("name", key),
        connection=section.needed_text("connection"),
        language=section.choice("language", LANGUAGES, "zh") or "zh",
    )


def _people(items: Sequence[Value]) -> tuple[Person, ...]:
    sections = [(item, item.section(("name", "ids", "next"))) for item in items]
    names = [section.needed_text("name") for _, section in sections]
    found = []
    for (item, section), name in zip(sections, names, strict=True):
        if names.count(name) > 1:
            item.report(f"person {name!r} is defined twice", "keep one of them")
        ids = section.get("ids")
        given = ids.section(CHANNEL_KINDS) if ids else ()
        follower = section.get("next")
        found.append(
            Person(
                name,
                {kind: value.text() or "" for kind, value in given},
                follower.choice(names, "person") if follower else None,
            )
        )
    return tuple(found)


def _route(item: Value, channels: Mapping[str, Channel], awaited: list[Awaited]) -> Route:
    section = item.section(("match", "channels", "quiet_hours", "group_from", "escalate"))
    match, quiet, escalate = (section.get(k) for k in ("match", "quiet_hours", "escalate"))
    group_from = section.number("group_from")
    if group_from is not None and (group_from < 2 or group_from != int(group_from)):
        item.report("group_from is below 2 or not whole", "write how many at once are told as one")
    return Route(
        _matchers(match, awaited) if match else {},
        _keys(section.need("channels"), channels),
        _quiet_hours(quiet) if quiet else None,
        int(group_from or GROUP_FROM),
        _escalation(escalate, channels) if escalate else None,
    )


def _keys(value: Value | None, channels: Mapping[str, Channel]) -> tuple[str, ...]:
    given = [item.choice(set(channels), "channel") for item in (value.items() if value else [])]
    return tuple(key for key in given if key)


def _quiet_hours(value: Value) -> QuietHours | None:
    section = value.section(("from", "until", "except"))
    since, until = (_clock(section.need(name)) for name in ("from", "until"))
    exempt = section.get("except")
    severities = [v.choice(SEVERITIES, "severity") for v in (exempt.items() if exempt else [])]
    if since is None or until is None:
        return None
    if since == until:
        value.report("from and until are the same", "write when the quiet hours end")
    return QuietHours(since, until, tuple(s for s in severities if s))


def _clock(value: Value | None) -> time | None:
    if value is None:
        return None
    try:
        return time.fromisoformat(value.shown)
    except ValueError:
        value.report("is not a time of the day", 'write it in quotes, as "22:00"')
        return None


def _escalation(value: Value, channels: Mapping[str, Channel]) -> Escalation:
    section = value.section(("after_hours", "channels"))
    hours = section.number("after_hours")
    if hours is None:
        value.report("after_hours is missing", "write after how many hours the next person hears")
    elif hours <= 0:
        value.report("after_hours is not above 0", "write after how many hours to escalate")
    return Escalation((hours or 0) * HOUR, _keys(section.need("channels"), channels))


def _silences(items: Sequence[Value], awaited: list[Awaited]) -> tuple[Silence, ...]:
    found = []
    for item in items:
        section = item.section(("key", "match", "until", "reason"))
        match, until = section.need("match"), section.need("until")
        end = _moment(until) if until else None
        key, reason = section.needed_text("key"), section.needed_text("reason")
        if match and end:
            found.append(Silence(key, _matchers(match, awaited), end, reason))
    return tuple(found)


def _moment(value: Value) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value.shown)
    except ValueError:
        value.report("is not a moment", "write it as 2026-04-20T09:00, Asia/Shanghai")
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def _read_playbooks(
    config_dir: Path, problems: list[Problem], awaited: list[Awaited]
) -> tuple[Playbook, ...]:
    path = config_dir / PLAYBOOKS_FILE
    if not path.exists():
        return ()
    root = read_document(path, problems, f"config/{PLAYBOOKS_FILE}")
    items = root.section(("playbooks",)).items("playbooks") if root else []
    return tuple(
        _playbook(item.section(("match", "first_step", "person")), awaited) for item in items
    )


def _playbook(section: Section, awaited: list[Awaited]) -> Playbook:
    match, step = section.get("match"), section.need("first_step")
    words = step.section(LANGUAGES) if step else ()
    return Playbook(
        _matchers(match, awaited) if match else {},
        {language: value.text() or "" for language, value in words},
        section.needed_text("person"),
    )


def _matchers(value: Value, awaited: list[Awaited]) -> dict[str, tuple[str, ...]]:
    """Return matcher name to accepted values; one value or a list may be written."""
    found = {}
    known_values = {"kind": MESSAGE_KINDS, "severity": SEVERITIES}
    for name, given in value.section(MATCHERS):
        plain = given.plain()
        values = tuple(str(entry) for entry in (plain if isinstance(plain, list) else [plain]))
        for unknown in [v for v in values if name in known_values and v not in known_values[name]]:
            given.report(f"unknown {name} {unknown!r}", nearest(unknown, known_values[name]))
        found[name] = values
        awaited += [(name, each, given) for each in values]
    return found
