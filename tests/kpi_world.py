"""The worked example of the goals page as a small build database, with its variants as brands."""

import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from extractors.core.lake import open_lake
from tests.warehouse_fixture import days, make_build_db, run_dbt, source_days
from tidemark.settings import PROJECT_ROOT, Settings, load_settings
from warehouse.config_tables import config_tables

Row = dict[str, Any]

NAMES = ("plays", "likes", "comments", "shares", "new_followers", "unfollows")
LIVE = ("live_viewers", "buyers", "orders", "paid", "refunds")
#: first day, days, then the figures of NAMES and LIVE
BLOCKS = (
    ("2026-03-01", 10, (4000, 120, 20, 20, 300, 20), (0, 0, 0, 0, 0)),
    ("2026-03-11", 10, (7000, 210, 28, 42, 500, 40), (0, 0, 0, 0, 0)),
    ("2026-03-21", 11, (9000, 300, 60, 90, 600, 50), (0, 0, 0, 0, 0)),
    ("2026-04-01", 10, (14000, 500, 80, 120, 550, 50), (0, 0, 0, 0, 0)),
    ("2026-04-11", 5, (22000, 900, 180, 240, 780, 60), (0, 0, 0, 0, 0)),
    ("2026-04-16", 10, (18000, 740, 150, 190, 700, 60), (0, 0, 0, 0, 0)),
    ("2026-04-26", 5, (13000, 380, 60, 80, 500, 70), (0, 0, 0, 0, 0)),
    ("2026-05-01", 10, (10000, 350, 70, 80, 600, 50), (4000, 16, 18, 1440, 0)),
    ("2026-05-11", 10, (11000, 300, 60, 80, 600, 50), (5000, 25, 28, 2240, 100)),
    ("2026-05-21", 11, (9000, 250, 50, 60, 500, 40), (6000, 36, 40, 3200, 200)),
    ("2026-06-01", 15, (0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 320)),
)
EVENT = pa.schema(
    [
        *((name, pa.string()) for name in ("metric", "basis", "account_key", "platform")),
        *((name, pa.date32()) for name in ("stat_date", "known_on")),
        *((name, pa.float64()) for name in ("value", "numerator", "denominator", "opening")),
    ]
)
_FED = [(name, pa.string()) for name in ("metric", "basis", "account_key")]
MEMBER = pa.schema(
    [
        *_FED,
        *((name, pa.date32()) for name in ("stat_date", "known_on", "first_on")),
        ("member", pa.string()),
    ]
)
WAIT = pa.schema(
    [*_FED, ("stat_date", pa.date32()), ("ended_on", pa.date32()), ("seconds", pa.float64())]
)


def example_days() -> dict[date, Row]:
    """Return the figures of every day of the example."""
    return {
        date.fromisoformat(first) + timedelta(n): dict(
            zip(NAMES + LIVE, social + live, strict=True)
        )
        for first, length, social, live in BLOCKS
        for n in range(length)
    }


def account_events(account: str, shop: str, hidden: Collection[date]) -> Iterator[Row]:
    """Yield what the engine reads of one Douyin account, silent on some days, and its shop."""
    for day, as_reported in example_days().items():
        row = dict.fromkeys(as_reported) if day in hidden else as_reported
        yield from _social(account, day, row)
        yield from _shop(shop, day, as_reported)


def _social(account: str, day: date, row: Row) -> Iterator[Row]:
    shared = {"account_key": account, "platform": "douyin", "stat_date": day, "known_on": day}
    is_seen = row["plays"] is not None
    interactions = row["likes"] + row["comments"] + row["shares"] if is_seen else None
    net = row["new_followers"] - row["unfollows"] if is_seen else None
    sums = {
        ("plays", "-"): row["plays"],
        ("new_followers", "gross"): row["new_followers"],
        ("new_followers", "net"): net,
        ("live_viewers", "-"): row["live_viewers"],
    }
    ratios = {
        "er_by_play": (interactions, row["plays"]),
        "unfollow_rate": (row["unfollows"], row["new_followers"]),
        "cvr_live_viewer": (row["buyers"], row["live_viewers"]),
    }
    for (metric, basis), value in sums.items():
        yield {**shared, "metric": metric, "basis": basis, "value": value}
    for metric, (above, below) in ratios.items():
        parts = {"numerator": above, "denominator": below}
        yield {**shared, "metric": metric, "basis": "-", **parts}


def _shop(shop: str, day: date, row: Row) -> Iterator[Row]:
    shared = {"metric": "net_gmv", "account_key": shop, "platform": "douyin_shop"}
    paid, refunds = row["paid"], row["refunds"]
    on_day = {"stat_date": day, "known_on": day}
    yield {**shared, **on_day, "basis": "order_date", "value": paid}
    yield {**shared, **on_day, "basis": "refund_date", "value": paid - refunds}
    paid_on = day - timedelta(15 if day.month == 6 else 10)
    charged = {"stat_date": paid_on, "known_on": day, "value": -refunds}
    yield {**shared, **charged, "basis": "order_date"}


