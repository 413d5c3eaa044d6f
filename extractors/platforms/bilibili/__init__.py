"""Bilibili open platform (member.bilibili.com/arcopen), the brand's own account.

https://open.bilibili.com/doc ; enterprise developers only; scopes USER_DATA, ARC_BASE, ARC_DATA.
Terms and limits: docs/platforms/bilibili.md. Every figure is a running total as it stands now, so
a missed day is a gap that nothing fills. The site's private endpoints are never called.

It cannot tell us: who follows and when, comments, any past day, traffic sources.
"""

from datetime import time

import pyarrow as pa

from extractors.core.model import Field, Platform, Stream
from extractors.platforms.bilibili.connection import authorize, fetch_token, read_envelope
from extractors.platforms.bilibili.streams import (
    INCREMENTS,
    account_increments,
    account_stats,
    video_stats,
    videos,
)

MOMENT = pa.timestamp("us", tz="UTC")
READY_AT = time(0)  # a snapshot reads now
TOLERANCE_HOURS = 12  # read as late as the deadline allows: the figures are renewed about noon

_STATE = pa.struct([("state", pa.int64()), ("state_desc", pa.string())])
ACCOUNT_STATS = (
    Field("account_id", pa.string(), required=True),
    Field("following", pa.int64(), "snapshot"),
    Field("follower", pa.int64(), "snapshot"),
    Field("arc_passed_total", pa.int64(), "snapshot"),
)
ACCOUNT_INCREMENTS = (
    Field("account_id", pa.string(), required=True),
    *(Field(f"inc_{name}", pa.int64(), "window_total") for name in INCREMENTS),
)
VIDEOS = (
    Field("resource_id", pa.string(), required=True),
    Field("title", pa.string()),
    Field("tid", pa.int64()),
    Field("tag", pa.string()),
    Field("copyright", pa.int64()),
    Field("ctime", MOMENT),
    Field("ptime", MOMENT, required=True),
    Field("addit_info", _STATE),
    Field("duration", pa.int64()),
    Field("share_url", pa.string()),
)
VIDEO_STATS = (
    Field("resource_id", pa.string(), required=True),
    Field("title", pa.string()),
    Field("ptime", MOMENT),
    *(
        Field(name, pa.int64(), "cumulative")
        for name in ("view", "danmaku", "reply", "favorite", "coin", "share", "like")
    ),
)

PLATFORM = Platform(
    name="bilibili",
    label_zh="哔哩哔哩",
    label_en="Bilibili",
    short_code="BL",
    base_url="https://member.bilibili.com",
    # assumed: nobody publishes it; the option calls_per_second of an account overrides
    calls_per_second=5,
    authorize=authorize,
    fetch_token=fetch_token,
    read_envelope=read_envelope,
    schedule="0 11 * * *",
    streams=(
        Stream(
            name="account_stats",
            label_zh="账号数据",
            label_en="Account totals",
            fields=ACCOUNT_STATS,
            key=("account_id",),
            merge="replace_slice",
            read=account_stats,
            ready_at=READY_AT,
            is_snapshot=True,
            snapshot_tolerance_hours=TOLERANCE_HOURS,
        ),
        Stream(
            name="account_increments",
            label_zh="账号增量",
            label_en="Account increments",
            fields=ACCOUNT_INCREMENTS,
            key=("account_id",),
            merge="replace_slice",
            read=account_increments,
            ready_at=READY_AT,
            is_snapshot=True,
            snapshot_tolerance_hours=TOLERANCE_HOURS,
        ),
        Stream(
            name="videos",
            label_zh="稿件列表",
            label_en="Videos",
            fields=VIDEOS,
            key=("resource_id",),
            merge="upsert_version",
            read=videos,
            ignored=frozenset({"cover", "desc", "no_reprint", "reject_reason"}),
            ready_at=READY_AT,
            is_complete_listing=True,
        ),
        Stream(
            name="video_stats",
            label_zh="稿件累计数据",
            label_en="Video totals",
            fields=VIDEO_STATS,
            key=("resource_id",),
            merge="replace_slice",
            read=video_stats,
            ready_at=READY_AT,
            is_snapshot=True,
            snapshot_tolerance_hours=TOLERANCE_HOURS,
        ),
    ),
)
