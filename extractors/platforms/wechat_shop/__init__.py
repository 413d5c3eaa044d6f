"""WeChat Channels Shop 微信小店 (api.weixin.qq.com/channels/ec), the brand's own shop.

https://developers.weixin.qq.com/doc/store/shop/ ; rights, limits: docs/platforms/wechat_shop.md.
Lists give ids only: each order and each after-sale is a call of its own. Times are unix seconds,
money is whole fen. A status may go back (20, then 10): pay_info says what is paid.

It cannot tell us: which after-sales changed. They are listed by create time alone, so that a
refund is seen for as long as its create day is read again (look-back), and not later; what the
quota of order.get is; a line's own id (product and sku name it).
"""

from datetime import time

import pyarrow as pa

from extractors.core.envelope import read_ignored
from extractors.core.model import Field, Platform, Stream
from extractors.platforms.wechat.connection import authorize, fetch_token
from extractors.platforms.wechat_shop.connection import read_envelope
from extractors.platforms.wechat_shop.streams import (
    DETAIL,
    MOMENT,
    PRODUCT,
    REFUND,
    after_sales,
    orders,
)
from tidemark.clock import business_date

ORDERS = (
    Field("order_id", pa.string(), required=True),
    Field("status", pa.int64()),
    Field("create_time", MOMENT, required=True),
    Field("update_time", MOMENT, required=True),
    Field("openid", pa.string(), personal=True),
    Field("order_detail", DETAIL, required=True),
)
AFTER_SALES = (
    Field("after_sale_order_id", pa.string(), required=True),
    Field("order_id", pa.string(), required=True),
    *(Field(name, pa.string()) for name in ("status", "type")),
    Field("create_time", MOMENT, required=True),
    Field("update_time", MOMENT, required=True),
    Field("product_info", PRODUCT),
    Field("refund_info", REFUND),
)

PLATFORM = Platform(
    name="wechat_shop",
    label_zh="微信小店",
    label_en="WeChat Shop",
    short_code="WXS",
    base_url="https://api.weixin.qq.com",
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
            ignored=read_ignored("wechat_shop", "orders"),
            lookback_days=2,  # a morning that failed is made good
            max_window_days=6,  # the newest day is read up to now, and 7 days are the most
            ready_at=time(9),
            is_required=True,
        ),
        Stream(
            name="after_sales",
            label_zh="售后单",
            label_en="After-sales",
            fields=AFTER_SALES,
            key=("after_sale_order_id",),
            merge="upsert_version",
            read=after_sales,
            day=lambda row: business_date(row["create_time"]),
            version=lambda row: row["update_time"],
            ignored=read_ignored("wechat_shop", "after_sales"),
            lookback_days=15,  # listed by create time only: a refund shows when its day is reread
            max_window_days=6,
            ready_at=time(9),
            is_required=True,
        ),
    ),
)
