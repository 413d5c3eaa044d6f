"""What an installation shows, without ids and wall times: to compare one that was disturbed."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow.parquet as pq

from extractors.core.lake import Lake, current_rows_sql, open_lake
from extractors.core.model import READABLE
from extractors.core.registry import every_stream
from tidemark.settings import load_settings
from warehouse.hold import read_hold
from warehouse.releases import link_path

#: names of columns and fields that differ between two runs of the same thing
VOLATILE = frozenset(
    {
        "_batch_id",
        "_committed_at",
        "alert_id",
        "attempted_at",
        "batch_id",
        "checked_at",
        "code_version",
        "committed_at",
        "created_at",
        "entry_id",
        "input_hash",
        "landed_at",
        "planned_at",
        "published_at",
        "release_id",
        "response",
        "said_at",
    }
)
LEDGERS = (
    *("acceptances", "baselines", "deliveries", "drifts", "drops", "releases", "replays", "said"),
    "transitions",
)
UNSETTLED = frozenset({"begun", "retry"})
#: tables that tell how often something was done
RUNS = frozenset({"gate_result", "release"})

Fingerprint = dict[str, Any]


def glimpse(home: str) -> tuple[Fingerprint, list[str]]:
    """Return what readers see now, and what is torn."""
    return published(home), torn(home)


def survey(home: str) -> tuple[Fingerprint, list[str]]:
    """Return everything that an installation shows, and what is torn."""
    return fingerprint(home), torn(home)


def fingerprint(home: str) -> Fingerprint:
    """Return current rows per stream, ledgers, and rows per published table, each as a hash."""
    settings = load_settings({"TIDEMARK_HOME": home})
    lake = open_lake(settings.lake_url, settings.copies_dir)
    return {
        **_lake_rows(lake),
        **{f"ledger {name}": _entries(lake, name) for name in LEDGERS},
        **published(home),
        "hold": read_hold(settings) is not None,
    }


def published(home: str) -> Fingerprint:
    """Return the rows of every published table that a reader sees now."""
    link = link_path(load_settings({"TIDEMARK_HOME": home}))
    if not link.exists():
        return {}
    with duckdb.connect(str(link), read_only=True) as release:
        tables = release.execute(
            "select schema_name, table_name from duckdb_tables() order by all"
        ).fetchall()
        return {
            f"published {schema}.{table}": _hashed(release, f'select * from {schema}."{table}"')
            for schema, table in tables
            if table not in RUNS
        }


def torn(home: str) -> list[str]:
    """Return what of a committed batch is not there, and logs that stand beside a release."""
    settings = load_settings({"TIDEMARK_HOME": home})
    lake = open_lake(settings.lake_url, settings.copies_dir)
    found = [str(path) for path in settings.published_dir.rglob("*.duckdb.wal")]
    for manifest in lake.manifests():
        counted: Counter[tuple[str, Any]] = Counter()
        for path in manifest.files:
            if not lake.exists(path):
                found.append(f"{path} is gone")
                continue
            keys = pq.read_table(f"{lake.root}/{path}", columns=["account_key", "dt"])
            counted.update(zip(*(column.to_pylist() for column in keys.columns), strict=True))
        for record in manifest.slices:
            rows = counted[(record.account_key, record.dt)]
            if record.status in READABLE and rows != record.rows:
                where = f"{manifest.stream} {record.account_key} {record.dt}"
                found.append(f"{where}: {rows} rows of {record.rows}")
    return found


def _lake_rows(lake: Lake) -> Fingerprint:
    found = {}
    with duckdb.connect() as memory:
        for platform, stream in every_stream():
            current = lake.current(stream, platform.name)
            files = sorted({lake.address(path) for winner in current for path in winner.files})
            if not files:
                continue
            memory.execute(
                "create or replace table winners "
                "(account_key varchar, dt date, batch_id varchar, committed_at varchar)"
            )
            memory.executemany(
                "insert into winners values (?, ?, ?, ?)",
                [[w.key.account_key, w.key.dt, w.batch_id, w.committed_at] for w in current],
            )
            query = current_rows_sql(stream, files, "winners")
            found[f"lake {platform.name}/{stream.name}"] = _hashed(memory, query)
    return found


def _hashed(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, str]:
    names = [c[0] for c in connection.execute(f"select * from ({query}) limit 0").description or ()]
    columns = ", ".join(f'"{name}"' for name in names if name not in VOLATILE)
    row = connection.execute(
        f"select count(*), cast(sum(cast(hash(r) as hugeint)) as varchar) "
        f"from (select {columns} from ({query})) as r"
    ).fetchone()
    assert row is not None
    return int(row[0]), str(row[1])


def _entries(lake: Lake, name: str) -> Sequence[str]:
    """Return a ledger's entries as texts; attempts that came to nothing do not count."""
    entries = [_plain(e) for e in lake.ledger(name) if e.get("outcome") not in UNSETTLED]
    return sorted({str(entry) for entry in entries})


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in sorted(value.items()) if k not in VOLATILE}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def differences(expected: Fingerprint, found: Fingerprint) -> list[str]:
    """Return the names under which two fingerprints differ, with both values."""
    return [
        f"{name}: {_short(expected.get(name))} expected, {_short(found.get(name))} found"
        for name in sorted(expected.keys() | found.keys())
        if expected.get(name) != found.get(name)
    ]


def _short(value: Any) -> str:
    return str(value)[:120]
