"""What the promoted build database was made from; the next build starts from it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from extractors.core.landed import sql_list
from tidemark.settings import Settings
from warehouse.slices import KEY
from warehouse.source_day import EXPECTED, open_days

CURRENT = "current.duckdb"


@dataclass(frozen=True)
class Base:
    """The memory of a build, as its own database holds it."""

    release_id: str
    model_hash: str
    config_hash: str
    first_date: date
    as_of_date: date


@dataclass(frozen=True)
class Memory:
    """What a build knew of the lake: its days (reading.DAYS), what it expected, what was open."""

    days: pa.Table
    expected: pa.Table
    open_days: set[date]


def base_path(settings: Settings) -> Path:
    """Return the build database of the newest release."""
    return settings.build_dir / CURRENT


def read_base(settings: Settings) -> Base | None:
    """Return what the newest build was made from, or None when there is no readable one."""
    import duckdb

    if not base_path(settings).exists():
        return None
    try:
        with duckdb.connect(str(base_path(settings)), read_only=True) as database:
            made_from = database.execute(
                "select release_id, model_hash, config_hash, first_date, as_of_date "
                "from state.build"
            ).fetchone()
    except duckdb.Error:
        return None
    if made_from is None:
        return None
    return Base(*made_from)


def read_memory(settings: Settings) -> Memory | None:
    """Return what the newest build knew of the lake, or None when that cannot be read."""
    import duckdb

    try:
        with duckdb.connect(str(base_path(settings)), read_only=True) as database:
            return Memory(
                database.execute("select * from state.day").to_arrow_table(),
                database.execute("select * from state.expected").to_arrow_table().cast(EXPECTED),
                open_days(database),
            )
    except (duckdb.Error, pa.ArrowInvalid):
        return None


def brings_more(settings: Settings, slices: pa.Table, files: Collection[tuple[str, str]]) -> bool:
    """Tell whether there is a slice that the newest build has not, or a newer file of one.

    files are the streams (platform, stream) that come in files. Raises duckdb.Error without a
    build.
    """
    import duckdb

    listed = sql_list({"/".join(stream) for stream in files})
    with duckdb.connect(str(base_path(settings)), read_only=True) as database:
        database.register("now", slices)
        found = database.execute(
            f"select 1 from now where ({KEY}) not in (select ({KEY}) from lake.winning_slice) "
            f"or (platform || '/' || stream in ({listed or 'null'}) "
            # not by its batch: compaction gives another one to what was there before
            f"and ({KEY}, cast(committed_at as timestamptz)) "
            f"not in (select ({KEY}, committed_at) from lake.winning_slice)) limit 1"
        )
        return found.fetchone() is not None
