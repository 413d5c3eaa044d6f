import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from extractors.core import errors
from extractors.core.errors import AuthError
from extractors.core.model import Account, Call, Credential, Token, Window
from extractors.platforms.douyin_shop import PLATFORM
from extractors.platforms.douyin_shop.connection import (
    authorize,
    fetch_token,
    param_json,
    read_envelope,
    signature,
)
from extractors.platforms.douyin_shop.streams import LINE_TYPES
from tests.fake_api import FakeApi
from tidemark.clock import SHANGHAI

ACCOUNT = Account("douyin_shop_main", "douyin_shop", "10010001", "Acme", "acme", kind="shop")
NOW = datetime(2026, 4, 16, 9, 0, tzinfo=SHANGHAI)
DAY = Window(date(2026, 4, 15), date(2026, 4, 15))
SINCE = int(datetime(2026, 4, 15, tzinfo=SHANGHAI).timestamp())
UNTIL = SINCE + 86399
NEWEST = int(NOW.timestamp()) - 60
ORDERS, AFTER_SALES = "/order/searchList", "/afterSale/List"
SHARED = Path(__file__).parents[3] / "shared" / "contracts" / "signature_vectors.json"
SHOP = Credential("c", "appkey123", "secret123", extra={"shop_id": "10010001"})


def read(stream, answer, window=DAY):
    path = ORDERS if stream == "orders" else AFTER_SALES
    api = FakeApi(ACCOUNT, NOW, {path: answer})
    return list(PLATFORM.stream(stream).read(api, ACCOUNT, window)), api


@pytest.mark.parametrize(
    ("app_key", "secret", "method", "params", "timestamp", "expected"),
    [
        (
            "appkey123",
            "secret123",
            "order.searchList",
            '{"page":0,"size":100}',
            "1800000000",
            "8a5350b8fdacaa753c0885ab9859d382a31de4add09c6943c1d34298bd2165f1",
        ),
        (
            "1234567890123456789",
            "contract-app-secret",
            "order.searchList",
            '{"a":[3,{"a":1,"b":2}],"nested":{"a":true,"汉":"<&"},"z":1}',
            "1667899926",
            "cfb0c61c20926f758e13f4bd3d59a0de0e22f3c6059f1045cae36e6cea2bd417",
        ),
    ],
    ids=["short", "nested"],
)
def test_signature_is_the_known_answer(app_key, secret, method, params, timestamp, expected):
    assert signature(app_key, secret, method, params, timestamp) == expected


def test_signature_is_the_known_answer_of_every_shared_vector():
    if not SHARED.exists():
        pytest.skip("the shared contracts are not beside this checkout")
    vectors = [
        vector
        for vector in json.loads(SHARED.read_text("utf-8"))
        if (vector["service"], vector["name"]) == ("doudian.api", "hmac-sha256")
    ]

    assert len(vectors) == 3
    for vector in vectors:
        said = vector["input"]
        found = signature(
            said["app_key"],
            said["app_secret"],
            said["method"],
            said["param_json"],
            said["timestamp"],
        )
        assert found == vector["expected"]


def test_parameters_are_written_canonically():
    params = {"z": 1.0, "a": [3, {"b": 2, "a": 1}], "nested": {"汉": "<&", "a": True}, "h": 0.5}

    assert param_json(params) == (
        '{"a":[3,{"a":1,"b":2}],"h":0.5,"nested":{"a":true,"汉":"<&"},"z":1}'
    )
    assert param_json({}) == "{}"


def test_the_body_is_the_text_that_was_signed():
    now = datetime.fromtimestamp(1800000000, SHANGHAI)
    call = Call("POST", "/order/searchList", json={"size": 100, "page": 0})

    prepared = authorize(call, SHOP, Token("T", now), now)

    assert prepared.body == b'{"page":0,"size":100}'
    assert prepared.params == {
        "app_key": "appkey123",
        "method": "order.searchList",
        "access_token": "T",
        "timestamp": "1800000000",
        "v": "2",
        "sign_method": "hmac-sha256",
        "sign": "8a5350b8fdacaa753c0885ab9859d382a31de4add09c6943c1d34298bd2165f1",
    }


