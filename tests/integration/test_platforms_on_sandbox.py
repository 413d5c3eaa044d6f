"""Every API stream through the real runtime against the sandbox's launch world."""

import csv
import socket
import threading
import time
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
import uvicorn

from extractors.core import http
from extractors.core.credentials import read_connection
from extractors.core.lake import SliceVerdict, iter_rows, open_lake
from extractors.core.model import Window
from extractors.core.registry import platforms_by_name
from extractors.core.run import extract
from sandbox.server import make_app
from sandbox.world import connections, load_world
from tidemark.clock import business_date, file_clock
from tidemark.config.accounts import load_accounts
from tidemark.settings import PROJECT_ROOT, Settings

DAILY = PROJECT_ROOT / "sandbox" / "worlds" / "launch" / "daily.csv"
HISTORY = Window(date(2026, 4, 22), date(2026, 5, 21))
FAST = {"calls_per_second": 1000}
RETIRED = ("getarticlesummary", "getarticletotal", "getuserread", "getusershare")
API_PLATFORMS = ("douyin", "wechat", "douyin_shop")


class Sandbox:
    """A served world with the settings and connections of a pipeline beside it."""

    def __init__(self, home: Path) -> None:
        self.clock_file = home / "clock"
        self.set_clock("2026-05-22T10:30:00+08:00")
        self.world = load_world("launch")
        app, self.state = make_app(self.world, file_clock(self.clock_file))
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
        self.thread = threading.Thread(target=self.server.run, args=([self.listener],), daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.environ = connections(f"http://127.0.0.1:{self.listener.getsockname()[1]}", self.world)
        self.settings = Settings(
            home, PROJECT_ROOT / "config", f"file://{home}/lake", file_clock(self.clock_file)
        )

    def set_clock(self, moment: str) -> None:
        self.clock_file.write_text(moment)

    def extract(self, platform: str, window: Window, **options):
        configured = load_accounts(self.settings.config_dir)
        accounts = [replace(a, options=FAST) for a in configured if a.platform == platform]
        assert accounts
        return extract(
            platforms_by_name()[platform],
            accounts,
            window,
            lake=open_lake(self.settings.lake_url),
            settings=self.settings,
            credentials=lambda account: read_connection(account.connection_id, self.environ),
            **options,
        )

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(5)
        self.listener.close()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDEMARK_HASH_SECRET", "test")
        served = Sandbox(tmp_path_factory.mktemp("home"))
        yield served
        served.stop()


@pytest.fixture(scope="module")
def loaded(sandbox):
    """The history of every platform, loaded once as of 2026-05-21."""
    sandbox.set_clock("2026-05-22T10:30:00+08:00")
    reports = {name: sandbox.extract(name, HISTORY, lookback=False) for name in API_PLATFORMS}
    accept(sandbox)
    return reports


def accept(sandbox):
    lake = open_lake(sandbox.settings.lake_url)
    verdicts = defaultdict(list)
    for manifest in lake.manifests():
        verdicts[manifest.batch_id] += [
            SliceVerdict(s.account_key, s.dt, True) for s in manifest.slices
        ]
    for batch_id, slices in verdicts.items():
        lake.write_verdict(batch_id, slices)


def rows(sandbox, platform, stream, window=HISTORY):
    lake = open_lake(sandbox.settings.lake_url)
    declared = platforms_by_name()[platform].stream(stream)
    found = list(iter_rows(lake, lake.current(declared, platform)))
    return [row for row in found if window.since <= row["dt"] <= window.until]


def daily(column, window=HISTORY):
    with DAILY.open() as source:
        days = {date.fromisoformat(row["date"]): row[column] for row in csv.DictReader(source)}
    return {
        day: Decimal(days[day]) for day in window.days() if days.get(day) not in {None, "", "0"}
    }


def on(moment):
    return business_date(moment)


def stream_reports(reports):
    found = [(name, landed) for name, report in reports.items() for landed in report.landed]
    assert len(found) == 17
    return found


def test_every_stream_is_read_without_error_drift_or_quarantine(loaded):
    found = stream_reports(loaded)

    assert {
        (name, landed.stream): (landed.errors, landed.drift, landed.quarantined)
        for name, landed in found
        if landed.errors or landed.drift or landed.quarantined
    } == {}


def test_every_stream_brings_rows(loaded):
    found = stream_reports(loaded)

    assert [(name, landed.stream) for name, landed in found if not landed.rows] == []


def test_no_retired_endpoint_is_called(loaded, sandbox):
    called = {call["path"] for call in sandbox.state.calls if call["platform"] == "wechat"}

    assert "/wechat/datacube/getarticleread" in called
    assert not called & {f"/wechat/datacube/{name}" for name in RETIRED}


@pytest.mark.parametrize(
    ("column", "field"),
    [("plays", "new_play"), ("likes", "new_like"), ("new_followers", "new_fans")],
)
def test_account_days_equal_the_world(loaded, sandbox, column, field):
    found = {row["date"]: Decimal(row[field]) for row in rows(sandbox, "douyin", "account_days")}

    assert found == daily(column)


def test_per_video_days_add_up_to_the_account_where_videos_are_young(loaded, sandbox):
    found = Counter()
    for row in rows(sandbox, "douyin", "video_days"):
        found[row["date"]] += row["play"]

    young = Window(date(2026, 5, 20), date(2026, 5, 21))
    assert {day: found[day] for day in young.days()} == daily("plays", young)


def test_every_video_is_listed_with_its_totals_at_the_end_of_the_day(loaded, sandbox):
    listed = {row["item_id"] for row in rows(sandbox, "douyin", "videos")}
    totals = rows(sandbox, "douyin", "video_totals")
    born = {v.item_id: on(v.created_at) for v in sandbox.world.douyin[0].videos}

    assert listed >= {row["item_id"] for row in totals}
    assert {row["item_id"] for row in totals} == {
        item for item, day in born.items() if day <= HISTORY.until
    }
    assert {row["dt"] for row in totals} == {HISTORY.until}


def test_every_comment_until_the_day_is_read_with_its_parent(loaded, sandbox):
    found = {row["comment_id"]: row for row in rows(sandbox, "douyin", "comments")}
    recent = [
        comment
        for video in sandbox.world.douyin[0].videos
        for comment in video.comments
        if HISTORY.since <= on(comment.created_at) <= HISTORY.until
    ]

    assert recent
    assert {c.comment_id for c in recent} <= found.keys()
    assert {c.comment_id: c.parent_id for c in recent} == {
        c.comment_id: found[c.comment_id]["parent_comment_id"] for c in recent
    }
    assert {c.comment_id for c in recent if c.is_brand} == {
        c.comment_id for c in recent if found[c.comment_id]["is_brand"]
    }


def test_personal_ids_are_hashed_and_texts_are_gone(loaded, sandbox):
    people = [row["comment_user_id"] for row in rows(sandbox, "douyin", "comments")]
    people += [row["openid"] for row in rows(sandbox, "wechat", "comments") if row["openid"]]
    people += [row["doudian_open_id"] for row in rows(sandbox, "douyin_shop", "orders")]

    assert people
    assert {person.partition(":")[0] for person in people} == {"k1"}
    assert "content" not in rows(sandbox, "douyin", "comments")[0]


def test_paid_orders_equal_the_world_per_day(loaded, sandbox):
    paid = Counter()
    for row in rows(sandbox, "douyin_shop", "orders"):
        if row["pay_time"]:
            paid[on(row["pay_time"])] += Decimal(row["pay_amount"]) / 100

    assert {day: paid[day] for day in HISTORY.days() if paid[day]} == daily("paid_cny")


def test_refunds_equal_the_world_per_day(loaded, sandbox):
    refunds = {}
    for row in rows(sandbox, "douyin_shop", "after_sales"):
        if row["refund_status"] == 3:
            refunds[row["aftersale_id"]] = (on(row["update_time"]), row["refund_amount"])
    found = Counter()
    for day, fen in refunds.values():
        found[day] += Decimal(fen) / 100

    assert dict(found) == daily("refunds_cny")


def test_lines_carry_room_and_product_as_text(loaded, sandbox):
    lines = [
        line for row in rows(sandbox, "douyin_shop", "orders") for line in row["sku_order_list"]
    ]

    assert lines
    assert {line["product_id"] for line in lines} == {"3473196049974326153"}
    assert any(len(line["room_id"]) == 19 for line in lines)


def test_followers_of_wechat_change_by_what_was_gained_and_lost(loaded, sandbox):
    totals = {
        row["ref_date"]: row["cumulate_user"] for row in rows(sandbox, "wechat", "user_cumulate")
    }
    net = Counter()
    for row in rows(sandbox, "wechat", "user_summary"):
        net[row["ref_date"]] += row["new_user"] - row["cancel_user"]

    days = HISTORY.days()
    assert sorted(totals) == days
    assert [totals[b] - totals[a] for a, b in pairwise(days)] == [net[day] for day in days[1:]]


def test_article_totals_never_fall_and_end_on_the_day_before(loaded, sandbox):
    by_article = defaultdict(dict)
    for row in rows(sandbox, "wechat", "article_totals"):
        by_article[row["msgid"]][row["stat_date"]] = row["read_user"]

    assert by_article
    assert {max(days) for days in by_article.values()} == {HISTORY.until}
    for days in by_article.values():
        readers = [days[day] for day in sorted(days)]
        assert readers == sorted(readers)


def test_comments_of_articles_are_read_by_the_msgid_of_the_statistics(loaded, sandbox):
    expected = {
        (article.msg_data_id, article.index - 1, comment.comment_id)
        for article in sandbox.world.wechat[0].articles
        for comment in article.comments
        if comment.parent_id is None
        and HISTORY.since <= on(article.published_at)
        and on(comment.created_at) <= HISTORY.until
    }
    found = {
        (row["msg_data_id"], row["index"], row["user_comment_id"])
        for row in rows(sandbox, "wechat", "comments")
    }

    assert expected
    assert expected <= found


def test_a_daily_run_before_the_platforms_are_ready_is_not_ready_and_later_ok(loaded, sandbox):
    day = Window(date(2026, 5, 22), date(2026, 5, 22))
    required = {"douyin": "account_days", "wechat": "user_cumulate"}

    sandbox.set_clock("2026-05-23T07:30:00+08:00")
    early = {name: sandbox.extract(name, day, streams=[of]) for name, of in required.items()}
    sandbox.set_clock("2026-05-23T10:30:00+08:00")
    later = {name: sandbox.extract(name, day, streams=[of]) for name, of in required.items()}

    def status(report):
        return {s.status for s in report.landed[0].slices if s.dt == day.until}

    assert [status(report) for report in early.values()] == [{"not_ready"}] * 2
    assert [status(report) for report in later.values()] == [{"ok"}] * 2


def test_an_expired_token_is_renewed_without_a_person(loaded, sandbox):
    day = Window(date(2026, 6, 19), date(2026, 6, 19))
    sandbox.set_clock("2026-06-20T10:30:00+08:00")

    reports = [sandbox.extract(name, day, lookback=False) for name in API_PLATFORMS]

    assert [report.failed() for report in reports] == [[]] * 3
    assert sum(report.counts()["rows"] for report in reports) > 0


def test_ordered_faults_are_waited_out(loaded, sandbox, monkeypatch):
    monkeypatch.setattr(http, "BACKOFF_AT_MOST", 0.01)
    sandbox.set_clock("2026-05-22T10:30:00+08:00")
    day = Window(HISTORY.until, HISTORY.until)
    for path in ("/douyin/data/external/user/fans/", "/wechat/datacube/getusercumulate"):
        sandbox.state.faults.add({"match": path, "kind": "rate_limit", "times": 2})

    douyin = sandbox.extract("douyin", day, streams=["account_days"], lookback=False)
    wechat = sandbox.extract("wechat", day, streams=["user_cumulate"], lookback=False)

    assert [douyin.error(), wechat.error()] == [None, None]
