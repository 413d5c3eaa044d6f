"""A lake with years of Weibo days, written as extraction and compaction leave it."""

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from extractors.core.lake import Manifest, SliceRecord, SliceVerdict
from extractors.core.model import Stream
from extractors.core.registry import platforms_by_name
from tidemark.clock import SHANGHAI
from tidemark.settings import PROJECT_ROOT, Settings
from warehouse.site import Site, open_site

PLATFORM = "weibo"
READ_AT = time(8, 30)  # of the morning after
NOON = time(12)  # posts are published at noon


@dataclass(frozen=True)
class World:
    """How large the brand's operation is; each day counts the newest `posts` posts."""

    accounts: int
    posts: int
    new_posts: int
    first: date

    @property
    def account_keys(self) -> list[str]:
        """The accounts in a fixed order; post number n is of account n modulo their count."""
        return [f"weibo_{n:04d}" for n in range(self.accounts)]

    def day_of(self, posts: np.ndarray) -> np.ndarray:
        """Return the day of each post's publication: 0 is the first, and of all before it."""
        return np.maximum((posts - self.posts) // self.new_posts + 1, 0)


class Hand:
    """A clock that stands where the bench puts it."""

    moment = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.moment


def open_world(home: Path) -> tuple[Site, Hand]:
    """Return the installation of a folder, and its clock."""
    clock = Hand()
    return open_site(Settings(home, home / "config", (home / "lake").as_uri(), clock)), clock


def configure(home: Path, world: World) -> None:
    """Write the configuration of a world: its accounts, and the project's metrics."""
    config = home / "config"
    (config / "campaigns").mkdir(parents=True)
    for name in ("metrics.yml", "alerts.yml"):
        shutil.copyfile(PROJECT_ROOT / "config" / name, config / name)
    accounts = [
        {
            **{"key": key, "platform": PLATFORM, "id": str(1000 + n), "name": key},
            **{"brand": "acme", "active_from": str(world.first)},
        }
        for n, key in enumerate(world.account_keys)
    ]
    brands = [{"key": "acme", "name": "Acme", "owner": "ops"}]
    text = json.dumps({"brands": brands, "accounts": accounts})
    (config / "accounts.yml").write_text(text, "utf-8")


def days_from(first: date, count: int) -> list[date]:
    """Return so many days in a row."""
    return [first + timedelta(n) for n in range(count)]


def land_days(site: Site, world: World, days: Iterable[date], *, is_gated: bool) -> None:
    """Land one batch per stream and day, as compaction leaves days; gated: all of it passed."""
    streams = {stream.name: stream for stream in platforms_by_name()[PLATFORM].streams}
    for day in days:
        for name, columns in columns_of(world, day).items():
            _land(site, streams[name], day, columns, world, is_gated=is_gated)


def morning_after(day: date) -> datetime:
    """Return the moment at which a day is read."""
    return datetime.combine(day + timedelta(days=1), READ_AT, SHANGHAI).astimezone(UTC)


def evening_after(day: date) -> datetime:
    """Return a moment at which the day is past every deadline."""
    return datetime.combine(day + timedelta(days=1), time(22), SHANGHAI).astimezone(UTC)


def columns_of(world: World, day: date) -> dict[str, dict[str, pa.Array]]:
    """Return the platform's own columns of each stream, and whose rows they are."""
    since_first = (day - world.first).days
    newest = world.posts + since_first * world.new_posts
    counted = np.arange(newest - world.posts, newest)
    fresh = counted if since_first == 0 else counted[-world.new_posts :]
    age = since_first - world.day_of(counted) + 1
    accounts = np.arange(world.accounts)
    moment = datetime.combine(day, NOON, SHANGHAI)
    return {
        "account_counts": {
            "account_key": _accounts(world, accounts),
            "id": _text(accounts + 1000),
            "followers_count": pa.array(10_000 + since_first * (accounts % 9 + 1)),
            "friends_count": pa.array(accounts + 50),
            "statuses_count": pa.array(np.full(world.accounts, newest // world.accounts)),
        },
        "posts": {
            "account_key": _accounts(world, fresh),
            "idstr": _text(fresh),
            "created_at": pa.array([moment] * len(fresh), pa.timestamp("us", tz="UTC")),
            "text": _text(fresh),
        },
        "post_counts": {
            "account_key": _accounts(world, counted),
            "id": _text(counted),
            "comments": pa.array(age * (counted % 3)),
            "reposts": pa.array(age * (counted % 5)),
            "attitudes": pa.array(age * (counted % 17 + 1)),
        },
        "comments": {"account_key": pa.array([], pa.string())},
    }


def _land(
    site: Site,
    stream: Stream,
    day: date,
    columns: Mapping[str, pa.Array],
    world: World,
    *,
    is_gated: bool,
) -> None:
    captured = morning_after(day)
    batch_id = f"{captured:%Y%m%dT%H%M%S}-{stream.name}"
    rows = Counter(columns["account_key"].to_pylist())
    table = _table(stream, columns, {"dt": day, "_batch_id": batch_id, "_captured_at": captured})
    path = site.lake.part_path(PLATFORM, stream.name, day, batch_id)
    if table.num_rows:
        with site.lake.open_part(path, stream.schema) as writer:
            writer.write_table(table)
    records = tuple(
        SliceRecord(key, day, "ok" if rows[key] else "empty", rows[key])
        for key in world.account_keys
    )
    moment, files = captured.isoformat(), (path,) if table.num_rows else ()
    site.lake.commit(Manifest(batch_id, PLATFORM, stream.name, day, moment, moment, records, files))
    if is_gated:
        passed = [SliceVerdict(record.account_key, day, True) for record in records]
        site.lake.write_verdict(batch_id, passed)


def _table(stream: Stream, columns: Mapping[str, pa.Array], load: Mapping[str, object]) -> pa.Table:
    count = len(columns["account_key"])
    values = {**load, "_source_version": load["_captured_at"]}
    arrays = [
        columns[field.name].cast(field.type)
        if field.name in columns
        else pa.repeat(pa.scalar(values.get(field.name), field.type), count)
        for field in stream.schema
    ]
    return pa.Table.from_arrays(arrays, schema=stream.schema)


def _accounts(world: World, numbers: np.ndarray) -> pa.Array:
    names = pa.array(world.account_keys)
    return names.take(pa.array(numbers % world.accounts))


def _text(numbers: np.ndarray) -> pa.Array:
    return pc.cast(pa.array(numbers), pa.string())
