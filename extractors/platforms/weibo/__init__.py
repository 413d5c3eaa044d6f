"""Weibo API 2 (api.weibo.com), the brand's own account.

https://open.weibo.com/wiki ; quotas, rights and terms: docs/platforms/weibo.md. A normal app has
about 100 calls a day: one for the account, up to five pages each of posts and comments, one per
hundred posts for their counters. Counters read as they stand now: a missed day is a visible gap.

It cannot tell us: reads and impressions, who follows and when, posts beyond the newest 500.
"""

from datetime import time

import pyarrow as pa

from extractors.core.model import Field, Platform, Stream
from extractors.platforms.weibo import streams
from extractors.platforms.weibo.connection import authorize, fetch_token, read_envelope
from tidemark.clock import business_date

MOMENT = pa.timestamp("us", tz="UTC")

ACCOUNT_COUNTS = (
    Field("id", pa.string(), required=True),
    Field("followers_count", pa.int64(), "snapshot"),
    Field("friends_count", pa.int64(), "snapshot"),
    Field("statuses_count", pa.int64(), "snapshot"),
)
POSTS = (
    Field("idstr", pa.string(), required=True),
    Field("created_at", MOMENT, required=True),
    Field("text", pa.string()),
)
POST_COUNTS = (
    Field("id", pa.string(), required=True),
    *(Field(name, pa.int64(), "cumulative") for name in ("comments", "reposts")),
    Field("attitudes", pa.int64(), "cumulative", optional=True),
)
COMMENTS = (
    Field("idstr", pa.string(), required=True),
    Field("created_at", MOMENT, required=True),
    Field("status_id", pa.string()),
    Field("parent_id", pa.string()),
    Field("user_id", pa.string(), personal=True),
    Field("is_brand", pa.bool_()),
    Field("content_length", pa.int64()),
    Field("is_emoji_only", pa.bool_()),
)

PLATFORM = Platform(
    name="weibo",
    label_zh="微博",
    label_en="Weibo",
    short_code="WB",
    base_url="https://api.weibo.com",
    calls_per_second=1,  # 100 calls a day leave no hurry
    authorize=authorize,
    fetch_token=fetch_token,
    read_envelope=read_envelope,
    schedule="30 8 * * *",
    streams=(
        Stream(
            name="account_counts",
            label_zh="账号数据",
            label_en="Account totals",
            fields=ACCOUNT_COUNTS,
            key=("id",),
            merge="replace_slice",
            read=streams.account_counts,
            ignored=frozenset({"pagefriends_count", "private_friends_count"}),
            ready_at=time(0),
            is_snapshot=True,
            snapshot_tolerance_hours=12,
        ),
        Stream(
            name="posts",
            label_zh="微博列表",
            label_en="Posts",
            fields=POSTS,
            key=("idstr",),
            merge="upsert_version",  # the list is capped: absence says nothing
            read=streams.posts,
            ignored=frozenset(
                {
                    *("id", "mid", "source", "pic_urls", "geo", "user", "visible", "favorited"),
                    *("reposts_count", "comments_count", "attitudes_count", "truncated"),
                    *("retweeted_status", "in_reply_to_status_id", "in_reply_to_user_id"),
                }
            ),
            ready_at=time(0),
        ),
        Stream(
            name="post_counts",
            label_zh="微博累计数据",
            label_en="Post totals",
            fields=POST_COUNTS,
            key=("id",),
            merge="replace_slice",
            read=streams.post_counts,
            ready_at=time(0),
            is_snapshot=True,
            snapshot_tolerance_hours=12,
        ),
        Stream(
            name="comments",
            label_zh="收到的评论",
            label_en="Comments received",
            fields=COMMENTS,
            key=("idstr",),
            merge="upsert_version",
            read=streams.comments,
            day=lambda row: business_date(row["created_at"]),
            lookback_days=2,
            ready_at=time(0),
        ),
    ),
)
