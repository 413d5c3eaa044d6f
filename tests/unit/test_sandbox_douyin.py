"""The sandbox's Douyin keeps the platform's rules."""

from datetime import date, timedelta

import pytest
import requests

from tests.sandbox_calls import (
    CLIENT_SECRET,
    OPEN_ID,
    douyin_code,
    douyin_form,
    douyin_get,
    douyin_refresh,
    douyin_token,
)

FANS = "/data/external/user/fans/"
LIST = "/api/douyin/v1/video/video_list/"
PLAYS = "/data/external/item/play/"
COMMENTS = "/item/comment/list/"


def oldest(sandbox):
    return min(sandbox.world.douyin[0].videos, key=lambda video: video.created_at)


def newest(sandbox):
    now = sandbox.settings.clock()
    videos = [v for v in sandbox.world.douyin[0].videos if v.created_at <= now]
    return max(videos, key=lambda video: video.created_at)


def busiest(sandbox):
    now = sandbox.settings.clock()
    videos = [v for v in sandbox.world.douyin[0].videos if v.created_at <= now]
    return max(videos, key=lambda video: sum(c.created_at <= now for c in video.comments))


def renewed(sandbox, refresh_token=f"rft.{OPEN_ID}"):
    return douyin_form(sandbox, "renew_refresh_token", refresh_token=refresh_token)["data"]


def test_tokens_arrive_with_spans_as_text(sandbox):
    answer = douyin_refresh(sandbox)

    assert answer["message"] == "success"
    assert answer["data"]["access_token"].startswith("act.")
    assert answer["data"]["expires_in"] == "1296000"
    assert answer["data"]["refresh_expires_in"] == "2592000"
    assert answer["data"]["open_id"] == OPEN_ID


def test_the_code_of_an_authorisation_gives_the_first_pair(sandbox):
    form = {"grant_type": "authorization_code", "code": f"code.{OPEN_ID}"}
    pair = douyin_form(sandbox, "access_token", client_secret=CLIENT_SECRET, **form)["data"]

    assert douyin_code(sandbox, FANS, pair["access_token"], date_type=7) == 0
    assert douyin_refresh(sandbox, pair["refresh_token"])["message"] == "success"


@pytest.mark.parametrize(
    ("name", "form", "code"),
    [
        ("refresh_token", {"client_key": "other"}, 10003),
        ("refresh_token", {"grant_type": "password"}, 10005),
        ("refresh_token", {"grant_type": "refresh_token"}, 10005),
        ("refresh_token", {"grant_type": "refresh_token", "refresh_token": "rft.x"}, 10010),
        ("access_token", {"grant_type": "authorization_code", "client_secret": "x"}, 10013),
        (
            "access_token",
            {"grant_type": "authorization_code", "client_secret": CLIENT_SECRET, "code": "x"},
            10007,
        ),
        ("renew_refresh_token", {"refresh_token": "rft.x"}, 10010),
    ],
)
def test_wrong_token_forms_are_refused_in_http_200(sandbox, name, form, code):
    answer = douyin_form(sandbox, name, **form)

    assert answer["message"] == "error"
    assert answer["data"]["error_code"] == code


def test_an_access_token_ends_after_fifteen_days(sandbox):
    token = douyin_token(sandbox)
    sandbox.set_clock("2026-05-01T10:44:00+08:00")
    before = douyin_code(sandbox, FANS, token, date_type=7)
    sandbox.set_clock("2026-05-01T10:45:00+08:00")
    after = douyin_code(sandbox, FANS, token, date_type=7)

    assert (before, after) == (0, 28001008)


def test_refreshing_does_not_prolong_the_refresh_token(sandbox):
    douyin_token(sandbox)
    sandbox.set_clock("2026-05-06T10:45:00+08:00")
    left = int(douyin_refresh(sandbox)["data"]["refresh_expires_in"])
    sandbox.set_clock("2026-05-16T10:45:00+08:00")
    ended = douyin_refresh(sandbox)["data"]["error_code"]

    assert timedelta(seconds=left) == timedelta(days=10)
    assert ended == 10010


def test_a_renewed_refresh_token_lives_thirty_days_more_and_the_old_one_dies(sandbox):
    sandbox.set_clock("2026-05-10T10:45:00+08:00")
    douyin_token(sandbox)
    new = renewed(sandbox)
    old = douyin_refresh(sandbox)
    sandbox.set_clock("2026-06-09T10:44:00+08:00")

    assert new["expires_in"] == "2592000"
    assert old["data"]["error_code"] == 10010
    assert douyin_refresh(sandbox, new["refresh_token"])["message"] == "success"


