"""Orders of any shop or ERP, from the file that it exports; how the file reads is declared.

The account's `options: {file: …}` in config/accounts.yml names the columns, their units, formats
and time zone, and what the words of its status column mean (docs/platforms/shop_file.md). A row is
an order line; a file of whole orders has one line each. A row is superseded by one of the same
order and line in a file that was exported later.

It cannot tell us: what the file leaves out. Without a pay time, a paid order counts as paid when
it was created.
"""

import pyarrow as pa

from extractors.core.model import Field, Platform, Stream
from tidemark.clock import business_date

MOMENT = pa.timestamp("us", tz="UTC")
MONEY = pa.decimal128(18, 2)
STATUSES = ("unpaid", "paid", "shipped", "finished", "cancelled", "other")

ORDERS = (
    Field("order_id", pa.string(), required=True),
    Field("line_id", pa.string(), optional=True),
    Field("buyer_id", pa.string(), optional=True, personal=True),
    Field("status", pa.string(), optional=True),
    Field("created_at", MOMENT, required=True),
    Field("paid_at", MOMENT, optional=True),
    Field("product_id", pa.string(), optional=True),
    Field("product_name", pa.string(), optional=True),
    Field("units", pa.int64(), "snapshot", optional=True),
    Field("paid_cny", MONEY, "snapshot", required=True),
    Field("refunded_cny", MONEY, "snapshot", optional=True),
    Field("refunded_at", MOMENT, optional=True),
)

PLATFORM = Platform(
    name="shop_file",
    label_zh="店铺订单导出",
    label_en="Shop order file",
    mapping="file",
    streams=(
        Stream(
            name="orders",
            label_zh="订单明细",
            label_en="Order lines",
            fields=ORDERS,
            key=("order_id", "line_id"),
            merge="upsert_version",
            read=None,
            day=lambda row: business_date(row["created_at"]),
        ),
    ),
)
