"""YAML files read with their line numbers, so that every problem names its place."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from tidemark.config.problems import Problem, nearest

NUMBER = re.compile(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?")

# libyaml reads the registry ten times as fast; a machine without it has the same in Python
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(frozen=True)
class Value:
    """One YAML value and where it stands; problems are added to the list it shares."""

    file: str
    field: str
    node: yaml.Node
    problems: list[Problem]

    @property
    def line(self) -> int:
        """The line of the value, counted from 1."""
        return int(self.node.start_mark.line) + 1

    @property
    def shown(self) -> str:
        """The value as written, or nothing for a list or mapping."""
        return str(self.node.value) if isinstance(self.node, yaml.ScalarNode) else ""

    def report(self, message: str, remedy: str) -> None:
        """Add a problem at this place."""
        self.problems.append(Problem(self.file, self.line, self.field, self.shown, message, remedy))

    def warn(self, message: str, remedy: str) -> None:
        """Add a warning at this place; it does not stop anything."""
        self.problems.append(
            Problem(self.file, self.line, self.field, self.shown, message, remedy, "warning")
        )

    def is_null(self) -> bool:
        """Tell whether the value is left empty."""
        return self.node.tag == "tag:yaml.org,2002:null"

    def text(self) -> str | None:
        """Return a scalar as text."""
        if isinstance(self.node, yaml.ScalarNode) and not self.is_null():
            return str(self.node.value)
        self.report("is not a text", "write one value")
        return None

    def day(self) -> date | None:
        """Return a calendar day."""
        try:
            return date.fromisoformat(self.shown)
        except ValueError:
            self.report("is not a day of the calendar", "write it as YYYY-MM-DD")
            return None

    def number(self) -> float | None:
        """Return a number; underscores and percent signs are refused."""
        if NUMBER.fullmatch(self.shown):
            return float(self.shown)
        self.report("is not a number", "write digits, a share as 0.05 and not as 5%")
        return None

    def flag(self) -> bool | None:
        """Return true or false."""
        if self.node.tag == "tag:yaml.org,2002:bool":
            return self.shown.lower() in {"true", "yes", "on"}
        self.report("is not true or false", "write true or false")
        return None

    def choice(self, known: Collection[str], what: str) -> str | None:
        """Return a text that must be one of the known ones."""
        text = self.text()
        if text is None or text in known:
            return text
        self.report(f"unknown {what}", nearest(text, known))
        return None

    def items(self) -> list["Value"]:
        """Return the elements of a list, each with its own place."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.report("is not a list", "write it as a YAML list")
            return []
        return [
            Value(self.file, f"{self.field}[{n}]", node, self.problems)
            for n, node in enumerate(self.node.value)
        ]

    def section(self, known: Collection[str] | None = None) -> "Section":
        """Return a mapping; keys outside `known` are reported with the nearest one."""
        if not isinstance(self.node, yaml.MappingNode):
            self.report("is not a mapping", "write it as key: value lines")
            return Section(self, {})
        entries = self._entries(self.node)
        if known is not None:
            for key in [key for key in entries if key not in known]:
                entries.pop(key).report("unknown field", nearest(key, known))
        return Section(self, entries)

    def _entries(self, node: yaml.MappingNode) -> dict[str, "Value"]:
        entries: dict[str, Value] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            field = f"{self.field}.{key}" if self.field else key
            value = Value(self.file, field, value_node, self.problems)
            if key in entries:
                value.report("is written twice", f"keep one {key!r}")
            entries[key] = value
        return entries

    def below(self, key: str) -> "Value | None":
        """Return the value of a key of this mapping, None where there is no such place."""
        if not isinstance(self.node, yaml.MappingNode):
            return None
        return self._entries(self.node).get(key)

    def plain(self) -> Any:
        """Return the value as plain Python data."""
        if isinstance(self.node, yaml.MappingNode):
            return {key: value.plain() for key, value in self._entries(self.node).items()}
        if isinstance(self.node, yaml.SequenceNode):
            return [item.plain() for item in self.items()]
        if self.node.tag == "tag:yaml.org,2002:timestamp":
            return self.shown
        return yaml.load(yaml.serialize(self.node, Dumper=Dumper), Loader=Loader)


@dataclass(frozen=True)
class Section:
    """The keys of one mapping."""

    at: Value
    entries: Mapping[str, Value]

    def __iter__(self) -> Iterator[tuple[str, Value]]:
        """Yield key and value, in the order of the file."""
        return iter(self.entries.items())

    def get(self, key: str) -> Value | None:
        """Return the value of a key, None where it is absent or left empty."""
        value = self.entries.get(key)
        return None if value is None or value.is_null() else value

    def need(self, key: str) -> Value | None:
        """Return the value of a key, reporting its absence."""
        value = self.get(key)
        if value is None:
            name = f"{self.at.field}.{key}" if self.at.field else key
            self.at.problems.append(
                Problem(self.at.file, self.at.line, name, "", "is missing", f"add {key}: …")
            )
        return value

    def text(self, key: str, default: str = "") -> str:
        """Return an optional text."""
        value = self.get(key)
        return default if value is None else value.text() or default

    def needed_text(self, key: str) -> str:
        """Return a text that must be there."""
        value = self.need(key)
        return "" if value is None else value.text() or ""

    def day(self, key: str) -> date | None:
        """Return an optional day."""
        value = self.get(key)
        return None if value is None else value.day()

    def needed_day(self, key: str) -> date | None:
        """Return a day that must be there."""
        value = self.need(key)
        return None if value is None else value.day()

    def number(self, key: str) -> float | None:
        """Return an optional number."""
        value = self.get(key)
        return None if value is None else value.number()

    def flag(self, key: str, default: bool = False) -> bool:
        """Return an optional true or false."""
        value = self.get(key)
        found = None if value is None else value.flag()
        return default if found is None else found

    def choice(self, key: str, known: Collection[str], default: str | None = None) -> str | None:
        """Return an optional text out of the known ones."""
        value = self.get(key)
        return default if value is None else value.choice(known, key)

    def items(self, key: str) -> list[Value]:
        """Return the elements of an optional list."""
        value = self.get(key)
        return [] if value is None else value.items()


def read_document(path: Path, problems: list[Problem], shown_as: str) -> Value | None:
    """Return the root of a YAML file, or None after reporting why it cannot be read."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=Loader)
    except FileNotFoundError:
        problems.append(Problem(shown_as, 1, "file", "", "does not exist", "create it"))
        return None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "cannot be read"
        line = 1 if mark is None else mark.line + 1
        problems.append(Problem(shown_as, line, "yaml", "", what, "mend the YAML syntax"))
        return None
    if root is None:
        problems.append(Problem(shown_as, 1, "file", "", "is empty", "fill it or remove it"))
        return None
    return Value(shown_as, "", root, problems)
