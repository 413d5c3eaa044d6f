"""Mornings on which nothing ran: what is made good by the next ones, and what stays a gap."""

from datetime import date

import pytest

from extractors.core.lake import SliceVerdict
from extractors.core.model import Window
from extractors.core.registry import platforms_by_name
from extractors.core.run import extract
from tests.conftest import Sandbox
from tests.warehouse_site import source_days
from tidemark.config.accounts import own_accounts
from warehouse.site import open_site

STREAMS = ("account_days", "video_totals")


def read(sandbox: Sandbox, since: str, until: str | None = None) -> None:
    """Read days of the Douyin account as a morning's run or, with an end, as a backfill does."""
    site = open_site(sandbox.settings)
    report = extract(
        platforms_by_name()["douyin"],
        own_accounts(sandbox.settings.config_dir, "douyin", None),
        Window(date.fromisoformat(since), date.fromisoformat(until or since)),
        lake=site.lake,
        settings=sandbox.settings,
        streams=STREAMS[:1] if until else STREAMS,
        lookback=until is None,
    )
    assert report.error() is None
    for manifest in site.lake.ungated():
        passed = [SliceVerdict(s.account_key, s.dt, True) for s in manifest.slices]
        spoken = site.lake.verdicts_of(manifest.batch_id)
        site.lake.write_verdict(manifest.batch_id, [*spoken, *passed])


def statuses(sandbox: Sandbox, stream: str, since: str, until: str) -> dict[str, str]:
    """Return how the days of a stream have ended, as ops.source_day shows it."""
    site = open_site(sandbox.settings)
    rows = source_days(site, date.fromisoformat(until))
    return {
        str(row["stat_date"]): row["status"] + (" late" if row["is_late"] else "")
        for row in rows
        if row["stream"] == stream
        and row["account_key"] == "douyin_acme"
        and row["stat_date"] >= date.fromisoformat(since)
    }


@pytest.fixture
def jumped(sandbox: Sandbox) -> Sandbox:
    """The morning after two days on which nothing ran."""
    sandbox.set_clock("2026-04-16T10:45:00+08:00")
    read(sandbox, "2026-04-15")
    sandbox.set_clock("2026-04-19T10:45:00+08:00")
    return sandbox


def test_days_that_the_clock_jumped_over_are_gaps(jumped: Sandbox) -> None:
    days = statuses(jumped, "account_days", "2026-04-15", "2026-04-18")

    assert days == {
        "2026-04-15": "ok",
        "2026-04-16": "missing late",
        "2026-04-17": "missing late",
        "2026-04-18": "missing",
    }


def test_the_next_morning_reads_jumped_days_but_takes_no_snapshot_of_them(jumped: Sandbox) -> None:
    read(jumped, "2026-04-18")

    assert statuses(jumped, "account_days", "2026-04-15", "2026-04-18") == {
        "2026-04-15": "ok",
        "2026-04-16": "ok",
        "2026-04-17": "ok",
        "2026-04-18": "ok",
    }
    assert statuses(jumped, "video_totals", "2026-04-15", "2026-04-18") == {
        "2026-04-15": "ok",
        "2026-04-16": "missing late",
        "2026-04-17": "missing late",
        "2026-04-18": "ok",
    }


def test_a_gap_beyond_the_look_back_stays_until_somebody_reads_it(jumped: Sandbox) -> None:
    jumped.set_clock("2026-04-21T10:45:00+08:00")
    read(jumped, "2026-04-20")
    gap = statuses(jumped, "account_days", "2026-04-15", "2026-04-20")

    read(jumped, "2026-04-16", "2026-04-17")
    filled = statuses(jumped, "account_days", "2026-04-15", "2026-04-20")

    assert [day for day, status in gap.items() if status == "missing late"] == [
        "2026-04-16",
        "2026-04-17",
    ]
    assert set(filled.values()) == {"ok"}
