"""Accounts and videos of Bilibili in a world: running totals by day of observation."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from tidemark.clock import SHANGHAI
from tidemark.errors import TidemarkError

COUNTERS = ("view", "danmaku", "reply", "favorite", "coin", "share", "like")
FILE = "bilibili_popular_daily.csv.gz"
ACCOUNTS = 12  # of the real world: the owners that were seen most often
_FIRST, _LAST = date(2026, 3, 1), date(2026, 6, 30)

Totals = Mapping[str, int]


@dataclass(frozen=True)
class Video:
    """A video; totals holds what its counters read on the days on which it can be read."""

    resource_id: str
    title: str
    published_at: datetime
    duration: int
    totals: Mapping[date, Totals] = field(default_factory=dict)


@dataclass(frozen=True)
class BilibiliAccount:
    """An account with its followers by day and its videos, newest first."""

    account_key: str
    openid: str
    client_id: str
    client_secret: str
    followers: Mapping[date, int]
    videos: tuple[Video, ...]


Facet = Mapping[str, BilibiliAccount]  # by openid


def facet(name: str, shared: Path | None) -> Facet | None:
    """Return the accounts of a world; None where it has none."""
    if name == "launch":
        return {"acme_bili": _hand_made()}
    if name == "bilibili_popular":
        return _popular(shared)
    return None


def connections(found: Facet) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Return login, password and extra of every account by its key."""
    return {
        account.account_key: (
            account.client_id,
            account.client_secret,
            {"refresh_token": f"first.{account.openid}"},
        )
        for account in found.values()
    }


def _hand_made() -> BilibiliAccount:
    days = [_FIRST + timedelta(n) for n in range((_LAST - _FIRST).days + 1)]
    published = {"BV1launch001": days[0], "BV1launch002": days[30], "BV1launch003": days[44]}
    videos = tuple(
        Video(
            resource_id,
            f"新品 {n}",
            datetime(day.year, day.month, day.day, 12, tzinfo=SHANGHAI),
            60 * n,
            {d: _grown((d - day).days + 1, n) for d in days if d >= day},
        )
        for n, (resource_id, day) in enumerate(published.items(), 1)
    )
    followers = {day: 20_000 + 35 * n - (90 if n == 40 else 0) for n, day in enumerate(days)}
    return BilibiliAccount(
        "bilibili_acme", "acme_bili", "bili-app", "bili-secret", followers, videos[::-1]
    )


def _grown(age: int, number: int) -> Totals:
    """Return the counters of a video after so many days, the day of publication being 1."""
    rates = {
        "view": 400,
        "danmaku": 6,
        "reply": 9,
        "favorite": 7,
        "coin": 4,
        "share": 3,
        "like": 31,
    }
    return {name: rate * number * age for name, rate in rates.items()}


def _popular(shared: Path | None) -> Facet:
    path = None if shared is None else shared / FILE
    if path is None or not path.exists():
        raise TidemarkError(f"sandbox: world bilibili_popular needs {FILE}; name its folder")
    with gzip.open(path, "rt", encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    owners: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        owners[row["owner_mid"]].append(row)
    broken = {r["owner_mid"] for r in rows if not any(int(r[name]) for name in COUNTERS)}
    ranked = sorted(owners, key=lambda mid: (-len(owners[mid]), mid))
    chosen = dict.fromkeys([*ranked[:ACCOUNTS], *sorted(broken)])
    return {mid: _owner(mid, owners[mid]) for mid in chosen}


def _owner(mid: str, rows: list[dict[str, str]]) -> BilibiliAccount:
    followers = {date.fromisoformat(r["snapshot_date"]): int(r["owner_follower"]) for r in rows}
    by_video: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        by_video[row["bvid"]].append(row)
    videos = [
        Video(
            bvid,
            seen[0]["title"],
            datetime.fromtimestamp(int(seen[0]["pubdate"]), UTC),
            int(seen[0]["duration"]),
            {
                date.fromisoformat(row["snapshot_date"]): {n: int(row[n]) for n in COUNTERS}
                for row in seen
            },
        )
        for bvid, seen in by_video.items()
    ]
    videos.sort(key=lambda video: (video.published_at, video.resource_id), reverse=True)
    return BilibiliAccount(
        f"bili_{mid}", mid, f"app-{mid}", f"secret-{mid}", followers, tuple(videos)
    )


def account(found: Facet) -> tuple[str, str]:
    """Return key and platform id of the first account, as a configuration has them."""
    first = next(iter(found.values()))
    return first.account_key, first.openid
