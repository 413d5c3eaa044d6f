"""WeChat Channels through the real runtime, and its sessions in the marts."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from expectations.runner import gate_lake
from extractors.core.credentials import read_connection
from extractors.core.lake import iter_rows, open_lake
from extractors.core.model import Account, Window
from extractors.core.registry import platforms_by_name
from extractors.core.run import extract
from tests.warehouse_fixture import days, make_build_db, query, run_dbt, source_days
from tidemark.clock import SHANGHAI

CHANNELS = platforms_by_name()["wechat_channels"]
ACCOUNT = Account(
    *("channels_acme", "wechat_channels", "finder-acme", "Acme", "acme"),
    options={"calls_per_second": 1000},
)
LIST = "/wechat_channels/channels/livedashboard/getlivelist"
DATA = "/wechat_channels/channels/livedashboard/getlivedata"


def read(sandbox, since, until=None, **more):
    return extract(
        CHANNELS,
        [ACCOUNT],
        Window(date.fromisoformat(since), date.fromisoformat(until or since)),
        lake=open_lake(sandbox.settings.lake_url),
        settings=sandbox.settings,
        credentials=lambda a: read_connection(a.connection_id, sandbox.environ),
        **more,
    )


def sessions_of(sandbox):
    """Return the newest capture of every session, the gate having spoken."""
    lake = open_lake(sandbox.settings.lake_url)
    gate_lake(lake, sandbox.settings)
    found = list(iter_rows(lake, lake.current(CHANNELS.stream("live_sessions"), CHANNELS.name)))
    found.sort(key=lambda row: row["_source_version"])
    return {row["export_id"]: row for row in found}


def figures(row):
    load = ("_batch_id", "_captured_at", "_source_version")
    return {name: value for name, value in row.items() if name not in load}


def test_days_are_read_whole_and_a_second_reading_changes_nothing(sandbox):
    report = read(sandbox, "2026-04-15", lookback=True)
    first = sessions_of(sandbox)
    again = read(sandbox, "2026-04-15", lookback=True)

    assert report.error() is None and again.error() is None
    assert [(x.drift, x.quarantined) for x in report.landed] == [([], 0)]
    assert {str(r.dt): (r.status, r.rows) for _, r in report.slices()} == {
        "2026-04-12": ("empty", 0),
        "2026-04-13": ("ok", 1),
        "2026-04-14": ("ok", 1),
        "2026-04-15": ("ok", 2),
    }
    evening = first["live-0415"]
    summary = evening["live_dashboard_data"]["live_dashboard_data"]["summary"]
    assert (summary["new_watch_uv"], summary["max_online_watch_uv"]) == (4200, 380)
    assert evening["live_ec_data_summary"]["total_gmv"] == 1_055_460
    assert evening["live_comparison_index"] == {"is_living": False}
    assert {k: figures(r) for k, r in sessions_of(sandbox).items()} == {
        k: figures(r) for k, r in first.items()
    }


def test_a_session_that_was_on_air_has_ended_when_its_day_is_read_again(sandbox):
    read(sandbox, "2026-04-15", lookback=False)
    before = sessions_of(sandbox)["export/UzFf-night"]
    sandbox.set_clock("2026-04-17T09:30:00+08:00")
    read(sandbox, "2026-04-16", lookback=True)
    after = sessions_of(sandbox)["export/UzFf-night"]

    assert before["live_comparison_index"]["is_living"] is True
    assert before["live_dashboard_data"]["live_duration"] == 12 * 3600 + 45 * 60
    assert after["live_comparison_index"]["is_living"] is False
    assert after["live_dashboard_data"]["live_duration"] == 13 * 3600
    assert before["dt"] == after["dt"] == date(2026, 4, 15)


def test_a_room_without_goods_has_no_sales(sandbox):
    read(sandbox, "2026-04-14", lookback=False)

    sales = sessions_of(sandbox)["export/UzFf-talk"]["live_ec_data_summary"]
    assert sales is None or set(sales.values()) == {None}


@pytest.mark.parametrize("kind", ["expire_token", "http_500", "truncated", "empty_object"])
@pytest.mark.parametrize("path", [LIST, DATA])
def test_a_fault_in_passing_loses_no_session(sandbox, monkeypatch, path, kind):
    monkeypatch.setattr("extractors.core.http.BACKOFF_SECONDS", 0.001)
    sandbox.fault(path, kind)

    report = read(sandbox, "2026-04-15", lookback=False)

    assert report.error() is None
    assert len(sessions_of(sandbox)) == 2


@pytest.mark.parametrize(
    ("kind", "name", "status"),
    [
        ("quota", "QuotaExhausted", "failed"),
        ("error_code:61004", "AuthError", "failed"),
        ("error_code:48001", "NotOffered", "not_offered"),
        ("error_code:7", "ApiChanged", "failed"),
    ],
)
def test_a_lasting_fault_ends_as_declared(sandbox, kind, name, status):
    sandbox.fault(DATA, kind, None)

    report = read(sandbox, "2026-04-15", lookback=False)

    ((_, record),) = report.slices()
    assert (record.status, record.rows) == (status, 0)
    assert name in record.error


def at(text):
    return datetime.fromisoformat(f"2026-05-{text}").replace(tzinfo=SHANGHAI)


def session(live_id, created, started, seconds, is_living, figures, sales):
    names = ("new_watch_uv", "max_online_watch_uv", "new_follow_uv")
    names += ("average_watch_seconds_per_audience",)
    sold = ("total_gmv", "total_pay_pv", "total_pay_uv", "total_clk_pv", "total_clk_uv")
    sold += ("new_comment_count",)
    summary = {"summary": dict(zip(names, figures, strict=True))}
    board = {"live_duration": seconds, "start_time": started and at(started)}
    return {
        **{"account_key": "channels_acme", "export_id": live_id, "create_time": at(created)},
        "live_dashboard_data": {**board, "live_dashboard_data": summary},
        "live_comparison_index": {"is_living": is_living},
        "live_ec_data_summary": sales and dict(zip(sold, sales, strict=True)),
        "dt": at(created).date(),
    }


def told(live_id, started, ended=None, **more):
    moments = {"started_at": at(started), "ended_at": ended and at(ended)}
    return {"account_key": "channels_acme", "live_id": live_id, **moments, **more}


def order(order_id, live_id):
    line = {"product_id": "p", "sku_id": "s", "sku_cnt": 1, "real_price": 8000}
    detail = {"product_infos": [line], "pay_info": {"pay_time": at("03T00:10:00")}}
    detail |= {"price_info": {"order_price": 8000}}
    detail |= {"ext_info": {"live_id": live_id, "finder_id": "finder-acme"}}
    moments = {"create_time": at("03T00:05:00"), "update_time": at("03T00:10:00")}
    base = {"account_key": "shop", "order_id": order_id, "status": 20, "order_detail": detail}
    return {**base, **moments, "dt": date(2026, 5, 3)}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    people = {"session_viewers": 9, "live_views": 8}
    rows = {
        "wechat_channels__live_sessions": [
            # over midnight, and the board's start is not the room's
            session(
                *("export/a", "02T22:55:00", "02T23:00:00", 7200, False),
                *((3000, 260, 45, 75), (800_050, 40, 36, 420, 300, 310)),
            ),
            session("export/talk", "04T10:00:00", None, 600, False, (500, 40, 7, 30), None),
            session(
                *("export/night", "05T22:00:00", "05T22:00:00", 36_000, True),
                *((900, 50, 4, 20), (100, 1, 1, 1, 1, 1)),
            ),
        ],
        "sheet__live_sessions": [
            told(
                "export/a",
                "02T22:50:00",
                "03T01:05:00",
                title="专场",
                **people,
            ),
            # filled in after the end, where the board was read while it was on air
            told("export/night", "05T22:00:00", "06T11:00:00", session_viewers=2600),
            told("by hand", "07T10:00:00", paid_cny=Decimal("1.50")),
        ],
        "wechat_shop__orders": [order("o1", "export/a"), order("o2", "export/unknown")],
    }
    channel = {"account_key": "channels_acme", "account_id": "finder-acme"}
    channel |= {"platform": "wechat_channels", "kind": "social"}
    shop = {"account_key": "shop", "account_id": "wx", "platform": "wechat_shop", "kind": "shop"}
    own = {"brand_key": "acme", "ownership": "own"}
    read_on = days("2026-05-02", "2026-05-06")
    path = make_build_db(
        tmp_path_factory.mktemp("dbt") / "build.duckdb",
        rows,
        source_days=[
            *source_days("wechat_channels/live_sessions", "channels_acme", read_on),
            *source_days("sheet/live_sessions", "channels_acme", days("2026-05-02", "2026-05-07")),
            *source_days("wechat_shop/orders", "shop", days("2026-05-02", "2026-05-07")),
        ],
        config={"account": [{**channel, **own}, {**shop, **own}]},
    )
    run_dbt(path, "run", "--select", "+fct_live_session", "+int_live_day", as_of="2026-05-08")
    return path


def test_a_session_told_by_api_and_sheet_is_one_and_the_api_goes_first(built):
    found = query(
        built,
        "select live_id, source, title, session_viewers, live_views, peak_concurrent, paid_cny,"
        " started_on, extract(epoch from ended_at - started_at) from marts.fct_live_session"
        " order by live_id",
    )

    both, board = "sheet+wechat_channels", "wechat_channels"
    paid = Decimal("8000.50")
    assert found == [
        ("by hand", "sheet", None, None, None, None, Decimal("1.50"), date(2026, 5, 7), None),
        ("export/a", both, "专场", 3000, 8, 260, paid, date(2026, 5, 2), 7200),
        # the board was captured on air; the sheet is of the whole session
        ("export/night", both, None, 2600, None, 50, Decimal("1.00"), date(2026, 5, 5), 46_800),
        ("export/talk", board, None, 500, None, 40, None, date(2026, 5, 4), 600),
    ]


def test_people_and_counts_stand_where_they_belong(built):
    found = query(
        built,
        "select session_new_followers, avg_watch_seconds, paid_orders, session_buyers,"
        " product_clicks, product_clickers, live_comments"
        " from marts.fct_live_session where live_id = 'export/a'",
    )

    assert found == [(45, 75.0, 40, 36, 420, 300, 310)]


def test_a_day_counts_once_though_two_sources_speak_of_it(built):
    found = query(
        built,
        "select extract(day from stat_date), session_viewers, live_orders, live_paid_cny"
        " from intermediate.int_live_day order by stat_date",
    )

    nothing = Decimal("0.00")
    assert found == [
        # the order came after midnight; its session began the day before
        (2, 3000, 1, Decimal("80.00")),
        (3, 0, 0, nothing),
        (4, 500, 0, nothing),
        (5, 2600, 0, nothing),
        (6, 0, 0, nothing),
        (7, None, 0, nothing),
    ]


def test_orders_of_the_shop_are_carried_to_the_session(built):
    found = query(
        built,
        "select order_key, attribution_method, attributed_account_key, attributed_live_key"
        " from marts.fct_order_line order by order_key",
    )

    # of a session that nobody read the account is known by its finder_id
    assert found == [
        ("shop/o1", "live", "channels_acme", "channels_acme/export/a"),
        ("shop/o2", "live", "channels_acme", None),
    ]
