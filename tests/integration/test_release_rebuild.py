"""The real models: a release built on the one before equals one built from nothing."""

import logging
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from tests.parsed import seed_parsed
from tests.warehouse_site import Hand, land
from tidemark.clock import SHANGHAI
from tidemark.settings import PROJECT_ROOT, Settings
from warehouse.audit import audit_candidate
from warehouse.build import build_candidate
from warehouse.plan import make_plan
from warehouse.publish import publish_candidate
from warehouse.releases import link_path
from warehouse.site import Site, open_site

PASSED = SimpleNamespace(passed=True, critical=(), summary="not judged here")
#: who brought a row, and when, is not what it means
RUN_COLUMNS = frozenset({"release_id", "batch_id", "landed_at"})
RUN_TABLES = frozenset({"ops.release", "ops.gate_result", "kpi.goal_said"})
RUN_LEDGERS = ("said", "releases", "plans")

pytestmark = pytest.mark.slow


def at(text: str, hour: str = "10:00") -> datetime:
    return datetime.fromisoformat(f"2026-{text}T{hour}:00+08:00").astimezone(UTC)


def on(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def site_of(home: Path, day: str, config: Path = PROJECT_ROOT / "config") -> Site:
    seed_parsed(home)
    clock = Hand(datetime(2026, 1, 1, tzinfo=UTC))
    clock.set(f"2026-{day}", "13:00")
    return open_site(Settings(home, config, (home / "lake").as_uri(), clock))


def put(site: Site, name: str, text: str, *rows: dict) -> None:
    platform = name.partition("/")[0]
    keys = {"douyin_shop": "douyin_shop_main", "xiaohongshu": "xhs_acme", "sheet": "douyin_acme"}
    land(site, name, keys.get(platform, f"{platform}_acme"), {f"2026-{text}": rows or "empty"})


def order(order_id: str, created: str, updated: str, *, paid: str | None, room: str | None = None):
    line = {"order_id": f"{order_id}9", "product_id": "p", "item_num": 1, "pay_amount": 8000}
    return {
        **{"order_id": order_id, "order_status": 5 if paid else 1, "pay_amount": 8000},
        **{"create_time": at(created), "pay_time": at(paid) if paid else None},
        **{"update_time": at(updated), "doudian_open_id": "k1:a"},
        "sku_order_list": [{**line, "room_id": room, "video_id": "v1"}],
    }


def account_day(text: str, plays: int, fans: int) -> dict:
    figures = {"new_play": plays, "new_fans": 5, "total_fans": fans, "new_like": 3}
    return {"date": on(text), **figures, "new_comment": 1, "new_share": 1, "new_issue": 0}


def comment(comment_id: str, text: str, parent: str | None = None) -> dict:
    content = {"content_length": 5, "is_emoji_only": False, "top": False}
    owner = {"item_id": "v1", "parent_comment_id": parent, "is_brand": parent is not None}
    return {"comment_id": comment_id, "create_time": at(text), **content, **owner}


def note(exported: str, views: int) -> dict:
    return {
        "title": "笔记",
        "published_at": at("05-01"),
        "views": views,
        "exported_on": on(exported),
    }


def land_history(site: Site) -> None:
    """Land a first history up to 05-10."""
    for n in range(1, 11):
        text = f"05-{n:02d}"
        put(site, "douyin/account_days", text, account_day(text, 100 * n, 1000 + n))
        put(site, "wechat/user_cumulate", text, {"ref_date": on(text), "cumulate_user": 50 + n})
        put(site, "wechat/user_summary", text)
        put(site, "douyin_shop/after_sales", text)
        put(site, "douyin/video_totals", text, {"item_id": "v1", "play_count": 10 * n})
        put(site, "douyin/video_days", text, {"item_id": "v1", "date": on(text), "play": 10})
        put(site, "douyin/comments", text, comment(f"c{n}", text))
        if n != 4:
            put(
                site, "douyin_shop/orders", text, order(f"{n}", text, text, paid=text, room="room1")
            )
    put(site, "douyin/videos", "05-10", {"item_id": "v1", "create_time": at("05-01")})
    put(site, "xiaohongshu/note_export", "05-05", note("05-05", 50))


def land_later(site: Site) -> None:
    """Land one more day, corrections, late arrivals, and rows that move between days."""
    for name in ("douyin_shop/orders", "douyin_shop/after_sales", "wechat/user_summary"):
        put(site, name, "05-11")
    put(site, "douyin/account_days", "05-11", account_day("05-11", 1100, 1020))
    put(site, "douyin/account_days", "05-03", account_day("05-03", 999, 1003))
    put(site, "douyin/account_days", "05-06")
    put(site, "douyin/video_totals", "05-05", {"item_id": "v1", "play_count": 48})
    put(site, "douyin/video_days", "05-07", {"item_id": "v1", "date": on("05-07"), "play": 12})
    put(site, "douyin/videos", "05-11", {"item_id": "v2", "create_time": at("05-09")})
    put(site, "douyin/comments", "05-11", comment("r2", "05-11", "c2"))
    put(site, "douyin_shop/orders", "05-04", order("4", "05-04", "05-05", paid="05-05"))
    refund = {"aftersale_id": "a3", "shop_order_id": "3", "related_id": "39", "refund_status": 3}
    moments = {"apply_time": at("05-08"), "update_time": at("05-09")}
    put(site, "douyin_shop/after_sales", "05-09", {**refund, "refund_amount": 2000, **moments})
    session = {"live_id": "room1", "started_at": at("05-02", "20:00"), "session_viewers": 400}
    put(site, "sheet/live_sessions", "05-02", {**session, "session_buyers": 3})
    put(site, "xiaohongshu/note_export", "05-08", note("05-08", 80))
    put(site, "wechat/user_cumulate", "05-11", {"ref_date": on("05-11"), "cumulate_user": 70})


def release(site: Site) -> Site:
    plan = make_plan(site)
    assert plan is not None
    build_candidate(site, plan.plan_id)
    audit_candidate(site, plan.plan_id, check=lambda *_: PASSED)
    publish_candidate(site, plan.plan_id)
    return site


def published(site: Site) -> Iterator[tuple[str, list[tuple]]]:
    """Yield every published table with the sorted rows of its meaning columns."""
    with duckdb.connect(str(link_path(site.settings)), read_only=True) as database:
        tables = database.execute(
            "select schema_name || '.' || table_name from duckdb_tables() order by 1"
        ).fetchall()
        for (name,) in tables:
            if name in RUN_TABLES:
                continue
            described = database.execute(f"describe {name}").fetchall()
            columns = ", ".join(f'"{c[0]}"' for c in described if c[0] not in RUN_COLUMNS)
            yield name, database.execute(f"select {columns} from {name} order by all").fetchall()


def differing(lived: Site, fresh: Path) -> dict[str, tuple[list[tuple], list[tuple]]]:
    """Return the tables whose rows another home gets otherwise from the same lake, with both."""
    shutil.copytree(lived.settings.home / "lake", fresh / "lake")
    for ledger in RUN_LEDGERS:
        shutil.rmtree(fresh / "lake" / "_ledger" / ledger, ignore_errors=True)
    day = f"{lived.settings.clock().astimezone(SHANGHAI):%m-%d}"
    expected = dict(published(release(site_of(fresh, day, lived.settings.config_dir))))
    found = dict(published(lived))
    assert len(expected) > 40
    return {
        name: ([r for r in found[name] if r not in rows], [r for r in rows if r not in found[name]])
        for name, rows in expected.items()
        if found[name] != rows
    }


def test_a_release_on_a_base_equals_one_from_nothing(tmp_path, caplog):
    lived = site_of(tmp_path / "lived", "05-11")
    land_history(lived)
    release(lived)
    lived = site_of(tmp_path / "lived", "05-12")
    land_later(lived)
    with caplog.at_level(logging.INFO, "warehouse.build"):
        release(lived)
    is_incremental = "order_day" in caplog.text

    assert is_incremental
    assert differing(lived, tmp_path / "fresh") == {}
    assert len(dict(published(lived))["marts.fct_order"]) == 10
