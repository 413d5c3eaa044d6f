"""The lake: immutable batches, a manifest as the commit, a verdict as the admission.

Layout under the root (a URL; only this module knows how it is read and written):

    raw/<platform>/<stream>/dt=YYYY-MM-DD/batch=<id>/part-000.parquet
    _manifests/<platform>/<stream>/dt=YYYY-MM-DD/<batch id>.json      written last: the commit
    _verdicts/<batch id>.json                                         the gate's word per slice
    _ledger/<name>/<entry id>.json                                    append-only

Manifests name the files of their day. Days of a month that is over share one, which stands with the
first of them and under its batch (compact.py): where a file stands does not tell whose rows it has.

Current = manifest and passed verdict, per slice (stream, account, day).
"""

import hashlib
import json
import shutil
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import fs

from extractors.core.known import batch_of, keep_known, marks_of, read_known
from extractors.core.landed import (
    DAY_MARKS,
    NEWEST,
    SHAPE,
    make_tables,
    of_days,
    open_tables,
    sql_list,
    sql_text,
)
from extractors.core.model import JUDGED, SliceStatus, Stream
from tidemark.errors import TidemarkError

if TYPE_CHECKING:
    import duckdb

KNOWN_URLS = "file:///folder, s3://bucket/prefix, gs://…, hdfs://… or an installed fsspec address"
BROKEN = (
    "put it back from a backup, or move it away: what it speaks of is then as if never landed, and "
    "tidemark extract reads it again"
)
LISTINGS_AT_MOST = 5
#: the folder of known slices among the copies
KNOWN = "known_slices"
Read = TypeVar("Read")


class LakeError(TidemarkError):
    """The lake, or one file of it, cannot be read."""


@dataclass(frozen=True)
class SliceKey:
    """What is read, judged and replaced as one: a stream's rows of one account and day."""

    platform: str
    stream: str
    account_key: str
    dt: date


@dataclass(frozen=True)
class SliceRecord:
    """How one slice of a batch ended."""

    account_key: str
    dt: date
    status: SliceStatus
    rows: int = 0
    error: str | None = None
    is_zero: bool = False  # has rows, and every counter in them is 0 or unknown
    quarantined: int = 0  # rows refused while it was read (of a window: booked on its last day)
    # set where compaction merged batches: when this slice itself was committed and captured
    committed_at: str | None = None
    captured_at: str | None = None


@dataclass(frozen=True)
class Manifest:
    """The commit of one batch for one day. files are paths relative to the lake root."""

    batch_id: str
    platform: str
    stream: str
    dt: date
    committed_at: str
    captured_at: str
    slices: tuple[SliceRecord, ...]
    files: tuple[str, ...] = ()
    quarantined: int = 0
    drift: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Where the manifest stands in the lake."""
        return f"_manifests/{self.platform}/{self.stream}/dt={self.dt}/{self.batch_id}.json"

    def key(self, record: SliceRecord) -> SliceKey:
        """Return the slice that a record of this manifest speaks of."""
        return SliceKey(self.platform, self.stream, record.account_key, record.dt)

    def committed(self, record: SliceRecord) -> str:
        """Return when a slice of this manifest was committed first."""
        return record.committed_at or self.committed_at


@dataclass(frozen=True)
class SliceVerdict:
    """The gate's word on one slice of a batch; failures name suite and expectation."""

    account_key: str
    dt: date
    passed: bool
    failures: tuple[str, ...] = ()


@dataclass(frozen=True)
class WinningSlice:
    """A current slice and the files its rows are in."""

    key: SliceKey
    batch_id: str
    status: SliceStatus
    rows: int
    captured_at: str
    committed_at: str
    files: tuple[str, ...] = field(default=(), compare=False)
    is_zero: bool = field(default=False, compare=False)


def new_batch_id(now: datetime) -> str:
    """Return an id that sorts by capture time and is never given twice."""
    return f"{now:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:10]}"


