"""The sandbox's Douyin Shop keeps the platform's rules."""

from datetime import datetime, timedelta

import pytest

from tests.sandbox_calls import (
    SHOP_ID,
    shop_pair,
    shop_post,
    shop_search,
    shop_token,
)
from tidemark.clock import SHANGHAI

DAY = 86_400
MAY_LATE = "2026-05-25T10:45:00+08:00"
JUNE = "2026-06-20T10:45:00+08:00"
ORDERS = "order.searchList"


def seconds(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp())


def outcome(answer):
    return answer["code"], answer["sub_code"]


def every_order(sandbox, **filters):
    found, page = [], 0
    while True:
        data = shop_search(sandbox, page=page, size=100, **filters)
        found += data["shop_order_list"]
        page += 1
        if page * 100 >= int(data["total"]):
            return found


def order_at(sandbox, order, moment):
    sandbox.set_clock(moment.isoformat())
    body = {"shop_order_id": order.order_id}
    return shop_post(sandbox, "order.orderDetail", body, shop_token(sandbox))["data"]


def refunded(sandbox):
    return next(
        (refund, order)
        for order in sandbox.world.shops[0].orders
        for refund in order.refunds
        if refund.is_refunded
    )


def test_a_self_use_app_creates_its_pair_with_an_empty_code(sandbox):
    pair = shop_pair(sandbox)

    assert pair["expires_in"] == 7 * DAY
    assert pair["shop_id"] == int(SHOP_ID)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"grant_type": "authorization_self", "shop_id": SHOP_ID},
            (40002, "isv.parameter-missing"),
        ),
        (
            {"code": "x", "grant_type": "authorization_self", "shop_id": SHOP_ID},
            (40004, "isv.parameter-invalid"),
        ),
        (
            {"code": "", "grant_type": "authorization_self", "shop_id": "1"},
            (30001, "dop.authorization-no-existed"),
        ),
    ],
    ids=["no code", "a code", "another shop"],
)
def test_wrong_creations_are_refused(sandbox, body, expected):
    assert outcome(shop_post(sandbox, "token.create", body)) == expected


def refresh(sandbox, pair):
    body = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    return shop_post(sandbox, "token.refresh", body)


def test_more_than_an_hour_before_its_end_the_same_pair_comes_back(sandbox):
    first = shop_pair(sandbox)
    sandbox.set_clock("2026-04-23T09:44:59+08:00")
    again = refresh(sandbox, first)["data"]

    assert again["access_token"] == first["access_token"]
    assert again["refresh_token"] == first["refresh_token"]
    assert again["expires_in"] == 3601


def test_in_the_last_hour_a_new_pair_comes_and_the_old_lives_an_hour_more(sandbox):
    first = shop_pair(sandbox)
    sandbox.set_clock("2026-04-23T10:30:00+08:00")
    new = refresh(sandbox, first)["data"]
    sandbox.set_clock("2026-04-23T11:29:59+08:00")
    old_still = shop_post(sandbox, ORDERS, {}, first["access_token"])
    sandbox.set_clock("2026-04-23T11:30:00+08:00")
    old_ended = shop_post(sandbox, ORDERS, {}, first["access_token"])

    assert new["access_token"] != first["access_token"]
    assert new["expires_in"] == 7 * DAY
    assert old_still["code"] == 10000
    assert outcome(old_ended) == (40003, "isv.access-token-expired")
    assert refresh(sandbox, first)["code"] == 50001


def test_after_its_end_a_new_pair_comes_and_the_old_is_dead(sandbox):
    first = shop_pair(sandbox)
    sandbox.set_clock("2026-04-24T10:45:00+08:00")
    new = refresh(sandbox, first)["data"]

    old = shop_post(sandbox, ORDERS, {}, first["access_token"])
    assert outcome(old) == (40003, "isv.access-token-expired")
    assert shop_post(sandbox, ORDERS, {}, new["access_token"])["code"] == 10000


def test_a_refresh_token_ends_after_fourteen_days(sandbox):
    first = shop_pair(sandbox)
    sandbox.set_clock("2026-04-30T10:45:00+08:00")
    answer = refresh(sandbox, first)

    assert outcome(answer) == (50001, "dop.token-generate-failed:token-expired")
    assert shop_pair(sandbox)["access_token"] != first["access_token"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"sign": "0" * 64}, (40003, "isv.signature-invalid")),
        ({"sign_method": "md5"}, (40003, "isv.parameter-invalid")),
        ({"v": "1"}, (40003, "isv.parameter-invalid")),
        ({"app_key": "1"}, (40003, "isv.app-key-invalid")),
        ({"timestamp": "yesterday"}, (40003, "isv.timestamp-format-error")),
        ({"access_token": "nonsense"}, (40003, "isv.access-token-no-existed")),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_wrong_system_parameters_are_refused(sandbox, query, expected):
    token = query.pop("access_token", None) or shop_token(sandbox)

    assert outcome(shop_post(sandbox, ORDERS, {}, token, **query)) == expected


