"""Qianchuan: the live rooms of the launch's Douyin account, facts in nobody's spelling."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tidemark.clock import SHANGHAI


@dataclass(frozen=True)
class Room:
    """A live room and its figures at the end; while it is on air they grow evenly."""

    room_id: int
    title: str
    started_at: datetime
    ended_at: datetime
    views: int
    follows: int
    comments: int
    clicks: int
    paid_cny: float
    ad_cny: float | None = None  # None: nothing was advertised


@dataclass(frozen=True)
class Advertiser:
    """An ad account with its app, and the rooms of the Douyin account that is bound to it."""

    account_key: str
    app_id: str
    secret: str
    refresh_token: str
    advertiser_id: str
    aweme_id: str
    rooms: tuple[Room, ...]


def facet(name: str, shared: Path | None) -> Advertiser | None:
    """Return the ad account of the launch."""
    if name != "launch":
        return None
    # key of the connection: the Douyin account, as Qianchuan tells of it
    key, app = "douyin_acme_qianchuan", ("1786000000000001", "qc-secret", "qc-refresh")
    return Advertiser(key, *app, "1700000000000001", "3242344530000000001", _rooms())


def connections(facet: Advertiser) -> dict[str, tuple[str, str, dict[str, str]]]:
    """Return login, password and extra by account key."""
    extra = {"advertiser_id": facet.advertiser_id, "refresh_token": facet.refresh_token}
    return {facet.account_key: (facet.app_id, facet.secret, extra)}


def account(facet: Advertiser) -> tuple[str, str]:
    """Return key and platform id of the account, as a configuration has them."""
    return facet.account_key, facet.aweme_id


def _rooms() -> tuple[Room, ...]:
    return (
        _room(7300000000000041401, "2026-04-14T10:00:00", 60, (900, 9, 30, 0, 0.0), None),
        _room(7300000000000041501, "2026-04-15T12:00:00", 40, (1500, 12, 44, 90, 299.5), 12.5),
        _room(7300000000000041502, "2026-04-15T19:00:00", 210, (9000, 88, 410, 640, 9800.0), 250.5),
        # over midnight: nobody can ask for it on the day after
        _room(7300000000000041503, "2026-04-15T23:30:00", 90, (900, 6, 18, 27, 90.0), None),
        _room(7300000000000051401, "2026-05-14T19:00:00", 180, (6000, 60, 200, 400, 5000.0), 500.0),
        # of this one the operation sheet and the shop's orders tell too
        _room(7526052100000000001, "2026-05-21T19:00:00", 210, (8000, 80, 300, 600, 8800.0), 990.0),
        _room(7300000000000061201, "2026-06-12T20:00:00", 120, (7000, 70, 300, 500, 7000.0), 900.0),
    )


def _room(
    room_id: int,
    started: str,
    minutes: int,
    figures: tuple[int, int, int, int, float],
    ad_cny: float | None,
) -> Room:
    at = datetime.fromisoformat(started).replace(tzinfo=SHANGHAI)
    ended = at + timedelta(minutes=minutes)
    return Room(room_id, f"直播 {at:%m-%d %H:%M}", at, ended, *figures, ad_cny)
