"""Metrics of posts: rhythm, plan, engagement, hits and what exports tell, in one dbt run."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse_fixture import all_read, days, make_build_db, query, run_dbt

FIRST, AS_OF = "2026-04-01", "2026-04-26"
WEIBO, WECHAT, BILIBILI, DOUYIN = "weibo", "wechat", "bilibili", "douyin"
XIAOHONGSHU = "xiaohongshu"
ACCOUNTS = [
    {"account_key": key, "brand_key": "b", "platform": key, "kind": "social"}
    | {"ownership": "own", "active_from": date(2026, 4, 1)}
    for key in (WEIBO, WECHAT, BILIBILI, DOUYIN, XIAOHONGSHU)
]
#: the page's example: compliant, noon missing, six posts; then half-open edges of the windows
POSTED = {
    "2026-04-06": ("08:10", "12:30", "20:05", "23:40"),
    "2026-04-07": ("08:00", "08:30", "21:00"),
    "2026-04-08": ("07:10", "08:10", "12:30", "13:00", "20:05", "21:00"),
    "2026-04-09": ("09:30", "11:30", "18:00"),
    "2026-04-10": ("09:29", "13:29", "21:59"),
}
#: articles by day, and whether the calendar calls them deep: weeks of 2, 4 and (running) 2
ARTICLES = {
    "2026-04-06": (True, False),
    "2026-04-12": (True,),
    "2026-04-13": (True, True),
    "2026-04-14": (True, True, False),
    "2026-04-20": (True, True),
}

STREAMS = {
    WEIBO: ("weibo/posts", "sheet/content_calendar", "sheet/account_days"),
    WECHAT: ("wechat/published_articles", "wechat/article_totals", "sheet/content_calendar"),
    BILIBILI: ("bilibili/videos", "bilibili/video_stats"),
    DOUYIN: ("douyin/videos", "douyin/creator_export"),
    XIAOHONGSHU: ("xiaohongshu/note_export",),
}
Rows = list[dict[str, Any]]


def at(day: str, clock: str = "10:00") -> datetime:
    """Return a minute of a Shanghai day as the lake holds it."""
    return datetime.fromisoformat(f"{day}T{clock}:00+08:00").astimezone(UTC)


def planned(account: str, post_id: str, moment: datetime, **fields: Any) -> dict[str, Any]:
    """Return a row of the calendar."""
    row = {"account_key": account, "planned_id": f"p-{post_id}", "post_id": post_id}
    return {**row, "planned_at": moment, **fields}


def articles() -> tuple[Rows, Rows]:
    """Return what WeChat tells of the articles, and their calendar rows."""
    told, plan = [], []
    for day, deep in ARTICLES.items():
        for n, is_deep in enumerate(deep):
            post_id = f"{day}-{n}"
            for later, (readers, rate) in enumerate([(100, 0.5), (300, 0.6)]):
                told.append(
                    {"account_key": WECHAT, "msgid": post_id, "ref_date": date.fromisoformat(day)}
                    | {"stat_date": date.fromisoformat(day) + timedelta(later)}
                    | {"read_user": readers, "read_finish_rate": rate, "title": post_id}
                    # the second of a day was put on the page without being sent out
                    | {"publish_type": min(n, 1), "read_delivery_rate": 0.1}
                    | {"read_user_source": scenes(readers)}
                )
            topic = {"content_topic": "深度" if is_deep else "新品"}
            plan.append(planned(WECHAT, post_id, at(day), **topic))
    return told, plan


def scenes(readers: int) -> Rows:
    """Return readers by where they came from; half of them opened the message."""
    found = {"全部": readers, "公众号消息": readers // 2}
    return [{"scene_desc": name, "user_count": count} for name, count in found.items()]


def video_stats() -> Rows:
    """Return running totals of twelve videos: 500 plays a day, one of them 12,000."""
    rows = []
    for n in range(12):
        published = date(2026, 4, 2) + timedelta(n % 3)
        for day in days("2026-04-02", AS_OF):
            if day >= published:
                age = (day - published).days + 1
                daily = 12_000 if n == 11 else 500
                rows.append(
                    {"account_key": BILIBILI, "resource_id": f"v{n}", "dt": day}
                    | {"ptime": at(str(published)), "view": daily * age, "like": 10 * age}
                    | {"danmaku": age, "reply": age, "favorite": 0, "coin": 0, "share": 2 * age}
                )
    return rows


def work(day: str, plays: int, rate: float) -> dict[str, Any]:
    """Return the one video's row of an export of the creator centre."""
    figures = {"plays": plays, "completion_rate": rate, "completion_5s_rate": 0.5}
    more = {"bounce_2s_rate": 0.2, "avg_play_seconds": 12.0, "published_at": at("2026-04-06")}
    export = {"account_key": DOUYIN, "title": "开箱", "exported_on": date.fromisoformat(day)}
    return {**export, **figures, **more}


