"""Qianchuan: its rooms in the marts, beside the operation sheet and the shop's orders."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from tests.warehouse_fixture import days, make_build_db, query, run_dbt, source_days
from tidemark.clock import SHANGHAI


def at(text):
    return datetime.fromisoformat(f"2026-05-{text}").replace(tzinfo=SHANGHAI)


def room(room_id, status, captured, started, ended=None, **figures):
    return {
        **{"account_key": "douyin_acme", "room_id": room_id, "room_status": status},
        **{"room_title": "专场", "start_time": at(started), "end_time": ended and at(ended)},
        **{"_captured_at": at(captured), "dt": at(started).date()},
        **figures,
    }


def told(live_id, started, ended, **figures):
    moments = {"started_at": at(started), "ended_at": at(ended)}
    return {"account_key": "douyin_acme", "live_id": live_id, **moments, **figures}


def seen(views, paid):
    return {"total_live_watch_cnt": views, "live_pay_order_gmv_alias": paid}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    end, rest = "02T22:30:00", {"total_live_follow_cnt": 7, "total_live_comment": 30}
    rest |= {"live_click_product_count_alias": 60, "luban_live_pay_order_gmv": 10.0}
    line = {"order_id": "o9", "product_id": "p", "item_num": 1, "pay_amount": 8000}
    order = {"order_id": "o", "order_status": 5, "pay_amount": 8000, "dt": date(2026, 5, 3)}
    order |= {"create_time": at("02T21:00:00"), "pay_time": at("02T21:01:00")}
    order |= {"account_key": "douyin_shop_main", "update_time": at("03T09:00:00")}
    rows = {
        "qianchuan__live_sessions": [
            room("both", "LIVING", "02T22:25:00", "02T19:00:00", **seen(8000, 700.1)),
            room("both", "FINISH", "02T22:35:00", "02T19:00:00", end, **seen(9000, 800.29), **rest),
            # on air again long after the end: a stale answer
            room("stale", "FINISH", "03T11:05:00", "03T10:00:00", "03T11:00:00", **seen(500, 5.0)),
            room("stale", "LIVING", "03T11:10:00", "03T10:00:00", **seen(490, 4.0)),
            # over midnight, last seen on air
            room("night", "LIVING", "04T23:55:00", "04T23:00:00", **seen(300, 1.0)),
            room("lost", "LIVING", "05T23:55:00", "05T23:30:00", total_live_watch_cnt=40),
        ],
        "sheet__live_sessions": [
            told("both", "02T18:55:00", "02T22:40:00", session_viewers=3000, live_views=1),
            told("night", "04T23:00:00", "05T02:00:00", session_viewers=700, live_views=2000),
        ],
        "douyin_shop__orders": [{**order, "sku_order_list": [{**line, "room_id": "both"}]}],
    }
    api_days = days("2026-05-02", "2026-05-06")
    path = make_build_db(
        tmp_path_factory.mktemp("dbt") / "build.duckdb",
        rows,
        source_days=[
            *source_days("qianchuan/live_sessions", "douyin_acme", api_days),
            *source_days("sheet/live_sessions", "douyin_acme", days("2026-05-01", "2026-05-04")),
            *source_days(
                "douyin_shop/orders", "douyin_shop_main", days("2026-05-01", "2026-05-07")
            ),
        ],
    )
    run_dbt(path, "run", "--select", "+fct_live_session", "+int_live_day", as_of="2026-05-07")
    return path


def test_the_last_capture_after_the_end_wins_and_the_sheet_fills_in(built):
    found = query(
        built,
        "select live_id, source, live_views, session_viewers, paid_cny, started_on,"
        " extract(epoch from ended_at - started_at) from marts.fct_live_session order by live_id",
    )

    both, api = "qianchuan+sheet", "qianchuan"
    assert found == [
        ("both", both, 9000, 3000, Decimal("800.29"), date(2026, 5, 2), 12_600),
        ("lost", api, 40, None, None, date(2026, 5, 5), None),
        # nobody saw it end: the sheet is of the whole session
        ("night", both, 2000, 700, Decimal("1.00"), date(2026, 5, 4), 10_800),
        ("stale", api, 500, None, Decimal("5.00"), date(2026, 5, 3), 3600),
    ]


def test_views_are_no_people_and_what_is_not_offered_is_unknown(built):
    found = query(
        built,
        "select session_viewers, peak_concurrent, product_clickers, session_buyers, paid_orders,"
        " avg_watch_seconds, session_new_followers, live_comments, product_clicks"
        " from intermediate.int_qianchuan__live_sessions where live_id = 'both'",
    )

    assert found == [(None, None, None, None, None, None, 7, 30, 60)]


def test_a_room_is_the_douyin_account_s_and_orders_are_carried_to_it(built):
    accounts = query(
        built, "select distinct platform, account_key from intermediate.int_live_session_union"
    )
    carried = query(
        built, "select attribution_method, attributed_live_key from marts.fct_order_line"
    )

    assert accounts == [("douyin", "douyin_acme")]
    assert carried == [("live", "douyin_acme/both")]


def test_a_day_counts_once_whoever_speaks_of_it(built):
    found = query(
        built,
        "select extract(day from stat_date), live_views, session_viewers, live_paid_cny"
        " from intermediate.int_live_day order by stat_date",
    )

    nothing = Decimal("0.00")
    assert found == [
        (1, 0, 0, nothing),
        (2, 9000, 3000, Decimal("80.00")),
        (3, 500, None, nothing),
        (4, 2000, 700, nothing),
        (5, 40, None, nothing),
        (6, 0, 0, nothing),
    ]