def test_case_of_the_method_is_kept_and_token_calls_carry_no_token():
    call = Call("POST", "/afterSale/List", json={}, authorised=False)

    prepared = authorize(call, SHOP, Token("T", NOW), NOW)

    assert prepared.params["method"] == "afterSale.List"
    assert "access_token" not in prepared.params


def granted(token="T"):
    return {"access_token": token, "expires_in": "530808", "refresh_token": "R", "shop_id": 1}


def test_a_first_token_is_created_for_the_own_shop():
    sent = []

    def send(call):
        sent.append((call.path, call.json, call.authorised))
        return granted()

    token = fetch_token(send, SHOP, None, NOW)

    body = {"code": "", "grant_type": "authorization_self", "shop_id": "10010001"}
    assert sent == [("/token/create", body, False)]
    assert token.expires_at == NOW + timedelta(seconds=530808)


def test_a_token_is_refreshed_and_a_dead_one_created_anew():
    sent = []

    def send(call):
        sent.append(call.path)
        if call.path == "/token/refresh" and call.json["refresh_token"] == "dead":
            raise AuthError("50001")
        return granted()

    fetch_token(send, SHOP, Token("old", NOW, "R"), NOW)
    fetch_token(send, SHOP, Token("old", NOW, "dead"), NOW)

    assert sent == ["/token/refresh", "/token/refresh", "/token/create"]


CODES = [
    *((code, "", "Transient") for code in (10001, 20000, 20001, 90000)),
    (20001, "isp.service-error:7", "Transient"),
    (30001, "isv.app-permissions-insufficient", "AuthError"),
    (30001, "dop.authorization-closed", "AuthError"),
    (30002, "", "AuthError"),
    (40001, "isv.parameter-missing", "ApiChanged"),
    (40001, "isv.signature-missing", "ApiChanged"),
    (40001, "isv.access-token-missing", "ApiChanged"),
    (40002, "", "ApiChanged"),
    *((code, "isv.access-token-expired", "TokenExpired") for code in (40003, 40004)),
    (40003, "isv.access-token-no-existed", "TokenExpired"),
    (40003, "isv.access-token-invalid", "TokenExpired"),
    (40003, "isv.signature-invalid", "AuthError"),
    (40003, "isv.timestamp-invalid", "ApiChanged"),
    (40004, "isv.parameter-format-invalid", "ApiChanged"),
    (50001, "dop.token-generate-failed:token-expired", "AuthError"),
    (50002, "isv.business-failed:4001", "ApiChanged"),
    (60000, "isv.traffic-limited", "RateLimited"),
    (70000, "isp.api-service-off", "ApiChanged"),
    (80000, "isv.env-suspected", "AuthError"),
    (999, "", "ApiChanged"),
]


@pytest.mark.parametrize(
    ("code", "sub_code", "name"), CODES, ids=[f"{code} {sub}".strip() for code, sub, _ in CODES]
)
def test_every_code_has_its_error_and_remedy(code, sub_code, name):
    body = {"code": code, "msg": "m", "sub_code": sub_code, "sub_msg": "said", "data": {}}

    with pytest.raises(errors.ExtractError) as caught:
        read_envelope(200, {}, body)

    assert type(caught.value).__name__ == name
    assert f"{code} (said)" in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        {"code": 10000, "data": {"total": 1}},
        {"code": "10000", "data": {"total": 1}},
        {"err_no": 0, "message": "success", "data": {"total": 1}},
        {"code": 10000, "err_no": 0, "message": "success", "data": {"total": 1}},
    ],
)
def test_success_is_code_10000_or_err_no_0_without_code(body):
    assert read_envelope(200, {}, body) == {"total": 1}


def test_an_empty_list_as_data_is_no_rows():
    assert read_envelope(200, {}, {"code": 10000, "data": []}) == {}
    assert read("orders", lambda params: {})[0] == []


@pytest.mark.parametrize("body", [{}, [], {"data": {}}, {"err_no": 7, "message": "no"}])
def test_an_answer_without_success_is_an_error_and_not_zero_orders(body):
    with pytest.raises(errors.ApiChanged):
        read_envelope(200, {}, body)


