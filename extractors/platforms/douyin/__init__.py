"""Douyin open platform (open.douyin.com), server API v1, data of the brand's own account.

https://developer.open-douyin.com/docs/resource/zh-CN/dop/develop/openapi/ ; scopes, quotas and
terms: docs/platforms/douyin.md. Day series reach back 30 days and are there from about 10:00 on
the next day; per-video series exist for videos created within 30 days.

It cannot tell us: unfollows, reads of image posts, saves, live rooms, buyers, viewers by person.
"""

from datetime import time

import pyarrow as pa

from extractors.core.model import Field, Platform, Stream
from extractors.platforms.douyin.audience import FIELDS as AUDIENCE
from extractors.platforms.douyin.audience import audience
from extractors.platforms.douyin.connection import authorize, fetch_token, read_envelope
from extractors.platforms.douyin.export import CREATOR_EXPORT
from extractors.platforms.douyin.streams import (
    REACH_DAYS,
    account_days,
    comments,
    video_days,
    video_totals,
    videos,
)
from tidemark.clock import business_date

MOMENT = pa.timestamp("us", tz="UTC")
READY_AT = time(10, 30)

ACCOUNT_DAYS = (
    Field("date", pa.date32(), required=True),
    Field("new_issue", pa.int64(), "increment"),
    Field("total_issue", pa.int64(), "cumulative"),
    Field("new_play", pa.int64(), "increment"),
    Field("new_fans", pa.int64(), "increment"),
    Field("total_fans", pa.int64(), "cumulative"),
    Field("new_like", pa.int64(), "increment"),
    Field("new_comment", pa.int64(), "increment"),
    Field("new_share", pa.int64(), "increment"),
    Field("profile_uv", pa.int64(), "window_total"),
)
VIDEOS = (
    Field("item_id", pa.string(), required=True),
    Field("title", pa.string()),
    Field("create_time", MOMENT, required=True),
    Field("is_top", pa.bool_()),
    Field("is_reviewed", pa.bool_()),
    Field("video_status", pa.int64()),
    Field("media_type", pa.int64()),
    Field("share_url", pa.string()),
)
VIDEO_TOTALS = (
    Field("item_id", pa.string(), required=True),
    Field("play_count", pa.int64(), "cumulative"),
    Field("digg_count", pa.int64(), "cumulative"),
    Field("comment_count", pa.int64(), "cumulative"),
    Field("share_count", pa.int64(), "cumulative"),
    Field("forward_count", pa.int64(), "cumulative", optional=True),
    Field("download_count", pa.int64(), "cumulative", optional=True),
    Field("avg_play_duration", pa.float64(), "snapshot", optional=True),
)
VIDEO_DAYS = (
    Field("item_id", pa.string(), required=True),
    Field("date", pa.date32(), required=True),
    Field("play", pa.int64(), "increment"),
    Field("like", pa.int64(), "increment"),
    Field("comment", pa.int64(), "increment"),
    Field("share", pa.int64(), "increment"),
)
COMMENTS = (
    Field("comment_id", pa.string(), required=True),
    Field("item_id", pa.string(), required=True),
    Field("parent_comment_id", pa.string()),
    Field("create_time", MOMENT, required=True),
    Field("digg_count", pa.int64(), "cumulative"),
    Field("reply_comment_total", pa.int64(), "cumulative", optional=True),
    Field("top", pa.bool_(), optional=True),
    Field("comment_user_id", pa.string(), personal=True),
    Field("is_brand", pa.bool_()),
    Field("content_length", pa.int64()),
    Field("is_emoji_only", pa.bool_()),
)

PLATFORM = Platform(
    name="douyin",
    label_zh="抖音",
    label_en="Douyin",
    short_code="DY",
    base_url="https://open.douyin.com",
    # assumed: nobody publishes it; the option calls_per_second of an account overrides
    calls_per_second=30,
    workers=8,
    authorize=authorize,
    fetch_token=fetch_token,
    read_envelope=read_envelope,
    schedule="30 10 * * *",
    streams=(
        Stream(
            name="account_days",
            label_zh="账号日数据",
            label_en="Account days",
            fields=ACCOUNT_DAYS,
            key=("date",),
            merge="replace_slice",
            read=account_days,
            day=lambda row: row["date"],
            lookback_days=2,
            reach_days=REACH_DAYS,
            ready_at=READY_AT,
            is_dense=True,
            is_required=True,
        ),
        Stream(
            name="videos",
            label_zh="作品列表",
            label_en="Videos",
            fields=VIDEOS,
            key=("item_id",),
            merge="upsert_version",
            read=videos,
            ignored=frozenset({"cover", "statistics", "video_id"}),
            ready_at=READY_AT,
            is_complete_listing=True,
        ),
        Stream(
            name="video_totals",
            label_zh="作品累计数据",
            label_en="Video totals",
            fields=VIDEO_TOTALS,
            key=("item_id",),
            merge="replace_slice",
            read=video_totals,
            ready_at=READY_AT,
            is_snapshot=True,
            snapshot_tolerance_hours=12,
        ),
        Stream(
            name="video_days",
            label_zh="作品日数据",
            label_en="Video days",
            fields=VIDEO_DAYS,
            key=("item_id", "date"),
            # a later reading no longer knows older videos: absence says nothing
            merge="upsert_version",
            read=video_days,
            day=lambda row: row["date"],
            lookback_days=2,
            reach_days=REACH_DAYS,
            ready_at=READY_AT,
        ),
        Stream(
            name="comments",
            label_zh="作品评论",
            label_en="Comments",
            fields=COMMENTS,
            key=("comment_id",),
            merge="upsert_version",
            read=comments,
            day=lambda row: business_date(row["create_time"]),
            ready_at=READY_AT,
        ),
        Stream(
            name="audience",
            label_zh="粉丝画像",
            label_en="Audience",
            fields=AUDIENCE,
            key=("dimension", "item"),
            merge="replace_slice",
            read=audience,
            ready_at=READY_AT,
            is_dense=True,
            is_snapshot=True,
            snapshot_tolerance_hours=12,
        ),
        CREATOR_EXPORT,
    ),
)
