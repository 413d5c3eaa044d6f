"""Notices as the channels are handed them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from alerts.channels.model import Curve, Event, Notice

STARTED = datetime(2026, 4, 12, 1, 30, tzinfo=UTC)
CHANGED = datetime(2026, 4, 16, 1, 30, tzinfo=UTC)
NOW = datetime(2026, 4, 16, 2, 45, tzinfo=UTC)


def event(**changes: Any) -> Event:
    """Return an open incident of a goal."""
    fired = Event(
        alert_id="a1b2c3d4e5f60718",
        code="NF2-0416F",
        incident="spring.douyin.net_followers.2026-04-12",
        transition="fire",
        labels={"kind": "goal", "brand": "acme", "campaign": "spring", "platform": "douyin"},
        summary="抖音涨粉落后 · 已涨 9,940，目标 2.12 万",
        is_open=True,
        started_at=STARTED,
        changed_at=CHANGED,
    )
    return replace(fired, **changes)


def curve(days: int = 16) -> Curve:
    """Return a goal's way over April, with a day that has no number."""
    month = tuple(date(2026, 4, 1) + timedelta(days=n) for n in range(30))
    actual = tuple(None if n == 5 or n >= days else 650.0 * n for n in range(30))
    return Curve(month, actual, tuple(21200.0 * (n + 1) / 30 for n in range(30)), 21200.0)


def notice(**changes: Any) -> Notice:
    """Return a warning about one goal."""
    warning = Notice(
        notice_id="a1b2c3d4e5f60718.ops",
        title="🟡【预警】抖音涨粉落后 · P2 爆发期",
        lines=("已涨 9,940，目标 2.12 万（47.0%）", "4/12 起落后｜@小林｜数据至 4/16"),
        board_url="https://board.example/goals?phase=2&day=16",
        events=(event(),),
    )
    return replace(warning, **changes)
