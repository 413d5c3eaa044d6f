"""What days say of posts: days before the installation, edits, removals and days not read."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse_fixture import all_read, days, make_build_db, query, run_dbt

FIRST, INSTALLED, AS_OF = "2026-04-01", "2026-04-13", "2026-04-26"
WEIBO, WECHAT = "weibo", "wechat"
ACCOUNTS = [
    {"account_key": key, "brand_key": "b", "platform": key, "kind": "social"}
    | {"ownership": "own", "active_from": date(2026, 4, 1)}
    for key in (WEIBO, WECHAT)
]
STREAMS = {
    WEIBO: ("weibo/posts", "sheet/content_calendar"),
    WECHAT: ("wechat/published_articles", "wechat/article_reads", "sheet/content_calendar"),
}
Rows = list[dict[str, Any]]


def at(day: str, clock: str = "10:00") -> datetime:
    """Return a minute of a Shanghai day as the lake holds it."""
    return datetime.fromisoformat(f"{day}T{clock}:00+08:00").astimezone(UTC)


def planned(account: str, post_id: str, moment: datetime, **fields: Any) -> dict[str, Any]:
    """Return a row of the calendar."""
    row = {"account_key": account, "planned_id": f"p-{post_id}", "post_id": post_id}
    return {**row, "planned_at": moment, **fields}


def article(name: str, published: str, counted: str) -> dict[str, Any]:
    """Return what is told of a sent article on a day: two likes more each day."""
    first, day = date.fromisoformat(published), date.fromisoformat(counted)
    row = {"account_key": WECHAT, "msgid": name, "content_url": name, "ref_date": first}
    return {**row, "stat_date": day, "like_user": 2 * ((day - first).days + 1)}


def edited() -> dict[str, Rows]:
    """Return two articles of the 22nd edited two days later; one was reviewed after its day."""
    names = {"in time": at("2026-04-22", "18:00"), "late": at("2026-04-23", "09:00")}
    return {
        "wechat__article_totals": [article(name, "2026-04-22", "2026-04-22") for name in names],
        "wechat__published_articles": [
            {"account_key": WECHAT, "article_id": name, "position": 0, "url": name}
            | {"update_time": at("2026-04-24")}
            for name in names
        ],
        "sheet__content_calendar": [
            planned(WECHAT, name, at("2026-04-22"), review_verdict="通过", reviewed_at=moment)
            for name, moment in names.items()
        ],
    }


def counted() -> dict[str, Rows]:
    """Return two articles with ten readers a day; one lacks a day of totals, one of all."""
    published = {"totals missing": "2026-04-17", "all missing": "2026-04-14"}
    missing = {"totals missing": "2026-04-19", "all missing": "2026-04-16"}
    told = [
        (name, day)
        for name, first in published.items()
        for day in days(first, AS_OF)
        if str(day) != missing[name]
    ]
    return {
        "wechat__article_totals": [article(name, published[name], str(day)) for name, day in told],
        "wechat__article_reads": [
            {"account_key": WECHAT, "msgid": name, "ref_date": day, "read_user": 10}
            for name, day in [*told, ("totals missing", date(2026, 4, 19))]
        ],
    }


def listed() -> dict[str, Rows]:
    """Return posts that were out before the installation, which the listings still show."""
    posted = ("2026-04-06", "2026-04-20")
    deep = ("2026-04-07", "2026-04-08", "2026-04-20", "2026-04-21")
    return {
        "weibo__posts": [
            {"account_key": WEIBO, "idstr": day, "created_at": at(day)} for day in posted
        ],
        "wechat__published_articles": [
            {"account_key": WECHAT, "article_id": day, "position": 0, "update_time": at(day)}
            # the newest was deleted after it was out
            | {"is_deleted": day == deep[-1]}
            for day in deep
        ],
        "sheet__content_calendar": [
            *(planned(WEIBO, day, at(day)) for day in posted),
            *(planned(WECHAT, f"{day}_0", at(day), content_topic="深度") for day in deep),
        ],
    }


def world() -> dict[str, Rows]:
    """Return all of these posts."""
    found: dict[str, Rows] = {}
    for part in (listed(), edited(), counted()):
        for name, rows in part.items():
            found.setdefault(name, []).extend(rows)
    return found


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build database of the world, read from the day of the installation on."""
    slices = all_read(STREAMS, days(INSTALLED, AS_OF))
    path = tmp_path_factory.mktemp("dbt") / "build.duckdb"
    make_build_db(path, world(), source_days=slices, config={"account": ACCOUNTS})
    run_dbt(path, "run", "--exclude", "path:models/kpi", as_of=AS_OF, first=FIRST)
    return path