def test_a_refresh_token_is_renewed_five_times_at_most(sandbox):
    token = f"rft.{OPEN_ID}"
    for _ in range(5):
        token = renewed(sandbox, token)["refresh_token"]

    assert renewed(sandbox, token)["error_code"] == 10020
    assert douyin_refresh(sandbox, token)["message"] == "success"


@pytest.mark.parametrize(
    ("token", "open_id", "code"),
    [
        ("act.unknown", OPEN_ID, 28001003),
        (None, "somebody_else", 28001015),
        (None, "", 10005),
    ],
)
def test_calls_need_the_token_of_the_account(sandbox, token, open_id, code):
    assert douyin_code(sandbox, FANS, token, open_id=open_id, date_type=7) == code


def test_the_token_may_stand_in_the_query_too(sandbox):
    params = {"access_token": douyin_token(sandbox), "open_id": OPEN_ID, "date_type": 7}
    answer = requests.get(f"{sandbox.base_url}/douyin{FANS}", params=params, timeout=5)

    assert answer.json()["data"]["error_code"] == 0


def test_errors_come_in_http_200_with_the_code_twice_and_as_text(sandbox):
    answer = douyin_get(sandbox, FANS, date_type=60)

    assert answer["data"]["error_code"] == answer["extra"]["error_code"] == "28001007"
    assert "date_type" in answer["data"]["description"]
    assert "log_id" in answer["extra"]


@pytest.mark.parametrize("date_type", ["1", "60", "", "thirty"])
def test_only_windows_of_7_15_and_30_days_exist(sandbox, date_type):
    assert douyin_code(sandbox, FANS, date_type=date_type) == 28001007


@pytest.mark.parametrize("days", [7, 15, 30])
def test_a_window_ends_yesterday_and_reaches_back_so_many_days(sandbox, days):
    rows = douyin_get(sandbox, FANS, date_type=days)["data"]["result_list"]

    assert [row["date"] for row in rows] == [
        str(date(2026, 4, 15) - timedelta(days=n)) for n in reversed(range(days))
    ]


def test_yesterday_is_there_from_ten_o_clock(sandbox):
    sandbox.set_clock("2026-04-16T09:59:59+08:00")
    early = douyin_get(sandbox, FANS, date_type=7)["data"]["result_list"]
    sandbox.set_clock("2026-04-16T10:00:00+08:00")
    later = douyin_get(sandbox, FANS, date_type=7)["data"]["result_list"]

    assert (early[-1]["date"], later[-1]["date"]) == ("2026-04-14", "2026-04-15")
    assert (len(early), len(later)) == (6, 7)


def test_counters_of_days_are_text(sandbox):
    row = douyin_get(sandbox, FANS, date_type=7)["data"]["result_list"][-1]

    assert row["new_fans"] == "780"
    assert row["total_fans"].isdigit()


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("item", {"date", "new_issue", "new_play", "total_issue"}),
        ("fans", {"date", "new_fans", "total_fans"}),
        ("like", {"date", "new_like"}),
        ("comment", {"date", "new_comment"}),
        ("share", {"date", "new_share"}),
        ("profile", {"date", "profile_uv"}),
    ],
)
def test_account_series_have_the_fields_of_the_contract(sandbox, name, fields):
    rows = douyin_get(sandbox, f"/data/external/user/{name}/", date_type=7)["data"]["result_list"]

    assert rows
    assert all(row.keys() == fields for row in rows)


@pytest.mark.parametrize("name", ["like", "comment", "play", "share"])
def test_video_series_have_a_day_and_a_counter(sandbox, name):
    params = {"item_id": newest(sandbox).item_id, "date_type": 30}
    rows = douyin_get(sandbox, f"/data/external/item/{name}/", **params)["data"]["result_list"]

    assert [row.keys() for row in rows] == [{"date", name}] * len(rows)
    assert rows[0]["date"] == "2026-04-15"


def test_videos_older_than_thirty_days_have_no_statistics(sandbox):
    video = oldest(sandbox)
    params = {"item_id": video.item_id, "date_type": 30}
    sandbox.set_clock("2026-03-31T12:00:00+08:00")
    young = douyin_code(sandbox, PLAYS, **params)
    sandbox.set_clock("2026-04-01T12:00:00+08:00")
    old = douyin_code(sandbox, PLAYS, **params)

    assert (young, old) == (0, 28001007)