def note(day: str, title: str, form: str, impressions: int, rate: float) -> dict[str, Any]:
    """Return a note of the 6th in an export of a day."""
    told = {"title": title, "form": form, "published_at": at("2026-04-06")}
    shown = {"impressions": impressions, "cover_click_rate": rate, "views": impressions // 5}
    exported_on = date.fromisoformat(day)
    return {"account_key": XIAOHONGSHU, "exported_on": exported_on, **told, **shown}


def world() -> dict[str, Rows]:
    """Return five accounts with posts, and a calendar that knows some of them."""
    told, plan = articles()
    reviewed = {"review_verdict": "通过", "is_original": "是"}
    late = at("2026-04-07", "09:00")
    plan += [
        planned(WEIBO, "2026-04-06-0", at("2026-04-06"), reviewed_at=at("2026-04-05"), **reviewed),
        planned(WEIBO, "2026-04-07-0", at("2026-04-07"), reviewed_at=late, **reviewed),
        planned(WEIBO, "2026-04-08-0", at("2026-04-06"), is_original="否", review_verdict="退回"),
        planned(WEIBO, "never", at("2026-04-06")),
    ]
    return {
        "weibo__posts": [
            {"account_key": WEIBO, "idstr": f"{day}-{n}", "created_at": at(day, clock)}
            for day, clocks in POSTED.items()
            for n, clock in enumerate(clocks)
        ],
        "wechat__article_totals": told,
        "sheet__content_calendar": plan,
        "sheet__account_days": [
            {"account_key": WEIBO, "stat_date": date(2026, 4, 6), "reads": 1000}
            | {"impressions": 5000, "likes": 30, "comments": 10, "shares": 5}
        ],
        "bilibili__videos": [
            {"account_key": BILIBILI, "resource_id": f"v{n}", "title": "a", "duration": 95}
            | {"ptime": at(str(date(2026, 4, 2) + timedelta(n % 3)))}
            for n in range(12)
        ],
        "bilibili__video_stats": video_stats(),
        "douyin__videos": [
            {
                "account_key": DOUYIN,
                "item_id": "d",
                "create_time": at("2026-04-06"),
                "title": "开箱",
            }
        ],
        "xiaohongshu__note_export": [
            note("2026-04-08", "a", "视频", 1000, 0.1),
            note("2026-04-20", "a", "视频", 3000, 0.2),
            note("2026-04-20", "b", "图文", 1000, 0.4),
            note("2026-04-20", "c", "图文", 500, 0.0),
        ],
        # the export in between knows nothing of the first seconds
        "douyin__creator_export": [
            work("2026-04-08", 1000, 0.3),
            work("2026-04-10", 2000, 0.3) | {"completion_5s_rate": None},
            work("2026-04-20", 3000, 0.25),
        ],
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build database of the world."""
    slices = all_read(STREAMS, days(FIRST, AS_OF))
    path = tmp_path_factory.mktemp("dbt") / "build.duckdb"
    make_build_db(path, world(), source_days=slices, config={"account": ACCOUNTS})
    run_dbt(path, "run", "--exclude", "path:models/kpi", as_of=AS_OF, first=FIRST)
    return path


def ratio(built: Path, account: str, metric: str, since: str, until: str) -> tuple[float, float]:
    """Return the sums of an account's numerators and denominators."""
    ((numerator, denominator),) = query(
        built,
        "select sum(numerator), sum(denominator) from marts.fct_metric_day "
        f"where metric = '{metric}' and account_key = '{account}' "
        f"and stat_date between '{since}' and '{until}'",
    )
    return numerator, denominator


@pytest.mark.parametrize(
    ("account", "metric", "since", "until", "parts"),
    [
        pytest.param(WEIBO, "cadence_weibo", "2026-04-06", "2026-04-08", (1, 3), id="the-page"),
        pytest.param(WEIBO, "cadence_weibo", "2026-04-09", "2026-04-09", (0, 1), id="9-30-is-late"),
        pytest.param(WEIBO, "cadence_weibo", "2026-04-10", "2026-04-10", (1, 1), id="9-29-is-not"),
        pytest.param(WEIBO, "cadence_weibo", "2026-04-11", "2026-04-12", (0, 2), id="silent-days"),
        pytest.param(WEIBO, "in_peak_share", "2026-04-06", "2026-04-06", (3, 4), id="in-peaks"),
        # weeks of 2, 4 and 2; the first days belong to a week with none
        pytest.param(WECHAT, "cadence_wechat", "2026-04-06", AS_OF, (2, 3), id="weeks"),
        pytest.param(
            WECHAT, "cadence_wechat", "2026-04-13", "2026-04-15", (0, 0), id="no-thursday"
        ),
        pytest.param(WECHAT, "read_finish_rate", "2026-04-12", "2026-04-12", (180, 300), id="read"),
        # the message reached 1,500 people; an article that was only put on the page reached nobody
        pytest.param(
            WECHAT, "read_delivery_rate", "2026-04-12", "2026-04-12", (150, 1500), id="delivered"
        ),
        pytest.param(
            WECHAT,
            "read_delivery_rate",
            "2026-04-06",
            "2026-04-06",
            (150, 1500),
            id="sent-out-only",
        ),
        pytest.param(XIAOHONGSHU, "cover_ctr", FIRST, AS_OF, (1000, 4500), id="by-impressions"),
        pytest.param(WEIBO, "original_share", "2026-04-06", "2026-04-08", (2, 3), id="known-only"),
        pytest.param(WEIBO, "plan_kept_rate", "2026-04-06", "2026-04-06", (2, 3), id="one-late"),
        # per video and day 10 likes, 1 danmaku, 1 comment and 2 shares on 500 plays
        pytest.param(BILIBILI, "er_by_play", "2026-04-20", "2026-04-20", (168, 17_500), id="er"),
        pytest.param(BILIBILI, "like_rate", "2026-04-20", "2026-04-20", (120, 17_500), id="likes"),
        pytest.param(BILIBILI, "er_common", "2026-04-20", "2026-04-20", (156, 17_500), id="common"),
        pytest.param(WEIBO, "er_by_read", "2026-04-06", "2026-04-06", (45, 1000), id="reads"),
        pytest.param(WEIBO, "er_by_impression", FIRST, AS_OF, (45, 5000), id="impressions"),
        # published on the 2nd to 4th, a week old on the 8th to 10th
        pytest.param(BILIBILI, "hit_rate", "2026-04-07", "2026-04-07", (0, 0), id="week-not-over"),
        pytest.param(BILIBILI, "hit_rate", FIRST, AS_OF, (1, 12), id="one-hit"),
        pytest.param(DOUYIN, "completion_rate", FIRST, AS_OF, (750, 3000), id="newest-export"),
        pytest.param(DOUYIN, "completion_5s_rate", FIRST, AS_OF, (1500, 3000), id="5s"),
        pytest.param(DOUYIN, "bounce_2s_rate", FIRST, AS_OF, (600, 3000), id="2s"),
        pytest.param(DOUYIN, "avg_play_seconds", FIRST, AS_OF, (36_000, 3000), id="seconds"),
    ],
)
def test_a_ratio_of_posts_has_the_parts_that_its_definition_says(
    built: Path, account: str, metric: str, since: str, until: str, parts: tuple[float, float]
) -> None:
    assert ratio(built, account, metric, since, until) == parts


@pytest.mark.parametrize(
    ("account", "metric", "day", "value"),
    [
        # eleven videos of 500 a day and one of 12,000
        pytest.param(BILIBILI, "plays", "2026-04-20", 17_500, id="plays-of-all-videos"),
        pytest.param(BILIBILI, "likes", "2026-04-20", 120, id="likes-of-all-videos"),
        pytest.param(BILIBILI, "shares", "2026-04-20", 24, id="shares-of-all-videos"),
        pytest.param(BILIBILI, "saves", "2026-04-20", 0, id="an-observed-zero"),
        # what one note gained between two exports; the two others were not known before
        pytest.param(XIAOHONGSHU, "views", "2026-04-20", 400, id="views-between-exports"),
        pytest.param(XIAOHONGSHU, "views", "2026-04-21", None, id="no-export"),
        pytest.param(XIAOHONGSHU, "views", "2026-04-08", None, id="the-first-tells-no-change"),
    ],
)
def test_what_posts_gained_is_a_figure_of_their_account(
    built: Path, account: str, metric: str, day: str, value: int | None
) -> None:
    rows = query(
        built,
        f"select value from marts.fct_metric_day where metric = '{metric}' "
        f"and account_key = '{account}' and stat_date = '{day}'",
    )

    assert rows == [(value,)]


@pytest.mark.parametrize(
    ("metric", "day", "value"),
    [
        pytest.param("posts_published", "2026-04-06", 4, id="counted-from-posts"),
        pytest.param("posts_published", "2026-04-11", 0, id="none"),
        pytest.param("unreviewed_published", "2026-04-06", 3, id="one-was-approved"),
        # approved an hour after it went out
        pytest.param("unreviewed_published", "2026-04-07", 3, id="approved-too-late"),
        pytest.param("planned_posts", "2026-04-06", 3, id="planned"),
    ],
)
def test_a_count_of_posts_is_of_the_day(built: Path, metric: str, day: str, value: int) -> None:
    rows = query(
        built,
        f"select value from marts.fct_metric_day where metric = '{metric}' "
        f"and account_key = '{WEIBO}' and stat_date = '{day}'",
    )

    assert rows == [(value,)]


@pytest.mark.parametrize(
    ("form", "parts"), [("video", (1, 3)), ("image_text", (2, 3)), ("article", (0, 3))]
)
def test_the_basis_of_a_form_s_share_names_the_form(
    built: Path, form: str, parts: tuple[int, int]
) -> None:
    rows = query(
        built,
        "select numerator, denominator from marts.fct_metric_day where metric = 'form_share' "
        f"and basis = '{form}' and account_key = '{XIAOHONGSHU}' and stat_date = '2026-04-06'",
    )

    assert rows == [parts]


def test_what_an_export_tells_is_known_from_its_day_on(built: Path) -> None:
    events = query(
        built,
        "select stat_date, known_on, numerator, denominator from intermediate.int_metric_event "
        f"where metric = 'completion_rate' and account_key = '{DOUYIN}' and denominator <> 0 "
        "order by known_on",
    )

    assert events == [
        (date(2026, 4, 6), date(2026, 4, 8), 300, 1000),
        (date(2026, 4, 6), date(2026, 4, 10), 300, 1000),
        (date(2026, 4, 6), date(2026, 4, 20), 150, 1000),
    ]


def test_an_export_adds_to_the_last_one_that_told_the_figure(built: Path) -> None:
    events = query(
        built,
        "select known_on, numerator, denominator from intermediate.int_metric_event "
        f"where metric = 'completion_5s_rate' and account_key = '{DOUYIN}' and denominator <> 0 "
        "order by known_on",
    )

    assert events == [(date(2026, 4, 8), 500, 1000), (date(2026, 4, 20), 1000, 2000)]


def test_a_week_counts_once_it_is_over(built: Path) -> None:
    events = query(
        built,
        "select stat_date, known_on, numerator from intermediate.int_metric_event "
        "where metric = 'cadence_wechat' and denominator = 1 order by stat_date",
    )

    assert events[1:] == [
        (date(2026, 4, 9), date(2026, 4, 12), 1),
        (date(2026, 4, 16), date(2026, 4, 19), 0),
        (date(2026, 4, 23), date(2026, 4, 26), 1),
    ]


def test_the_mix_of_a_week_is_of_what_is_known(built: Path) -> None:
    rows = query(
        built,
        "select week_on, item, posts, posts_of_all_items, share from marts.mart_content_mix "
        f"where account_key = '{WECHAT}' and dimension = 'topic' "
        "and week_on <= '2026-04-13' order by week_on, item",
    )

    assert rows == [
        (date(2026, 4, 6), "新品", 1, 3, pytest.approx(1 / 3)),
        (date(2026, 4, 6), "深度", 2, 3, pytest.approx(2 / 3)),
        (date(2026, 4, 13), "新品", 1, 5, 0.2),
        (date(2026, 4, 13), "深度", 4, 5, 0.8),
    ]


def test_the_length_of_a_video_is_told_where_its_platform_tells_it(built: Path) -> None:
    lengths = query(
        built,
        "select distinct platform, duration_seconds from marts.mart_content order by platform",
    )

    assert lengths == [
        (BILIBILI, 95),
        *((platform, None) for platform in (DOUYIN, WECHAT, WEIBO, XIAOHONGSHU)),
    ]
