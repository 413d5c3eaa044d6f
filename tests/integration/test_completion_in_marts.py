"""Completion of Douyin videos from the creator centre's export: minute and title."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.warehouse_fixture import make_build_db, query, run_dbt

ACCOUNT = "douyin_acme"


def at(hour, minute, second=0):
    moment = datetime(2026, 4, 2, hour, minute, second, tzinfo=ZoneInfo("Asia/Shanghai"))
    return moment.astimezone(UTC)


def video(item_id, title, hour, minute):
    key = {"account_key": ACCOUNT, "dt": date(2026, 4, 9), "item_id": item_id, "title": title}
    return {**key, "create_time": at(hour, minute, 37)}


def work(day, title, hour, minute, plays, rate):
    on = date(2026, 4, day)
    key = {"account_key": ACCOUNT, "dt": on, "exported_on": on, "title": title, "form": "视频"}
    return {**key, "published_at": at(hour, minute), "plays": plays, "completion_rate": rate}


ROWS = {
    "douyin__videos": [
        video("alone", "开箱 #新品", 9, 0),
        video("twin-a", "晨间", 10, 0),
        video("twin-b", "晚间", 10, 0),
        video("same-1", "同名", 11, 0),
        video("same-2", "同名", 11, 0),
        video("unknown", "没有", 12, 0),
    ],
    "douyin__video_days": [
        {
            **{"account_key": ACCOUNT, "dt": date(2026, 4, 2), "item_id": "alone"},
            **{"date": date(2026, 4, 2), "play": 900, "like": 1, "comment": 0, "share": 0},
        }
    ],
    "douyin__creator_export": [
        work(5, "开箱", 9, 0, 1000, 0.30),
        work(8, "开箱", 9, 0, 2000, 0.25),
        work(15, "开箱", 9, 0, 9000, 0.99),  # exported after the as-of day
        work(8, "晨间", 10, 0, 400, 0.105),
        work(8, "晚间", 10, 0, 100, 0.5),
        work(8, "同名", 11, 0, 10, 0.9),
        work(8, "没有", 12, 0, 70, None),
    ],
}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    path = tmp_path_factory.mktemp("completion") / "build.duckdb"
    make_build_db(path, ROWS)
    run_dbt(path, "run", "--select", "+mart_content", as_of=date(2026, 4, 10))
    return path


def test_the_newest_export_tells_completion_of_the_video_it_is_certain_of(built):
    found = query(
        built,
        "select post_id, plays, completed_plays, round(completion_rate, 6) "
        "from marts.mart_content where account_key = 'douyin_acme' order by post_id",
    )

    assert found == [
        ("alone", 2000, 500, 0.25),
        ("same-1", None, None, None),
        ("same-2", None, None, None),
        ("twin-a", 400, 42, 0.105),
        ("twin-b", 100, 50, 0.5),
        ("unknown", None, None, None),
    ]
