"""WeChat Official Account (api.weixin.qq.com): datacube, published articles, comments.

https://developers.weixin.qq.com/doc/service/api/ ; rights, quotas and terms:
docs/platforms/wechat.md. A day is there from 08:00 on the next day; the statistics of articles
begin on 2025-11-01. The six article endpoints of before are retired and never called.

It cannot tell us: read times (only readers), which articles bring followers, a reader's
identity, articles before November 2025.
"""

from datetime import date

import pyarrow as pa

from extractors.core.model import Field, Platform, Row, Stream
from extractors.platforms.wechat import streams
from extractors.platforms.wechat.connection import authorize, fetch_token, read_envelope
from tidemark.clock import business_date

MOMENT = pa.timestamp("us", tz="UTC")
SCENES = pa.list_(pa.struct([("scene_desc", pa.string()), ("user_count", pa.int64())]))
JUMPS = pa.list_(pa.struct([("position", pa.int64()), ("rate", pa.float64())]))
COUNTED = ("share_user", "zaikan_user", "like_user", "comment_count", "collection_user")

USER_SUMMARY = (
    Field("ref_date", pa.date32(), required=True),
    Field("user_source", pa.int64(), required=True),
    Field("new_user", pa.int64(), "increment"),
    Field("cancel_user", pa.int64(), "increment"),
)
USER_CUMULATE = (
    Field("ref_date", pa.date32(), required=True),
    Field("cumulate_user", pa.int64(), "cumulative"),
)
BIZ_SUMMARY = (
    Field("ref_date", pa.date32(), required=True),
    Field("read_user", pa.int64(), "window_total"),
    *(Field(name, pa.int64(), "window_total") for name in COUNTED),
    Field("redirect_ori_page_user", pa.int64(), "window_total"),
    Field("send_page_count", pa.int64(), "increment"),
    Field("read_user_source", SCENES, "window_total"),
    Field("is_delay", pa.bool_()),
)
ARTICLE_READS = (
    Field("ref_date", pa.date32(), required=True),
    Field("msgid", pa.string(), required=True),
    Field("read_user", pa.int64(), "window_total"),
    Field("read_user_source", SCENES, "window_total"),
    Field("is_delay", pa.bool_()),
)
ARTICLE_SHARES = (
    Field("ref_date", pa.date32(), required=True),
    Field("msgid", pa.string(), required=True),
    Field("share_user", pa.int64(), "window_total"),
    Field("is_delay", pa.bool_()),
)
ARTICLE_TOTALS = (
    Field("ref_date", pa.date32(), required=True),
    Field("msgid", pa.string(), required=True),
    Field("publish_type", pa.int64()),
    Field("title", pa.string()),
    Field("content_url", pa.string()),
    Field("stat_date", pa.date32(), required=True),
    Field("read_user", pa.int64(), "cumulative"),
    Field("read_user_source", SCENES, "cumulative"),
    *(Field(name, pa.int64(), "cumulative") for name in COUNTED),
    *(Field(name, pa.int64(), "cumulative") for name in ("praise_money", "read_subscribe_user")),
    *(Field(name, pa.float64(), "snapshot") for name in ("read_delivery_rate", "read_finish_rate")),
    Field("read_avg_activetime", pa.float64(), "snapshot"),  # minutes
    Field("read_jump_position", JUMPS, "snapshot"),
    Field("is_delay", pa.bool_()),
)
UPSTREAM_MESSAGES = (
    Field("ref_date", pa.date32(), required=True),
    Field("msg_type", pa.int64(), required=True),
    Field("msg_user", pa.int64(), "window_total"),
    Field("msg_count", pa.int64(), "increment"),
)
PUBLISHED_ARTICLES = (
    Field("article_id", pa.string(), required=True),
    Field("position", pa.int64(), required=True),
    Field("title", pa.string()),
    Field("url", pa.string()),
    Field("content_source_url", pa.string()),
    Field("is_deleted", pa.bool_()),
    Field("update_time", MOMENT, required=True),
)
COMMENTS = (
    Field("msg_data_id", pa.string(), required=True),
    Field("index", pa.int64(), required=True),  # from 0; the msgid of the statistics from 1
    Field("user_comment_id", pa.string(), required=True),
    Field("openid", pa.string(), optional=True, personal=True),
    Field("create_time", MOMENT, required=True),
    Field("comment_type", pa.int64()),
    Field("reply_create_time", MOMENT),
    Field("content_length", pa.int64()),
    Field("is_emoji_only", pa.bool_()),
)


