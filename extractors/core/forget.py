"""Forgetting a person: a tombstone first, then every place of the lake that holds them.

Totals stay: rows keep their figures, and one anonymous key per person stands in for theirs, so
that orders, amounts and the number of distinct and returning buyers do not move. Each file is
replaced whole; a run that was killed is completed by running it again, and the tombstone keeps
the person out from its first moment on.
"""

import html
import io
import json
import re
import uuid
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from extractors.core.lake import Lake
from extractors.core.model import LOAD_FIELDS
from extractors.core.people import TOMBSTONES, anonymous, keys_of_person, mark, read_tombstones
from extractors.core.personal import FORGOTTEN, KEY, HashKeys, check_hash_keys, key_order
from tidemark.errors import TidemarkError

#: shorter ids are looked for by their keys only: as text they would stand in other words too
TEXT_CHARACTERS = 6
ABANDONED = timedelta(days=1)  # a file without an end that is older has no writer any more
ORIGINALS = ("archive/", "quarantine/files/")
#: where manifests and ledgers hold words of people and platforms; all else in them is ours, and an
#: id that was mistyped as a date or an order's number must not touch it
FREE_TEXTS = frozenset(
    {"detail", "error", "file_name", "message", "observed", "reason", "response"}
)


class ForgetError(TidemarkError):
    """It is not clear who is to be forgotten."""


@dataclass(frozen=True)
class Subject:
    """A person to be forgotten: the platform's id of them, or a key that the lake gave them."""

    platform: str
    account_key: str
    name: str = field(repr=False)


@dataclass(frozen=True)
class Eraser:
    """Takes forgotten people out of texts. ids are their ids in clear, as long as we know them."""

    tombstones: dict[str, str] = field(repr=False)
    ids: tuple[str, ...] = field(default=(), repr=False)

    def clean(self, text: str) -> str:
        """Return a text in which anonymous keys stand for forgotten keys, and no id is left."""
        text = KEY.sub(lambda found: self.tombstones.get(mark(found[0]), found[0]), text)
        for pattern in self._patterns():
            text = pattern.sub(FORGOTTEN, text)
        return text

    def holds(self, content: bytes) -> bool:
        """Tell whether a file as it came, a workbook or plain text, speaks of them."""
        return any(self.clean(text) != text for text in _texts(content))

    def _patterns(self) -> Iterator[re.Pattern[str]]:
        for name in self.ids:
            forms = {name, json.dumps(name)[1:-1], quote(name, safe=""), html.escape(name)}
            for form in sorted(forms):
                yield re.compile(rf"(?<![0-9A-Za-z]){re.escape(form)}(?![0-9A-Za-z])")


def remember_to_forget(
    lake: Lake, subject: Subject, keys: HashKeys, now: datetime
) -> tuple[str, list[str]]:
    """Write the tombstone; return what stands in for the person, and key ids out of our reach.

    From here on nothing new of them is landed, whatever becomes of the rest.
    """
    check_hash_keys(lake, keys)
    is_key = KEY.fullmatch(subject.name) is not None
    own = {subject.name} if is_key else {key.of(subject.name) for key in keys.every}
    every = keys_of_person(lake, own)
    tombstones = read_tombstones(lake)
    stands_in = next((t for k in sorted(every) if (t := tombstones.get(mark(k)))), None)
    marks = sorted(mark(k) for k in every if mark(k) not in tombstones)
    name = stands_in.partition(":")[2] if stands_in else uuid.uuid4().hex
    if marks:
        where = {"platform": subject.platform, "account_key": subject.account_key}
        entry = {**where, "stands_in": anonymous(name), "marks": marks}
        moment = {"forgotten_at": now.isoformat()}
        lake.append(TOMBSTONES, f"{name}.{marks[0][:16]}", entry | moment)
    at_hand = {key.partition(":")[0] for key in every}
    return anonymous(name), [key_id for key_id in key_order(lake) if key_id not in at_hand]


def subject_of(text: str) -> Subject:
    """Read `platform/account/subject`; the id may itself hold slashes."""
    platform, _, rest = text.partition("/")
    account_key, _, name = rest.partition("/")
    if not (platform and account_key and name.strip()):
        # what was typed may be somebody's id: never show it
        raise ForgetError("a subject is written platform/account/subject, with all three parts")
    return Subject(platform, account_key, name.strip())


def sweep_lake(
    lake: Lake, eraser: Eraser, tell: Callable[[str], None] = lambda _: None
) -> Counter[str]:
    """Take forgotten people out of every file of the lake; return how many files by kind.

    tell hears of each file that is done; tests end the process there.
    """
    done: Counter[str] = Counter()
    committed = {path for manifest in lake.manifests() for path in manifest.files}
    for folder in ("raw", "quarantine", "landing", "archive", "_manifests", "_verdicts", "_ledger"):
        for path in lake.list_files(folder):
            if kind := _sweep_file(lake, path, eraser, path in committed):
                done[kind] += 1
                tell(path)
    return done