def open_lake(url: str, copies: Path | None = None, *, setting: str = "TIDEMARK_LAKE") -> "Lake":
    """Open the lake at a URL: file://, s3://, gs:// or any fsspec address (memory://…).

    copies is the folder for what is kept on this machine: the slices that were read before, and
    of a remote lake the data files, which DuckDB reads there;
    setting is what an error tells to change.
    """
    try:
        if url.partition("://")[0] in {"file", "s3", "gs", "hdfs"}:
            filesystem, root = fs.FileSystem.from_uri(url)
        else:
            import fsspec

            remote, root = fsspec.core.url_to_fs(url)
            filesystem = fs.PyFileSystem(fs.FSSpecHandler(remote))
    except (ImportError, OSError, ValueError) as error:
        raise LakeError(f"{setting} {url!r}: {error}; use {KNOWN_URLS}") from None
    if (
        isinstance(filesystem, fs.LocalFileSystem)
        and Path(root).exists()
        and not Path(root).is_dir()
    ):
        raise LakeError(f"{setting} {url!r}: is a file; use {KNOWN_URLS}")
    return Lake(filesystem, root.rstrip("/"), url.rstrip("/"), copies)


@dataclass(frozen=True)
class Lake:
    """All reading and writing of the lake. Every answer is of this moment."""

    filesystem: fs.FileSystem
    root: str
    url: str
    copies: Path | None = None

    @cached_property
    def is_local(self) -> bool:
        """Whether the root is a folder of this machine."""
        return isinstance(self.filesystem, fs.LocalFileSystem)

    # -- bytes -----------------------------------------------------------------------------

    def address(self, path: str) -> str:
        """Return where DuckDB finds a data file: itself, or a copy on this machine of a remote one.

        A name is given once and never to other rows, so a copy stays right until the file is
        rewritten for a forgotten person or deleted, and then it goes.
        """
        if self.is_local:
            return f"{self.root}/{path}"
        if self.copies is None:
            raise LakeError(f"{self.url}/{path}: no folder for copies; pass one to open_lake")
        copy = self.copies / path
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            temporary = copy.with_name(f".{copy.name}.{uuid.uuid4().hex[:8]}.tmp")
            with (
                self.filesystem.open_input_stream(f"{self.root}/{path}") as source,
                temporary.open("wb") as sink,
            ):
                shutil.copyfileobj(source, sink)
            temporary.replace(copy)
        return str(copy)

    def keep_copies(self, paths: Collection[str]) -> None:
        """Delete copies of all files but these."""
        if self.is_local or self.copies is None:
            return
        kept, known = {self.copies / path for path in paths}, self.copies / KNOWN
        for copy in self.copies.rglob("*"):
            if copy.is_file() and copy not in kept and copy.parent != known:
                copy.unlink(missing_ok=True)

    def _drop_copy(self, path: str) -> None:
        if self.copies is not None:
            (self.copies / path).unlink(missing_ok=True)

    def read_bytes(self, path: str) -> bytes:
        """Return the content of one file."""
        with self.filesystem.open_input_stream(f"{self.root}/{path}") as source:
            return bytes(source.read())

    def exists(self, path: str) -> bool:
        """Tell whether a file is there."""
        return bool(self.filesystem.get_file_info(f"{self.root}/{path}").type == fs.FileType.File)

    def write_bytes(self, path: str, content: bytes) -> None:
        """Write one file so that readers see all of it or nothing."""
        target = f"{self.root}/{path}"
        self.filesystem.create_dir(target.rpartition("/")[0], recursive=True)
        if not self.is_local:
            with self.filesystem.open_output_stream(target) as sink:
                sink.write(content)
            self._drop_copy(path)
            return
        folder, _, name = target.rpartition("/")
        temporary = f"{folder}/.{name}.{uuid.uuid4().hex[:8]}.tmp"
        with self.filesystem.open_output_stream(temporary) as sink:
            sink.write(content)
        self.filesystem.move(temporary, target)

    def list_files(self, folder: str) -> list[str]:
        """Return the files below a folder, sorted, without temporary ones."""
        return sorted(self._listed(folder))

    def written_before(self, folder: str, moment: datetime) -> list[str]:
        """Return the files below a folder that are older; none where a store tells no times."""
        return [
            path
            for path, info in self._listed(folder).items()
            if info.mtime is not None and info.mtime.astimezone(UTC) < moment
        ]

    def _listed(self, folder: str) -> dict[str, fs.FileInfo]:
        selector = fs.FileSelector(f"{self.root}/{folder}", allow_not_found=True, recursive=True)
        prefix = len(self.root) + 1
        return {
            info.path[prefix:]: info
            for info in self.filesystem.get_file_info(selector)
            if info.type == fs.FileType.File and not info.base_name.startswith(".")
        }

    def _json(self, path: str) -> Any:
        return self._parsed(path, self.read_bytes(path))

    def _parsed(self, path: str, body: bytes) -> Any:
        try:
            return json.loads(body)
        except ValueError as error:
            raise LakeError(f"{self.url}/{path}: is no JSON ({error}); {BROKEN}") from None

    def size(self, folder: str) -> int:
        """Return how many bytes are below a folder."""
        selector = fs.FileSelector(f"{self.root}/{folder}", allow_not_found=True, recursive=True)
        return sum(info.size or 0 for info in self.filesystem.get_file_info(selector))

    def delete(self, path: str) -> None:
        """Remove one file; only compaction, expiry and erasure do."""
        self.filesystem.delete_file(f"{self.root}/{path}")
        self._drop_copy(path)

    # -- batches ---------------------------------------------------------------------------

    def part_path(self, platform: str, stream: str, dt: date, batch_id: str, part: int = 0) -> str:
        """Return where a part of a batch's day belongs."""
        return f"raw/{platform}/{stream}/dt={dt}/batch={batch_id}/part-{part:03d}.parquet"

    def read_day(self, path: str, dt: date) -> pa.Table:
        """Return a file's rows of one day; compaction lets the days of a month share a file."""
        with self.filesystem.open_input_file(f"{self.root}/{path}") as source:
            return pq.read_table(source, filters=pc.field("dt") == dt)

    def open_part(self, path: str, schema: pa.Schema) -> pq.ParquetWriter:
        """Open a part for writing; rows come in row groups as pages arrive."""
        target = f"{self.root}/{path}"
        self.filesystem.create_dir(target.rpartition("/")[0], recursive=True)
        return pq.ParquetWriter(target, schema, compression="zstd", filesystem=self.filesystem)

    def commit(self, manifest: Manifest) -> None:
        """Make a batch's day exist. Nothing before this call is visible to any reader."""
        self.write_bytes(manifest.path, _to_json(asdict(manifest)))

    def manifests(
        self, platform: str = "", stream: str = "", days: Collection[date] | None = None
    ) -> list[Manifest]:
        """Return the committed manifests of a stream, a platform or the whole lake.

        days narrows the answer of one stream to some days, without listing the others.
        """
        found = self._manifest_bodies(platform, stream, days)
        return [self._manifest(path, body) for path, body in found.items()]

    def _manifest_bodies(
        self, platform: str, stream: str, days: Collection[date] | None
    ) -> dict[str, bytes]:
        folder = "/".join(part for part in ("_manifests", platform, stream) if part)
        folders = [folder] if days is None else [f"{folder}/dt={day}" for day in sorted(days)]

        def read() -> dict[str, bytes]:
            return self._bodies(path for folder in folders for path in self.list_files(folder))

        return self._while_listed(folder, read)

    def _while_listed(self, folder: str, read: Callable[[], Read]) -> Read:
        """Return what is read of a listing; compaction puts one manifest in the place of many."""
        for _ in range(LISTINGS_AT_MOST):
            try:
                return read()
            except FileNotFoundError:
                continue  # it did since: list again
        raise LakeError(f"{self.url}/{folder}: manifests keep vanishing; who deletes them?")

    def manifest(self, path: str) -> Manifest:
        """Return one manifest; LakeError names it where it is none."""
        return self._manifest(path, self.read_bytes(path))

    def _manifest(self, path: str, body: bytes) -> Manifest:
        try:
            return _manifest(self._parsed(path, body))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise LakeError(f"{self.url}/{path}: is no manifest ({error!r}); {BROKEN}") from None

    # -- verdicts --------------------------------------------------------------------------

    def write_verdict(self, batch_id: str, verdicts: Sequence[SliceVerdict]) -> None:
        """Record what the gate found in a batch, per slice, in one file."""
        self.write_bytes(
            f"_verdicts/{batch_id}.json",
            _to_json({"batch_id": batch_id, "slices": [asdict(verdict) for verdict in verdicts]}),
        )

    def verdicts_of(self, batch_id: str) -> list[SliceVerdict]:
        """Return the verdicts on one batch so far."""
        path = f"_verdicts/{batch_id}.json"
        return self.verdicts(path) if self.exists(path) else []

    def verdicts(self, path: str) -> list[SliceVerdict]:
        """Return the verdicts in one file; LakeError names it where it holds none."""
        body = self._json(path)
        try:
            return _slice_verdicts(body)
        except (KeyError, TypeError, ValueError) as error:
            raise LakeError(f"{self.url}/{path}: is no verdict ({error!r}); {BROKEN}") from None

    def accept(self, key: SliceKey, batch_id: str, reason: str, accepted_at: str) -> None:
        """Make a suspect or refused slice current, on the record."""
        self.append(
            "acceptances",
            f"{batch_id}.{key.account_key}.{key.dt}",
            {**asdict(key), "batch_id": batch_id, "reason": reason, "accepted_at": accepted_at},
        )

    # -- current slices --------------------------------------------------------------------

    def landed(
        self, platform: str = "", stream: str = "", days: Collection[date] | None = None
    ) -> "Landed":
        """Return what was committed of a stream, a platform or the whole lake, read once."""
        if platform or self.copies is None:
            manifests = self._manifest_bodies(platform, stream, days)
            # of one stream, its own verdicts only: those of the whole lake are many
            batches = (batch_of(path) for path in manifests) if stream else None
            return self._landed(manifests, self._verdicts(batches))
        return self._while_listed("_manifests", self._all_landed)

    def _all_landed(self) -> "Landed":
        """Return all that was committed: parsed where it is new, else as it was kept (known.py)."""
        assert self.copies is not None
        folder = self.copies / KNOWN
        shape = hashlib.sha256(f"{self.url} {SHAPE}".encode()).hexdigest()[:16]
        listed, judged = self._listed("_manifests"), self._listed("_verdicts")
        database = open_tables()
        known = read_known(database, folder, marks_of(listed, judged, shape))
        new = sorted(listed.keys() - known)
        batches = {batch_of(path) for path in new}
        verdicts = (path for path in judged if batch_of(path) in batches)
        found = self._landed(self._bodies(new), self._bodies(verdicts), database)
        keep_known(found.tables, folder)
        return found

    def _landed(
        self,
        manifests: Mapping[str, bytes],
        verdicts: Mapping[str, bytes],
        database: "duckdb.DuckDBPyConnection | None" = None,
    ) -> "Landed":
        import duckdb

        database = database or open_tables()
        accepted = {(e["batch_id"], e["account_key"], e["dt"]) for e in self.ledger("acceptances")}
        try:
            broken = make_tables(database, manifests, verdicts, accepted)
        except duckdb.Error as error:
            self._tell_broken(manifests, verdicts)
            raise LakeError(f"{self.url}: manifests and verdicts cannot be read: {error}") from None
        self._tell_broken({path: manifests[path] for path in broken}, {})
        return Landed(self, database, manifests)

    def ungated(self) -> list[Manifest]:
        """Return manifests with readable or suspect rows on which the gate has not spoken."""
        return self.landed().manifests("ungated")

    def admitted(
        self, platform: str = "", stream: str = "", days: Collection[date] | None = None
    ) -> list[WinningSlice]:
        """Return every readable slice with a passed verdict or an acceptance, oldest first."""
        return self.landed(platform, stream, days).admitted()

    def current(
        self, stream: Stream, platform: str, days: Collection[date] | None = None
    ) -> list[WinningSlice]:
        """Return the slices whose rows count now.

        replace_slice: the newest admitted slice per (account, day). upsert_version: all of them
        (the row with the highest version wins inside, see current_rows_sql).
        """
        return current_slices(self.admitted(platform, stream.name, days), stream)

    def _verdicts(self, batches: Iterable[str] | None) -> dict[str, bytes]:
        """Return the content of the verdicts on some batches, or of all, by path."""
        if batches is None:
            paths = self.list_files("_verdicts")
        else:
            paths = [p for b in batches if self.exists(p := f"_verdicts/{b}.json")]
        return self._bodies(paths)

    def _bodies(self, paths: Iterable[str]) -> dict[str, bytes]:
        return {path: self.read_bytes(path) for path in paths}

    def _tell_broken(self, manifests: Mapping[str, bytes], verdicts: Mapping[str, bytes]) -> None:
        """Raise LakeError for the first file that does not hold what it must."""
        for path, body in verdicts.items():
            self._parsed(path, body)
        for path, body in manifests.items():
            self._manifest(path, body)

    # -- ledgers ---------------------------------------------------------------------------

    def append(self, ledger: str, entry_id: str, entry: Mapping[str, Any]) -> bool:
        """Add an entry once; False if an entry of that id is already there."""
        path = f"_ledger/{ledger}/{entry_id.replace('/', '~')}.json"
        if self.exists(path):
            return False
        self.write_bytes(path, _to_json({**entry, "entry_id": entry_id}))
        return True

    def ledger(self, name: str) -> list[dict[str, Any]]:
        """Return the entries of a ledger, sorted by entry id."""
        return [self._json(path) for path in self.list_files(f"_ledger/{name}")]

    def entry_names(self, name: str) -> tuple[str, ...]:
        """Return what tells whether a ledger has grown: the names of its files, sorted.

        Entries are added and never changed. Names alone are a tenth of the time of paths.
        """
        folder = Path(f"{self.root}/_ledger/{name}")
        if self.is_local and folder.is_dir():
            return tuple(sorted(entry.name for entry in folder.iterdir()))
        return tuple(self.list_files(f"_ledger/{name}"))