def _ref_date(row: Row) -> date:
    found: date = row["ref_date"]
    return found


PLATFORM = Platform(
    name="wechat",
    label_zh="微信公众号",
    label_en="WeChat Official Account",
    short_code="WX",
    base_url="https://api.weixin.qq.com",
    # assumed: nobody publishes it; the option calls_per_second of an account overrides
    calls_per_second=30,
    workers=8,
    authorize=authorize,
    fetch_token=fetch_token,
    read_envelope=read_envelope,
    schedule="30 8 * * *",
    streams=(
        Stream(
            name="user_summary",
            label_zh="用户增减",
            label_en="Follower changes",
            fields=USER_SUMMARY,
            key=("ref_date", "user_source"),
            merge="replace_slice",
            read=streams.user_summary,
            day=_ref_date,
            lookback_days=2,  # a morning that failed is made good
            max_window_days=7,
            is_required=True,
        ),
        Stream(
            name="user_cumulate",
            label_zh="累计用户",
            label_en="Followers",
            fields=USER_CUMULATE,
            key=("ref_date",),
            merge="replace_slice",
            read=streams.user_cumulate,
            day=_ref_date,
            ignored=frozenset({"user_source"}),
            lookback_days=2,  # a morning that failed is made good
            max_window_days=7,
            is_dense=True,
            is_required=True,
        ),
        Stream(
            name="biz_summary",
            label_zh="图文汇总",
            label_en="Article summary",
            fields=BIZ_SUMMARY,
            key=("ref_date",),
            merge="replace_slice",
            read=streams.biz_summary,
            day=_ref_date,
            lookback_days=2,
            max_window_days=30,
            is_dense=True,
            is_required=True,
        ),
        Stream(
            name="article_reads",
            label_zh="图文阅读",
            label_en="Article reads",
            fields=ARTICLE_READS,
            key=("ref_date", "msgid"),
            merge="replace_slice",
            read=streams.article_reads,
            day=_ref_date,
            lookback_days=2,
            max_window_days=1,
        ),
        Stream(
            name="article_shares",
            label_zh="图文分享",
            label_en="Article shares",
            fields=ARTICLE_SHARES,
            key=("ref_date", "msgid"),
            merge="replace_slice",
            read=streams.article_shares,
            day=_ref_date,
            lookback_days=2,
            max_window_days=1,
        ),
        Stream(
            name="article_totals",
            label_zh="图文累计数据",
            label_en="Article totals",
            fields=ARTICLE_TOTALS,
            key=("msgid", "stat_date"),
            merge="replace_slice",
            read=streams.article_totals,
            day=_ref_date,
            lookback_days=streams.ARTICLE_DAYS,
            max_window_days=1,
        ),
        Stream(
            name="upstream_messages",
            label_zh="用户消息",
            label_en="Messages from users",
            fields=UPSTREAM_MESSAGES,
            key=("ref_date", "msg_type"),
            merge="replace_slice",
            read=streams.upstream_messages,
            day=_ref_date,
            lookback_days=2,  # a morning that failed is made good
            max_window_days=7,
        ),
        Stream(
            name="published_articles",
            label_zh="已发布图文",
            label_en="Published articles",
            fields=PUBLISHED_ARTICLES,
            key=("article_id", "position"),
            merge="upsert_version",
            read=streams.published_articles,
            version=lambda row: row["update_time"],
            ignored=frozenset(
                {
                    *("author", "digest", "content", "thumb_media_id", "thumb_url"),
                    *("show_cover_pic", "need_open_comment", "only_fans_can_comment"),
                }
            ),
            is_complete_listing=True,
        ),
        Stream(
            name="comments",
            label_zh="图文留言",
            label_en="Comments",
            fields=COMMENTS,
            key=("msg_data_id", "index", "user_comment_id"),
            merge="upsert_version",
            read=streams.comments,
            day=lambda row: business_date(row["create_time"]),
        ),
    ),
)
