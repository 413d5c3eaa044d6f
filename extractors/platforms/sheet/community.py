"""Groups, actions outside the platforms, and other brands."""

from datetime import date

from extractors.platforms.sheet.entries import (
    COUNT,
    DAY,
    TEXT,
    YES_NO,
    Entry,
    sheet,
)

ACTIONS_TAKEN = ("注册", "下载", "留资")

COMMUNITY_DAYS = sheet(
    "community_days",
    "社群日数据",
    "Community days",
    key=("community_id", "stat_date"),
    day="stat_date",
    entries=(
        Entry(
            "community_id",
            TEXT,
            "群编号",
            "微信群或 QQ 群的内部编号",
            "WX-01",
            aliases=("社群ID",),
            is_needed=True,
        ),
        Entry(
            "stat_date",
            DAY,
            "日期",
            "统计日",
            date(2026, 4, 1),
            "日期",
            aliases=("统计日期",),
            is_needed=True,
        ),
        Entry("members", COUNT, "群人数", "当天结束时的人数", 480, "人", kind="snapshot"),
        Entry("joined", COUNT, "入群人数", "当天新进", 12, "人", kind="increment"),
        Entry("left_members", COUNT, "退群人数", "当天退出", 3, "人", kind="increment"),
        Entry("speakers", COUNT, "发言人数", "当天去重", 61, "人", kind="window_total"),
        Entry("messages", COUNT, "消息数", "当天消息条数", 240, "条", kind="increment"),
    ),
)

ACTIONS = sheet(
    "actions",
    "行动转化",
    "Actions",
    key=("channel", "action", "stat_date"),
    day="stat_date",
    entries=(
        Entry("channel", TEXT, "渠道", "从哪里来", "公众号菜单", is_needed=True),
        Entry("action", TEXT, "行动", "从列表选", "注册", choices=ACTIONS_TAKEN, is_needed=True),
        Entry(
            "stat_date",
            DAY,
            "日期",
            "统计日",
            date(2026, 4, 1),
            "日期",
            aliases=("统计日期",),
            is_needed=True,
        ),
        Entry("actions", COUNT, "完成数", "当天完成的次数", 35, "次", kind="increment"),
        Entry("clicks", COUNT, "点击数", "当天点击入口的次数", 410, "次", kind="increment"),
    ),
)

COMPETITOR_DAYS = sheet(
    "competitor_days",
    "竞品日数据",
    "Competitor days",
    key=("competitor", "stat_date"),
    day="stat_date",
    entries=(
        Entry(
            "competitor",
            TEXT,
            "竞品账号",
            "config/accounts.yml 里 ownership: competitor 的 key",
            "rival_douyin",
            is_needed=True,
        ),
        Entry(
            "stat_date",
            DAY,
            "日期",
            "统计日",
            date(2026, 4, 1),
            "日期",
            aliases=("统计日期",),
            is_needed=True,
        ),
        Entry("followers", COUNT, "粉丝总数", "当天结束时", 300000, "人", kind="snapshot"),
        Entry("posts_published", COUNT, "发布篇数", "当天发布", 2, "篇", kind="increment"),
        Entry("likes", COUNT, "点赞量", "当天新增", 5000, "次", kind="increment"),
        Entry("comments", COUNT, "评论量", "当天新增", 400, "条", kind="increment"),
        Entry("shares", COUNT, "分享量", "当天新增", 210, "次", kind="increment"),
        Entry(
            "is_estimate",
            TEXT,
            "是否估算",
            "第三方的数字多为估算",
            "是",
            choices=YES_NO,
            is_needed=True,
        ),
        Entry("provider", TEXT, "数据来源", "哪家的数据", "监测服务商"),
    ),
)
