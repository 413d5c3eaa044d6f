"""Bilibili: one generator per stream."""

import logging
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from extractors.core.coerce import coercer
from extractors.core.envelope import count_of, list_of, object_of
from extractors.core.errors import ItemNotOffered, Transient
from extractors.core.model import Account, Api, Row, Window
from tidemark.clock import business_date

logger = logging.getLogger(__name__)

BASE = "/arcopen/fn"
PAGE = 50
INCREMENTS = ("click", "dm", "reply", "fav", "coin", "share", "like", "elec")

moment_of = coercer(pa.timestamp("us", tz="UTC"))


def account_stats(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """The account's stocks as they stand now."""
    yield {"account_id": account.external_id, **object_of(api.get(f"{BASE}/data/user/stat"))}


def account_increments(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """What the platform calls increments; of which days is not settled: they are never summed."""
    found = dict(object_of(api.get(f"{BASE}/data/arc/inc-stats")))
    if "icn_reply" in found:  # the spelling of the field table
        found.setdefault("inc_reply", found.pop("icn_reply"))
    yield {"account_id": account.external_id, **found}


def videos(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Every published video of the account as it is now."""
    for item in _listed(api):
        video = item.get("video_info") or {}
        shown = {name: video.get(name) for name in ("duration", "share_url")}
        yield {**{k: v for k, v in item.items() if k != "video_info"}, **shown}


def video_stats(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Counters since publication of every published video, as they stand now."""

    def stat(video: Row) -> list[Row]:
        resource_id = video["resource_id"]
        try:
            found = api.get(f"{BASE}/data/arc/stat", {"resource_id": resource_id})
        except ItemNotOffered as error:
            logger.info("bilibili: %s is skipped: %s", resource_id, error)
            return []
        return [{"resource_id": resource_id, **object_of(found)}]

    published = [v for v in _listed(api) if business_date(moment_of(v["ptime"])) <= window.until]
    return api.each(stat, published)


def _listed(api: Api) -> Iterator[Row]:
    number, total = 1, 0
    while True:
        page = api.get(f"{BASE}/archive/viewlist", {"pn": number, "ps": PAGE, "status": "pubed"})
        before, total = total, count_of(object_of(page.get("page")), "total")
        items = list_of(page, "list")
        if not items and (number - 1) * PAGE < total:
            raise Transient(f"page {number} of {total} videos came empty; ask again")
        yield from items
        if before > total and number > 1:
            number -= 1  # those behind a deleted one moved forward, onto what was read
        elif number * PAGE >= total and len(items) < PAGE:
            return
        else:
            number += 1
