"""Channels and routes: config/alerts.yml."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tidemark.config.document import Section, Value, read_document
from tidemark.config.problems import Problem, nearest, raise_if_any

FILE = "alerts.yml"
CHANNEL_KINDS = ("feishu",)
MATCHERS = ("kind", "brand", "campaign", "platform", "metric", "severity")
MESSAGE_KINDS = ("goal", "data", "pipeline")
SEVERITIES = ("warning", "critical", "missed")


@dataclass(frozen=True)
class Channel:
    """One place where messages go; its address is a secret of the connection."""

    key: str
    kind: str
    name: str
    connection: str


@dataclass(frozen=True)
class Route:
    """Messages that meet every matcher go to these channels."""

    match: Mapping[str, tuple[str, ...]]
    channels: tuple[str, ...]

    def takes(self, labels: Mapping[str, str]) -> bool:
        """Tell whether a message with these labels goes this way."""
        return all(labels.get(name) in values for name, values in self.match.items())


@dataclass(frozen=True)
class AlertConfig:
    """Who is told what."""

    channels: tuple[Channel, ...] = ()
    routes: tuple[Route, ...] = ()
    board_url: str = ""

    def channels_for(self, labels: Mapping[str, str]) -> tuple[Channel, ...]:
        """Return the channels of the first route that takes a message."""
        by_key = {channel.key: channel for channel in self.channels}
        for route in self.routes:
            if route.takes(labels):
                return tuple(by_key[key] for key in route.channels)
        return ()


def load_alerts(config_dir: Path) -> AlertConfig:
    """Return the alert configuration; ConfigError names all problems of the file."""
    problems: list[Problem] = []
    alerts = read_alerts(config_dir, problems)
    raise_if_any(problems)
    return alerts


def read_alerts(config_dir: Path, problems: list[Problem]) -> AlertConfig:
    """Return what can be read of alerts.yml, adding every problem found."""
    root = read_document(config_dir / FILE, problems, f"config/{FILE}")
    if root is None:
        return AlertConfig()
    file = root.section(("board_url", "channels", "routes"))
    channels: dict[str, Channel] = {}
    for item in file.items("channels"):
        channel = _channel(item.section(("key", "kind", "name", "connection")))
        if channel.key in channels:
            item.report(f"channel {channel.key!r} is defined twice", "give it another key")
        channels[channel.key] = channel
    routes = tuple(_route(item, channels) for item in file.items("routes"))
    return AlertConfig(tuple(channels.values()), routes, file.text("board_url"))


def _channel(section: Section) -> Channel:
    kind = section.need("kind")
    key = section.needed_text("key")
    return Channel(
        key=key,
        kind=(kind.choice(CHANNEL_KINDS, "channel kind") if kind else None) or "",
        name=section.text("name", key),
        connection=section.needed_text("connection"),
    )


def _route(item: Value, channels: Mapping[str, Channel]) -> Route:
    section = item.section(("match", "channels"))
    match = section.get("match")
    targets = section.need("channels")
    keys = [
        value.choice(set(channels), "channel") for value in (targets.items() if targets else [])
    ]
    return Route(_matchers(match) if match else {}, tuple(key for key in keys if key))


def _matchers(value: Value) -> dict[str, tuple[str, ...]]:
    """Return matcher name to accepted values; one value or a list may be written."""
    found = {}
    known_values = {"kind": MESSAGE_KINDS, "severity": SEVERITIES}
    for name, given in value.section(MATCHERS):
        plain = given.plain()
        values = tuple(str(entry) for entry in (plain if isinstance(plain, list) else [plain]))
        for unknown in [v for v in values if name in known_values and v not in known_values[name]]:
            given.report(f"unknown {name} {unknown!r}", nearest(unknown, known_values[name]))
        found[name] = values
    return found
