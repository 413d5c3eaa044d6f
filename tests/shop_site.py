"""What the tests of small shops need: their account, the real runtime, the unions on plain rows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from extractors.core.credentials import read_connection
from extractors.core.lake import Lake, SliceVerdict, iter_rows, open_lake
from extractors.core.model import Account, Window
from extractors.core.registry import find_stream, platforms_by_name
from extractors.core.run import RunReport, extract
from tests.conftest import Sandbox
from tests.warehouse_fixture import make_build_db, run_dbt

UNIONS = ("+int_order_union", "+int_order_line_union", "+int_refund_union")


def shop_account(platform: str, external_id: str, **options: Any) -> Account:
    """Return the account of the launch's small shop."""
    fast = {"calls_per_second": 1000, **options}
    key = f"{platform}_main"
    return Account(key, platform, external_id, "Acme", "acme", kind="shop", options=fast)


def read_shop(sandbox: Sandbox, account: Account, since: str, until: str, **more: Any) -> RunReport:
    """Read days of a shop through the real runtime."""
    return extract(
        platforms_by_name()[account.platform],
        [account],
        Window(date.fromisoformat(since), date.fromisoformat(until)),
        lake=open_lake(sandbox.settings.lake_url),
        settings=sandbox.settings,
        credentials=lambda a: read_connection(a.connection_id, sandbox.environ),
        **more,
    )


def landed_rows(sandbox: Sandbox, platform: str, stream: str) -> list[dict[str, Any]]:
    """Return the newest version of every row of a stream beside a sandbox."""
    return newest_rows(open_lake(sandbox.settings.lake_url), platform, stream)


def newest_rows(lake: Lake, platform: str, stream: str) -> list[dict[str, Any]]:
    """Return the newest version of every row of a stream, every slice accepted."""
    verdicts = defaultdict(list)  # a batch has a manifest per day
    for manifest in lake.manifests():
        found = [SliceVerdict(s.account_key, s.dt, True) for s in manifest.slices]
        verdicts[manifest.batch_id] += found
    for batch_id, slices in verdicts.items():
        lake.write_verdict(batch_id, slices)
    declared = find_stream(platform, stream)
    versions = list(iter_rows(lake, lake.current(declared, platform)))
    versions.sort(key=lambda row: row["_source_version"])
    return list({tuple(row[name] for name in declared.key): row for row in versions}.values())


def built_unions(
    folder: Path, account: Account, rows: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Path:
    """Return a build database with the unions of orders, lines and refunds over plain rows."""
    entry = {"account_key": account.key, "brand_key": account.brand, "platform": account.platform}
    path = make_build_db(folder / "build.duckdb", rows, config={"account": [entry]})
    run_dbt(path, "run", "--select", *UNIONS, as_of="2026-05-12")
    return path
