"""WeChat Channels 视频号 (api.weixin.qq.com/channels/livedashboard): the board of a live session.

https://developers.weixin.qq.com/doc/channels/API/livedashboard/ ; rights, limits:
docs/platforms/wechat_channels.md. A day lists the ids of its sessions, and each session is a call
of its own. The parts of an answer are objects, or the same as JSON text. Money is whole fen.

It cannot tell us: how often a room was watched (people only), its title, the sessions beyond the
first page of a day (nothing names a second one; such a day fails).
"""

from datetime import time

import pyarrow as pa

from extractors.core.envelope import read_ignored
from extractors.core.model import Field, Platform, Stream
from extractors.platforms.wechat.connection import authorize, fetch_token
from extractors.platforms.wechat_channels.connection import read_envelope
from extractors.platforms.wechat_channels.streams import (
    DASHBOARD,
    MOMENT,
    PROGRESS,
    SALES,
    live_sessions,
)
from tidemark.clock import business_date

LIVE_SESSIONS = (
    Field("export_id", pa.string(), required=True),
    Field("create_time", MOMENT, required=True),
    Field("live_dashboard_data", DASHBOARD, "window_total", required=True),
    Field("live_comparison_index", PROGRESS),
    # a room without goods has none
    Field("live_ec_data_summary", SALES, "window_total", optional=True),
)

PLATFORM = Platform(
    name="wechat_channels",
    label_zh="视频号",
    label_en="WeChat Channels",
    short_code="SPH",
    base_url="https://api.weixin.qq.com",
    calls_per_second=5,
    authorize=authorize,
    fetch_token=fetch_token,
    read_envelope=read_envelope,
    schedule="0 9 * * *",
    streams=(
        Stream(
            name="live_sessions",
            label_zh="直播场次",
            label_en="Live sessions",
            fields=LIVE_SESSIONS,
            key=("export_id",),
            merge="upsert_version",  # the last capture wins
            read=live_sessions,
            day=lambda row: business_date(row["create_time"]),
            ignored=read_ignored("wechat_channels", "live_sessions"),
            lookback_days=3,  # one that ran in the morning has ended; sums settle
            max_window_days=1,  # a day of too many sessions fails alone
            ready_at=time(9),
            is_required=True,
        ),
    ),
)
