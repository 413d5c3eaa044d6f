"""Qianchuan: today_live/room/get, in the platform's spelling."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.routes.qianchuan.world import Advertiser, Room
from tidemark.clock import SHANGHAI, business_date

PAGE_AT_MOST = 100
NEEDED = {"advertiser_id", "aweme_id", "date_time", "fields"}
KNOWN = NEEDED | {"room_status", "ad_status", "page", "page_size"}
STATES = ("ALL", "LIVING", "FINISH")
MOMENT = "%Y-%m-%d %H:%M:%S"

Body = dict[str, Any]


class Refused(Exception):
    """A code with its message."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def rooms_of_today(advertiser: Advertiser, asked: Mapping[str, str], now: datetime) -> Body:
    """Return a page of the rooms that began today; another day is refused."""
    if NEEDED - asked.keys() or asked.keys() - KNOWN:
        raise Refused(40001, f"needed are {sorted(NEEDED)}, known {sorted(KNOWN)}")
    if asked["aweme_id"] != advertiser.aweme_id:
        raise Refused(40002, "the aweme account is not bound to the advertiser")
    today = business_date(now)
    if asked["date_time"] != str(today):
        raise Refused(40001, f"date_time: only {today} can be asked for")
    state, (page, size) = asked.get("room_status", "ALL"), paging(asked)
    if state not in STATES:
        raise Refused(40001, f"room_status is one of {STATES}")
    names = figures_asked(asked["fields"])
    found = [
        shown(advertiser, room, now, names)
        for room in advertiser.rooms
        if room.started_at <= now and business_date(room.started_at) == today
    ]
    found = [room for room in found if state in ("ALL", room["room_status"])]
    pages = -(-len(found) // size)
    info = {"page": page, "page_size": size, "total_number": len(found), "total_page": pages}
    return {"room_list": found[(page - 1) * size : page * size], "page_info": info}


def paging(asked: Mapping[str, str]) -> tuple[int, int]:
    """Return page and size; Refused where they are out of range."""
    page, size = asked.get("page", "1"), asked.get("page_size", "20")
    if not (page.isdigit() and size.isdigit()):
        raise Refused(40001, "page and page_size are whole numbers")
    if int(page) < 1 or not 1 <= int(size) <= PAGE_AT_MOST:
        raise Refused(40001, f"page from 1, page_size 1 to {PAGE_AT_MOST}")
    return int(page), int(size)


def figures_asked(text: str) -> set[str]:
    """Return the names of `fields`: a JSON array, or names between commas."""
    try:
        return set(json.loads(text)) if text.startswith("[") else set(text.split(","))
    except ValueError:
        raise Refused(40001, "fields is no JSON array") from None


def shown(advertiser: Advertiser, room: Room, now: datetime, names: set[str]) -> Body:
    """Return a room as it stands now, with the figures that were asked for."""
    is_over = now >= room.ended_at
    length = room.ended_at - room.started_at
    share = (min(now, room.ended_at) - room.started_at) / length
    figures = {name: value for name, value in counted(room, share).items() if name in names}
    return {
        "room_id": room.room_id,
        "room_status": "FINISH" if is_over else "LIVING",
        "room_title": room.title,
        "room_cover": "https://example.com/cover.png",
        "start_time": room.started_at.astimezone(SHANGHAI).strftime(MOMENT),
        "end_time": room.ended_at.astimezone(SHANGHAI).strftime(MOMENT) if is_over else "",
        "aweme_id": int(advertiser.aweme_id),
        "aweme_name": "艾可美官方旗舰",
        "anchor_id": 99000000001,
        "anchor_name": "主播小美",
        "room_delivery": 0 if room.ad_cny is None else 2,
        **figures,
    }


def counted(room: Room, share: float) -> Body:
    """Return the figures so far; amounts are numbers or text, and what is not there is left out."""
    figures: Body = {
        "total_live_watch_cnt": int(room.views * share),
        "total_live_follow_cnt": int(room.follows * share),
        "total_live_comment": str(int(room.comments * share)),
        "live_click_product_count_alias": int(room.clicks * share),
        "live_pay_order_gmv_alias": round(room.paid_cny * share, 2),
    }
    if room.ad_cny is not None:
        figures["stat_cost"] = f"{room.ad_cny * share:.2f}"
        figures["luban_live_pay_order_gmv"] = round(room.paid_cny * share / 2, 2)
        figures["luban_live_pay_order_count"] = int(room.clicks * share / 40)
    return figures
