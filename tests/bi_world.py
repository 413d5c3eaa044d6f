"""A release that fills all six Superset boards: two brands, a campaign each, two phases begun."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from tests.kpi_world import campaign_text, write_config
from tests.parsed import seed_parsed
from tests.warehouse_site import Hand, land
from warehouse.audit import audit_candidate
from warehouse.build import build_candidate
from warehouse.plan import make_plan
from warehouse.publish import publish_candidate
from warehouse.publishers import show_everywhere
from warehouse.releases import link_path, point_to, release_path
from warehouse.site import Site, open_site

Row = dict[str, Any]

FIRST, LAST = date(2026, 4, 26), date(2026, 5, 10)
BRANDS = {"acme": "艾可美 Acme", "bolt": "博尔特 Bolt"}
TITLES = ("开箱", "直播预告", "新品测评", "门店探访", "用户故事")
#: the brands differ by these, so that a filter by brand moves every figure
SCALE = {"acme": 1, "bolt": 3}
NAMES = {
    "douyin_acme": "艾可美抖音",
    "wechat_acme": "艾可美公众号",
    "shop_acme": "艾可美小店",
    "douyin_bolt": "博尔特抖音",
    "shop_bolt": "博尔特小店",
}


def make_world(home: Path) -> Site:
    """Return an installation with what was read through the last day."""
    seed_parsed(home)
    written = write_config(home, {brand: campaign_text(brand) for brand in BRANDS})
    _name_accounts(home / "config" / "accounts.yml")
    clock = Hand(datetime(2026, 1, 1, tzinfo=UTC))
    clock.set(str(LAST + timedelta(1)), "13:00")
    settings = replace(written, clock=clock, postgresql="tidemark_bi", parquet_url=None)
    site = open_site(settings)
    land_days(site, [FIRST + timedelta(n) for n in range((LAST - FIRST).days + 1)])
    return site


def publish(site: Site) -> str:
    """Publish what was landed, audited as in production; return the release's id."""
    plan = make_plan(site)
    assert plan is not None
    build_candidate(site, plan.plan_id)
    audit_candidate(site, plan.plan_id)
    return publish_candidate(site, plan.plan_id)


def publish_amended(site: Site, *statements: str) -> str:
    """Publish the current release again under a new id, with some numbers changed."""
    current = link_path(site.settings).resolve()
    release_id = "r000002-20260510"
    amended = release_path(site.settings, release_id)
    shutil.copy(current, amended)
    with duckdb.connect(str(amended)) as release:
        for statement in (*statements, f"update ops.release set release_id = '{release_id}'"):
            release.execute(statement)
    point_to(site.settings, release_id)
    show_everywhere(site.settings)
    return release_id


def land_days(site: Site, days: Sequence[date]) -> None:
    """Land the days of every stream, one batch a stream and account."""
    for brand, scale in SCALE.items():
        account, shop = f"douyin_{brand}", f"shop_{brand}"
        streams = {
            ("douyin/account_days", account): _account_day,
            ("douyin/video_totals", account): _video_totals,
            ("douyin/video_days", account): _video_days,
            ("douyin/comments", account): _comments,
            ("sheet/account_days", account): _sheet_day,
            ("sheet/live_sessions", account): _live_session,
            ("sheet/content_calendar", account): _planned,
            ("sheet/activities", account): _activity,
            ("sheet/community_days", account): _group,
            ("douyin_shop/orders", shop): _orders,
            ("douyin_shop/after_sales", shop): _refunds,
        }
        for (stream, key), rows_of in streams.items():
            land(site, stream, key, {str(day): rows_of(day, scale) or "empty" for day in days})
        # a listing is complete: what the newest one lacks was deleted
        listed = [_video(FIRST + timedelta(n), scale) for n in range(number_of(days[-1]))]
        land(site, "douyin/videos", account, {str(days[-1]): listed})
    land(site, "wechat/user_summary", "wechat_acme", {str(d): _wechat_moves(d) for d in days})
    land(site, "wechat/user_cumulate", "wechat_acme", {str(d): _wechat_fans(d) for d in days})


def number_of(day: date) -> int:
    """Return 1 for the first day of the world, 2 for the next."""
    return (day - FIRST).days + 1


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Return a Shanghai wall time as the lake holds it."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def _account_day(day: date, scale: int) -> list[Row]:
    n = number_of(day)
    counts = {"new_play": 1000 * scale * n, "new_fans": 50 * scale + n, "new_like": 30 * n * scale}
    shared = {"total_fans": 10_000 * scale + 50 * scale * n, "new_issue": 1, "new_share": 4 * n}
    return [{"date": day, **counts, **shared, "new_comment": 2 * scale + 1}]


def _sheet_day(day: date, scale: int) -> list[Row]:
    n = number_of(day)
    messages = {"dm_conversations": 20 * scale, "dms_replied": 18 * scale}
    return [
        {"stat_date": day, "unfollows": 10 * scale, "active_users": 200 * n * scale, **messages}
    ]


def _video(day: date, scale: int) -> Row:
    n = number_of(day)
    moment = at(day, 8 + (n * 3) % 14)
    title = f"{TITLES[n % 5]} {n}"
    return {"item_id": f"v{scale}-{n}", "title": title, "create_time": moment, "media_type": 4}


