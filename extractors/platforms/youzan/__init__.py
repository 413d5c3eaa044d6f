"""Youzan 有赞 (open.youzanyun.com), youzan.trades.sold.get 4.0.4, the brand's own shop.

https://doc.youzanyun.com/ ; rights and limits: docs/platforms/youzan.md. Requests are not signed.
Money is decimal text in yuan (observed, not promised); times are Shanghai's own. A half pair of
time filters is ignored in silence and would bring every trade there is: none is ever sent.

It cannot tell us: refunds. The contract has no listing of them, and refund_state stands there
without meanings, so that it is landed and not counted; sales are before refunds. Nor viewers,
posts or rooms behind a sale, the life of a token, the largest page.
"""

from datetime import time

import pyarrow as pa

from extractors.core.envelope import read_ignored
from extractors.core.model import Field, Platform, Stream
from extractors.platforms.youzan.connection import authorize, fetch_token, read_envelope
from extractors.platforms.youzan.streams import LINE, MOMENT, YUAN, trades
from tidemark.clock import business_date

TRADES = (
    Field("tid", pa.string(), required=True),
    Field("status", pa.string()),
    *(Field(name, pa.int64()) for name in ("type", "pay_type", "refund_state", "close_type")),
    Field("is_payed", pa.bool_()),
    Field("created", MOMENT, required=True),
    Field("update_time", MOMENT, required=True),
    *(Field(name, MOMENT) for name in ("pay_time", "success_time")),
    *(Field(name, YUAN) for name in ("payment", "total_fee", "post_fee")),
    Field("yz_open_id", pa.string(), personal=True),
    Field("orders", pa.list_(LINE), required=True),
)

PLATFORM = Platform(
    name="youzan",
    label_zh="有赞",
    label_en="Youzan",
    short_code="YZ",
    base_url="https://open.youzanyun.com",
    calls_per_second=5,
    authorize=authorize,
    fetch_token=fetch_token,
    read_envelope=read_envelope,
    schedule="0 9 * * *",
    streams=(
        Stream(
            name="trades",
            label_zh="订单",
            label_en="Trades",
            fields=TRADES,
            key=("tid",),
            merge="upsert_version",
            read=trades,
            day=lambda row: business_date(row["update_time"]),
            version=lambda row: row["update_time"],
            ignored=read_ignored("youzan", "trades"),
            lookback_days=2,  # a morning that failed is made good
            max_window_days=30,  # a year is the most
            ready_at=time(9),
            is_required=True,
        ),
    ),
)
