"""Releases as Parquet, for readers without DuckDB or a server.

Layout under the root (a folder, or an object store):

    files/<schema>/<table>/<month or all>-<digest>.parquet     shared by releases, never rewritten
    releases/<release id>/manifest.json                        its tables, columns and files
    current.json                                               the one that counts, written last

In a folder there are also `releases/<release id>/<schema>/<table>/` with the same files under plain
names, and `current`, the link to the newest release; `current.json` is read through that link, so
both turn over in the same step.
"""

import json
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pyarrow import fs

from extractors.core.lake import Lake, open_lake
from tidemark.settings import Settings
from warehouse.errors import PublishError
from warehouse.publishers.contents import TYPES
from warehouse.publishers.parquet_table import Part, Table, read_tables, write_part
from warehouse.releases import current_id, kept_ids, release_path, sync_folder

if TYPE_CHECKING:
    import duckdb

MANIFEST, CURRENT = "manifest.json", "current.json"

Manifest = Mapping[str, Any]


def show(settings: Settings) -> None:
    """Let readers of Parquet see the release that the link names."""
    root, release_id = parquet_root(settings), current_id(settings)
    if release_id is not None and shown(settings) != release_id:
        publish_parquet(root, release_path(settings, release_id), kept=kept_ids(settings))


def shown(settings: Settings) -> str | None:
    """Return the release that readers of Parquet see."""
    found = read_current(parquet_root(settings))
    return None if found is None else str(found["release_id"])


def rewrite(settings: Settings) -> None:
    """Write kept releases anew where their files changed; what they no longer hold is deleted."""
    root = parquet_root(settings)
    for release_id in kept_ids(settings):
        if root.exists(_manifest_path(release_id)):
            write_release(root, release_path(settings, release_id))
    if (release_id := shown(settings)) is not None:
        _point_to(root, release_id)
    drop_others(root, kept_ids(settings))


def parquet_root(settings: Settings) -> Lake:
    """Return the root of the Parquet releases: a folder, or an object store."""
    if settings.parquet_url is None:
        raise PublishError("TIDEMARK_PARQUET is off; set it to a URL, or leave it empty")
    return open_lake(settings.parquet_url, setting="TIDEMARK_PARQUET")


def publish_parquet(root: Lake, release_file: Path, *, kept: Collection[str]) -> None:
    """Show readers a release: what is missing is written, verified, and only then pointed to.

    Releases that are not in kept are dropped with the files that no other one has.
    """
    release_id = release_file.stem
    if not root.exists(_manifest_path(release_id)):
        write_release(root, release_file)
    _point_to(root, release_id)
    drop_others(root, {release_id, *kept})


def write_release(root: Lake, release_file: Path) -> None:
    """Write what a release lacks; doing it again writes what differs, and else nothing."""
    import duckdb

    with duckdb.connect(str(release_file), read_only=True) as release:
        tables = read_tables(release)
        _write_missing(root, release, tables)
        manifest = _manifest(release, release_file.stem, tables)
    if root.is_local:
        _link_files(root, release_file.stem, tables)
    body = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
    root.write_bytes(_manifest_path(release_file.stem), body)


def read_current(root: Lake) -> Manifest | None:
    """Return the manifest of the release that readers see, or None before the first."""
    if not root.exists(CURRENT):
        return None
    found: Manifest = json.loads(root.read_bytes(CURRENT))
    return found


def drop_others(root: Lake, kept: Collection[str]) -> None:
    """Drop releases that are not kept, and files of no release that is, half-written ones too."""
    named: set[str] = set()
    for path in root.list_files("releases"):
        release_id = path.split("/")[1]
        if release_id not in kept:
            root.delete(path)
        elif path == _manifest_path(release_id):
            tables = json.loads(root.read_bytes(path))["tables"]
            named |= {file["path"] for table in tables.values() for file in table["files"]}
    for path in root.list_files("files"):
        if path not in named:
            root.delete(path)
    if root.is_local:
        _sweep(Path(root.root), kept)