@dataclass(frozen=True)
class Landed:
    """What was committed when it was asked for; `tables` is as landed.make_tables makes it."""

    lake: Lake
    tables: "duckdb.DuckDBPyConnection"
    bodies: Mapping[str, bytes]

    def day_marks(self) -> dict[date, str | None]:
        """Return by day what tells whether anything about its slices has changed.

        It is None for a day that was written to a moment ago, and where the lake has no marks.
        """
        return dict(self.tables.execute(DAY_MARKS).fetchall())

    def manifests(self, view: str) -> list[Manifest]:
        """Return the manifests that a view of paths names: ungated, or refused."""
        paths = self.tables.execute(f"select path from {view} order by path").fetchall()
        return [self.lake._manifest(path, self.bodies[path]) for (path,) in paths]

    def admitted(
        self, platform: str = "", stream: str = "", days: Collection[date] | None = None
    ) -> list[WinningSlice]:
        """Return every readable slice with a passed verdict or an acceptance, oldest first."""
        rows = self.tables.execute(
            "select platform, stream, account_key, dt, batch_id, status, rows, captured_at, "
            f"committed_at, files, is_zero from admitted where {_of(platform, stream, days)} "
            "order by committed_at, batch_id, path, nth"
        ).fetchall()
        return [
            WinningSlice(SliceKey(*key), batch, status, count, seen, committed, tuple(files), zero)
            for *key, batch, status, count, seen, committed, files, zero in rows
        ]

    def winners(
        self,
        platform: str,
        stream: Stream,
        pending: Iterable[Manifest],
        days: Collection[date] | None,
    ) -> pa.Table:
        """Return what would count if the pending manifests had passed: slices and their files.

        One without rows is left out, but where it is the newest listing and tells what is gone.
        """
        columns = "path, nth, account_key, dt, batch_id, committed_at, rows, files"
        within = _of(platform, stream.name, days)
        self.tables.register("pending", pa.table({"path": pa.array([m.path for m in pending])}))
        newest = f"qualify row_number() over (partition by account_key, dt order by {NEWEST}) = 1"
        return self.tables.execute(
            "select account_key, dt, batch_id, committed_at, files from ("
            f"select {columns} from ("
            f"select {columns} from admitted where {within} union select {columns} from slice "
            f"semi join pending using (path) where {within} and status in ({sql_list(JUDGED)})) "
            f"{newest if stream.merge == 'replace_slice' else ''}) where {having_rows(stream)}"
        ).to_arrow_table()