def sweep_parts(lake: Lake, paths: Iterable[str], eraser: Eraser) -> int:
    """Take forgotten people out of some Parquet files; return how many had to be rewritten."""
    return sum(_sweep_parquet(lake, path, eraser) for path in paths)


def _sweep_file(lake: Lake, path: str, eraser: Eraser, is_committed: bool) -> str | None:
    if path.endswith(".parquet"):
        try:
            return "parquet" if _sweep_parquet(lake, path, eraser) else None
        except pa.ArrowInvalid:
            if is_committed:
                raise
            return _unfinished(lake, path)
    content = lake.read_bytes(path)
    if path.startswith(ORIGINALS):
        return _sweep_original(lake, path, content, eraser)
    text = content.decode("utf-8", "replace")
    if path.startswith("landing/"):
        if eraser.clean(text) == text:
            return None
        lake.delete(path)  # only a sample for engineers
        return "landing"
    is_ours = path.startswith("_")
    clean = clean_document(text, eraser) if is_ours else eraser.clean(text)
    if clean == text:
        return None
    lake.write_bytes(path, clean.encode())
    return "ledger" if is_ours else "quarantine"


def clean_document(text: str, eraser: Eraser) -> str:
    """Return a manifest or ledger entry without them, or the very text when nothing changes."""
    body = json.loads(text)
    clean = _cleaned(body, replace(eraser, ids=()), eraser, FREE_TEXTS)
    return text if clean == body else json.dumps(clean, ensure_ascii=False, sort_keys=True)


def _sweep_original(lake: Lake, path: str, content: bytes, eraser: Eraser) -> str | None:
    """Delete a dropped file that speaks of them; what was landed of it stays, cleaned."""
    if not eraser.holds(content):
        return None
    account, _, name = path.rpartition("/")
    entry_id = f"{account.rpartition('/')[2]}.{name.partition('.')[0]}.erased"
    # before the file goes, so that dropping it once more does not keep it again
    lake.append("drops", entry_id, {"outcome": "erased", "kept": None})
    lake.delete(path)
    return "original"


def _unfinished(lake: Lake, path: str) -> str | None:
    """Delete a part whose writer is long gone; count one that may still be written."""
    info = lake.filesystem.get_file_info(f"{lake.root}/{path}")
    if info.mtime is not None and info.mtime.astimezone(UTC) < datetime.now(UTC) - ABANDONED:
        lake.delete(path)
        return "abandoned"
    return "unfinished"


# -- Parquet -----------------------------------------------------------------------------------


def _sweep_parquet(lake: Lake, path: str, eraser: Eraser) -> bool:
    """Rewrite a file in which a text changes; schema, keys and figures stay as they are."""
    with lake.filesystem.open_input_file(f"{lake.root}/{path}") as source:
        table = pq.read_table(source)
    load = {name for name, _ in LOAD_FIELDS}
    # what every row must have are keys of rows, not words
    free = frozenset(f.name for f in table.schema if f.nullable and f.name not in load)
    by_keys = replace(eraser, ids=())
    if not any(_speaks(table[n], eraser if n in free else by_keys) for n in table.schema.names):
        return False
    rows = [_cleaned(row, by_keys, eraser, free) for row in table.to_pylist()]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), sink, compression="zstd")
    lake.write_bytes(path, sink.getvalue())
    return True


def _speaks(column: pa.ChunkedArray, eraser: Eraser) -> bool:
    for leaf in _text_leaves(column.combine_chunks()):
        text = "\n".join(value for value in pc.unique(leaf).to_pylist() if value)
        if eraser.clean(text) != text:
            return True
    return False


def _text_leaves(array: Any) -> Iterator[Any]:
    """Yield the texts of a column, nested ones too."""
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        yield array
    elif pa.types.is_list(array.type):
        yield from _text_leaves(array.flatten())
    elif pa.types.is_struct(array.type):
        for inner in array.flatten():
            yield from _text_leaves(inner)


def _cleaned(value: Any, ours: Eraser, theirs: Eraser, free: frozenset[str]) -> Any:
    """Clean a document: what stands under a free name with one eraser, all else with the other."""
    if isinstance(value, str):
        return ours.clean(value)
    if isinstance(value, dict):
        return {
            ours.clean(name): _cleaned(inner, theirs if name in free else ours, theirs, free)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_cleaned(inner, ours, theirs, free) for inner in value]
    return value


def _texts(content: bytes) -> Iterator[str]:
    """Yield what may be read in a file: the parts of a workbook, or the text in its encodings."""
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            for name in book.namelist():
                yield book.read(name).decode("utf-8", "replace")
        return
    for encoding in ("utf-8", "gb18030", "utf-16"):
        yield content.decode(encoding, "replace")
