"""Metrics of replies, activities, communities, costs, coupons and risk, in one dbt run."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from expectations.suites import load_suites
from tests.warehouse_fixture import all_read, days, make_build_db, query, run_dbt

FIRST, AS_OF = "2026-04-01", "2026-04-20"
OWN, SHOP, KOL, WEIBO, CORP = "douyin", "shop", "kol", "weibo", "corp"
ACCOUNTS = [
    {"account_key": key, "brand_key": brand, "platform": platform, "kind": kind}
    | {"account_id": f"{key}-id", "ownership": ownership, "active_from": date(2026, 4, 1)}
    for key, platform, kind, ownership, brand in (
        (OWN, "douyin", "social", "own", "b"),
        (SHOP, "douyin_shop", "shop", "own", "b"),
        (KOL, "douyin", "social", "kol", "b"),
        (WEIBO, "weibo", "social", "own", "other"),
        (CORP, "wecom", "community", "own", "b"),
    )
]
SHEETS = ("activities", "community_days", "spend", "kol_contracts", "coupons", "actions")
STREAMS = {
    OWN: (
        *("douyin/comments", "douyin/account_days", "sheet/mentions", "sheet/complaints"),
        *("sheet/account_days", "sheet/live_sessions"),
        *(f"sheet/{name}" for name in SHEETS),
    ),
    SHOP: ("douyin_shop/orders", "douyin_shop/after_sales"),
    WEIBO: ("weibo/comments",),
    CORP: ("wecom/owner_days", "sheet/community_days", "sheet/spend"),
}
#: the day on which a sheet that is read daily was not brought
UNREAD = {"sheet/spend": date(2026, 4, 19)}
Rows = list[dict[str, Any]]
#: negatives of 14 days with 100 classified mentions each: 48 of 1,400, median 3, MAD 1
BASELINE = (3, 4, 2, 5, 3, 4, 3, 2, 4, 3, 5, 3, 4, 3)


def at(text: str) -> datetime:
    """Return a Shanghai moment of April as the lake holds it."""
    return datetime.fromisoformat(f"2026-04-{text}:00+08:00").astimezone(UTC)


def day(number: int) -> date:
    """Return a day of April."""
    return date(2026, 4, number)


def comment(comment_id: str, moment: str, parent: str | None = None) -> dict[str, Any]:
    """Return a comment, or the brand's answer to one."""
    given = {
        "account_key": OWN,
        "item_id": "v",
        "comment_id": comment_id,
        "create_time": at(moment),
    }
    return {**given, "parent_comment_id": parent, "is_brand": parent is not None}


def order(order_id: str, number: int, author: str = f"{KOL}-id") -> dict[str, Any]:
    """Return an order of 80 yuan that another account brought."""
    line = {"order_id": order_id, "product_id": "p", "product_name": "杯子", "item_num": 1}
    moment = at(f"{number:02d}T12:00")
    return {
        **{"account_key": SHOP, "order_id": order_id, "order_status": 5, "pay_amount": 8000},
        **{"doudian_open_id": "k1:a", "dt": day(number), "create_time": moment},
        **{"pay_time": moment, "update_time": moment},
        "sku_order_list": [{**line, "pay_amount": 8000, "author_id": author}],
    }


def mention(number: int, channel: str, negative: int, classified: int) -> dict[str, Any]:
    """Return a channel's day."""
    tones = {"positive": classified - negative, "neutral": 0, "negative": negative}
    counts = {"mentions": classified + 10, "unclassified": 10, **tones}
    # nobody watches the competitors in the forum
    counts |= {"competitor_mentions": 240} if channel == "weibo" else {}
    return {"account_key": OWN, "channel": channel, "stat_date": day(number), **counts}


def mentions() -> Rows:
    """Return two channels: a calm baseline, then 18 of 150 here and 3 of 10 there."""
    calm = [
        mention(n, channel, negative, 100)
        for channel in ("weibo", "forum")
        for n, negative in enumerate(BASELINE, start=1)
    ]
    blank = {**mention(16, "forum", 30, 50), "neutral": None}
    last = [mention(n, "forum", 3, 10) for n in (15, 17)]
    return [*calm, mention(15, "weibo", 18, 150), mention(16, "weibo", 20, 100), blank, *last]


