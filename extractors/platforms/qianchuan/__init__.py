"""Qianchuan 巨量千川 (api.oceanengine.com/open_api/v1.0/qianchuan): live rooms of today.

https://open.oceanengine.com ; rights, limits: docs/platforms/qianchuan.md. It tells of a Douyin
account that is bound to an ad account (`also` in config/accounts.yml, docs/decisions/0010), and of
the running day only: rooms are captured every few minutes. Money is yuan, as a number or as text.

It cannot tell us: people (views are times), the most viewers at one moment, paid orders, what
became of a room that ran over midnight, anything of a day that was not captured.
"""

import pyarrow as pa

from extractors.core.envelope import read_ignored
from extractors.core.model import Field, Platform, Stream
from extractors.platforms.qianchuan.connection import authorize, fetch_token, read_envelope
from extractors.platforms.qianchuan.streams import AMOUNTS, COUNTS, live_sessions
from tidemark.clock import business_date

MOMENT = pa.timestamp("us", tz="UTC")

# a figure that is absent is not available; it is not 0
LIVE_SESSIONS = (
    Field("room_id", pa.string(), required=True),
    Field("room_status", pa.string(), required=True),
    Field("room_title", pa.string()),
    Field("aweme_id", pa.string()),
    Field("start_time", MOMENT, required=True),
    Field("end_time", MOMENT, optional=True),
    *(Field(name, pa.float64(), "cumulative", optional=True) for name in AMOUNTS),
    *(Field(name, pa.int64(), "cumulative", optional=True) for name in COUNTS),
)

PLATFORM = Platform(
    name="qianchuan",
    label_zh="巨量千川",
    label_en="Qianchuan",
    short_code="QC",
    base_url="https://api.oceanengine.com",
    calls_per_second=5,
    authorize=authorize,
    fetch_token=fetch_token,
    read_envelope=read_envelope,
    streams=(
        Stream(
            name="live_sessions",
            label_zh="今日直播间",
            label_en="Live rooms of today",
            fields=LIVE_SESSIONS,
            # the last capture of each state: one on air never replaces one after the end
            key=("room_id", "room_status"),
            merge="upsert_version",
            read=live_sessions,
            day=lambda row: business_date(row["start_time"]),
            ignored=read_ignored("qianchuan", "live_sessions"),
            max_window_days=1,
            is_snapshot=True,
            snapshot_tolerance_hours=0,
            every_minutes=5,
        ),
    ),
)