def test_a_business_day_is_asked_by_update_time():
    older = Window(DAY.since - timedelta(days=1), DAY.since - timedelta(days=1))
    _, api = read("orders", lambda params: {"total": 0, "shop_order_list": []}, older)

    assert api.calls == [
        (
            ORDERS,
            {
                "order_by": "update_time",
                "order_asc": True,
                "update_time_start": SINCE - 86400,
                "update_time_end": UNTIL - 86400,
                "page": 0,
                "size": 100,
            },
        )
    ]
    assert datetime.fromtimestamp(UNTIL, SHANGHAI).isoformat() == "2026-04-15T23:59:59+08:00"


def test_the_newest_day_is_read_up_to_now_for_orders_that_changed_this_morning():
    orders = [
        {"order_id": "changed", "create_time": SINCE + 5, "update_time": UNTIL + 3600},
        {"order_id": "new", "create_time": UNTIL + 5, "update_time": UNTIL + 5},
    ]

    found, api = read("orders", lambda params: {"total": 2, "shop_order_list": orders})

    assert [row["order_id"] for row in found] == ["changed"]
    assert api.asked(ORDERS)[0]["update_time_end"] == NEWEST


def test_after_sales_name_their_window_otherwise():
    _, api = read("after_sales", lambda params: {"total": 0, "has_more": False, "items": []})

    (params,) = api.asked(AFTER_SALES)
    assert (params["update_start_time"], params["update_end_time"]) == (SINCE, UNTIL)
    assert params["order_by"] == ["update_time asc"]


def shop(order_times):
    """A platform that holds orders by update time and answers one page of a window."""

    def answer(params):
        span = range(params["update_time_start"], params["update_time_end"] + 1)
        found = sorted((t, i) for i, t in order_times.items() if t in span)
        page, size = params["page"], params["size"]
        rows = [
            {"order_id": i, "create_time": t} for t, i in found[page * size : (page + 1) * size]
        ]
        return {"total": str(len(found)), "shop_order_list": rows}

    return answer


def test_every_page_is_read():
    times = {f"o{number}": SINCE + number for number in range(250)}

    found, _ = read("orders", shop(times))

    assert {row["order_id"] for row in found} == set(times)


def test_an_order_that_changes_while_paging_hides_no_other():
    times = {f"o{number:03}": SINCE + number for number in range(250)}
    answer = shop(times)

    def changing(params):
        page = answer(params)
        times.pop(f"o{params['page']:03}", None)  # it leaves the window: changed just now
        return page

    found, _ = read("orders", changing)

    assert {row["order_id"] for row in found} >= set(times)


def test_a_window_deeper_than_the_platform_goes_is_halved():
    def answer(params):
        hours = (params["update_end_time"] - params["update_start_time"] + 1) // 3600
        return {"total": "50001" if hours > 12 else "0", "items": []}

    _, api = read("after_sales", answer)

    spans = [(p["update_start_time"], p["update_end_time"]) for p in api.asked(AFTER_SALES)]
    assert spans == [
        (SINCE, UNTIL),
        (SINCE, SINCE + 43199),
        (SINCE + 43200, UNTIL),
    ]


def test_a_page_without_total_is_refused():
    with pytest.raises(errors.ApiChanged, match="total"):
        read("orders", lambda params: {"shop_order_list": [{"order_id": "1"}]})


LINE = {
    "order_id": "l1",
    "parent_order_id": "o1",
    "product_id": 3473196049974326300,
    "product_id_str": "3473196049974326153",
    "room_id": 7123456789012345700,
    "room_id_str": "7123456789012345678",
    "item_num": 2,
    "pay_amount": 500,
    "after_sale_info": {"after_sale_status": 12, "after_sale_type": 0, "refund_status": 3},
    "encrypt_post_tel": "#secret",
    "brand_new_key": "x",
}


