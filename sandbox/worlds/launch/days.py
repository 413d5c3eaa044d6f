"""The campaign's days, and the small arithmetic that keeps every total exact."""

import csv
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path

from sandbox.world import Counts
from tidemark.clock import SHANGHAI

DAILY = Path(__file__).parent / "daily.csv"
COUNTERS = ("plays", "likes", "comments", "shares")
QUIET: Counts = {
    "plays": 6_500,
    "likes": 180,
    "comments": 30,
    "shares": 40,
    "new_followers": 300,
    "unfollows": 40,
}


def read_daily() -> dict[date, Counts]:
    """Return the campaign's days: column name to number, None where the file is blank.

    After the campaign, where the file says nothing of the account, it goes on quietly.
    """
    with DAILY.open() as source:
        days = {
            date.fromisoformat(row.pop("date")): {k: int(v) if v else None for k, v in row.items()}
            for row in csv.DictReader(source)
        }
    return {day: row if row["plays"] is not None else {**row, **QUIET} for day, row in days.items()}


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Share out an integer by weights so that the parts add up to it exactly."""
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    for index in range(total - sum(parts)):
        parts[index % len(parts)] += 1
    return parts


def at(day: date, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """Return a moment of a Shanghai day."""
    return datetime.combine(day, time(hour, minute, second), SHANGHAI)


def number(day: date, nth: int, kind: int) -> str:
    """Return a 19-digit id: kind, day and running number."""
    return f"7{kind}{day:%y%m%d}{nth:011d}"
