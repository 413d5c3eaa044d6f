"""From a platform item to a typed row: declared fields only, people hashed, drift noted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from extractors.core.coerce import Coerce, CoercionError, coercer
from extractors.core.model import Row, Stream

DRIFT_AT_MOST = 50
SHOWN_CHARACTERS = 60


class RowRefused(ValueError):
    """A row that goes to quarantine; rule is the reason in one word with its field."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(f"{rule}: {detail}")
        self.rule = rule


@dataclass
class Normaliser:
    """Turns items of one stream into rows and remembers how they differ from the declaration."""

    stream: Stream
    hashed: Callable[[str], str]
    drift: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._coercers: dict[str, Coerce] = {f.name: coercer(f.type) for f in self.stream.fields}
        self._needed = {f.name for f in self.stream.fields if f.required} | set(self.stream.key)
        self._personal = {f.name for f in self.stream.fields if f.personal}
        self._expected = {f.name for f in self.stream.fields if not f.optional}
        self._known = set(self._coercers) | set(self.stream.ignored)
        self._nested = {f.name: _struct_fields(f.type) for f in self.stream.fields}

    def row(self, item: Row) -> dict[str, Any]:
        """Return the typed row of an item; RowRefused says why it cannot be one."""
        if not isinstance(item, Mapping):
            raise RowRefused("not_an_object", f"{type(item).__name__} instead of an object")
        self._note_drift(item)
        found = {}
        for name, coerce in self._coercers.items():
            value = item.get(name)
            try:
                found[name] = self._value(name, coerce, value)
            except CoercionError as error:
                shown = "" if name in self._personal else f" {str(value)[:SHOWN_CHARACTERS]!r}"
                raise RowRefused("bad_value", f"{name}{shown}: {error}") from None
            if found[name] is None and name in self._needed:
                raise RowRefused("missing_value", name)
        return found

    def _value(self, name: str, coerce: Coerce, value: Any) -> Any:
        typed = coerce(value)
        if name in self._personal:
            return self.hashed(typed) if typed else None
        return typed

    def _note_drift(self, item: Row) -> None:
        for name in item.keys() - self._known:
            self._note(f"unknown field {name!r}")
        for name in self._expected - item.keys():
            self._note(f"missing field {name!r}")
        for name, inner in self._nested.items():
            if inner:
                for entry in _entries(item.get(name)):
                    for key in entry.keys() - inner - self.stream.ignored:
                        self._note(f"unknown field {name}.{key!r}")

    def _note(self, text: str) -> None:
        if len(self.drift) < DRIFT_AT_MOST:
            self.drift.add(f"{self.stream.name}: {text}")


def without_personal(stream: Stream, item: Any) -> Any:
    """Return what may be kept of a refused item: declared fields, without personal ones."""
    if not isinstance(item, Mapping):
        return str(type(item).__name__)
    kept = {f.name for f in stream.fields if not f.personal}
    return {name: str(value) for name, value in item.items() if name in kept}


def _struct_fields(kind: pa.DataType) -> set[str]:
    inner = kind.value_type if pa.types.is_list(kind) else kind
    if not pa.types.is_struct(inner):
        return set()
    return {inner.field(i).name for i in range(inner.num_fields)}


def _entries(value: Any) -> list[Mapping[str, Any]]:
    entries = value if isinstance(value, list | tuple) else [value]
    return [entry for entry in entries if isinstance(entry, Mapping)]
