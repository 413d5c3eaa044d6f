"""What may hurt the brand: mentions, complaints, penalties, answers of surveys."""

from datetime import date

from extractors.platforms.sheet.entries import (
    COUNT,
    DAY,
    MOMENT,
    TEXT,
    YES_NO,
    Entry,
    at,
    sheet,
)

COMPLAINT_KINDS = ("产品", "物流", "服务", "内容", "侵权", "其他")
SEVERITIES = ("低", "中", "高")
PENALTY_KINDS = ("警告", "限流", "下架", "禁言", "封号", "其他")

MENTIONS = sheet(
    "mentions",
    "舆情声量",
    "Mentions",
    key=("channel", "stat_date"),
    day="stat_date",
    entries=(
        Entry("channel", TEXT, "渠道", "在哪里被提到", "微博", is_needed=True),
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
        Entry(
            "mentions",
            COUNT,
            "提及量",
            "当天提到品牌的条数",
            320,
            "条",
            aliases=("声量",),
            kind="increment",
        ),
        Entry(
            "competitor_mentions",
            COUNT,
            "竞品提及量",
            "同一渠道、同一监测口径下所跟踪竞品的合计；没有监测就留空",
            540,
            "条",
            aliases=("竞品声量",),
            kind="increment",
        ),
        Entry("positive", COUNT, "正面", "判为正面的条数", 180, "条", kind="increment"),
        Entry("neutral", COUNT, "中性", "判为中性的条数", 110, "条", kind="increment"),
        Entry("negative", COUNT, "负面", "判为负面的条数", 20, "条", kind="increment"),
        Entry("unclassified", COUNT, "未判定", "没有判定的条数", 10, "条", kind="increment"),
        Entry("provider", TEXT, "数据来源", "监测产品", "监测服务商"),
        Entry("model_version", TEXT, "模型版本", "情感判定的版本", "v3"),
    ),
)

COMPLAINTS = sheet(
    "complaints",
    "投诉",
    "Complaints",
    key=("complaint_id",),
    day="received_at",
    entries=(
        Entry(
            "complaint_id",
            TEXT,
            "投诉编号",
            "工单号；不写投诉人的姓名和电话",
            "T2026-0091",
            is_needed=True,
        ),
        Entry(
            "received_at",
            MOMENT,
            "收到时间",
            "北京时间",
            at(2026, 4, 3, 9, 30),
            "时间",
            is_needed=True,
        ),
        Entry(
            "first_response_at",
            MOMENT,
            "首次响应时间",
            "北京时间；没有就留空",
            at(2026, 4, 3, 10),
            "时间",
        ),
        Entry(
            "resolved_at", MOMENT, "解决时间", "北京时间；没有就留空", at(2026, 4, 4, 15), "时间"
        ),
        Entry("kind", TEXT, "投诉类型", "从列表选", "物流", choices=COMPLAINT_KINDS),
        Entry(
            "is_malicious",
            TEXT,
            "是否恶意",
            "恶意举报单独统计",
            "否",
            choices=YES_NO,
            is_needed=True,
        ),
        Entry("severity", TEXT, "严重程度", "从列表选", "中", choices=SEVERITIES),
    ),
)

PENALTIES = sheet(
    "penalties",
    "平台处罚",
    "Platform penalties",
    key=("penalty_id",),
    day="found_at",
    entries=(
        Entry(
            "penalty_id",
            TEXT,
            "处罚编号",
            "平台通知号或内部编号",
            "P2026-004",
            is_needed=True,
        ),
        Entry(
            "found_at", MOMENT, "发现时间", "北京时间", at(2026, 4, 5, 11), "时间", is_needed=True
        ),
        Entry("kind", TEXT, "处罚类型", "从列表选", "限流", choices=PENALTY_KINDS),
        Entry(
            "post_id", TEXT, "作品ID", "被处罚的作品；不是作品就留空", "7300000000000000001", "文本"
        ),
        Entry(
            "removed_at", MOMENT, "下架时间", "北京时间；没有下架就留空", at(2026, 4, 5, 12), "时间"
        ),
        Entry(
            "closed_at", MOMENT, "处理完成时间", "北京时间；没有就留空", at(2026, 4, 6, 12), "时间"
        ),
    ),
)

SURVEY_ANSWERS = sheet(
    "survey_answers",
    "问卷回答",
    "Survey answers",
    key=("survey_id", "respondent", "question"),
    day="answered_on",
    entries=(
        Entry("survey_id", TEXT, "问卷编号", "内部编号", "S2026-01", is_needed=True),
        Entry(
            "respondent",
            TEXT,
            "答卷人编号",
            "编号入库前会加密",
            "r-0001",
            is_needed=True,
            is_personal=True,
        ),
        Entry("question", TEXT, "题目", "题号或题目", "Q1 满意度", is_needed=True),
        Entry("answer", TEXT, "回答", "选项；不写个人信息", "满意"),
        Entry(
            "answered_on", DAY, "答卷日期", "提交的日子", date(2026, 4, 8), "日期", is_needed=True
        ),
    ),
)
