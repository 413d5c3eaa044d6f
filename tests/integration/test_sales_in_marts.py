"""Sales of several shops in the marts: freight, cancellations, refunds of whole orders, origin."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse_fixture import broken_rules, make_build_db, query, run_dbt

Row = dict[str, Any]
SHOPS = ("wechat_shop", "xiaohongshu_shop", "youzan", "douyin_shop")
TABLES = ("fct_order", "fct_order_line", "fct_refund", "mart_attribution")
DAY = date(2026, 5, 1)


def at(day: int, hour: int = 10) -> datetime:
    return datetime.fromisoformat(f"2026-05-{day:02d}T{hour:02d}:00:00+08:00").astimezone(UTC)


def account(platform: str) -> Row:
    key = {"account_key": f"{platform}_main", "brand_key": "acme", "platform": platform}
    return {**key, "account_id": platform, "ownership": "own", "kind": "shop"}


def wechat_order() -> Row:
    """Return an order of two lines of 40.00 with freight of 0.50 in what the buyer owes."""
    lines = [{"product_id": p, "sku_id": "s", "sku_cnt": 1, "real_price": 4000} for p in "pq"]
    price = {"order_price": 8050, "freight": 50}
    detail = {"product_infos": lines, "price_info": price, "pay_info": {"pay_time": at(1)}}
    key = {"account_key": "wechat_shop_main", "order_id": "w", "status": 100, "dt": DAY}
    return {**key, "create_time": at(1), "update_time": at(1), "order_detail": detail}


def wechat_refund(product: str, fen: int) -> Row:
    key = {"account_key": "wechat_shop_main", "after_sale_order_id": product, "order_id": "w"}
    told = {"status": "MERCHANT_REFUND_SUCCESS", "refund_info": {"amount": fen}, "dt": DAY}
    of = {"product_info": {"product_id": product, "sku_id": "s"}, "update_time": at(4)}
    return {**key, **told, **of, "create_time": at(3)}


def xiaohongshu_order() -> Row:
    skus = {"a": 3000, "b": 3000, "c": 4000}
    lines = [{"skuId": s, "skuQuantity": 1, "totalPaidAmount": fen} for s, fen in skus.items()]
    key = {"account_key": "xiaohongshu_shop_main", "orderId": "x", "orderStatus": 7, "dt": DAY}
    money = {"totalPayAmount": 10850, "totalShippingFree": 850, "skuList": lines, "orderType": 1}
    return {**key, **money, "createdTime": at(1), "paidTime": at(1), "updateTime": at(1)}


def xiaohongshu_refund() -> Row:
    """Return a refund that names two of three lines, so that it is one of the order."""
    key = {"account_key": "xiaohongshu_shop_main", "returnsId": "xr", "orderId": "x", "dt": DAY}
    told = {"refundStatus": 2, "refundAmountYuan": Decimal("10.01"), "updatedAt": at(4)}
    return {**key, **told, "status": 4, "skus": [{"skuId": "a"}, {"skuId": "b"}]}


def youzan_trade() -> Row:
    key = {"account_key": "youzan_main", "tid": "y", "status": "TRADE_SUCCESS", "dt": DAY}
    money = {"payment": Decimal("88.50"), "post_fee": Decimal("8.50")}
    line = {"oid": "y1", "item_id": "i", "num": 1, "payment": Decimal("80.00")}
    moments = {"created": at(1), "update_time": at(1), "pay_time": at(1)}
    return {**key, **money, **moments, "orders": [line]}


def douyin_order(order_id: str, *, status: int = 5, **line: Any) -> Row:
    item = {"order_id": order_id, "product_id": "p", "item_num": 1, "pay_amount": 8000, **line}
    key = {"account_key": "douyin_shop_main", "order_id": order_id, "order_status": status}
    money = {"pay_amount": 8000, "post_amount": 10, "sku_order_list": [item]}
    return {
        **key,
        **money,
        "create_time": at(1),
        "pay_time": at(1),
        "update_time": at(1),
        "dt": DAY,
    }


def douyin_refund(order_id: str) -> Row:
    key = {"account_key": "douyin_shop_main", "aftersale_id": f"r{order_id}"}
    told = {"shop_order_id": order_id, "related_id": order_id, "refund_status": 3}
    return {**key, **told, "refund_amount": 8000, "update_time": at(4), "dt": DAY}


def rows() -> Mapping[str, list[Row]]:
    return {
        "wechat_shop__orders": [wechat_order()],
        "wechat_shop__after_sales": [wechat_refund("p", 4000), wechat_refund("q", 4050)],
        "xiaohongshu_shop__orders": [xiaohongshu_order()],
        "xiaohongshu_shop__after_sales": [xiaohongshu_refund()],
        "youzan__trades": [youzan_trade()],
        "douyin_shop__orders": [
            douyin_order("7001"),
            douyin_order("7002", status=4),
            douyin_order("7003", room_id="9001", author_id="own"),
        ],
        "douyin_shop__after_sales": [douyin_refund("7002")],
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sales") / "build.duckdb"
    own = {"account_key": "douyin_acme", "brand_key": "acme", "platform": "douyin"}
    accounts = [account(shop) for shop in SHOPS]
    accounts.append({**own, "account_id": "own", "ownership": "own", "kind": "social"})
    make_build_db(path, rows(), config={"account": accounts})
    wanted = (*TABLES, "fct_attribution_candidate", "fct_live_session", "dim_account")
    run_dbt(path, "run", *(w for t in wanted for w in ("--select", f"+{t}")), as_of="2026-05-12")
    return path


def test_freight_is_no_sale_and_stands_beside_it(built: Path) -> None:
    found = query(built, "select order_id, paid_cny, freight_cny from marts.fct_order order by 1")

    assert found == [
        ("7001", Decimal("80.00"), Decimal("0.10")),
        ("7002", Decimal("0.00"), None),
        ("7003", Decimal("80.00"), Decimal("0.10")),
        ("w", Decimal("80.00"), Decimal("0.50")),
        ("x", Decimal("100.00"), Decimal("8.50")),
        ("y", Decimal("80.00"), Decimal("8.50")),
    ]


def test_freight_that_went_back_with_the_goods_is_no_refund(built: Path) -> None:
    found = query(
        built,
        "select o.refunded_cny, o.net_cny, l.refunded_cny from marts.fct_order as o "
        "join marts.fct_order_line as l using (order_key) where o.order_id = 'w'",
    )

    assert found == [(Decimal("80.00"), Decimal("0.00"), Decimal("40.00"))] * 2


def test_a_refund_of_an_order_falls_to_its_lines_by_what_was_paid(built: Path) -> None:
    found = query(
        built,
        "select line_key, refunded_cny from marts.fct_order_line "
        "where order_key like '%/x' order by line_key",
    )

    key = "xiaohongshu_shop_main/x"
    shares = {"a": "3.00", "b": "3.01", "c": "4.00"}
    assert found == [(f"{key}/{sku}", Decimal(share)) for sku, share in shares.items()]


def test_a_sale_whose_order_tells_no_origin_is_unattributed(built: Path) -> None:
    found = query(
        built,
        "select account_key, attribution_method, attributed_account_key, net_cny "
        "from marts.mart_attribution order by account_key, attribution_method",
    )

    assert [(*row[:3], float(row[3])) for row in found] == [
        ("douyin_shop_main", "live", "douyin_acme", 80.0),
        ("douyin_shop_main", "shop", "douyin_shop_main", 80.0),
        ("wechat_shop_main", "shop", "wechat_shop_main", 0.0),
        ("xiaohongshu_shop_main", "unattributed", "-", 89.99),
        ("youzan_main", "unattributed", "-", 80.0),
    ]


def test_such_sales_pass_the_gate_and_an_unknown_room_is_told(built: Path) -> None:
    assert broken_rules(built, *TABLES) == {("fct_order_line", "rooms_are_known")}


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("fct_order set paid_cny = 80.20", ("fct_order", "lines_add_up_to_their_order")),
        ("fct_order set refunded_cny = 88.60", ("fct_order", "refunds_do_not_exceed_paid")),
        ("fct_order_line set refunded_cny = 1", ("fct_order_line", "refunds_of_lines_add_up")),
        (
            "fct_refund set refund_cny = refund_cny + 1",
            ("fct_refund", "refunds_add_up_to_their_orders"),
        ),
    ],
)
def test_a_sum_that_does_not_hold_is_told(
    built: Path, tmp_path: Path, change: str, broken: tuple[str, str]
) -> None:
    path = tmp_path / "build.duckdb"
    query(built, "checkpoint")
    path.write_bytes(built.read_bytes())
    table, _, _ = change.partition(" ")
    order = {"fct_refund": "%/x"}.get(table, "%/y")
    query(path, f"update marts.{change} where order_key like '{order}'")

    assert broken in broken_rules(path, *TABLES)
