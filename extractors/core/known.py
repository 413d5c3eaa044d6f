"""Slices that were read before, kept on this machine so that a day costs what is new of it.

Three years of manifests are parsed in seconds, and several steps of every run need them. What they
and their verdicts said is kept as a Parquet file beside the copies of data files. A manifest is
believed to say the same as long as its mark is the same: size and time of its file and of its
verdict's file, as the lake lists them. The lake stays the only truth: without the file, or with one
that cannot be read, everything is parsed.

A file is never written again: the next one stands beside it, and the one before stays for who reads
it at that moment.
"""

import logging
import time
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import fs

from extractors.core.landed import sql_list, sql_text
from extractors.core.model import JUDGED

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

logger = logging.getLogger(__name__)

#: the next file is written once so many slices had to be parsed: a fifth of a second each time
WORTH_KEEPING = 40_000
#: the newest file, and the one before it
KEPT = 2
#: a store's clock counts seconds: what was written in the newest ones may be written again in them
SETTLED_NS = 2_000_000_000

Marks = dict[str, str]  # by the path of a manifest

_HELD = """
create temp view known_slice as
select * exclude (mark)
from read_parquet({file})
semi join mark using (path, mark)
"""
# a verdict is found by the name of the manifest's file; one that says another batch is not kept
_SETTLED = f"""
select path, count(*) as slices
from parsed_slice
inner join mark using (path)
group by path
having
    bool_and(status not in ({sql_list(JUDGED)}) or coalesce(passed, false))
    and bool_and(batch_id = parse_filename(path, true))
"""
_KEPT = """
copy (
    select *
    from (
        select parsed_slice.* from parsed_slice semi join settled using (path)
        union all by name
        select known_slice.* from known_slice
    )
    inner join mark using (path)
    order by dt, path, nth  -- a day is then found without reading the others
) to {file} (format parquet)
"""


def marks_of(
    manifests: Mapping[str, fs.FileInfo], verdicts: Mapping[str, fs.FileInfo], shape: str
) -> Marks:
    """Return the mark of every manifest whose files, and whose verdict's, will not change unseen.

    Both are listings by path. shape says which lake it is and how slices are told, so that
    another's marks differ. A store that does not tell when a file was written gives no marks.
    """
    times = [info.mtime_ns for info in (*manifests.values(), *verdicts.values())]
    if None in times:
        return {}
    settled = max(times, default=0) - SETTLED_NS
    verdict_of = {batch_of(path): info for path, info in verdicts.items()}
    found = {}
    for path, info in manifests.items():
        verdict = verdict_of.get(batch_of(path))
        files = [info] if verdict is None else [info, verdict]
        if all(file.mtime_ns < settled for file in files):
            found[path] = "/".join([shape, *(f"{file.size}:{file.mtime_ns}" for file in files)])
    return found


def batch_of(path: str) -> str:
    """Return the batch of which a manifest or a verdict speaks, by the name of its file.

    A year of them is listed by every step: a path object for each takes longer than the listing.
    """
    return path[path.rfind("/") + 1 :].removesuffix(".json")


def read_known(database: "DuckDBPyConnection", folder: Path, marks: Marks) -> set[str]:
    """Make the view known_slice of the newest file of a folder, and return its manifests.

    Without a file, or with a broken one, there is no view.
    """
    import duckdb

    database.register("listed", _table(path=marks.keys(), mark=marks.values()))
    database.execute("create temp table mark as select * from listed")
    files = _files(folder)
    if not files:
        return set()
    try:
        database.execute(_HELD.format(file=sql_text(str(files[-1]))))
        found = database.execute("select distinct path from known_slice").fetchall()
    except duckdb.Error:
        database.execute("drop view if exists known_slice")
        return set()
    return {path for (path,) in found}


def keep_known(database: "DuckDBPyConnection", folder: Path) -> None:
    """Write the next file when enough was parsed that is not in the newest.

    database is landed.make_tables', after read_known. Kept are manifests on whose every slice the
    gate spoke and found nothing: the others are read again as objects.
    """
    import duckdb

    database.execute(f"create temp table settled as {_SETTLED}")
    [(new,)] = database.execute("select coalesce(sum(slices), 0) from settled").fetchall()
    if new < WORTH_KEEPING:
        return
    name = f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}"
    temporary = folder / f"{name}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        database.execute(_KEPT.format(file=sql_text(str(temporary))))
        temporary.replace(folder / f"{name}.parquet")
        for old in _files(folder)[:-KEPT]:
            old.unlink(missing_ok=True)
    except (OSError, duckdb.Error) as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        logger.warning("%s: %s; every run parses all manifests until it is there", folder, error)


def _files(folder: Path) -> list[Path]:
    """Return the files of a folder, the oldest first, as their names begin with when they were."""
    return sorted(folder.glob("*.parquet"))


def _table(**columns: Iterable[str]) -> pa.Table:
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