def _write_missing(
    root: Lake, release: "duckdb.DuckDBPyConnection", tables: Collection[Table]
) -> None:
    here = set(root.list_files("files"))
    missing = [(t, part) for t in tables for part in t.parts if part.path not in here]

    def write(each: tuple[Table, Part]) -> None:
        table, part = each
        with _staged(root, part.path) as target:
            write_part(release.cursor(), table, part, target)

    # a month is written by one thread, however many there are
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        list(pool.map(write, missing))


def _manifest_path(release_id: str) -> str:
    return f"releases/{release_id}/{MANIFEST}"


def _manifest(
    release: "duckdb.DuckDBPyConnection", release_id: str, tables: Collection[Table]
) -> Manifest:
    found = release.execute(
        "select as_of_date, published_at from ops.release where release_id = ?", [release_id]
    ).fetchone()
    if found is None:
        raise PublishError(f"{release_id} has no row in its own ops.release; publish a new release")
    return {
        "format": 1,
        "release_id": release_id,
        "as_of_date": str(found[0]),
        "published_at": found[1].astimezone(UTC).isoformat(),
        "tables": {table.name: _described(table) for table in tables},
    }


def _described(table: Table) -> Manifest:
    return {
        "description": table.description,
        "rows": table.rows,
        "split_by": table.split_by,
        "files": [{"path": p.path, "part": p.label, "rows": p.rows} for p in table.parts],
        "columns": [
            {"name": c.name, "type": TYPES[c.type], "description": c.description}
            for c in table.columns
        ],
    }


@contextmanager
def _staged(root: Lake, path: str) -> Iterator[Path]:
    """Yield where to write a file; it is under its own name, whole and on disk, afterwards."""
    if not root.is_local:
        with TemporaryDirectory() as folder:
            target = Path(folder) / Path(path).name
            yield target
            remote = f"{root.root}/{path}"
            root.filesystem.create_dir(remote.rpartition("/")[0], recursive=True)
            fs.copy_files(str(target), remote, fs.LocalFileSystem(), root.filesystem)
        return
    final = Path(root.root) / path
    final.parent.mkdir(parents=True, exist_ok=True)
    target = final.with_name(f".{final.name}.tmp")
    yield target
    target.chmod(0o444)
    with target.open("rb") as written:
        os.fsync(written.fileno())
    target.replace(final)
    sync_folder(final.parent)


def _link_files(root: Lake, release_id: str, tables: Collection[Table]) -> None:
    """Give a release its own folder of plain names; each name turns to its file in one step."""
    folder = Path(root.root) / "releases" / release_id
    named = set()
    for table in tables:
        for part in table.parts:
            link = folder / table.name.replace(".", "/") / f"{part.label}.parquet"
            link.parent.mkdir(parents=True, exist_ok=True)
            temporary = link.with_name(f".{link.name}.tmp")
            temporary.unlink(missing_ok=True)
            os.link(Path(root.root) / part.path, temporary)
            temporary.replace(link)
            # of two names of one file a rename removes none
            temporary.unlink(missing_ok=True)
            named.add(link)
    for path in folder.rglob("*.parquet"):
        if path not in named:
            path.unlink()


def _point_to(root: Lake, release_id: str) -> None:
    """Make a release the one that readers see, in one atomic step."""
    if not root.is_local:
        root.write_bytes(CURRENT, root.read_bytes(_manifest_path(release_id)))
        return
    folder = Path(root.root)
    for name, target in (
        (CURRENT, Path("current") / MANIFEST),
        ("current", Path("releases") / release_id),
    ):
        temporary = folder / f".{name}.next"
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(target)
        temporary.replace(folder / name)
    sync_folder(folder)


def _sweep(root: Path, kept: Collection[str]) -> None:
    """Remove folders of dropped and unfinished releases, and what a killed run was writing."""
    for folder in (root / "releases").glob("*"):
        if folder.name not in kept or not (folder / MANIFEST).exists():
            shutil.rmtree(folder)
    for temporary in root.rglob(".*.tmp"):
        temporary.unlink()