def _of(platform: str, stream: str, days: Collection[date] | None) -> str:
    """Return the SQL condition for slices of a stream, a platform or all, of some days or all."""
    conditions = [
        f"{name} = '{value}'"
        for name, value in [("platform", platform), ("stream", stream)]
        if value
    ]
    return " and ".join([*conditions, of_days("dt", days)])


def having_rows(stream: Stream) -> str:
    """Return the SQL condition for current slices that say something of the stream's rows.

    Those without rows are most slices of a stream in which little happens.
    """
    return "true" if stream.is_complete_listing else "rows > 0"


def current_slices(admitted: Iterable[WinningSlice], stream: Stream) -> list[WinningSlice]:
    """Reduce admitted slices of one stream, oldest first, to those that count."""
    if stream.merge == "upsert_version":
        return list(admitted)
    return list({winner.key: winner for winner in admitted}.values())


def current_rows_sql(
    stream: Stream, files: Sequence[str], winners: str, *, is_one_shape: bool = False
) -> str:
    """Return the DuckDB query for a stream's current rows.

    files are addresses (a zero-row file among them, so that the list is never empty); winners as
    in current_rows_of. is_one_shape: all files have the same columns. Otherwise every file is
    opened only to understand the query, each time that it stands in another one.
    """
    listed = ", ".join(sql_text(address) for address in files)
    by_name = str(not is_one_shape).lower()
    source = f"read_parquet([{listed}], union_by_name = {by_name}, hive_partitioning = false)"
    return current_rows_of(stream, source, winners)


