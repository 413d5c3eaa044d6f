"""Weibo through the real runtime from the sandbox, and its totals in the post days."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from extractors.core.credentials import read_connection
from extractors.core.lake import open_lake
from extractors.core.model import Account, Window
from extractors.core.registry import platforms_by_name
from extractors.core.run import extract
from tests.warehouse_fixture import make_build_db, query, run_dbt, source_days
from tidemark.clock import SHANGHAI

ACME = Account("weibo_acme", "weibo", "2000001", "Acme", "acme")
DAY = date(2026, 4, 15)


def read(sandbox, day=DAY, streams=None):
    moment = datetime.combine(day + timedelta(1), time(8, 30), SHANGHAI)
    sandbox.clock_file.write_text(moment.isoformat())
    return extract(
        platforms_by_name()["weibo"],
        [replace(ACME, options={"calls_per_second": 5000})],
        Window(day, day),
        lake=open_lake(sandbox.settings.lake_url),
        settings=sandbox.settings,
        streams=streams,
        lookback=False,
        credentials=lambda a: read_connection(a.connection_id, sandbox.environ),
    )


def test_every_stream_is_read_without_error_drift_or_quarantine(sandbox):
    report = read(sandbox)

    found = {
        landed.stream: (landed.rows, landed.errors, landed.drift, landed.quarantined)
        for landed in report.landed
    }
    # three posts a day, of the day and of the thirty before it; a comment on every second post
    assert found == {
        "account_counts": (1, [], [], 0),
        "posts": (93, [], [], 0),
        "post_counts": (93, [], [], 0),
        "comments": (1, [], [], 0),
    }


def test_a_morning_stays_within_the_calls_of_a_day(sandbox):
    read(sandbox)

    calls = [call["path"] for call in sandbox.calls() if call["platform"] == "weibo"]
    assert 4 <= len(calls) <= 21


def test_nobody_who_commented_is_landed_by_name_or_text(sandbox):
    read(sandbox)

    lake = open_lake(sandbox.settings.lake_url)
    kept = b"".join(lake.read_bytes(path) for path in lake.list_files("raw/weibo/comments"))
    assert kept
    assert b"fan" not in kept
    assert "喜欢".encode() not in kept


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("rate_limit", "RateLimited"),
        ("error_code:21327", "AuthError"),
        ("error_code:21332", "AuthError"),
        ("error_code:10014", "NotOffered"),
        ("error_code:10008", "ApiChanged"),
        ("truncated", "Transient"),
    ],
)
def test_a_fault_ends_as_declared_and_leaves_the_other_streams(sandbox, monkeypatch, kind, error):
    monkeypatch.setattr("extractors.core.http.BACKOFF_SECONDS", 0.001)
    sandbox.fault("/weibo/2/comments/to_me.json", kind, times=None)

    report = read(sandbox, streams=["posts", "comments"])

    found = dict(report.slices())
    assert found["posts"].status == "ok"
    assert found["comments"].status == ("not_offered" if error == "NotOffered" else "failed")
    assert error in found["comments"].error


COUNTED = {  # day of April: likes, comments, shares of one post; the 4th was missed
    2: (10, 2, 1),
    3: (25, 5, 1),
    5: (40, 4, 2),
}


def test_totals_become_daily_changes_with_gaps_and_corrections(tmp_path):
    loaded = {"account_key": "douyin_acme"}
    rows = [
        {**loaded, "dt": date(2026, 4, day), "id": "1", "attitudes": a, "comments": c, "reposts": r}
        for day, (a, c, r) in COUNTED.items()
    ]
    created = datetime(2026, 4, 2, 9, tzinfo=SHANGHAI)
    posts = [{**loaded, "dt": date(2026, 4, 5), "idstr": "1", "created_at": created, "text": "t"}]
    read_on = [date(2026, 4, day) for day in (1, *COUNTED)]
    path = make_build_db(
        tmp_path / "build.duckdb",
        {"weibo__post_counts": rows, "weibo__posts": posts},
        source_days=source_days("weibo/post_counts", "douyin_acme", read_on),
    )
    run_dbt(path, "run", "--select", "+fct_post_day", as_of="2026-04-06")

    found = query(
        path,
        "select stat_date, likes, comments, shares, likes_total, span_days, is_correction "
        "from marts.fct_post_day order by stat_date",
    )

    assert found == [
        (date(2026, 4, 2), 10, 2, 1, 10, 1, False),
        (date(2026, 4, 3), 15, 3, 0, 25, 1, False),
        (date(2026, 4, 5), 15, -1, 1, 40, 2, True),
    ]
