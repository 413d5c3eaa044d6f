"""Douyin Shop open platform (openapi-fxg.jinritemai.com), protocol v=2, the brand's own shop.

https://op.jinritemai.com/docs/ ; permissions, limits and terms: docs/platforms/douyin_shop.md.
Times are unix seconds, money is whole fen. The published limits are few: windows of about 90
days; a depth of 50,000 rows and 20 calls a second are assumed.

It cannot tell us: who bought (only a hash of the buyer's open id is landed), what a room's
viewers did, settlement. Room, video and author of a sale stand on the order's lines.
"""

from datetime import time

import pyarrow as pa

from extractors.core.envelope import read_ignored
from extractors.core.model import Field, Platform, Stream
from extractors.platforms.douyin_shop.connection import authorize, fetch_token, read_envelope
from extractors.platforms.douyin_shop.streams import LINE_TYPES, MOMENT, after_sales, orders
from tidemark.clock import business_date

ORDERS = (
    Field("order_id", pa.string(), required=True),
    Field("shop_id", pa.string()),
    *(Field(name, pa.int64()) for name in ("order_level", "order_status", "main_status")),
    *(Field(name, pa.int64()) for name in ("order_type", "b_type", "sub_b_type", "pay_type")),
    Field("create_time", MOMENT, required=True),
    *(Field(name, MOMENT) for name in ("pay_time", "ship_time", "finish_time")),
    Field("update_time", MOMENT, required=True),
    *(Field(name, pa.int64()) for name in ("order_amount", "pay_amount", "post_amount")),
    *(Field(name, pa.int64()) for name in ("modify_amount", "promotion_amount")),
    *(Field(f"promotion_{name}_amount", pa.int64()) for name in ("shop", "platform", "talent")),
    *(Field(f"{name}_cost_amount", pa.int64()) for name in ("shop", "platform")),
    *(Field(f"{name}_cost_amount", pa.int64()) for name in ("only_platform", "author")),
    Field("doudian_open_id", pa.string(), personal=True),
    Field("sku_order_list", pa.list_(pa.struct(list(LINE_TYPES.items()))), required=True),
)
AFTER_SALES = (
    Field("aftersale_id", pa.string(), required=True),
    Field("related_id", pa.string()),
    Field("shop_order_id", pa.string()),
    *(Field(name, pa.int64()) for name in ("aftersale_type", "aftersale_status")),
    Field("refund_status", pa.int64()),
    *(Field(name, pa.int64()) for name in ("refund_amount", "refund_post_amount")),
    Field("return_promotion_amount", pa.int64()),
    *(Field(name, MOMENT) for name in ("apply_time", "create_time")),
    Field("update_time", MOMENT, required=True),
)

PLATFORM = Platform(
    name="douyin_shop",
    label_zh="抖音小店",
    label_en="Douyin Shop",
    short_code="DYS",
    base_url="https://openapi-fxg.jinritemai.com",
    calls_per_second=10,
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
            key=("order_id",),
            merge="upsert_version",
            read=orders,
            day=lambda row: business_date(row["update_time"]),
            version=lambda row: row["update_time"],
            ignored=read_ignored("douyin_shop", "orders"),
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
            key=("aftersale_id",),
            merge="upsert_version",
            read=after_sales,
            day=lambda row: business_date(row["update_time"]),
            version=lambda row: row["update_time"],
            ignored=read_ignored("douyin_shop", "after_sales"),
            lookback_days=2,  # a morning that failed is made good
            max_window_days=30,
            ready_at=time(9),
            is_required=True,
        ),
    ),
)