def current_rows_of(stream: Stream, source: str, winners: str) -> str:
    """Return the query for a stream's current rows, for any engine that quotes names as SQL does.

    source is what a from-clause may hold: all rows of the stream's current files. winners is the
    name of a table with account_key, dt, batch_id and committed_at of the stream's current slices.
    A column `_is_listed` is added where absence from the newest listing means deletion.
    """
    columns = ", ".join(f'"{name}"' for name in stream.schema.names)
    rows = (
        f"select {columns}, winners.committed_at as _committed_at\n"
        f"    from {source} as files\n"
        f"    join {winners} as winners\n"
        "        using (account_key, dt)\n"
        "    where files._batch_id = winners.batch_id"
    )
    if stream.merge == "replace_slice":
        return f"select * from (\n    {rows}\n) as counting"
    key = ", ".join(f'"{name}"' for name in ("account_key", *stream.key))
    # two readings of one moment: the later commit wins, as it does for what is listed
    order = "_source_version desc, _captured_at desc, _committed_at desc, _batch_id desc, dt desc"
    ranked = (
        f"select *, row_number() over (partition by {key} order by {order}) as _rank\n"
        f"    from (\n    {rows}\n    ) as counting"
    )
    if not stream.is_complete_listing:
        return f"select {columns}, _committed_at from (\n    {ranked}\n) as ranked\nwhere _rank = 1"
    newest = (
        "select account_key, batch_id as newest_batch, row_number() over (\n"
        "        partition by account_key order by committed_at desc, batch_id desc\n"
        f"    ) as newest_rank from {winners} as slices"
    )
    return (
        f"select {columns}, _committed_at, _batch_id = newest_batch as _is_listed\n"
        f"from (\n    {ranked}\n) as ranked\n"
        f"join (\n    {newest}\n) as newest using (account_key)\n"
        "where _rank = 1 and newest_rank = 1"
    )


