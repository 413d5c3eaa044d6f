"""What the two merge rules leave in the published tables, whatever came late, twice or not at all.

The rules themselves are in tests/unit/test_lake.py, test_lake_order.py and test_drops.py; here one
history with every case is released, as it came and with its days in another order.
"""

from datetime import datetime

import duckdb
import pytest

from tests.integration.test_release_rebuild import (
    account_day,
    at,
    comment,
    land_history,
    note,
    order,
    published,
    release,
    site_of,
)
from tests.warehouse_site import fail, land
from warehouse.releases import link_path

pytestmark = pytest.mark.slow

KEYS = {"douyin_shop": "douyin_shop_main", "xiaohongshu": "xhs_acme", "sheet": "douyin_acme"}
REFUND = {
    **{"aftersale_id": "a12", "shop_order_id": "12", "related_id": "129", "refund_status": 3},
    **{"refund_amount": 2000, "apply_time": at("05-08"), "update_time": at("05-09")},
}
SESSION = {"live_id": "room1", "started_at": at("05-02", "20:00")}


def of(version: datetime, **row):
    """Return a row as its source stated it at a moment."""
    return {**row, "_source_version": version}


#: readings as they came, after a history of ten days: stream, day, rows or how it ended
READINGS = [
    # an export of 05-04 after one of 05-09
    ("xiaohongshu/note_export", "05-09", [of(at("05-09"), **note("05-09", 80))]),
    ("xiaohongshu/note_export", "05-04", [of(at("05-04"), **note("05-04", 40))]),
    # an order and its refund, then a snapshot of the order from before it was paid
    (
        "douyin_shop/orders",
        "05-03",
        [of(at("05-03"), **order("12", "05-02", "05-03", paid="05-03", room="room1"))],
    ),
    ("douyin_shop/after_sales", "05-09", [of(at("05-09"), **REFUND)]),
    (
        "douyin_shop/orders",
        "05-03",
        [of(at("05-02", "23:00"), **order("12", "05-02", "05-02", paid=None, room="room1"))],
    ),
    # the complete listing knows another video; the next reading of it fails
    (
        "douyin/videos",
        "05-11",
        [
            {"item_id": "v1", "create_time": at("05-01")},
            {"item_id": "v3", "create_time": at("05-08")},
        ],
    ),
    ("douyin/videos", "05-12", [{"item_id": "v3", "create_time": at("05-08")}]),
    ("douyin/videos", "05-13", "failed"),
    # comments are listed up to a cap: c1 to c9 are not there any more
    ("douyin/comments", "05-11", [comment("c11", "05-11")]),
    # a file, its correction, and the first one dropped again
    ("sheet/live_sessions", "05-02", [of(at("05-03"), **SESSION, session_viewers=400)]),
    ("sheet/live_sessions", "05-02", [of(at("05-04"), **SESSION, session_viewers=440)]),
    ("sheet/live_sessions", "05-02", [of(at("05-03"), **SESSION, session_viewers=400)]),
    # days read again: one comes corrected, one empty, one fails
    ("douyin/account_days", "05-02", [account_day("05-02", 222, 1002)]),
    ("douyin/account_days", "05-06", "empty"),
    ("douyin/account_days", "05-07", "failed"),
]


def put(site, name, text, rows):
    platform = name.partition("/")[0]
    account = KEYS.get(platform, f"{platform}_acme")
    if rows == "failed":
        fail(site, name, account, f"2026-{text}", "Transient: HTTP 500")
    else:
        land(site, name, account, {f"2026-{text}": rows})


def lived(home, readings):
    """Return the site of an installation that released the history and these readings."""
    site = site_of(home, "05-14")
    land_history(site)
    for reading in readings:
        put(site, *reading)
    return release(site)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return lived(tmp_path_factory.mktemp("lived"), READINGS)


def ask(site, query):
    with duckdb.connect(str(link_path(site.settings)), read_only=True) as database:
        return database.execute(query).fetchall()


def test_an_old_export_dropped_late_fills_its_day_and_leaves_the_newer_total(site):
    found = ask(
        site,
        "select strftime(stat_date, '%m-%d'), views_total from marts.fct_post_day "
        "where account_key = 'xhs_acme' and views_total is not null order by stat_date",
    )

    assert dict(found)["05-04"] == 40
    assert found[-1] == ("05-09", 80)


def test_an_older_snapshot_of_a_refunded_order_changes_nothing(site):
    (found,) = ask(
        site,
        "select status, paid_cny, refunded_cny, net_cny from marts.fct_order where order_id = '12'",
    )

    assert (found[0] != "created", *map(float, found[1:])) == (True, 80.0, 20.0, 60.0)


def test_a_post_gone_from_the_complete_listing_is_deleted_and_a_failed_reading_deletes_none(site):
    found = dict(
        ask(site, "select post_id, is_deleted from marts.dim_post where platform='douyin'")
    )

    assert found == {"v1": True, "v3": False}


def test_a_comment_beyond_the_cap_of_the_list_is_still_there(site):
    found = ask(site, "select count(*) from marts.fct_reply_item where channel = 'comment'")

    assert found == [(11,)]


def test_a_corrected_file_wins_over_the_one_it_corrects_dropped_again(site):
    found = ask(site, "select session_viewers from marts.fct_live_session")

    assert found == [(440,)]


def test_a_day_read_again_is_replaced_and_a_failed_one_keeps_what_it_had(site):
    found = dict(
        ask(
            site,
            "select strftime(stat_date, '%m-%d'), plays from marts.fct_account_day where "
            "account_key = 'douyin_acme' and stat_date between '2026-05-02' and '2026-05-08'",
        )
    )

    assert (found["05-02"], found["05-06"], found["05-07"], found["05-08"]) == (222, None, 700, 800)


def test_days_landed_in_another_order_are_published_the_same(site, tmp_path):
    # of one day, and of a complete listing, the newest reading wins; days have no order
    def place(reading):
        name, day, _rows = reading
        return ("", "") if name == "douyin/videos" else (name, day)

    other = sorted(READINGS, key=place, reverse=True)
    assert [place(r) for r in other] != [place(r) for r in READINGS]

    found = dict(published(lived(tmp_path, other)))

    expected = dict(published(site))
    assert len(expected) > 40
    assert {name for name, rows in expected.items() if found[name] != rows} == set()
