"""Xiaohongshu: the creator centre's note export; there is no API for organic notes.

创作服务平台 → 数据看板 → 笔记数据 → 导出 gives 笔记列表明细表.xlsx: a banner, then the headers,
then at most 1,000 notes. Counters are lifetime totals at the moment of the export.

It cannot tell us: a note id, a link, the account, its own export time, any past day. Publish
time and title identify a note; the account is the inbox folder; the export time is the date in
the file's name, else the time stored inside the workbook, else the moment of the drop.
"""

import pyarrow as pa

from extractors.core.formats import Column, FileFormat
from extractors.core.model import Field, Platform, Stream

MOMENT = pa.timestamp("us", tz="UTC")

NOTE_EXPORT = (
    Field("title", pa.string(), required=True),
    Field("published_at", MOMENT, required=True),
    Field("form", pa.string()),
    Field("impressions", pa.int64(), "cumulative"),
    Field("views", pa.int64(), "cumulative"),
    Field("cover_click_rate", pa.float64(), "snapshot"),
    Field("likes", pa.int64(), "cumulative"),
    Field("comments", pa.int64(), "cumulative"),
    Field("saves", pa.int64(), "cumulative"),
    Field("new_followers", pa.int64(), "cumulative"),
    Field("shares", pa.int64(), "cumulative"),
    Field("avg_watch_seconds", pa.float64(), "snapshot", optional=True),
    Field("danmaku", pa.int64(), "cumulative", optional=True),
    Field("exported_on", pa.date32(), required=True),
)

NOTE_COLUMNS = (
    Column("title", "笔记标题", aliases=("标题",), blank=""),  # a note may have no title
    Column("published_at", "首次发布时间", aliases=("发布时间", "首次发布日期")),
    Column("form", "体裁", aliases=("笔记体裁",)),
    Column("impressions", "曝光", aliases=("曝光量", "曝光数")),
    Column("views", "观看量", aliases=("观看", "观看数", "阅读量")),
    Column("cover_click_rate", "封面点击率"),
    Column("likes", "点赞", aliases=("点赞量", "点赞数")),
    Column("comments", "评论", aliases=("评论量", "评论数")),
    Column("saves", "收藏", aliases=("收藏量", "收藏数")),
    Column("new_followers", "涨粉", aliases=("涨粉量", "涨粉数")),
    Column("shares", "分享", aliases=("分享量", "分享数")),
    Column(
        "avg_watch_seconds",
        "人均观看时长",
        aliases=("平均观看时长",),
        written_units=("秒", "s"),
        is_optional=True,  # exports of 11 and 12 columns lack one or both of the last two
    ),
    Column("danmaku", "弹幕", aliases=("弹幕量", "弹幕数"), is_optional=True),
)

PLATFORM = Platform(
    name="xiaohongshu",
    label_zh="小红书",
    label_en="Xiaohongshu",
    short_code="XHS",
    streams=(
        Stream(
            name="note_export",
            label_zh="笔记列表明细表",
            label_en="Note export",
            fields=NOTE_EXPORT,
            key=("exported_on", "published_at", "title"),
            merge="upsert_version",
            read=None,
            day=lambda row: row["exported_on"],
            file=FileFormat(
                NOTE_COLUMNS, export_day_field="exported_on", account_platform="xiaohongshu"
            ),
        ),
    ),
)
