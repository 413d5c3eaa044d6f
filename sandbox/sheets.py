"""The workbooks that the operators of a world would drop: what no API gives."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from extractors.core.workbook import write_sheet
from extractors.platforms.sheet import PLATFORM as SHEET
from sandbox.world import World, load_world
from tidemark.clock import business_date

HISTORY_MONTH_END = date(2026, 3, 31)


def drop_sheets(
    inbox: Path, since: date, until: date, exported_at: datetime, world: World | None = None
) -> list[Path]:
    """Write the live-room sheet of these days, and the account's history where the range has it."""
    world = world or load_world("launch")
    folder = inbox / world.douyin[0].account_key
    folder.mkdir(parents=True, exist_ok=True)
    dropped = [
        _write(folder, "live_sessions", lives(world, since, until), since, until, exported_at)
    ]
    history_until = min(until, HISTORY_MONTH_END)
    if since <= history_until:
        rows = account_days(world, since, history_until)
        dropped.append(_write(folder, "account_days", rows, since, history_until, exported_at))
    return dropped


def account_days(world: World, since: date, until: date) -> list[dict[str, Any]]:
    """Return the back office's days; saves are not among its figures."""
    return [
        {
            "stat_date": day,
            "followers": world.douyin[0].days[day]["total_fans"],
            "posts_published": world.douyin[0].days[day]["new_issue"],
            **{
                name: row[name]
                for name in (
                    "new_followers",
                    "unfollows",
                    "plays",
                    "likes",
                    "comments",
                    "shares",
                )
            },
        }
        for day, row in world.history.items()
        if since <= day <= until
    ]


def lives(world: World, since: date, until: date) -> list[dict[str, Any]]:
    """Return the live rooms that began in these days."""
    return [
        {
            "live_id": live.live_id,
            "title": live.title,
            "started_at": live.started_at,
            "ended_at": live.ended_at,
            "session_viewers": live.viewers,
            "product_clicks": live.clicks,
            "session_buyers": live.buyers,
            "paid_orders": live.orders,
            "paid_cny": Decimal(live.paid_fen) / 100,
        }
        for live in world.lives
        if since <= business_date(live.started_at) <= until
    ]


def _write(
    folder: Path,
    name: str,
    rows: list[dict[str, Any]],
    since: date,
    until: date,
    exported_at: datetime,
) -> Path:
    """Write beside the inbox's view and move in, as a careful person's file share does."""
    stream = SHEET.stream(name)
    target = folder / f"{stream.label_zh}_{since}_{until}.xlsx"
    hidden = folder / f".{target.name}"
    write_sheet(
        stream,
        rows,
        hidden,
        exported_at=exported_at,
        covers_from=since,
        covers_to=until,
    )
    hidden.replace(target)
    return target
