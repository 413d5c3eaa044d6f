"""A shop whose buyers come as a platform delivers them: through intake, hashing and the gate."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from extractors.core.intake import AccountRead, Landed
from extractors.core.intake import land as take_in
from extractors.core.lake import SliceVerdict
from extractors.core.model import Account, Window
from extractors.core.registry import platforms_by_name
from tests.warehouse_site import Hand, make_site
from warehouse.site import Site

SHOP = "douyin_shop_main"
FIRST = {"TIDEMARK_HASH_SECRET": "the first secret", "TIDEMARK_HASH_KEY_ID": "k1"}
SECOND = {"TIDEMARK_HASH_SECRET": "the second secret", "TIDEMARK_HASH_KEY_ID": "k2"}
BOTH = {**SECOND, "TIDEMARK_HASH_PREVIOUS": '{"k1": "the first secret"}'}


def shop_site(home: Path, day: str) -> tuple[Site, Hand]:
    """Return an installation with the real platforms and one shop, at 13:00 of a day."""
    site, clock = make_site(home, day, "13:00")
    accounts = (Account(SHOP, "douyin_shop", "1", "Shop", "acme"),)
    settings = replace(site.settings, parquet_url=(home / "published" / "parquet").as_uri())
    platforms = tuple(platforms_by_name().values())
    return replace(site, settings=settings, platforms=platforms, accounts=accounts), clock


def order(order_id: str, day: str, buyer: str, fen: int = 8000) -> dict[str, Any]:
    """Return an order as the platform delivers it, paid at noon."""
    noon = int(datetime.fromisoformat(f"{day}T12:00:00+08:00").timestamp())
    line = {"order_id": f"{order_id}9", "product_id": "p", "item_num": 1, "pay_amount": fen}
    return {
        "order_id": order_id,
        "order_status": 5,
        "pay_amount": fen,
        "create_time": noon,
        "pay_time": noon,
        "update_time": noon,
        "doudian_open_id": buyer,
        "mask_post_receiver": "张*",
        "sku_order_list": [line],
    }


def deliver(site: Site, day: str, *orders: Mapping[str, Any]) -> Landed:
    """Land a day's orders and let the gate's verdict pass."""
    platform = platforms_by_name()["douyin_shop"]
    window = Window(date.fromisoformat(day), date.fromisoformat(day))
    account = next(a for a in site.accounts if a.key == SHOP)
    read = AccountRead(account, ((window, orders),))
    stream = platform.stream("orders")
    landed = take_in(platform, stream, [read], lake=site.lake, settings=site.settings)
    passed = [SliceVerdict(s.account_key, s.dt, True) for s in landed.slices]
    site.lake.write_verdict(landed.batch_id, passed)
    return landed


def transform(
    _project_dir: Path, build_dir: Path, database: Path, variables: Any, *, full_refresh: bool
) -> Path:
    """Stand in for dbt: the orders with their buyers, as fct_order holds them."""
    with duckdb.connect(str(database)) as build:
        build.execute("create schema if not exists marts")
        build.execute(
            "create or replace table marts.fct_order as select order_id as order_key, "
            "doudian_open_id as buyer_key, cast(pay_amount / 100.0 as decimal(18, 2)) as paid_cny, "
            "cast(pay_time as date) as paid_on from lake.douyin_shop__orders"
        )
    (build_dir / "days.json").write_text(json.dumps(variables["changed_dates"]))
    model = {
        "resource_type": "model",
        "schema": "marts",
        "alias": "fct_order",
        "columns": {},
        "config": {"materialized": "table"},
    }
    nodes = {"orders": {**model, "description": "One row per order; it's a fact."}}
    (build_dir / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    return build_dir


def query(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """Answer from a database file."""
    with duckdb.connect(str(path), read_only=True) as database:
        return database.execute(sql).fetchall()
