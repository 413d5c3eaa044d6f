"""The sandbox's WeChat keeps the platform's rules."""

from datetime import date, timedelta

import pytest
import requests

from sandbox.routes.wechat.datacube import RETIRED
from tests.sandbox_calls import wechat_days, wechat_post, wechat_token

PUBLISHED, COMMENTS = "/cgi-bin/freepublish/batchget", "/cgi-bin/comment/list"
SPANS = {
    "getusersummary": 7,
    "getusercumulate": 7,
    "getbizsummary": 30,
    "getarticleread": 1,
    "getarticleshare": 1,
    "getarticletotaldetail": 1,
    "getupstreammsg": 7,
}
YESTERDAY = date(2026, 4, 15)


def code(answer):
    return answer.get("errcode", 0)


def span(days):
    return str(YESTERDAY - timedelta(days=days - 1)), str(YESTERDAY)


def article(sandbox):
    now = sandbox.settings.clock()
    known = [a for a in sandbox.world.wechat[0].articles if a.published_at <= now]
    return max(known, key=lambda a: a.published_at)


def comment_call(sandbox, **changes):
    ids = {"msg_data_id": int(article(sandbox).msg_data_id), "index": 0}
    return wechat_post(sandbox, COMMENTS, {**ids, "begin": 0, "count": 49, "type": 0, **changes})


def test_the_stable_token_stays_until_five_minutes_before_its_end(sandbox):
    first = wechat_token(sandbox)
    sandbox.set_clock("2026-04-16T12:39:59+08:00")
    same = wechat_token(sandbox)
    sandbox.set_clock("2026-04-16T12:40:00+08:00")
    new = wechat_token(sandbox)
    overlap = wechat_post(
        sandbox, PUBLISHED, {"offset": 0, "count": 1}, token=first["access_token"]
    )

    assert first["expires_in"] == 7200
    assert "errcode" not in first
    assert same["access_token"] == first["access_token"]
    assert same["expires_in"] == 301
    assert new["access_token"] != first["access_token"]
    assert code(overlap) == 0


def test_a_forced_refresh_is_ignored_within_thirty_seconds(sandbox):
    first = wechat_token(sandbox, force_refresh=True)["access_token"]
    sandbox.set_clock("2026-04-16T10:45:29+08:00")
    soon = wechat_token(sandbox, force_refresh=True)["access_token"]
    sandbox.set_clock("2026-04-16T10:45:30+08:00")
    later = wechat_token(sandbox, force_refresh=True)["access_token"]

    assert soon == first
    assert later != first


def test_a_day_has_twenty_forced_refreshes(sandbox):
    codes = []
    for minute in range(21):
        sandbox.set_clock(f"2026-04-16T10:{minute:02d}:00+08:00")
        codes.append(code(wechat_token(sandbox, force_refresh=True)))

    assert codes == [0] * 20 + [45009]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({"appid": "wx-x"}, 40013), ({"secret": "x"}, 40125), ({"grant_type": "x"}, 40002)],
)
def test_wrong_credentials_have_codes(sandbox, changes, expected):
    assert code(wechat_token(sandbox, **changes)) == expected


def test_tokens_are_missing_unknown_or_expired(sandbox):
    token = wechat_token(sandbox)["access_token"]
    url = f"{sandbox.base_url}/wechat{PUBLISHED}"
    missing = requests.post(url, json={}, timeout=5).json()
    unknown = wechat_post(sandbox, PUBLISHED, {}, token="nonsense")
    sandbox.set_clock("2026-04-16T12:45:00+08:00")
    expired = wechat_post(sandbox, PUBLISHED, {}, token=token)

    assert [code(answer) for answer in (missing, unknown, expired)] == [41001, 40001, 42001]
    assert " rid: " in expired["errmsg"]


@pytest.mark.parametrize("name", sorted(SPANS))
def test_a_window_is_as_long_as_the_endpoint_allows(sandbox, name):
    longest = wechat_days(sandbox, name, *span(SPANS[name]))
    longer = wechat_days(sandbox, name, *span(SPANS[name] + 1))

    assert "errcode" not in longest
    assert code(longer) == 61501


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("2026-04-16", "2026-04-16"),
        ("2026-04-15", "2026-04-14"),
        ("2026-04-17", "2026-04-17"),
        ("2014-11-30", "2014-11-30"),
    ],
    ids=["today", "backwards", "tomorrow", "before the first day"],
)
def test_impossible_windows_are_refused(sandbox, begin, end):
    assert code(wechat_days(sandbox, "getusersummary", begin, end)) == 61501


@pytest.mark.parametrize(
    "name", ["getarticleread", "getarticleshare", "getarticletotaldetail", "getbizsummary"]
)
def test_article_statistics_begin_in_november_2025(sandbox, name):
    before = wechat_days(sandbox, name, "2025-10-31", "2025-10-31")
    first = wechat_days(sandbox, name, "2025-11-01", "2025-11-01")

    assert (code(before), code(first)) == (61501, 0)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"begin_date": "2026/04/15", "end_date": "2026-04-15"}, 61500),
        ({"begin_date": "2026-04-15"}, 47001),
        ({"begin_date": "2026-04-15", "end_date": "2026-04-15", "appid": "x"}, 47001),
        (["2026-04-15"], 47001),
    ],
    ids=["format", "missing", "more than two", "no object"],
)
def test_the_body_is_two_dates_and_nothing_else(sandbox, body, expected):
    assert code(wechat_post(sandbox, "/datacube/getusersummary", body)) == expected