def make_world(
    folder: Path,
    campaigns: Mapping[str, str],
    *,
    hidden: Mapping[str, Collection[date]],
    through: date = date(2026, 6, 15),
) -> Path:
    """Write a build database in which every variant is a brand with the example's campaign.

    campaigns holds the text of each variant's file; hidden names days on which a variant's Douyin
    source said nothing.
    """
    settings = write_config(folder, campaigns)
    statuses: list[Row] = []
    events: list[Row] = []
    for brand in campaigns:
        account, shop = f"douyin_{brand}", f"shop_{brand}"
        missing = hidden.get(brand, ())
        every = days("2026-03-01", through)
        read = [day for day in every if day not in missing]
        statuses += source_days("douyin/account_days", account, read)
        statuses += source_days("douyin/account_days", account, missing, "missing")
        for stream in ("sheet/account_days", "sheet/live_sessions"):
            statuses += source_days(stream, account, every if "live" in stream else read)
        for stream in ("douyin_shop/orders", "douyin_shop/after_sales"):
            statuses += source_days(stream, shop, every)
        events += account_events(account, shop, missing)
    return write_world(settings, [e for e in events if e["stat_date"] <= through], statuses)


def write_world(
    settings: Settings,
    events: Sequence[Row],
    statuses: Sequence[Row],
    ledgers: Mapping[str, Sequence[Row]] | None = None,
    members: Sequence[Row] = (),
    waits: Sequence[Row] = (),
) -> Path:
    """Write a build database of a configuration, what the engine reads, and source days."""
    tables = config_tables(settings, open_lake(settings.lake_url))
    database = make_build_db(
        settings.home / "build.duckdb",
        {},
        source_days=statuses,
        config={name: table.to_pylist() for name, table in tables.items()},
        ledgers=ledgers,
    )
    read = {
        "int_metric_event": (events, EVENT),
        "int_metric_member": (members, MEMBER),
        "int_metric_wait": (waits, WAIT),
    }
    with duckdb.connect(str(database)) as db:
        db.execute("create schema if not exists intermediate")
        for name, (rows, schema) in read.items():
            filled = [{c: row.get(c) for c in schema.names} for row in rows]
            db.register("incoming", pa.Table.from_pylist(filled, schema))
            db.execute(f"create or replace table intermediate.{name} as from incoming")
            db.unregister("incoming")
    return database


def write_config(
    folder: Path, campaigns: Mapping[str, str], further_accounts: Sequence[Mapping[str, str]] = ()
) -> Settings:
    """Write a config folder with one brand, account and shop per campaign file, and others."""
    config = folder / "config"
    (config / "campaigns").mkdir(parents=True, exist_ok=True)
    brands = [{"key": brand, "name": brand, "owner": "运营一组"} for brand in campaigns]
    accounts = [
        {"key": f"{prefix}_{brand}", "platform": platform, "id": brand, "brand": brand}
        | {"kind": kind}
        for brand in campaigns
        for prefix, platform, kind in (
            ("douyin", "douyin", "social"),
            ("shop", "douyin_shop", "shop"),
        )
    ]
    every = [*accounts, *further_accounts]
    text = json.dumps({"brands": brands, "accounts": every})  # JSON is YAML
    (config / "accounts.yml").write_text(text)
    for name in ("metrics.yml", "alerts.yml"):
        (config / name).write_text((PROJECT_ROOT / "config" / name).read_text())
    for brand, campaign in campaigns.items():
        (config / "campaigns" / f"{brand}.yml").write_text(campaign)
    clock = folder / "clock"
    clock.write_text("2026-06-16T12:00:00+08:00")
    return load_settings(
        {
            "TIDEMARK_HOME": str(folder),
            "TIDEMARK_CONFIG": str(config),
            "TIDEMARK_CLOCK_FILE": str(clock),
        }
    )


def campaign_text(brand: str, **changes: str) -> str:
    """Return the project's example campaign for one brand; changes replace text by text."""
    path = PROJECT_ROOT / "config" / "campaigns" / "dy_newprod.yml"
    text = path.read_text()
    replacements = {
        "campaign: dy_newprod": f"campaign: {brand}",
        "brand: acme": f"brand: {brand}",
        "shop: douyin_shop_main": f"shop: shop_{brand}",
        **changes,
    }
    for old, new in replacements.items():
        assert old in text, f"the example campaign has no {old!r}"
        text = text.replace(old, new)
    return text


def run_kpi(database: Path, as_of: str) -> None:
    """Build the KPI models on what the database holds."""
    os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
    run_dbt(database, "run", "--select", "path:models/kpi", as_of=as_of)


def rows_of(database: Path, brand: str, as_of: str) -> dict[tuple[str, str, str], Row]:
    """Map (phase or 'all', metric, basis) to a brand's row of the history at one as-of day."""
    sql = f"""
        select * from kpi.goal_history
        where campaign_key = '{brand}' and as_of_date = date '{as_of}'
    """
    with duckdb.connect(str(database)) as db:
        found = db.execute(sql).to_arrow_table().to_pylist()
    return {(row["phase_key"] or "all", row["metric"], row["basis"]): row for row in found}