def test_a_missing_token_is_named(sandbox):
    assert outcome(shop_post(sandbox, ORDERS, {})) == (40001, "isv.access-token-missing")


@pytest.mark.parametrize(
    ("minutes", "code"), [(10, 10000), (11, 40003), (-10, 10000), (-11, 40003)]
)
def test_a_timestamp_is_ten_minutes_off_at_most(sandbox, minutes, code):
    token = shop_token(sandbox)
    moment = sandbox.settings.clock() + timedelta(minutes=minutes)
    answer = shop_post(sandbox, ORDERS, {}, token, timestamp=str(int(moment.timestamp())))

    assert answer["code"] == code


def test_a_timestamp_may_be_written_out_in_shanghai_time(sandbox):
    token = shop_token(sandbox)
    answer = shop_post(sandbox, ORDERS, {}, token, timestamp="2026-04-16 10:45:00")

    assert answer["code"] == 10000


@pytest.mark.parametrize(
    "text",
    ['{"size":1,"page":0}', '{"page": 0}', '{"page":0.0}', '{"a":"\\u6c49"}', "[]", "page=0", ""],
    ids=["unsorted", "spaces", "1.0", "escaped", "a list", "a form", "nothing"],
)
def test_the_signed_text_must_be_the_canonical_one(sandbox, text):
    answer = shop_post(sandbox, ORDERS, text, shop_token(sandbox))

    assert outcome(answer) == (40003, "isv.parameter-format-invalid")


def test_the_body_must_be_the_very_text_that_was_signed(sandbox):
    token = shop_token(sandbox)
    signed_for_another_body = {"sign": "a" * 64}

    assert (
        shop_post(sandbox, ORDERS, {"page": 1}, token, **signed_for_another_body)["code"] == 40003
    )


def test_the_body_is_declared_as_json(sandbox):
    answer = shop_post(sandbox, ORDERS, {}, shop_token(sandbox), headers={})

    assert outcome(answer) == (40003, "isv.parameter-format-invalid")


@pytest.mark.parametrize(
    "body",
    [
        {"page": -1},
        {"size": 101},
        {"size": 0},
        {"page": "one"},
        {"page": 500, "size": 100},
        {"update_time_start": 0, "update_time_end": 90 * DAY + 1},
        {"update_time_start": 10, "update_time_end": 9},
        {"create_time_start": "x"},
        {"combine_status": [{"order_status": "2"}, {"order_status": "3"}]},
        {"tracking_no": "SF1"},
    ],
    ids=lambda body: "-".join(f"{k}={v}" for k, v in body.items())[:40],
)
def test_searches_beyond_the_rules_are_refused(sandbox, body):
    sandbox.set_clock(MAY_LATE)
    answer = shop_post(sandbox, ORDERS, body, shop_token(sandbox))

    assert outcome(answer) == (40004, "isv.parameter-invalid")


def test_a_window_of_ninety_days_and_numbers_as_text_are_taken(sandbox):
    body = {"update_time_start": 0, "update_time_end": 90 * DAY, "page": "0", "size": "20"}

    assert shop_post(sandbox, ORDERS, body, shop_token(sandbox))["code"] == 10000


def test_pages_count_from_zero_and_total_is_text_without_has_more(sandbox):
    sandbox.set_clock(MAY_LATE)
    first = shop_search(sandbox, page=0, size=100)
    second = shop_search(sandbox, page=1, size=100)
    ids = [order["order_id"] for order in first["shop_order_list"] + second["shop_order_list"]]

    assert first["page"] == 0
    assert int(first["total"]) > 200
    assert isinstance(first["total"], str)
    assert "has_more" not in first
    assert len(set(ids)) == 200


def test_orders_come_newest_first_unless_asked_otherwise(sandbox):
    sandbox.set_clock(MAY_LATE)
    newest = [o["create_time"] for o in shop_search(sandbox, size=50)["shop_order_list"]]
    asked = {"order_by": "update_time", "order_asc": True, "size": 50}
    changed = [o["update_time"] for o in shop_search(sandbox, **asked)["shop_order_list"]]

    assert newest == sorted(newest, reverse=True)
    assert changed == sorted(changed)


def test_windows_are_closed_on_both_sides(sandbox):
    sandbox.set_clock(MAY_LATE)
    moment = seconds("2026-05-02T00:00:02")
    window = {"create_time_start": moment, "create_time_end": moment}

    assert shop_search(sandbox, **window)["total"] == "1"
    assert (
        shop_search(sandbox, create_time_end=moment - 1, create_time_start=moment - 1)["total"]
        == "0"
    )


def test_orders_are_found_by_the_status_they_have_now(sandbox):
    sandbox.set_clock(MAY_LATE)
    cancelled = every_order(sandbox, combine_status=[{"order_status": "4"}])
    both = every_order(sandbox, combine_status=[{"order_status": "2,3"}])

    assert {order["order_status"] for order in cancelled} == {4}
    assert {order["order_status"] for order in both} == {2, 3}