def test_totals_of_a_video_stand_in_an_object(sandbox):
    result = douyin_get(sandbox, "/data/external/item/base/", item_id=newest(sandbox).item_id)

    assert result["data"]["result"].keys() == {
        "avg_play_duration",
        "total_comment",
        "total_like",
        "total_play",
        "total_share",
    }


@pytest.mark.parametrize(("item_id", "code"), [("", 10005), ("@unknown==", 2111007)])
def test_statistics_need_a_video_of_the_account(sandbox, item_id, code):
    assert douyin_code(sandbox, PLAYS, item_id=item_id, date_type=7) == code


def test_a_video_is_unknown_until_it_is_published(sandbox):
    video = newest(sandbox)
    sandbox.set_clock((video.created_at - timedelta(seconds=1)).isoformat())

    listed = douyin_get(sandbox, LIST, count=20)["data"]["list"]

    assert video.item_id not in {row["item_id"] for row in listed}
    assert douyin_code(sandbox, PLAYS, item_id=video.item_id, date_type=7) == 2111007


def test_the_list_is_paged_by_cursor_newest_first(sandbox):
    found, page = [], {"cursor": 0, "has_more": True}
    while page["has_more"]:
        page = douyin_get(sandbox, LIST, count=20, cursor=page["cursor"])["data"]
        found += page["list"]

    now = sandbox.settings.clock()
    published = [v for v in sandbox.world.douyin[0].videos if v.created_at <= now]
    times = [row["create_time"] for row in found]
    assert len({row["item_id"] for row in found}) == len(found) == len(published)
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(("count", "code"), [(20, 0), (21, 28001007), (0, 28001007)])
def test_a_page_of_videos_has_twenty_at_most(sandbox, count, code):
    assert douyin_code(sandbox, LIST, count=count) == code


@pytest.mark.parametrize(("count", "code"), [(50, 0), (51, 28001007), ("many", 28001007)])
def test_a_page_of_comments_has_fifty_at_most(sandbox, count, code):
    params = {"item_id": newest(sandbox).item_id, "count": count}

    assert douyin_code(sandbox, COMMENTS, **params) == code


def test_comments_come_newest_first_or_oldest_first(sandbox):
    params = {"item_id": busiest(sandbox).item_id, "count": 50}
    newest_first = douyin_get(sandbox, COMMENTS, sort_type="time", **params)["data"]["list"]
    oldest_first = douyin_get(sandbox, COMMENTS, sort_type="time_asc", **params)["data"]["list"]

    assert newest_first[0]["create_time"] > newest_first[-1]["create_time"]
    assert oldest_first[0]["create_time"] < oldest_first[-1]["create_time"]
    assert douyin_code(sandbox, COMMENTS, sort_type="likes", **params) == 28001007


def test_the_brands_answer_stands_below_the_comment_under_its_own_id(sandbox):
    video = busiest(sandbox)
    answered = next(c.parent_id for c in video.comments if c.parent_id)
    params = {"item_id": video.item_id, "comment_id": answered, "count": 50}

    replies = douyin_get(sandbox, "/item/comment/reply/list/", **params)["data"]["list"]

    assert [row["comment_user_id"] for row in replies] == [OPEN_ID]
    assert douyin_code(sandbox, "/item/comment/reply/list/", item_id=video.item_id) == 10005


def test_comments_appear_when_they_are_written(sandbox):
    video = newest(sandbox)
    first = min(c.created_at for c in video.comments)
    sandbox.set_clock((first - timedelta(seconds=1)).isoformat())
    before = douyin_get(sandbox, COMMENTS, item_id=video.item_id)["data"]
    sandbox.set_clock(first.isoformat())
    after = douyin_get(sandbox, COMMENTS, item_id=video.item_id)["data"]

    assert len(after.get("list", [])) - len(before.get("list", [])) == 1


def test_data_calls_take_get_only(sandbox):
    answer = requests.post(f"{sandbox.base_url}/douyin{FANS}", timeout=5)

    assert answer.status_code == 405


def test_a_second_of_too_many_calls_and_a_used_up_day_have_codes(sandbox):
    token = douyin_token(sandbox)
    sandbox.limit(calls_per_second=2)
    fast = [douyin_code(sandbox, FANS, token, date_type=7) for _ in range(3)]
    sandbox.limit(calls_per_day=2)
    many = [douyin_code(sandbox, FANS, token, date_type=7) for _ in range(3)]
    sandbox.set_clock("2026-04-17T10:45:00+08:00")
    next_day = douyin_code(sandbox, FANS, token, date_type=7)

    assert fast == [0, 0, 28003018]
    assert many == [0, 0, 28003017]
    assert next_day == 0
