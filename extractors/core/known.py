"""Slices that were read before, kept on this machine so that a day costs what is new of it.

Three years of manifests are parsed in seconds, and several steps of every run need them. What they
and their verdicts said is kept as one Parquet file beside the copies of data files. A manifest is
believed to say the same as long as its mark is the same: size and time of its file and of its
verdict's file, as the lake lists them. The lake stays the only truth: without the file, or with one
that cannot be read, everything is parsed.
"""

import logging
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import fs

from extractors.core.landed import sql_list
from extractors.core.model import JUDGED

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

logger = logging.getLogger(__name__)

#: the file is written again once so many slices had to be parsed, and a tenth of all
WORTH_KEEPING = 20_000
#: a store's clock counts seconds: what was written in the newest ones may be written again in them
SETTLED_NS = 2_000_000_000

Marks = dict[str, str]  # by the path of a manifest

_HELD = """
create temp table known_slice as
select *
from read_parquet('{file}')
semi join mark using (path, mark)
"""
# a verdict is found by the name of the manifest's file; one that says another batch is not kept
_SETTLED = f"""
select path, count(*) as slices
from slice
anti join known_path using (path)
inner join mark using (path)
group by path
having
    bool_and(status not in ({sql_list(JUDGED)}) or coalesce(passed, false))
    and bool_and(batch_id = parse_filename(path, true))
"""
_COUNTED = "select coalesce(sum(slices), 0), (select count(*) from slice) from settled"
_KEPT = """
copy (
    select slice.* exclude (is_accepted), mark.mark
    from slice
    inner join mark using (path)
    where path in (select path from settled union all select path from known_path)
) to '{file}' (format parquet)
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
    verdict_of = {PurePosixPath(path).stem: info for path, info in verdicts.items()}
    found = {}
    for path, info in manifests.items():
        verdict = verdict_of.get(PurePosixPath(path).stem)
        files = [info] if verdict is None else [info, verdict]
        if all(file.mtime_ns < settled for file in files):
            found[path] = "/".join([shape, *(f"{file.size}:{file.mtime_ns}" for file in files)])
    return found


def read_known(database: "DuckDBPyConnection", file: Path, marks: Marks) -> set[str]:
    """Make the table known_slice of what a file holds as it is now, and return its manifests.

    The file is opened once, so that another step may replace it meanwhile. A broken one holds none.
    """
    import duckdb

    database.register("mark", _table(path=marks.keys(), mark=marks.values()))
    try:
        database.execute(_HELD.format(file=_quoted(file)))
    except duckdb.Error:
        return set()
    found = database.execute("select distinct path from known_slice").fetchall()
    return {path for (path,) in found}


def keep_known(database: "DuckDBPyConnection", file: Path, known: set[str]) -> None:
    """Write the file anew when enough was parsed that is not in it; readers see the old or the new.

    database is landed.make_tables', after read_known. Kept are manifests on whose every slice the
    gate spoke and found nothing: the others are read again as objects.
    """
    import duckdb

    database.register("known_path", _table(path=known))
    database.execute(f"create temp table settled as {_SETTLED}")
    [(new, all_slices)] = database.execute(_COUNTED).fetchall()
    if new < max(WORTH_KEEPING, all_slices // 10):
        return
    temporary = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        database.execute(_KEPT.format(file=_quoted(temporary)))
        temporary.replace(file)
    except (OSError, duckdb.Error) as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        logger.warning("%s: %s; every run parses all manifests until it is there", file, error)


def _quoted(file: Path) -> str:
    return str(file).replace("'", "''")


def _table(**columns: Iterable[str]) -> pa.Table:
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
