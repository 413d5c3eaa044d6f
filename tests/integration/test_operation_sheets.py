"""Sheets of the operators through to the published tables: one row each, checked by hand."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tests.warehouse_fixture import make_build_db, query, run_dbt

AS_OF = date(2026, 4, 10)
ACCOUNT = "douyin_acme"


def at(day, hour):
    return datetime(2026, 4, day, hour, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


def on(day):
    return date(2026, 4, day)


ROWS = {
    "douyin/videos": [{"item_id": "v1", "create_time": at(2, 12), "title": "开箱"}],
    "sheet/content_calendar": [
        {
            **{"planned_id": "c1", "planned_at": at(2, 12), "title": "开箱", "post_id": "v1"},
            **{"content_form": "视频", "content_topic": "新品", "is_original": "是"},
            **{"review_verdict": "通过", "reviewed_at": at(1, 18), "reviewer": "内容主管"},
        },
        {"planned_id": "c2", "planned_at": at(20, 12), "content_form": "文章", "post_id": ""},
    ],
    "sheet/kol_contracts": [
        {
            **{"contract_id": "k1", "signed_on": on(2), "kol_account": "", "fee_cny": 8000},
            **{"campaign_key": "launch", "sample_cny": 300, "published_on": on(20)},
        }
    ],
    "sheet/activities": [
        {
            **{"activity_id": "a1", "started_on": on(1), "kind": "挑战赛", "invited": 100},
            **{"participants": 40, "participations": 55, "ugc_posts": 9, "reward_cny": 600},
        }
    ],
    "sheet/coupons": [
        {
            **{"coupon_id": "q1", "issued_on": on(1), "channel": "企微群", "sent": 300},
            **{"claimed": 140, "redeemed": 41, "redeemed_cny": 3280},
        }
    ],
    "sheet/spend": [
        {"spend_on": on(3), "spend_kind": "投放", "spend_cny": Decimal("1200.50")},
        {"spend_on": on(11), "spend_kind": "达人", "spend_cny": Decimal("9.00")},
    ],
    "sheet/community_days": [
        {
            **{"community_id": "wx-01", "stat_date": on(3), "members": 480, "joined": 12},
            **{"left_members": 3, "speakers": 61, "messages": 240},
        }
    ],
    "sheet/actions": [
        {"channel": "菜单", "action": "注册", "stat_date": on(3), "actions": 35, "clicks": 410}
    ],
    "sheet/competitor_days": [
        {
            **{"competitor": "douyin_acme", "stat_date": on(3), "followers": 300000},
            **{"is_estimate": "是", "provider": "监测", "likes": 5000},
        }
    ],
    "sheet/mentions": [
        {
            **{"channel": "微博", "stat_date": on(3), "mentions": 320, "positive": 180},
            **{"neutral": 110, "negative": 20, "unclassified": 10, "provider": "监测"},
        }
    ],
    "sheet/complaints": [
        {
            **{"complaint_id": "t1", "received_at": at(3, 9), "first_response_at": at(3, 10)},
            **{"resolved_at": at(12, 9), "kind": "物流", "is_malicious": "否", "severity": "中"},
        }
    ],
    "sheet/penalties": [
        {"penalty_id": "p1", "found_at": at(5, 11), "kind": "限流", "post_id": "v1"}
    ],
    "sheet/survey_answers": [
        {
            **{"survey_id": "s1", "respondent": "k1:abc", "question": "Q1", "answer": "满意"},
            "answered_on": on(8),
        }
    ],
}

# table: its columns, its one row (or rows) as of 04-10
PUBLISHED = {
    "fct_plan_post": (
        "planned_key, content_form, content_topic, review_verdict, reviewer, post_key",
        [
            ("douyin_acme/c1", "video", "新品", "passed", "内容主管", "douyin_acme/v1"),
            ("douyin_acme/c2", "article", None, None, None, None),
        ],
    ),
    "dim_post": (
        "post_key, content_topic, is_original, planned_key",
        [("douyin_acme/v1", "新品", True, "douyin_acme/c1")],
    ),
    "fct_kol_contract": (
        "contract_key, account_key, campaign_key, fee_cny, commission_cny, published_on",
        [("douyin_acme/k1", None, "launch", Decimal("8000.00"), None, None)],
    ),
    "fct_activity": (
        "activity_key, kind, invited, participants, participations, ugc_posts, reward_cny",
        [("douyin_acme/a1", "challenge", 100, 40, 55, 9, Decimal("600.00"))],
    ),
    "fct_coupon_batch": (
        "coupon_key, channel, sent, claimed, redeemed, redeemed_cny",
        [("douyin_acme/q1", "企微群", 300, 140, 41, Decimal("3280.00"))],
    ),
    "fct_spend_day": (
        "account_key, brand_key, spend_on, spend_kind, spend_cny",
        [("douyin_acme", "acme", on(3), "ads", Decimal("1200.50"))],
    ),
    "fct_community_day": (
        "community_key, stat_date, members, joined, left_members, speakers, messages",
        [("douyin_acme/wx-01", on(3), 480, 12, 3, 61, 240)],
    ),
    "fct_action_day": (
        "channel, action, brand_key, stat_date, actions, clicks",
        [("菜单", "register", "acme", on(3), 35, 410)],
    ),
    "fct_competitor_day": (
        "account_key, stat_date, followers, likes, shares, is_estimate, provider",
        [("douyin_acme", on(3), 300000, 5000, None, True, "监测")],
    ),
    "fct_mention_day": (
        "channel, stat_date, mentions, positive, neutral, negative, unclassified, provider",
        [("微博", on(3), 320, 180, 110, 20, 10, "监测")],
    ),
    "fct_complaint": (
        "complaint_key, received_at, first_response_at, resolved_at, kind, is_malicious, severity",
        [("douyin_acme/t1", at(3, 9), at(3, 10), None, "logistics", False, "medium")],
    ),
    "fct_penalty": (
        "penalty_key, post_key, found_at, kind, closed_at",
        [("douyin_acme/p1", "douyin_acme/v1", at(5, 11), "throttled", None)],
    ),
    "fct_survey_answer": (
        "survey_key, respondent_key, question, answer, answered_on",
        [("douyin_acme/s1", "k1:abc", "Q1", "满意", on(8))],
    ),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    path = tmp_path_factory.mktemp("sheets") / "build.duckdb"
    loaded = {"account_key": ACCOUNT, "dt": on(9)}
    rows = {
        name.replace("/", "__"): [{**loaded, **row} for row in found]
        for name, found in ROWS.items()
    }
    make_build_db(path, rows)
    selected = [word for table in PUBLISHED for word in ("--select", f"+{table}")]
    run_dbt(path, "run", *selected, as_of=AS_OF)
    return path


@pytest.mark.parametrize("table", PUBLISHED)
def test_a_sheet_is_published_in_the_words_of_the_house(built, table):
    columns, expected = PUBLISHED[table]

    assert query(built, f"select {columns} from marts.{table} order by 1") == expected
