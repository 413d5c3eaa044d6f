"""WeChat Channels: the launch's live sessions, facts in nobody's spelling."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tidemark.clock import SHANGHAI


@dataclass(frozen=True)
class Live:
    """A session and its figures at the end; while it is on air they grow evenly."""

    export_id: str
    created_at: datetime  # the room is made some minutes before it goes on air
    started_at: datetime
    ended_at: datetime
    viewers: int
    peak: int
    followers: int
    buyers: int = 0
    paid_fen: int = 0
    has_goods: bool = True


@dataclass(frozen=True)
class Channel:
    """An account of WeChat Channels with the app that may read its board."""

    account_key: str
    login: str
    secret: str
    finder_id: str
    lives: tuple[Live, ...]


def facet(name: str, shared: Path | None) -> Channel | None:
    """Return the account of the launch."""
    if name != "launch":
        return None
    return Channel(
        "channels_acme", "wx-channels-acme", "wx-channels-acme-secret", "finder-acme", _lives()
    )


def connections(facet: Channel) -> dict[str, tuple[str, str, dict[str, str]]]:
    """Return login, password and extra by account key."""
    return {facet.account_key: (facet.login, facet.secret, {})}


def account(facet: Channel) -> tuple[str, str]:
    """Return key and platform id of the account, as a configuration has them."""
    return facet.account_key, facet.finder_id


def _lives() -> tuple[Live, ...]:
    return (
        _live("export/UzFf-0305", "2026-03-05T19:30:00", 150, (3000, 260, 45, 36, 320_000)),
        # over midnight: it belongs to the 13th
        _live("export/UzFf-0413", "2026-04-13T23:00:00", 120, (1200, 90, 12, 8, 64_000)),
        _live("export/UzFf-talk", "2026-04-14T10:00:00", 60, (500, 40, 7), has_goods=False),
        # the evening on which the shop sold
        _live("live-0415", "2026-04-15T19:30:00", 150, (4200, 380, 66, 40, 1_055_460)),
        # on air until the next forenoon
        _live("export/UzFf-night", "2026-04-15T22:00:00", 780, (2600, 130, 26, 13, 130_000)),
        _live("export/UzFf-0513", "2026-05-13T20:00:00", 90, (2000, 210, 31, 22, 180_000)),
        _live("export/UzFf-0612", "2026-06-12T20:00:00", 180, (9000, 900, 180, 90, 900_000)),
    )


def _live(
    export_id: str,
    started: str,
    minutes: int,
    figures: tuple[int, ...],
    *,
    has_goods: bool = True,
) -> Live:
    at = datetime.fromisoformat(started).replace(tzinfo=SHANGHAI)
    created, ended = at - timedelta(minutes=5), at + timedelta(minutes=minutes)
    return Live(export_id, created, at, ended, *figures, has_goods=has_goods)