def _slice_verdicts(body: Mapping[str, Any]) -> list[SliceVerdict]:
    return [
        SliceVerdict(
            s["account_key"], date.fromisoformat(s["dt"]), s["passed"], tuple(s["failures"])
        )
        for s in body["slices"]
    ]


def _manifest(body: Mapping[str, Any]) -> Manifest:
    records = tuple(
        SliceRecord(
            s["account_key"],
            date.fromisoformat(s["dt"]),
            s["status"],
            s["rows"],
            s["error"],
            s["is_zero"],
            s.get("quarantined", 0),
            s.get("committed_at"),
            s.get("captured_at"),
        )
        for s in body["slices"]
    )
    return Manifest(
        body["batch_id"],
        body["platform"],
        body["stream"],
        date.fromisoformat(body["dt"]),
        body["committed_at"],
        body["captured_at"],
        records,
        tuple(body["files"]),
        body["quarantined"],
        tuple(body["drift"]),
    )


def as_bytes(text: str) -> bytes:
    """Return a JSON text as UTF-8; half a surrogate pair stays as its escape, which JSON reads."""
    return text.encode("utf-8", "backslashreplace")


def _to_json(body: Any) -> bytes:
    return as_bytes(json.dumps(body, ensure_ascii=False, sort_keys=True, default=_plain))


def _plain(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"a ledger or manifest cannot hold {type(value).__name__}")


def iter_rows(lake: Lake, slices: Iterable[WinningSlice]) -> Iterator[dict[str, Any]]:
    """Yield the rows of some slices, one account's and day's at a time."""
    for winner in slices:
        for path in winner.files:
            for row in lake.read_day(path, winner.key.dt).to_pylist():
                if row["account_key"] == winner.key.account_key:
                    yield row
