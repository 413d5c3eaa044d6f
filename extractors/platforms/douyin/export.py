"""Douyin: the creator centre's export of works, which has what the API does not give.

创作者中心 → 数据中心 → 作品数据 → 导出. Counters and rates are of the work's whole life at the
moment of the export. It names no item id: publish minute and title tie a row to its video.
"""

import pyarrow as pa

from extractors.core.formats import Column, FileFormat
from extractors.core.model import Field, Stream

MOMENT = pa.timestamp("us", tz="UTC")
COUNTERS = ("plays", "likes", "shares", "comments", "saves", "profile_visits", "new_followers")
RATES = ("completion_rate", "completion_5s_rate", "cover_click_rate", "bounce_2s_rate")

FIELDS = (
    Field("title", pa.string(), required=True),
    Field("published_at", MOMENT, required=True),
    Field("form", pa.string()),
    Field("review_status", pa.string()),
    *(Field(name, pa.int64(), "cumulative") for name in COUNTERS),
    *(Field(name, pa.float64(), "snapshot") for name in RATES),
    Field("avg_play_seconds", pa.float64(), "snapshot"),
    Field("exported_on", pa.date32(), required=True),
)

COLUMNS = (
    Column("title", "作品名称", aliases=("标题",), blank=""),  # a work may have no title
    Column("published_at", "发布时间"),
    Column("form", "体裁"),
    Column("review_status", "审核状态"),
    Column("plays", "播放量"),
    Column("completion_rate", "完播率"),
    Column("completion_5s_rate", "5s完播率"),
    Column("cover_click_rate", "封面点击率"),
    Column("bounce_2s_rate", "2s跳出率"),
    Column("avg_play_seconds", "平均播放时长", written_units=("秒", "s")),
    Column("likes", "点赞量"),
    Column("shares", "分享量"),
    Column("comments", "评论量"),
    Column("saves", "收藏量"),
    Column("profile_visits", "主页访问量"),
    Column("new_followers", "粉丝增量"),
)

CREATOR_EXPORT = Stream(
    name="creator_export",
    label_zh="创作者中心作品导出",
    label_en="Creator centre export",
    fields=FIELDS,
    key=("exported_on", "published_at", "title"),
    merge="upsert_version",
    read=None,
    day=lambda row: row["exported_on"],
    file=FileFormat(COLUMNS, export_day_field="exported_on", account_platform="douyin"),
)
