"""From a platform item to a typed row: declared fields only, people hashed, drift noted."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from extractors.core.coerce import Coerce, CoercionError, coercer, column_coercer
from extractors.core.drift import Drift
from extractors.core.model import Row, Stream
from extractors.core.redact import redact, redact_body, without_people

SHOWN_CHARACTERS = 60
#: what a row of another shape than declared raises; such a row goes to quarantine
ROW_ERRORS = (AttributeError, LookupError, TypeError, ValueError)


class RowRefused(ValueError):
    """A row that goes to quarantine; rule is the reason in one word with its field."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(f"{rule}: {detail}")
        self.rule = rule


class _Unusual(Exception):
    """These items have to be looked at one by one."""


@dataclass
class Normaliser:
    """Turns items of one stream into rows and remembers how they differ from the declaration.

    hasher gives the function that hashes personal ids; it is asked at the first of them.
    """

    stream: Stream
    hasher: Callable[[], Callable[[str], str]]

    def __post_init__(self) -> None:
        self.drift = Drift(self.stream)
        self._coercers: dict[str, Coerce] = {f.name: coercer(f.type) for f in self.stream.fields}
        self._needed = tuple(
            {*self.stream.key, *(f.name for f in self.stream.fields if f.required)}
        )
        self._personal = {f.name for f in self.stream.fields if f.personal}
        self._values: dict[str, Coerce] = {
            name: self._as_key(coerce) if name in self._personal else coerce
            for name, coerce in self._coercers.items()
        }
        self._columns = {f.name: column_coercer(f.type) for f in self.stream.fields}

    @cached_property
    def _hashed(self) -> Callable[[str], str]:
        return self.hasher()

    def rows(self, items: Sequence[Row]) -> list[dict[str, Any] | Exception]:
        """Return the typed row of each item, or why it cannot be one."""
        try:
            return self._together(items)
        except (CoercionError, _Unusual):
            return [self._row_or_error(item) for item in items]

    def _together(self, items: Sequence[Row]) -> list[dict[str, Any] | Exception]:
        """Return the rows column by column, many times faster; an odd item among them raises."""
        if set(map(type, items)) != {dict}:
            raise _Unusual
        columns = []
        for name, convert in self._columns.items():
            values = convert([item.get(name) for item in items])
            if name in self._personal:
                values = [self._hashed(value) if value else None for value in values]
            if name in self._needed and None in values:
                raise _Unusual
            columns.append(values)
        for item in items:
            self.drift.look(item)
        return [dict(zip(self._columns, row, strict=True)) for row in zip(*columns, strict=True)]

    def _row_or_error(self, item: Row) -> dict[str, Any] | Exception:
        try:
            return self.row(item)
        except ROW_ERRORS as error:
            return error

    def row(self, item: Row, keys: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the typed row of an item; RowRefused says why it cannot be one.

        keys holds personal fields that were hashed before, of an item that is replayed.
        """
        if not isinstance(item, Mapping):
            raise RowRefused("not_an_object", f"{type(item).__name__} instead of an object")
        self.drift.look({**item, **keys} if keys else item)
        found: dict[str, Any] = dict(keys or {})
        for name, convert in self._values.items():
            if keys and name in keys:
                continue
            value = item.get(name)
            try:
                found[name] = convert(value)
            except CoercionError as error:
                shown = "" if name in self._personal else _shown(value)
                raise RowRefused("bad_value", f"{name}{shown}: {error}") from None
        for name in self._needed:
            if found[name] is None:
                raise RowRefused("missing_value", name)
        return found

    def understood(self, item: Any) -> dict[str, Any]:
        """Return those fields of a refused item that are as declared, without people."""
        found: dict[str, Any] = {}
        for name in self._coercers.keys() - self._personal if isinstance(item, Mapping) else ():
            with suppress(CoercionError):
                found[name] = self._coercers[name](item.get(name))
        return found

    def kept(self, item: Any) -> dict[str, Any]:
        """Return what may be kept of a refused item, for a replay.

        `row` holds its declared fields without people, `keys` the hashes of personal ones;
        is_whole is false when something had to be taken out that a row would need.
        """
        if not isinstance(item, Mapping):
            return {"row": str(type(item).__name__), "keys": {}, "is_whole": False}
        own = {f.name: item[f.name] for f in self.stream.fields if f.name in item}
        plain = {name: value for name, value in own.items() if name not in self._personal}
        row = {name: without_people(value) for name, value in plain.items()}
        text = json.dumps(row, ensure_ascii=False, default=str)
        keys = {name: key for name in own.keys() - plain.keys() if (key := self._key_of(name, own))}
        missing = [n for n in own.keys() - plain.keys() - keys.keys() if own[n] is not None]
        is_whole = row == plain == redact_body(row) and redact(text) == text and not missing
        return {"row": row, "keys": keys, "is_whole": is_whole}

    def _key_of(self, name: str, item: Row) -> str | None:
        try:
            key: str | None = self._values[name](item[name])
        except CoercionError:
            return None
        return key

    def _as_key(self, coerce: Coerce) -> Coerce:
        def keyed(value: Any) -> Any:
            typed = coerce(value)
            return self._hashed(typed) if typed else None

        return keyed


def _shown(value: Any) -> str:
    return f" {redact(str(without_people(value)))[:SHOWN_CHARACTERS]!r}"
