"""The content calendar: what is planned, reviewed and published."""

from extractors.platforms.sheet.entries import (
    MOMENT,
    TEXT,
    YES_NO,
    Entry,
    at,
    sheet,
)

FORMS = ("视频", "图文", "文章", "直播")
VERDICTS = ("通过", "退回", "待审")

CONTENT_CALENDAR = sheet(
    "content_calendar",
    "内容日历",
    "Content calendar",
    key=("planned_id",),
    day="planned_at",
    entries=(
        Entry(
            "planned_id",
            TEXT,
            "选题编号",
            "内部编号，不重复",
            "C2026-0301",
            aliases=("计划编号",),
            is_needed=True,
        ),
        Entry(
            "planned_at",
            MOMENT,
            "计划发布时间",
            "北京时间",
            at(2026, 3, 1, 12),
            "时间",
            aliases=("计划时间",),
            is_needed=True,
        ),
        Entry("title", TEXT, "选题", "暂定标题", "春季新品开箱", aliases=("标题",)),
        Entry(
            "content_form", TEXT, "内容形式", "从列表选", "视频", aliases=("体裁",), choices=FORMS
        ),
        Entry(
            "content_topic",
            TEXT,
            "话题支柱",
            "选题所属的话题",
            "新品",
            aliases=("内容支柱", "话题"),
        ),
        Entry("is_original", TEXT, "是否原创", "从列表选", "是", aliases=("原创",), choices=YES_NO),
        Entry(
            "review_verdict",
            TEXT,
            "审核结论",
            "从列表选；没有送审就留空",
            "通过",
            aliases=("审核结果",),
            choices=VERDICTS,
        ),
        Entry("reviewed_at", MOMENT, "审核时间", "北京时间", at(2026, 2, 28, 18), "时间"),
        Entry("reviewer", TEXT, "审核人", "岗位或工号，不写手机号", "内容主管"),
        Entry(
            "post_id",
            TEXT,
            "作品ID",
            "发布后平台给的编号",
            "7300000000000000001",
            aliases=("作品编号", "视频ID"),
        ),
    ),
)
