"""Orders of any shop or ERP from a table or view of its SQL database, pulled by change.

Per account, `options: {table: …}` names the table and says which of its columns fills which field,
in what unit and time zone, and what the words of its status mean (docs/platforms/shop_database.md).
A row is an order line; a table of whole orders has one line each. What changed within a day is
read for that day; a line is superseded by itself with a later `updated_at`.

It cannot tell us: rows that are deleted instead of marked, and changes that do not move
`updated_at`. Without a pay time, a paid order counts as paid when it was created.
"""

from datetime import time

from extractors.core.model import Field, Platform, Stream
from extractors.platforms.shop_database.connection import connect
from extractors.platforms.shop_database.streams import orders
from extractors.platforms.shop_file import MOMENT
from extractors.platforms.shop_file import ORDERS as FILE_ORDERS
from tidemark.clock import business_date

# a line is what a line of a dropped file is, and says when it changed
ORDERS = (*FILE_ORDERS, Field("updated_at", MOMENT, required=True))

PLATFORM = Platform(
    name="shop_database",
    label_zh="店铺订单数据库",
    label_en="Shop order database",
    connect=connect,
    mapping="table",
    streams=(
        Stream(
            name="orders",
            label_zh="订单明细",
            label_en="Order lines",
            fields=ORDERS,
            key=("order_id", "line_id"),
            merge="upsert_version",
            read=orders,
            day=lambda row: business_date(row["updated_at"]),
            version=lambda row: row["updated_at"],
            # a transaction may end long after the moment that it wrote, and a morning may fail
            lookback_days=2,
            max_window_days=7,  # so many keys are held at once
            ready_at=time(0, 30),
            is_required=True,
        ),
    ),
)