def _planned(day: date, scale: int) -> list[Row]:
    video = _video(day, scale)
    topic = ("新品", "教程", "活动")[number_of(day) % 3]
    shared = {"planned_id": f"c-{video['item_id']}", "planned_at": video["create_time"]}
    kind = {"content_form": "视频", "content_topic": topic, "is_original": "是"}
    return [{**shared, **kind, "post_id": video["item_id"], "title": video["title"]}]


def _videos_until(day: date, scale: int) -> list[tuple[str, int]]:
    return [(f"v{scale}-{n}", number_of(day) - n + 1) for n in range(1, number_of(day) + 1)]


def _video_totals(day: date, scale: int) -> list[Row]:
    return [
        {"item_id": item, "play_count": 400 * scale * age, "digg_count": 20 * scale * age}
        | {"comment_count": 2 * age, "share_count": 3 * age}
        for item, age in _videos_until(day, scale)
    ]


def _video_days(day: date, scale: int) -> list[Row]:
    return [
        {"item_id": item, "date": day, "play": 400 * scale, "like": 20 * scale}
        | {"comment": 2, "share": 3}
        for item, _ in _videos_until(day, scale)
    ]


def _comments(day: date, scale: int) -> list[Row]:
    """Return two comments a day and brand, the first answered within the hour, and one more."""
    n = number_of(day)
    shared = {"item_id": f"v{scale}-{n}", "content_length": 5, "is_emoji_only": False, "top": False}
    asked = [
        {**shared, "comment_id": f"q{scale}-{n}-{i}", "create_time": at(day, 10 + i)}
        | {"parent_comment_id": None, "is_brand": False}
        for i in range(scale + 1)
    ]
    answer = {**shared, "comment_id": f"a{scale}-{n}", "create_time": at(day, 10, 40)}
    return [*asked, {**answer, "parent_comment_id": f"q{scale}-{n}-0", "is_brand": True}]


def _live_session(day: date, scale: int) -> list[Row]:
    n = number_of(day)
    if n % 3:
        return []
    moments = {"started_at": at(day, 20), "ended_at": at(day, 22)}
    seen = {"live_views": 5000 * scale, "session_viewers": 3000 * scale, "peak_concurrent": 400}
    clicks = {"product_clicks": 600 * scale, "product_clickers": 400 * scale}
    sold = {"session_buyers": 30 * scale, "paid_orders": 36 * scale, "paid_cny": 2880 * scale}
    room = {"live_id": f"room{scale}-{n}", "title": f"新品直播 第{n // 3}场"}
    return [{**room, **moments, **seen, **clicks, **sold}]


def _activity(day: date, scale: int) -> list[Row]:
    n = number_of(day)
    if n % 5 != 2:
        return []
    shared = {"activity_id": f"a{scale}-{n}", "started_on": day, "kind": "挑战赛"}
    return [{**shared, "participants": 80 * scale, "participations": 120, "ugc_posts": 9 * scale}]


def _group(day: date, scale: int) -> list[Row]:
    return [
        {"community_id": f"g{scale}", "stat_date": day, "members": 480 * scale}
        | {"speakers": 61, "messages": 240 * scale}
    ]


def _orders(day: date, scale: int) -> list[Row]:
    """Return three orders: one of a live room, one of a video, one of the shop alone."""
    n = number_of(day)
    brought: tuple[Row, ...] = ({"room_id": f"room{scale}-{n}"}, {"video_id": f"v{scale}-{n}"}, {})
    return [_order(day, f"{scale}-{n}-{i}", 8000 * scale, by) for i, by in enumerate(brought)]


def _order(day: date, order_id: str, fen: int, brought_by: Row) -> Row:
    line = {"order_id": f"{order_id}-l", "product_id": "p", "product_name": "杯子", "item_num": 1}
    moments = {name: at(day, 12) for name in ("create_time", "pay_time", "update_time")}
    shared = {"order_id": order_id, "order_status": 5, "pay_amount": fen}
    buyer = {"doudian_open_id": f"k1:{order_id}"}
    lines = [{**line, "pay_amount": fen, **brought_by}]
    return {**shared, **moments, **buyer, "sku_order_list": lines}


def _refunds(day: date, scale: int) -> list[Row]:
    """Return a partial refund of an order that is two days older."""
    n = number_of(day) - 2
    if n < 1:
        return []
    order_id = f"{scale}-{n}-2"
    shared = {"aftersale_id": f"r{order_id}", "shop_order_id": order_id, "refund_status": 3}
    moments = {"apply_time": at(day, 9), "update_time": at(day, 15)}
    return [{**shared, **moments, "related_id": f"{order_id}-l", "refund_amount": 2000 * scale}]


def _wechat_moves(day: date) -> list[Row]:
    return [{"ref_date": day, "user_source": 0, "new_user": 40, "cancel_user": 6}]


def _wechat_fans(day: date) -> list[Row]:
    return [{"ref_date": day, "cumulate_user": 5000 + 34 * number_of(day)}]


def _name_accounts(path: Path) -> None:
    said = json.loads(path.read_text())
    wechat = {"key": "wechat_acme", "platform": "wechat", "id": "gh", "brand": "acme"}
    said["accounts"].append({**wechat, "kind": "social"})
    for account in said["accounts"]:
        account |= {"name": NAMES[account["key"]], "active_from": str(FIRST)}
    for brand in said["brands"]:
        brand["name"] = BRANDS[brand["key"]]
    path.write_text(json.dumps(said, ensure_ascii=False))
