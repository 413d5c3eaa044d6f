"""Sheets of our own: what no API gives, filled in by the operators.

`tidemark template NAME` writes an empty one. Cells above the header say when the figures were
taken and which days they cover, so that a corrected sheet supersedes an older one and a covered
day without a row is known to be empty. A blank cell is unknown; 0 is an observed zero.
"""

from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa

from extractors.core.formats import Column, FileFormat
from extractors.core.model import Field, Platform, Row, Stream
from tidemark.clock import SHANGHAI, business_date

MOMENT = pa.timestamp("us", tz="UTC")
MONEY = pa.decimal128(18, 2)

ACCOUNT_DAYS = (
    Field("stat_date", pa.date32(), required=True),
    Field("followers", pa.int64(), "snapshot"),
    Field("new_followers", pa.int64(), "increment"),
    Field("unfollows", pa.int64(), "increment"),
    Field("active_users", pa.int64(), "window_total"),
    Field("profile_visits", pa.int64(), "increment"),
    Field("impressions", pa.int64(), "increment"),
    Field("plays", pa.int64(), "increment"),
    Field("reads", pa.int64(), "increment"),
    Field("likes", pa.int64(), "increment"),
    Field("comments", pa.int64(), "increment"),
    Field("shares", pa.int64(), "increment"),
    Field("saves", pa.int64(), "increment"),
    Field("posts_published", pa.int64(), "increment"),
)

ACCOUNT_DAY_COLUMNS = (
    Column("stat_date", "日期", "统计日，一天一行", "日期", date(2026, 3, 1), ("统计日期",)),
    Column("followers", "粉丝总数", "当天结束时的粉丝数", "人", 120000, ("累计粉丝数",)),
    Column("new_followers", "新增关注", "当天新关注，不扣取关", "人", 300, ("新增粉丝",)),
    Column("unfollows", "取消关注", "当天取消关注", "人", 20, ("取关", "取关人数")),
    Column("active_users", "活跃用户", "当天有互动的去重人数", "人", 1500, ("活跃人数",)),
    Column("profile_visits", "主页访问", "当天主页被访问次数", "次", 800, ("主页访问量",)),
    Column("impressions", "曝光量", "当天内容展示次数", "次", 90000, ("曝光",)),
    Column("plays", "播放量", "当天视频播放次数", "次", 4000, ("播放",)),
    Column("reads", "阅读量", "当天图文阅读次数", "次", None, ("阅读", "阅读次数")),
    Column("likes", "点赞量", "当天新增点赞", "次", 120, ("点赞", "点赞数")),
    Column("comments", "评论量", "当天新增评论", "条", 20, ("评论", "评论数")),
    Column("shares", "分享量", "当天新增分享或转发", "次", 20, ("分享", "分享数")),
    Column("saves", "收藏量", "当天新增收藏", "次", 0, ("收藏", "收藏数")),
    Column("posts_published", "发布篇数", "当天发布的作品数", "篇", 1, ("发文数", "作品数")),
)

LIVE_SESSIONS = (
    Field("live_id", pa.string(), required=True),
    Field("title", pa.string()),
    Field("started_at", MOMENT, required=True),
    Field("ended_at", MOMENT),
    Field("live_views", pa.int64(), "increment"),
    Field("session_viewers", pa.int64(), "window_total"),
    Field("peak_concurrent", pa.int64(), "window_total"),
    Field("session_new_followers", pa.int64(), "increment"),
    Field("live_comments", pa.int64(), "increment"),
    Field("product_clicks", pa.int64(), "increment"),
    Field("product_clickers", pa.int64(), "window_total"),
    Field("session_buyers", pa.int64(), "window_total"),
    Field("paid_orders", pa.int64(), "increment"),
    Field("paid_cny", MONEY, "increment"),
    Field("avg_watch_seconds", pa.float64(), "window_total"),
)

_STARTED = datetime(2026, 3, 5, 19, 30, tzinfo=SHANGHAI)
_ENDED = datetime(2026, 3, 5, 22, 0, tzinfo=SHANGHAI)

LIVE_SESSION_COLUMNS = (
    Column("live_id", "直播间ID", "平台给的场次编号", "文本", "7300000000000000001", ("场次ID",)),
    Column("title", "直播主题", "这一场的名称", "文本", "新品首发专场", ("直播标题", "主题")),
    Column("started_at", "开播时间", "北京时间；跨零点算开播那天", "时间", _STARTED, ("开始时间",)),
    Column("ended_at", "下播时间", "北京时间", "时间", _ENDED, ("结束时间", "关播时间")),
    Column("live_views", "观看次数", "进入直播间的次数（场观）", "次", 5200, ("场观",)),
    Column("session_viewers", "观看人数", "本场去重的观看人数", "人", 3000, ("直播观看人数",)),
    Column("peak_concurrent", "最高在线", "同时在线最多的人数", "人", 260, ("最高在线人数",)),
    Column("session_new_followers", "新增关注", "本场带来的新关注", "人", 45, ("新增粉丝",)),
    Column("live_comments", "评论次数", "本场评论条数", "条", 310, ("评论数", "互动评论")),
    Column("product_clicks", "商品点击次数", "本场商品被点击的次数", "次", 420, ("商品点击",)),
    Column("product_clickers", "商品点击人数", "本场点击商品的去重人数", "人", 300),
    Column("session_buyers", "成交人数", "本场下单付款的去重人数", "人", 36, ("购买人数",)),
    Column("paid_orders", "成交订单数", "本场付款的订单数", "单", 40, ("订单数",)),
    Column(
        "paid_cny", "成交金额", "本场付款金额，未扣退款", "元", Decimal("3200.00"), ("支付金额",)
    ),
    Column("avg_watch_seconds", "人均观看时长", "平均每人看多久", "秒", 75.5, ("平均观看时长",)),
)


def _started_on(row: Row) -> date:
    return business_date(row["started_at"])


PLATFORM = Platform(
    name="sheet",
    label_zh="运营表",
    label_en="Operation sheet",
    streams=(
        Stream(
            name="account_days",
            label_zh="账号日数据",
            label_en="Account days",
            fields=ACCOUNT_DAYS,
            key=("stat_date",),
            merge="upsert_version",
            read=None,
            day=lambda row: row["stat_date"],
            file=FileFormat(ACCOUNT_DAY_COLUMNS, is_template=True),
        ),
        Stream(
            name="live_sessions",
            label_zh="直播场次",
            label_en="Live sessions",
            fields=LIVE_SESSIONS,
            key=("live_id",),
            merge="upsert_version",
            read=None,
            day=_started_on,
            file=FileFormat(LIVE_SESSION_COLUMNS, is_template=True),
        ),
    ),
)
