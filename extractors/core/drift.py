"""Drift: how the platform's items differ from what a stream declares, said once per batch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from extractors.core.model import Row, Stream

DRIFT_AT_MOST = 50
USUAL_AT_MOST = 100

Tree = Mapping[str, "Tree | None"]  # name of a field: the names inside it, None for a plain value


@dataclass
class Drift:
    """Notes unknown and missing fields of one stream's items, nested ones by their path."""

    stream: Stream
    _found: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._declared: Tree = {f.name: _inside(f.type) for f in self.stream.fields}
        self._expected = {f.name for f in self.stream.fields if not f.optional}
        self._known = set(self._declared) | self.stream.ignored
        self._nested = {name: tree for name, tree in self._declared.items() if tree}
        self._seen: dict[str, set[str]] = {}
        self._usual: set[tuple[str, ...]] = set()  # names that were compared before

    def look(self, item: Row) -> None:
        """Compare one item with the declaration."""
        if tuple(item) not in self._usual:
            self._look_at_names(item)
        for name, tree in self._nested.items():
            self._look_inside(name, tree, item.get(name))

    def _look_at_names(self, item: Row) -> None:
        unknown, missing = item.keys() - self._known, self._expected - item.keys()
        for name in unknown:
            self._note("unknown", name)
        for name in missing:
            self._note("missing", name)
        if len(self._usual) < USUAL_AT_MOST:
            self._usual.add(tuple(item))

    def report(self) -> list[str]:
        """Return the differences of all items so far as `stream: unknown field 'x'`."""
        # a nested object may leave fields out; one that no object ever has is gone
        gone = {
            self._text("missing", f"{path}.{name}")
            for path, tree in self._paths(self._nested)
            if path in self._seen
            for name in tree.keys() - self._seen[path]
        }
        return sorted(self._found | gone)[:DRIFT_AT_MOST]

    def _look_inside(self, path: str, tree: Tree, value: Any) -> None:
        for entry in value if isinstance(value, list | tuple) else (value,):
            if not isinstance(entry, Mapping):
                continue
            self._seen.setdefault(path, set()).update(entry.keys())
            for name in entry.keys() - tree.keys():
                if name not in self.stream.ignored:
                    self._note("unknown", f"{path}.{name}")
            for name, inner in tree.items():
                if inner:
                    self._look_inside(f"{path}.{name}", inner, entry.get(name))

    def _paths(self, tree: Tree, above: str = "") -> list[tuple[str, Tree]]:
        found = []
        for name, inner in tree.items():
            if inner:
                found += [(above + name, inner), *self._paths(inner, f"{above}{name}.")]
        return found

    def _note(self, what: str, name: str) -> None:
        if len(self._found) < DRIFT_AT_MOST:
            self._found.add(self._text(what, name))

    def _text(self, what: str, name: str) -> str:
        return f"{self.stream.name}: {what} field {name!r}"


def _inside(kind: pa.DataType) -> Tree | None:
    inner = kind.value_type if pa.types.is_list(kind) else kind
    if not pa.types.is_struct(inner):
        return None
    return {inner.field(i).name: _inside(inner.field(i).type) for i in range(inner.num_fields)}