@pytest.mark.parametrize("name", sorted(SPANS))
def test_yesterday_is_there_from_eight_o_clock(sandbox, name):
    sandbox.set_clock("2026-04-16T07:59:59+08:00")
    early = wechat_days(sandbox, name, "2026-04-15", "2026-04-15")
    sandbox.set_clock("2026-04-16T08:00:00+08:00")
    later = wechat_days(sandbox, name, "2026-04-15", "2026-04-15")

    assert (code(early), code(later)) == (61503, 0)


@pytest.mark.parametrize("name", RETIRED)
def test_retired_endpoints_say_so(sandbox, name):
    answer = wechat_days(sandbox, name, "2026-04-15", "2026-04-15")

    assert code(answer) == 47009
    assert "offline" in answer["errmsg"]


@pytest.mark.parametrize("path", ["/cgi-bin/datacube/getusersummary", "/datacube/nothing"])
def test_paths_that_do_not_exist_are_404_and_empty(sandbox, path):
    answer = requests.post(f"{sandbox.base_url}/wechat{path}", json={}, timeout=5)

    assert (answer.status_code, answer.content) == (404, b"")


def test_totals_of_an_article_grow_for_thirty_days_and_stay(sandbox):
    published = sandbox.world.wechat[0].articles[0]
    day = str(published.published_at.date())
    (row,) = wechat_days(sandbox, "getarticletotaldetail", day, day)["list"]
    readers = [stat["read_user"] for stat in row["detail_list"]]

    assert row["msgid"] == f"{published.msg_data_id}_1"
    assert len(readers) == 31
    assert readers == sorted(readers)
    assert readers[-1] > readers[0] > 0


def test_sources_of_readers_overlap_and_the_whole_stands_first(sandbox):
    (row,) = wechat_days(sandbox, "getbizsummary", "2026-04-15", "2026-04-15")["list"]
    sources = row["detail"]["read_user_source"]

    assert sources[0] == {"scene_desc": "全部", "user_count": row["detail"]["read_user"]}
    assert {source["scene_desc"] for source in sources[1:]} == {"公众号消息", "推荐"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"offset": 0, "count": 20}, 0),
        ({"offset": 0, "count": 21}, 40007),
        ({"offset": 0, "count": 0}, 40007),
        ({"offset": "0", "count": 20}, 47001),
        ({"count": 20}, 47001),
    ],
)
def test_published_items_come_twenty_a_page(sandbox, body, expected):
    assert code(wechat_post(sandbox, PUBLISHED, body)) == expected


def test_published_items_are_paged_by_offset_newest_first(sandbox):
    first = wechat_post(sandbox, PUBLISHED, {"offset": 0, "count": 20})
    rest = wechat_post(sandbox, PUBLISHED, {"offset": 20, "count": 20})
    times = [item["update_time"] for item in first["item"] + rest["item"]]

    assert first["total_count"] == len(times) > 20
    assert (first["item_count"], rest["item_count"]) == (20, len(times) - 20)
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(("count", "expected"), [(49, 0), (50, 40007), (0, 40007)])
def test_fewer_than_fifty_comments_a_page(sandbox, count, expected):
    assert code(comment_call(sandbox, count=count)) == expected


def test_the_index_of_comments_counts_from_zero(sandbox):
    found = comment_call(sandbox, index=0)
    beside = comment_call(sandbox, index=1)

    assert [row["user_comment_id"] for row in found["comment"]] == [1, 2, 3]
    assert found["comment"][0]["reply"]["content"] == "谢谢"
    assert "reply" not in found["comment"][1]
    assert code(beside) == 88001


def test_the_total_of_comments_is_that_of_the_page(sandbox):
    page = comment_call(sandbox, begin=1, count=1)
    beyond = comment_call(sandbox, begin=3)

    assert (page["total"], beyond["total"], beyond["comment"]) == (1, 0, [])


def test_every_endpoint_has_a_quota_of_its_own_until_midnight_in_shanghai(sandbox):
    sandbox.set_clock("2026-04-16T23:50:00+08:00")
    sandbox.limit(calls_per_day=1)
    used = [
        code(wechat_days(sandbox, name, "2026-04-15", "2026-04-15"))
        for name in ("getusersummary", "getusersummary", "getusercumulate")
    ]
    sandbox.set_clock("2026-04-17T00:00:00+08:00")
    again = code(wechat_days(sandbox, "getusersummary", "2026-04-15", "2026-04-15"))

    assert used == [0, 45009, 0]
    assert again == 0


def test_too_many_calls_in_a_moment_have_a_code(sandbox):
    token = wechat_token(sandbox)["access_token"]
    sandbox.limit(calls_per_second=1)
    codes = [
        code(wechat_post(sandbox, PUBLISHED, {"offset": 0, "count": 1}, token)) for _ in range(2)
    ]

    assert codes == [0, 45011]