def test_ids_money_and_attribution_stand_on_the_line(sandbox):
    sandbox.set_clock(MAY_LATE)
    order = next(o for o in every_order(sandbox) if o["pay_time"])
    (line,) = order["sku_order_list"]

    assert (order["order_amount"], order["pay_amount"], line["pay_amount"]) == (8000, 8000, 8000)
    assert line["parent_order_id"] == order["order_id"]
    assert line["room_id"] == int(line["room_id_str"]) > 2**53
    assert line["theme_type"] == "1"
    assert order["doudian_open_id"].startswith("#buyer-")


def test_an_order_lives_from_waiting_to_finished(sandbox):
    order = next(o for o in sandbox.world.shops[0].orders if o.finished_at and not o.refunds)
    moments = [order.created_at, order.paid_at, order.shipped_at, order.finished_at]

    seen = [order_at(sandbox, order, moment)["shop_order_detail"] for moment in moments]

    assert [one["order_status"] for one in seen] == [1, 2, 3, 5]
    assert [one["update_time"] for one in seen] == [int(m.timestamp()) for m in moments]
    assert [one["pay_amount"] for one in seen] == [0, 8000, 8000, 8000]
    assert [bool(one["ship_time"]) for one in seen] == [False, False, True, True]
    assert [bool(one["finish_time"]) for one in seen] == [False, False, False, True]


def test_a_cancelled_order_waits_first(sandbox):
    order = next(o for o in sandbox.world.shops[0].orders if o.cancelled_at)
    moments = [order.created_at, order.cancelled_at]

    seen = [order_at(sandbox, order, moment)["shop_order_detail"] for moment in moments]

    assert [one["order_status"] for one in seen] == [1, 4]
    assert [one["pay_time"] for one in seen] == [0, 0]


def test_an_order_that_does_not_exist_yet_is_not_found(sandbox):
    order = sandbox.world.shops[0].orders[0]
    sandbox.set_clock((order.created_at - timedelta(seconds=1)).isoformat())
    body = {"shop_order_id": order.order_id}

    answer = shop_post(sandbox, "order.orderDetail", body, shop_token(sandbox))

    assert answer["code"] == 50002


def test_a_refund_appears_when_applied_and_counts_when_settled(sandbox):
    refund, order = refunded(sandbox)
    seen = []
    for moment in (refund.applied_at, refund.settled_at):
        sandbox.set_clock(moment.isoformat())
        data = shop_search(sandbox, "afterSale.List", order_id=order.order_id)
        seen.append(data["items"][0]["aftersale_info"])
    (line,) = order_at(sandbox, order, refund.settled_at)["shop_order_detail"]["sku_order_list"]
    sandbox.set_clock((refund.applied_at - timedelta(seconds=1)).isoformat())
    before = shop_search(sandbox, "afterSale.List", order_id=order.order_id)

    assert [one["refund_status"] for one in seen] == [1, 3]
    assert [one["aftersale_status"] for one in seen] == [6, 12]
    assert seen[1]["update_time"] == int(refund.settled_at.timestamp())
    assert line["after_sale_info"]["refund_status"] == 3
    assert before["items"] == []


def test_a_withdrawn_after_sale_fails_while_its_refund_status_stays(sandbox):
    sandbox.set_clock(JUNE)
    items = []
    for page in range(2):
        items += shop_search(sandbox, "afterSale.List", page=page, size=100)["items"]
    withdrawn = [
        item["aftersale_info"] for item in items if item["aftersale_info"]["aftersale_status"] == 28
    ]

    assert len(withdrawn) == 6
    assert {one["refund_status"] for one in withdrawn} == {1}


def test_after_sales_have_has_more_and_their_own_names_of_windows(sandbox):
    sandbox.set_clock(JUNE)
    window = {
        "update_start_time": seconds("2026-06-01T00:00:00"),
        "update_end_time": seconds("2026-06-01T23:59:59"),
    }
    first = shop_search(sandbox, "afterSale.List", size=3, order_by=["update_time asc"], **window)
    last = shop_search(sandbox, "afterSale.List", size=3, page=1, **window)
    times = [item["aftersale_info"]["update_time"] for item in first["items"]]

    assert (first["total"], first["has_more"], last["has_more"]) == (4, True, False)
    assert times == sorted(times)
    assert first["items"][0]["order_info"]["shop_order_id"]


def test_refunds_of_june_are_what_the_campaign_says(sandbox):
    sandbox.set_clock(JUNE)
    window = {
        "update_start_time": seconds("2026-06-01T00:00:00"),
        "update_end_time": seconds("2026-06-15T23:59:59"),
    }
    items = shop_search(sandbox, "afterSale.List", size=100, **window)["items"]
    infos = [item["aftersale_info"] for item in items]

    assert sum(i["refund_amount"] for i in infos if i["refund_status"] == 3) == 480_000


def test_too_many_calls_have_a_code(sandbox):
    token = shop_token(sandbox)
    sandbox.limit(calls_per_second=1)
    answers = [shop_post(sandbox, ORDERS, {}, token) for _ in range(2)]

    assert [outcome(answer) for answer in answers] == [(10000, ""), (60000, "isv.traffic-limited")]