def pages_of(total, page, *, said=None, lost=None):
    """Answer pages of 100 orders; said overrides the total, lost is a page that comes empty."""

    def answer(params):
        first, number = params["page"] * 100, params["page"]
        there = [] if number == lost else [page(n) for n in range(first, min(first + 100, total))]
        return {"total": total if said is None else said, "shop_order_list": there}

    return answer


def plain(number):
    line = {"order_id": f"{number}-1"}
    times = {"create_time": SINCE + 5, "update_time": SINCE + 9}
    return {"order_id": str(number), **times, "sku_order_list": [line]}


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_an_empty_page_among_others_is_no_end(lost):
    with pytest.raises(errors.Transient, match=f"page {lost} brought 0 rows"):
        read("orders", pages_of(250, plain, lost=lost))


def test_a_page_that_is_an_empty_list_as_data_is_no_end():
    whole = pages_of(250, plain)

    with pytest.raises(errors.Transient, match="page 1 of 250 rows"):
        read("orders", lambda params: {} if params["page"] == 1 else whole(params))


def test_a_total_smaller_than_the_page_is_not_believed():
    with pytest.raises(errors.Transient, match="brought 100 rows and says 0"):
        read("orders", pages_of(250, plain, said=0))


def test_a_total_that_no_half_lessens_ends_in_an_error():
    with pytest.raises(errors.Transient, match="120000 in the two halves"):
        read("orders", pages_of(0, plain, said=60_000))


def test_an_order_without_readable_time_is_left_to_the_quarantine():
    odd = {**plain(1), "create_time": "soon"}

    found, _ = read("orders", lambda params: {"total": 2, "shop_order_list": [odd, plain(2)]})

    assert [order["order_id"] for order in found] == ["1", "2"]


def test_lines_of_another_shape_are_left_to_the_quarantine():
    odd = {**plain(1), "sku_order_list": ["line"]}

    found, _ = read("orders", lambda params: {"total": 1, "shop_order_list": [odd]})

    assert found[0]["sku_order_list"] == ["line"]


def test_ids_of_a_line_come_from_their_texts_and_the_refund_is_flattened():
    order = {"order_id": "o1", "create_time": SINCE, "sku_order_list": [LINE]}

    ((row,), _) = read("orders", lambda params: {"total": 1, "shop_order_list": [order]})

    (line,) = row["sku_order_list"]
    assert (line["product_id"], line["room_id"]) == ("3473196049974326153", "7123456789012345678")
    assert (line["after_sale_status"], line["refund_status"]) == (12, 3)


def test_other_keys_of_a_line_lose_their_values():
    order = {"order_id": "o1", "create_time": SINCE, "sku_order_list": [LINE]}

    ((row,), _) = read("orders", lambda params: {"total": 1, "shop_order_list": [order]})

    (line,) = row["sku_order_list"]
    assert line["encrypt_post_tel"] is None
    assert "brand_new_key" in line


def test_an_after_sale_is_flat_and_knows_its_order():
    item = {
        "aftersale_info": {"aftersale_id": "a1", "related_id": "l1", "refund_status": "3"},
        "order_info": {"shop_order_id": "o1", "related_order_info": []},
        "text_part": {},
        "seller_logs": [],
    }

    found, _ = read(
        "after_sales", lambda params: {"total": 1, "has_more": "false", "items": [item]}
    )

    assert found == [
        {"aftersale_id": "a1", "related_id": "l1", "refund_status": "3", "shop_order_id": "o1"}
    ]


def test_nothing_of_the_buyer_but_a_hash_is_declared():
    orders = PLATFORM.stream("orders")
    people = ("post_tel", "post_receiver", "post_addr", "buyer_words", "mask_", "encrypt_")

    names = {field.name for field in orders.fields} | set(LINE_TYPES)

    assert not [name for name in names if any(part in name for part in people)]
    assert [field.name for field in orders.fields if field.personal] == ["doudian_open_id"]
    assert {"encrypt_post_tel", "mask_post_addr", "post_receiver"} <= orders.ignored


def test_ids_are_text():
    ids = [name for name in LINE_TYPES if name.endswith("_id")]

    assert ids
    assert {LINE_TYPES[name] for name in ids} == {pa.string()}
