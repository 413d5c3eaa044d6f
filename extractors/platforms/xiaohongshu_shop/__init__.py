"""Xiaohongshu Ark 小红书千帆 (ark.xiaohongshu.com), protocol 2.0, the brand's own shop.

https://open.xiaohongshu.com/ ; rights and limits: docs/platforms/xiaohongshu_shop.md.
A platform of its own beside `xiaohongshu`: that one is a content account whose notes people drop
as a file and that has no credential; a shop has an app, a secret and a seller's consent, is of
kind shop, and one brand may have either without the other.

Times are asked in seconds and come in milliseconds. Orders' money is whole fen, after-sales'
money is yuan. Lists of changes take 30 minutes at a time; the list of orders has no paid amount
and the list of after-sales no refunded one, so that each is a call of its own.

It cannot tell us: the room or note that sold an order, codes of a refused token or of throttling
(both end as a changed API until they are known), limits of calls.
"""

from datetime import time

import pyarrow as pa

from extractors.core.envelope import read_ignored
from extractors.core.model import Field, Platform, Stream
from extractors.platforms.xiaohongshu_shop.connection import (
    authorize,
    fetch_token,
    read_envelope,
)
from extractors.platforms.xiaohongshu_shop.streams import (
    APPLIED,
    LINE,
    MOMENT,
    YUAN,
    after_sales,
    orders,
)
from tidemark.clock import business_date

ORDERS = (
    Field("orderId", pa.string(), required=True),
    *(Field(name, pa.int64()) for name in ("orderType", "orderStatus", "orderAfterSalesStatus")),
    Field("cancelStatus", pa.int64()),
    Field("originalOrderId", pa.string()),
    Field("createdTime", MOMENT, required=True),
    *(Field(name, MOMENT) for name in ("paidTime", "deliveryTime", "cancelTime", "finishTime")),
    Field("updateTime", MOMENT, required=True),
    *(Field(name, pa.int64()) for name in ("totalPayAmount", "totalShippingFree")),
    Field("merchantActualReceiveAmount", pa.int64()),
    Field("userId", pa.string(), personal=True),
    Field("skuList", pa.list_(LINE), required=True),
)
AFTER_SALES = (
    Field("returnsId", pa.string(), required=True),
    Field("orderId", pa.string(), required=True),
    *(Field(name, pa.int64()) for name in ("returnType", "status", "refundStatus")),
    Field("applyTime", MOMENT),
    Field("updatedAt", MOMENT, required=True),
    *(Field(name, YUAN) for name in ("expectedRefundAmountYuan", "refundAmountYuan")),
    Field("skus", pa.list_(APPLIED)),
)

PLATFORM = Platform(
    name="xiaohongshu_shop",
    label_zh="小红书店铺",
    label_en="Xiaohongshu Shop",
    short_code="XHSS",
    base_url="https://ark.xiaohongshu.com",
    calls_per_second=5,
    authorize=authorize,
    fetch_token=fetch_token,
    read_envelope=read_envelope,
    schedule="0 9 * * *",
    streams=(
        Stream(
            name="orders",
            label_zh="订单",
            label_en="Orders",
            fields=ORDERS,
            key=("orderId",),
            merge="upsert_version",
            read=orders,
            day=lambda row: business_date(row["updateTime"]),
            version=lambda row: row["updateTime"],
            ignored=read_ignored("xiaohongshu_shop", "orders"),
            lookback_days=2,  # a morning that failed is made good
            max_window_days=30,
            ready_at=time(9),
            is_required=True,
        ),
        Stream(
            name="after_sales",
            label_zh="售后单",
            label_en="After-sales",
            fields=AFTER_SALES,
            key=("returnsId",),
            merge="upsert_version",
            read=after_sales,
            day=lambda row: business_date(row["updatedAt"]),
            version=lambda row: row["updatedAt"],
            ignored=read_ignored("xiaohongshu_shop", "after_sales"),
            lookback_days=2,  # a morning that failed is made good
            max_window_days=30,
            ready_at=time(9),
            is_required=True,
        ),
    ),
)
