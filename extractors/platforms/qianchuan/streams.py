"""Qianchuan: the live rooms of the day that runs, with their figures so far."""

import json
from collections.abc import Iterator
from typing import Any

from extractors.core.envelope import count_of, list_of, object_of
from extractors.core.errors import Transient
from extractors.core.model import Account, Api, Window

ROOMS = "/open_api/v1.0/qianchuan/today_live/room/get/"
PAGE = 100

AMOUNTS = ("stat_cost", "live_pay_order_gmv_alias", "luban_live_pay_order_gmv")
COUNTS = (
    *("total_live_watch_cnt", "total_live_follow_cnt", "total_live_comment"),
    *("live_click_product_count_alias", "luban_live_pay_order_count"),
)


def live_sessions(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Every room that began on the day, on air or over, as it stands now."""
    for day in window.days():
        yield from _rooms(api, {"aweme_id": account.external_id, "date_time": str(day)})


def _rooms(api: Api, asked: dict[str, Any]) -> Iterator[Any]:
    # the figures are named, or none come
    fields = json.dumps([*AMOUNTS, *COUNTS], separators=(",", ":"))
    asked |= {"room_status": "ALL", "ad_status": "ALL", "fields": fields, "page_size": PAGE}
    page = seen = 0
    while True:
        page += 1
        answer = api.get(ROOMS, {**asked, "page": page})
        rooms = list_of(answer, "room_list")
        total = count_of(object_of(answer.get("page_info")), "total_number")
        yield from rooms
        seen += len(rooms)
        if seen >= total:
            return
        if len(rooms) < PAGE:
            raise Transient(f"room_list: {seen} of {total} rooms came; ask again")
