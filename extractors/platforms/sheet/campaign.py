"""What a campaign costs and brings: creators, activities, coupons, spend."""

from datetime import date
from decimal import Decimal

from extractors.platforms.sheet.entries import (
    COUNT,
    DAY,
    MONEY,
    TEXT,
    Entry,
    sheet,
)

KINDS = ("挑战赛", "抽奖", "征集", "线下", "其他")
SPEND_KINDS = ("投放", "达人", "活动", "样品", "其他")

_CAMPAIGN = Entry(
    "campaign_key",
    TEXT,
    "活动代号",
    "config/campaigns 里的 key",
    "launch_2026q2",
    aliases=("营销活动",),
)

KOL_CONTRACTS = sheet(
    "kol_contracts",
    "达人合作",
    "KOL contracts",
    key=("contract_id",),
    day="signed_on",
    entries=(
        Entry("contract_id", TEXT, "合同编号", "内部编号，不重复", "K2026-018", is_needed=True),
        Entry(
            "signed_on",
            DAY,
            "签约日期",
            "合同生效的日子",
            date(2026, 3, 2),
            "日期",
            aliases=("合作日期",),
            is_needed=True,
        ),
        Entry(
            "kol_account",
            TEXT,
            "达人账号",
            "config/accounts.yml 里的账号 key；没有就留空",
            "kol_lin",
        ),
        _CAMPAIGN,
        Entry(
            "fee_cny",
            MONEY,
            "合作费",
            "不含税",
            Decimal("8000.00"),
            "元",
            aliases=("费用",),
            kind="increment",
        ),
        Entry(
            "sample_cny",
            MONEY,
            "样品成本",
            "寄样的成本价",
            Decimal("300.00"),
            "元",
            kind="increment",
        ),
        Entry(
            "commission_cny",
            MONEY,
            "佣金",
            "已结算的佣金",
            Decimal("520.00"),
            "元",
            kind="increment",
        ),
        Entry(
            "boost_cny",
            MONEY,
            "加热费",
            "为这条内容投放的费用",
            Decimal("1000.00"),
            "元",
            aliases=("投流",),
            kind="increment",
        ),
        Entry(
            "published_on",
            DAY,
            "发布日期",
            "内容上线的日子；没上线就留空",
            date(2026, 3, 10),
            "日期",
        ),
        Entry(
            "post_impressions",
            COUNT,
            "作品曝光",
            "达人后台（如星图）给出的累计数，下同",
            260000,
            "次",
            kind="snapshot",
        ),
        Entry("post_plays", COUNT, "作品播放", "播放或观看次数", 120000, "次", kind="snapshot"),
        Entry(
            "post_engagements",
            COUNT,
            "作品互动",
            "平台口径的互动数",
            5400,
            "次",
            kind="snapshot",
        ),
        Entry(
            "post_new_followers",
            COUNT,
            "作品涨粉",
            "这条内容给自有账号带来的关注",
            380,
            "人",
            kind="snapshot",
        ),
    ),
)

ACTIVITIES = sheet(
    "activities",
    "活动玩法",
    "Campaign activities",
    key=("activity_id",),
    day="started_on",
    entries=(
        Entry("activity_id", TEXT, "活动编号", "内部编号，不重复", "A2026-03", is_needed=True),
        Entry(
            "started_on", DAY, "开始日期", "活动的第一天", date(2026, 4, 1), "日期", is_needed=True
        ),
        _CAMPAIGN,
        Entry("kind", TEXT, "活动类型", "从列表选", "挑战赛", choices=KINDS),
        Entry("invited", COUNT, "邀请人数", "收到邀请的去重人数", 5000, "人", kind="snapshot"),
        Entry(
            "participants",
            COUNT,
            "参与人数",
            "去重人数；只有人次时留空",
            830,
            "人",
            kind="snapshot",
        ),
        Entry("participations", COUNT, "参与人次", "一人多次算多次", 1210, "次", kind="snapshot"),
        Entry(
            "ugc_posts",
            COUNT,
            "UGC作品数",
            "用户发布的作品",
            260,
            "篇",
            aliases=("投稿数",),
            kind="snapshot",
        ),
        Entry("ugc_authors", COUNT, "UGC作者数", "作品过审的去重作者", 210, "人", kind="snapshot"),
        Entry(
            "topic_posts",
            COUNT,
            "话题作品数",
            "话题下全部作品，含自有和达人的",
            300,
            "篇",
            kind="snapshot",
        ),
        Entry(
            "reward_cny", MONEY, "奖励成本", "奖品和现金", Decimal("6000.00"), "元", kind="snapshot"
        ),
    ),
)

COUPONS = sheet(
    "coupons",
    "优惠券",
    "Coupons",
    key=("coupon_id",),
    day="issued_on",
    entries=(
        Entry(
            "coupon_id",
            TEXT,
            "券批次号",
            "平台或内部编号",
            "Q2026-0401",
            aliases=("优惠券ID",),
            is_needed=True,
        ),
        Entry(
            "issued_on",
            DAY,
            "发券日期",
            "这一批开始发的日子",
            date(2026, 4, 1),
            "日期",
            is_needed=True,
        ),
        _CAMPAIGN,
        Entry("channel", TEXT, "渠道", "发在哪里", "企微群"),
        Entry("sent", COUNT, "发放量", "发出的张数", 3000, "张", kind="snapshot"),
        Entry("claimed", COUNT, "领取量", "被领走的张数", 1400, "张", kind="snapshot"),
        Entry("redeemed", COUNT, "核销量", "用掉的张数", 410, "张", kind="snapshot"),
        Entry(
            "redeemed_cny",
            MONEY,
            "核销金额",
            "用券订单的实付金额",
            Decimal("32800.00"),
            "元",
            kind="snapshot",
        ),
    ),
)

SPEND = sheet(
    "spend",
    "花费",
    "Spend",
    key=("spend_on", "spend_kind"),
    day="spend_on",
    entries=(
        Entry(
            "spend_on",
            DAY,
            "日期",
            "费用发生的日子，不是付款日",
            date(2026, 4, 1),
            "日期",
            is_needed=True,
        ),
        Entry(
            "spend_kind",
            TEXT,
            "费用类型",
            "从列表选；已填在达人合作或活动玩法里的费用不要再填",
            "投放",
            choices=SPEND_KINDS,
            is_needed=True,
        ),
        Entry(
            "spend_cny",
            MONEY,
            "花费金额",
            "不含税",
            Decimal("1200.00"),
            "元",
            aliases=("消耗",),
            kind="increment",
        ),
    ),
)