def parts_of(built: Path, account: str, metric: str, day: str) -> list[tuple[Any, ...]]:
    """Return numerator and denominator of an account's ratio on a day."""
    return query(
        built,
        "select numerator, denominator from marts.fct_metric_day "
        f"where metric = '{metric}' and stat_date = '{day}' and account_key = '{account}'",
    )


@pytest.mark.parametrize(
    ("account", "metric", "day", "parts"),
    [
        pytest.param(WEIBO, "plan_kept_rate", "2026-04-06", (None, None), id="plan-not-read"),
        pytest.param(WEIBO, "plan_kept_rate", "2026-04-20", (1, 1), id="plan-read"),
        pytest.param(WECHAT, "cadence_wechat", "2026-04-09", (None, None), id="week-not-read"),
        pytest.param(WECHAT, "cadence_wechat", "2026-04-16", (0, 1), id="week-without-articles"),
        pytest.param(WECHAT, "cadence_wechat", "2026-04-23", (1, 1), id="week-of-two"),
    ],
)
def test_what_becomes_known_later_of_a_day_that_was_not_read_is_unknown(
    built: Path, account: str, metric: str, day: str, parts: tuple[float | None, float | None]
) -> None:
    assert parts_of(built, account, metric, day) == [parts]


def value_of(built: Path, account: str, metric: str, day: str) -> float | None:
    """Return the value of an account's metric on a day."""
    ((value,),) = query(
        built,
        "select value from marts.fct_metric_day "
        f"where metric = '{metric}' and stat_date = '{day}' and account_key = '{account}'",
    )
    return value


def test_an_article_edited_later_was_reviewed_if_it_was_before_its_day_ended(built: Path) -> None:
    posts = query(
        built,
        "select post_id, published_at from marts.dim_post where published_on = '2026-04-22' "
        "order by post_id",
    )

    assert posts == [("in time", None), ("late", None)]
    assert value_of(built, WECHAT, "unreviewed_published", "2026-04-22") == 1


def test_a_post_that_is_deleted_later_was_published(built: Path) -> None:
    mix = query(
        built,
        "select posts from marts.mart_content_mix where account_key = 'wechat' "
        "and week_on = '2026-04-20' and item = '深度'",
    )

    assert value_of(built, WECHAT, "posts_published", "2026-04-21") == 1
    assert parts_of(built, WECHAT, "cadence_wechat", "2026-04-23") == [(1, 1)]
    assert mix == [(2,)]


@pytest.mark.parametrize(
    ("post", "exposures"), [("totals missing", 70), ("all missing", None)], ids=str
)
def test_first_days_are_complete_if_readers_of_each_of_them_are_told(
    built: Path, post: str, exposures: int | None
) -> None:
    rows = query(
        built, f"select exposures_first_7_days from marts.mart_content where post_id = '{post}'"
    )

    assert rows == [(exposures,)]


def test_likes_of_several_days_are_not_over_the_readers_of_one(built: Path) -> None:
    gained = query(
        built,
        "select stat_date, likes from marts.fct_post_day where span_days > 1 order by stat_date",
    )

    assert gained == [(date(2026, 4, 17), 4), (date(2026, 4, 20), 4)]
    # the other article's likes of that day alone, over its readers
    assert parts_of(built, WECHAT, "like_rate", "2026-04-17") == [(2, 10)]
    assert parts_of(built, WECHAT, "like_rate", "2026-04-20") == [(2, 10)]
    assert parts_of(built, WECHAT, "like_rate", "2026-04-21") == [(4, 20)]


def test_whether_a_post_is_a_hit_is_unknown_until_its_first_week_is_known(built: Path) -> None:
    rows = query(
        built,
        "select post_id, is_hit from marts.mart_content where post_id like '% missing' "
        "order by post_id",
    )

    assert rows == [("all missing", None), ("totals missing", False)]