def complaint(number: int, answered: str | None, is_malicious: str = "否") -> dict[str, Any]:
    """Return a complaint of the 10th, or, still open, of the last evening."""
    received = "20T18:00" if answered == "not due" else "10T10:00"
    response = at(answered) if answered and answered != "not due" else None
    moments = {"received_at": at(received), "first_response_at": response}
    return {
        "account_key": OWN,
        "complaint_id": str(number),
        "is_malicious": is_malicious,
        **moments,
    }


def world() -> dict[str, Rows]:
    """Return an account with its comments and sheets, and a shop that another account sells for."""
    own = {"account_key": OWN}
    return {
        "douyin__account_days": [
            {**own, "date": day(n), "new_fans": 20, "total_fans": 1000} for n in range(1, 21)
        ],
        "douyin__comments": [
            comment("weekend", "10T17:00"),
            comment("r1", "13T10:00", "weekend"),
            comment("quick", "13T09:00"),
            comment("r2", "13T09:02", "quick"),
            comment("never", "13T12:00"),
            comment("early", "13T08:00"),
            comment("r3", "13T09:30", "early"),
            # due at the very end of the as-of day; open, and open but answered
            comment("edge", "20T00:00"),
            comment("open", "20T11:00"),
            comment("answered", "20T12:00"),
            comment("r5", "20T12:30", "answered"),
            comment("asked", "12T10:00"),
            comment("r4", "12T10:30", "asked"),
            # a user who joins in needs no answer
            {**comment("me too", "12T11:00", "asked"), "is_brand": False},
        ],
        "weibo__comments": [
            {"account_key": WEIBO, "idstr": "w", "status_id": "p", "created_at": at("13T10:00")}
            | {"is_brand": False},
        ],
        # the 8th is told by the sheet alone
        "wecom__owner_days": [
            {"account_key": CORP, "owner": owner, "stat_date": day(n), "chat_total": 1}
            | {"new_chat_cnt": 0, "member_total": 100, "msg_total": 40 * n}
            for owner in ("k1:a", "k1:b")
            for n in (5, 6, 7)
        ],
        "sheet__activities": [
            {**own, "activity_id": "a", "started_on": day(5), "invited": 400, "participants": 100}
            | {"participations": 150, "ugc_posts": 30, "reward_cny": 60}
            | {"ugc_authors": 25, "topic_posts": 40},
            {**own, "activity_id": "b", "started_on": day(5), "participants": 10}
            | {"ugc_posts": 0},
        ],
        "sheet__community_days": [
            {**own, "community_id": "g1", "stat_date": day(6), "members": 95, "joined": 5}
            | {"left_members": 5, "speakers": 19, "messages": 70},
            {**own, "community_id": "g2", "stat_date": day(6), "members": 50, "messages": 5},
            *(
                {"account_key": CORP, "community_id": "g", "stat_date": day(n), "members": 190}
                | {"left_members": 10, "speakers": 38, "messages": 60}
                for n in (6, 8)
            ),
        ],
        "sheet__spend": [
            {"account_key": account, "spend_on": day(5), "spend_kind": "投放", "spend_cny": 100}
            for account in (OWN, CORP)
        ],
        "sheet__kol_contracts": [
            {**own, "contract_id": "k", "signed_on": day(1), "kol_account": KOL, "fee_cny": 50}
            | {"sample_cny": 10, "boost_cny": 20, "published_on": day(1)}
            | {"post_impressions": 2000, "post_engagements": 160},
            {
                **own,
                "contract_id": "k2",
                "signed_on": day(1),
                "fee_cny": 500,
                "published_on": day(7),
            }
            | {"published_on": day(7), "post_new_followers": 10},
        ],
        "sheet__account_days": [
            {**own, "stat_date": day(5), "dm_conversations": 40, "dms_replied": 30},
            {**own, "stat_date": day(6), "followers": 1000},
        ],
        "sheet__live_sessions": [
            {**own, "live_id": "l1", "started_at": at("05T20:00"), "ended_at": at("05T22:00")}
            | {"impression_users": 9000, "session_viewers": 1800},
            {**own, "live_id": "l2", "started_at": at("06T20:00"), "ended_at": at("06T22:00")}
            | {"session_viewers": 700},
        ],
        "douyin_shop__orders": [
            order("o1", 2),
            order("o2", 6),
            order("o3", 12),
            order("o4", 18, "stranger"),
        ],
        "douyin_shop__after_sales": [
            {"account_key": SHOP, "aftersale_id": "r", "shop_order_id": "o1", "related_id": "o1"}
            | {"aftersale_type": 1, "refund_status": 3, "refund_amount": 2000}
            | {"update_time": at("05T10:00"), "dt": day(5)}
        ],
        "sheet__coupons": [
            {
                **own,
                "coupon_id": "c",
                "issued_on": day(3),
                "sent": 200,
                "claimed": 80,
                "redeemed": 20,
            }
        ],
        "sheet__actions": [
            {
                **own,
                "channel": "a",
                "action": "注册",
                "stat_date": day(4),
                "actions": 6,
                "clicks": 50,
            },
            {**own, "channel": "b", "action": "注册", "stat_date": day(4), "actions": 4},
            {"account_key": WEIBO, "channel": "a", "action": "注册", "stat_date": day(4)},
        ],
        "sheet__mentions": mentions(),
        # three in time, one late, one open and overdue, one open and not due, one malicious
        "sheet__complaints": [
            *(complaint(n, "10T15:00") for n in (1, 2, 3)),
            complaint(4, "12T10:00"),
            complaint(5, None),
            complaint(6, "not due"),
            complaint(7, None, "是"),
        ],
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build database of the world."""
    slices = [
        row
        for row in all_read(STREAMS, days(FIRST, AS_OF))
        if row["stat_date"] != UNREAD.get(f"{row['platform']}/{row['stream']}")
    ]
    path = tmp_path_factory.mktemp("dbt") / "build.duckdb"
    make_build_db(path, world(), source_days=slices, config={"account": ACCOUNTS})
    run_dbt(path, "run", "--exclude", "path:models/kpi", as_of=AS_OF, first=FIRST)
    return path


@pytest.mark.parametrize(
    ("metric", "number", "parts"),
    [
        pytest.param("comment_reply_rate", 10, (0, 1), id="over-the-weekend-is-late"),
        pytest.param("comment_reply_rate", 13, (2, 3), id="one-was-never-answered"),
        pytest.param("comment_reply_rate", 14, (0, 0), id="nobody-wrote"),
        pytest.param("reply_3min_rate", 13, (1, 3), id="within-three-minutes"),
        # the second activity invited nobody in particular
        pytest.param("activity_join_rate", 5, (100, 400), id="of-those-invited"),
        # the second group tells of neither
        pytest.param("group_active_rate", 6, (19, 95), id="speakers-of-members"),
        pytest.param("group_leave_rate", 6, (5, 100), id="left-of-all-who-were-there"),
        pytest.param("roas_kol_1d", 1, (0, 80), id="nothing-on-the-first-day"),
        pytest.param("roas_kol_3d", 3, (80, 80), id="one-order-in-three-days"),
        pytest.param("roas_net_kol_3d", 3, (80, 80), id="refunded-after-the-window"),
        pytest.param("roas_kol_7d", 7, (160, 80), id="two-orders-in-seven-days"),
        pytest.param("roas_net_kol_7d", 7, (140, 80), id="less-the-refund"),
        pytest.param("roas_kol_14d", 14, (240, 80), id="three-orders-in-fourteen-days"),
        pytest.param("coupon_claim_rate", 3, (80, 200), id="claimed-of-sent"),
        pytest.param("coupon_redemption_rate", 3, (20, 80), id="redeemed-of-claimed"),
        pytest.param("nsr", 15, (118, 160), id="tone"),
        pytest.param("negative_share", 15, (21, 160), id="negative-of-classified"),
        pytest.param("classified_share", 15, (160, 180), id="classified-of-all"),
        pytest.param("complaint_response_sla", 10, (3, 5), id="the-page"),
        pytest.param("sov", 15, (160, 400), id="where-competitors-are-watched"),
        # the second activity does not tell how many posts its topic has
        pytest.param("ugc_share", 5, (30, 40), id="of-the-topic"),
        pytest.param("dm_reply_rate", 5, (30, 40), id="conversations"),
        pytest.param("dm_reply_rate", 6, (None, None), id="nobody-counted-conversations"),
        pytest.param("live_enter_rate", 5, (1800, 9000), id="viewers-of-those-who-saw"),
        pytest.param("live_enter_rate", 6, (None, None), id="the-room-does-not-tell"),
        pytest.param("live_enter_rate", 7, (0, 0), id="no-room"),
        pytest.param("cpm_kol", 14, (80_000, 2000), id="a-thousand-impressions"),
        pytest.param("cpm_kol", 7, (0, 0), id="not-before-the-longest-window-closes"),
        pytest.param("cpv_kol", 14, (0, 0), id="no-board-tells-plays"),
        pytest.param("cpf_kol", 20, (500, 10), id="follows"),
        pytest.param("cpe_kol", 14, (80, 160), id="engagements"),
        pytest.param("cpf_kol", 14, (0, 0), id="a-board-without-follows"),
    ],
)
def test_a_ratio_has_the_parts_that_its_definition_says(
    built: Path, metric: str, number: int, parts: tuple[float, float]
) -> None:
    rows = query(
        built,
        "select numerator, denominator from marts.fct_metric_day "
        f"where metric = '{metric}' and account_key = '{OWN}' and stat_date = '{day(number)}'",
    )

    assert rows == [parts]


@pytest.mark.parametrize(
    ("metric", "basis", "number", "value"),
    [
        pytest.param("comments_received", "-", 13, 3, id="without-the-brand's-own"),
        pytest.param("activity_participants", "-", 5, 110, id="of-two-activities"),
        pytest.param("participations", "-", 5, None, id="one-activity-does-not-tell"),
        pytest.param("ugc_posts", "-", 6, 0, id="no-activity-that-day"),
        pytest.param("ugc_authors", "-", 5, None, id="one-activity-names-no-authors"),
        pytest.param("ugc_authors", "-", 6, 0, id="no-authors-without-activity"),
        pytest.param("dm_conversations", "-", 5, 40, id="one-per-user"),
        pytest.param("dm_conversations", "-", 6, None, id="sheet-without-conversations"),
        pytest.param("community_members", "-", 6, 145, id="of-both-groups"),
        # advertising 100, a reward of 60; the contract counts on the day of publication
        pytest.param("spend", "-", 5, 160, id="advertising-and-reward"),
        pytest.param("spend", "-", 1, 80, id="contract"),
        pytest.param("actions", "register", 4, 10, id="both-channels"),
        pytest.param("actions", "lead", 4, 0, id="no-leads"),
        pytest.param("mention_volume", "-", 15, 180, id="both-channels-talk"),
        # answered at once, after an hour and a half, never: the second of three, and none above
        pytest.param("first_reply_p50", "calendar", 13, 5400, id="median"),
        pytest.param("first_reply_p50", "business", 13, 1800, id="from-nine-o'clock"),
        pytest.param("first_reply_p90", "calendar", 13, None, id="falls-among-the-unanswered"),
        pytest.param("first_reply_p50", "calendar", 10, 234_000, id="over-the-weekend"),
        pytest.param("first_reply_p50", "business", 10, 7200, id="friday-and-monday-hour"),
    ],
)
def test_a_figure_is_of_its_day(
    built: Path, metric: str, basis: str, number: int, value: float | None
) -> None:
    rows = query(
        built,
        f"select value from marts.fct_metric_day where metric = '{metric}' and basis = '{basis}' "
        f"and account_key = '{OWN}' and stat_date = '{day(number)}'",
    )

    assert rows == [(value,)]


def test_members_are_told_by_one_source_and_speakers_by_the_one_that_tells_them(
    built: Path,
) -> None:
    rows = query(
        built,
        "select stat_date, members, messages, speakers, left_members, members_before_leaving "
        f"from intermediate.int_community_sum_day where account_key = '{CORP}' "
        f"and stat_date >= '{day(6)}' order by stat_date",
    )

    assert rows == [
        (day(6), 200, 80, 38, 10, 200),
        (day(7), 200, 80, None, None, None),
        (day(8), 190, 60, 38, 10, 200),
    ]


def test_the_spend_of_a_community_is_counted(built: Path) -> None:
    rows = query(
        built,
        "select stat_date, value from marts.fct_metric_day where metric = 'spend' "
        f"and account_key = '{CORP}' and stat_date in ('{day(5)}', '{day(6)}') order by stat_date",
    )

    assert rows == [(day(5), 100), (day(6), 0)]


def test_an_item_due_as_the_as_of_day_ends_is_open(built: Path) -> None:
    rows = query(
        built,
        "select items_received, items_due, items_replied_in_time "
        "from marts.fct_interaction_day "
        f"where account_key = '{OWN}' and stat_date = '{day(20)}'",
    )

    assert rows == [(3, 0, 0)]


def test_whether_an_open_item_is_answered_in_time_is_unknown_until_it_is_answered(
    built: Path,
) -> None:
    rows = query(
        built,
        "select item_key, is_replied_in_time from marts.fct_reply_item "
        f"where item_key in ('{OWN}/open', '{OWN}/answered', '{OWN}/never', '{OWN}/weekend') "
        "order by item_key",
    )

    assert rows == [
        (f"{OWN}/answered", True),
        (f"{OWN}/never", False),
        (f"{OWN}/open", None),
        (f"{OWN}/weekend", False),
    ]


def test_what_a_platform_does_not_tell_of_answers_is_unknown_also_on_a_day_without_comments(
    built: Path,
) -> None:
    rows = query(
        built,
        "select comments_received, comments_replied, items_received, items_due, "
        "items_replied_in_time, first_reply_p50_seconds from marts.fct_interaction_day "
        f"where account_key = '{WEIBO}' and stat_date in ('{day(13)}', '{day(14)}') "
        "order by stat_date",
    )

    assert rows == [(1, None, None, None, None, None), (0, None, None, None, None, None)]


def test_the_cost_of_a_follower_is_all_that_was_spent(built: Path) -> None:
    rows = query(
        built,
        "select basis, numerator, denominator from marts.fct_metric_day "
        f"where metric = 'cost_per_new_follower' and stat_date = '{day(5)}' order by basis",
    )

    # the stock stood still: who came made up for who left
    assert rows == [("gross", 160, 20), ("net", 160, 0)]


def test_the_cost_of_a_follower_is_unknown_where_nobody_brought_the_spend(built: Path) -> None:
    rows = query(
        built,
        "select stat_date, numerator, denominator from marts.fct_metric_day "
        "where metric = 'cost_per_new_follower' and basis = 'gross' "
        f"and stat_date between '{day(18)}' and '{day(19)}' order by stat_date",
    )

    assert rows == [(day(18), 0, 20), (day(19), None, None)]


def test_a_contract_s_windows_are_final_when_they_are_over(built: Path) -> None:
    rows = query(
        built,
        "select window_days, orders, paid_cny, refunded_cny, roas, roas_net, is_final "
        f"from marts.mart_kol where contract_key = '{OWN}/k' order by window_days",
    )

    assert [(*row[:2], *(float(x) for x in row[2:6]), row[6]) for row in rows] == [
        (1, 0, 0, 0, 0, 0, True),
        (3, 1, 80, 0, 1, 1, True),
        (7, 2, 160, 20, 2, 1.75, True),
        (14, 3, 240, 20, 3, 2.75, True),
    ]


def test_a_spike_needs_all_four_conditions(built: Path) -> None:
    rows = query(
        built,
        "select channel, robust_z, negative_share_low, 2 * baseline_share, is_spike "
        f"from marts.mart_mention_spike where stat_date = '{day(15)}' order by channel",
    )

    few, many = rows
    assert few[0] == "forum" and few[2] == pytest.approx(0.1078, abs=5e-5)
    assert not few[4]
    assert many[1:4] == pytest.approx((10.1175, 0.07727, 0.06857), abs=5e-6)
    assert many[4]


def test_a_channel_with_a_blank_tone_is_left_out_of_every_tone(built: Path) -> None:
    rows = query(
        built,
        "select metric, numerator, denominator from marts.fct_metric_day "
        "where metric in ('negative_share', 'nsr', 'classified_share') "
        f"and account_key = '{OWN}' and stat_date = '{day(16)}' order by metric",
    )

    # the forum tells 30 negative and 20 positive of 60, but not how many are neutral
    assert rows == [("classified_share", 100, 170), ("negative_share", 20, 100), ("nsr", 60, 100)]


def test_a_day_with_a_blank_tone_is_no_baseline(built: Path) -> None:
    rows = query(
        built,
        "select baseline_days, baseline_share from marts.mart_mention_spike "
        f"where channel = 'forum' and stat_date = '{day(17)}'",
    )

    # of the 3rd to the 16th, without the last
    assert rows == [(13, pytest.approx((sum(BASELINE[2:]) + 3) / 1210))]


def test_the_interaction_view_shows_activities_and_communities(built: Path) -> None:
    rows = query(
        built,
        "select stat_date, participants, ugc_posts, community_members, community_messages "
        f"from marts.mart_interactions where account_key = '{OWN}' "
        f"and stat_date in ('{day(5)}', '{day(6)}') order by 1",
    )

    assert rows == [(day(5), 110, 30, None, None), (day(6), None, None, 145, 75)]


def test_the_interaction_view_shows_accounts_of_communities_but_no_shops(built: Path) -> None:
    rows = query(
        built,
        "select account_key, community_members, community_speakers, comments_received "
        f"from marts.mart_interactions where stat_date = '{day(6)}' order by account_key",
    )

    assert rows == [
        (CORP, 200, 38, None),
        (OWN, 145, None, 0),
        (WEIBO, None, None, 0),
    ]


def test_the_reply_rate_of_the_view_is_that_of_the_registry(built: Path) -> None:
    view = query(
        built,
        "select stat_date, comment_reply_rate, items_replied_in_time, items_due "
        f"from marts.mart_interactions where account_key = '{OWN}' and items_due > 0 order by 1",
    )
    registry = query(
        built,
        "select stat_date, numerator / denominator, numerator, denominator "
        "from marts.fct_metric_day where metric = 'comment_reply_rate' "
        f"and account_key = '{OWN}' and denominator > 0 order by stat_date",
    )

    assert view == registry
    assert [(row[0], *row[2:]) for row in view] == [
        (day(10), 0, 1),
        (day(12), 1, 1),
        (day(13), 2, 3),
    ]


def test_two_brands_on_one_channel_have_a_row_each_that_the_gate_lets_through(built: Path) -> None:
    keys = {
        name: ", ".join(check.kwargs["columns"])
        for name, suite in load_suites("marts").items()
        for check in suite.checks
        if name.startswith("marts.") and check.rule == "is_the_key"
    }
    twice = {
        name
        for name, key in keys.items()
        if query(built, f"select {key} from {name} group by {key} having count(*) > 1")
    }

    assert len(keys) > 30
    assert twice == set()


def test_a_sale_of_an_unknown_author_is_shown_under_a_dash(built: Path) -> None:
    rows = query(
        built,
        "select attribution_method, attributed_account_key, orders from marts.mart_attribution "
        f"where paid_on in ('{day(12)}', '{day(18)}') order by paid_on",
    )

    assert rows == [("kol", KOL, 1), ("kol", "-", 1)]
