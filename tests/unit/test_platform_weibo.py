from datetime import UTC, date, datetime, timedelta

import pytest

from extractors.core import errors
from extractors.core.model import Account, Call, Credential, Token, Window
from extractors.platforms.weibo import PLATFORM
from extractors.platforms.weibo.connection import authorize, fetch_token, read_envelope
from tests.fake_api import FakeApi
from tidemark.clock import SHANGHAI

ACCOUNT = Account("weibo_acme", "weibo", "2000001", "Acme", "acme")
NOW = datetime(2026, 4, 16, 8, 30, tzinfo=SHANGHAI)
DAY = Window(date(2026, 4, 15), date(2026, 4, 15))
TIMELINE, COUNT = "/2/statuses/user_timeline.json", "/2/statuses/count.json"
COUNTS, COMMENTS = "/2/users/counts.json", "/2/comments/to_me.json"


def read(stream, answers, window=DAY):
    api = FakeApi(ACCOUNT, NOW, answers)
    return list(PLATFORM.stream(stream).read(api, ACCOUNT, window)), api


def post(number, written="Wed Apr 15 12:00:00 +0800 2026"):
    return {"idstr": str(number), "created_at": written, "text": f"t{number}"}


def listed(items, name="statuses", size=100):
    """Answer pages of items, newest (highest id) first, by max_id."""

    def answer(params):
        known = [i for i in items if int(i["idstr"]) <= int(params.get("max_id", 2**62))]
        known.sort(key=lambda item: -int(item["idstr"]))
        assert params["count"] == size
        return {name: known[:size], "total_number": len(items)}

    return answer


def test_the_token_goes_into_the_header():
    token = Token("2.00abc", NOW)

    found = authorize(Call("GET", COUNTS, {"uids": 1}), Credential("c"), token, NOW)

    assert found.headers == {"Authorization": "OAuth2 2.00abc"}
    assert found.params == {"uids": "1"}


def test_the_token_of_the_connection_is_used_until_it_ends():
    extra = {"access_token": "2.00abc", "expires_at": "2026-05-01T00:00:00+08:00"}

    token = fetch_token(lambda call: None, Credential("c", extra=extra), None, NOW)

    assert token == Token("2.00abc", datetime(2026, 4, 30, 16, tzinfo=UTC))


@pytest.mark.parametrize(
    ("extra", "known"),
    [
        ({}, None),
        ({"access_token": "a", "expires_at": "2026-04-01T00:00:00+08:00"}, None),
        ({"access_token": "a"}, Token("a", NOW)),
    ],
    ids=["none", "ended", "refused"],
)
def test_without_a_live_token_somebody_has_to_authorise(extra, known):
    with pytest.raises(errors.AuthError, match="authorise the account"):
        fetch_token(lambda call: None, Credential("c", extra=extra), known, NOW)


CODES = [
    *((code, "Transient") for code in (10001, 10002, 10009)),
    *((code, "AuthError") for code in (10004, 10006, 21327, 21332)),
    *((code, "NotOffered") for code in (10005, 10014)),
    *((code, "ApiChanged") for code in (10008, 10020, 999)),
    *((code, "RateLimited") for code in (10022, 10023, 10024)),
    *((code, "ItemNotOffered") for code in (20003, 20101)),
]


@pytest.mark.parametrize(("code", "name"), CODES, ids=[str(code) for code, _ in CODES])
@pytest.mark.parametrize("write", [int, str], ids=["number", "text"])
def test_every_code_has_its_error_as_number_and_as_text(code, name, write):
    with pytest.raises(errors.ExtractError) as caught:
        read_envelope(403, {}, {"error_code": write(code), "error": "said", "request": "/x"})

    assert type(caught.value).__name__ == name


@pytest.mark.parametrize(("status", "body"), [(400, {"a": 1}), (200, "text"), (200, 5)], ids=str)
def test_an_answer_that_is_none_is_a_changed_api(status, body):
    with pytest.raises(errors.ApiChanged):
        read_envelope(status, {}, body)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Mon Mar 30 11:13:57 +0800 2015", datetime(2015, 3, 30, 3, 13, 57, tzinfo=UTC)),
        ("Wed Apr 15 23:59:59 +0800 2026", datetime(2026, 4, 15, 15, 59, 59, tzinfo=UTC)),
        ("Wed Apr 15 12:00:00 -0330 2026", datetime(2026, 4, 15, 15, 30, tzinfo=UTC)),
    ],
)
def test_moments_are_read_whatever_the_locale(written, expected):
    window = Window(date(2015, 3, 1), date(2026, 4, 15))

    (found,), _ = read("posts", {TIMELINE: listed([post(1, written)])}, window)

    assert found["created_at"] == expected


def test_pages_follow_the_lowest_id_until_they_are_older_than_thirty_days():
    old = "Tue Mar 10 12:00:00 +0800 2026"
    items = [post(n) for n in range(1000, 1150)] + [post(n, old) for n in range(500, 800)]

    found, api = read("posts", {TIMELINE: listed(items)})

    assert len(found) == 150
    assert [call.get("max_id") for call in api.asked(TIMELINE)] == [None, 1049]


def test_no_more_than_five_pages_are_asked_for():
    _, api = read("posts", {TIMELINE: listed([post(n) for n in range(1, 2000)])})

    assert len(api.asked(TIMELINE)) == 5


def test_posts_of_the_morning_after_are_left_to_their_own_day():
    items = [post(2, "Thu Apr 16 00:00:00 +0800 2026"), post(1, "Wed Apr 15 23:59:59 +0800 2026")]

    found, _ = read("posts", {TIMELINE: listed(items)})

    assert [row["idstr"] for row in found] == ["1"]


def test_an_empty_list_where_the_platform_counts_items_is_an_error():
    with pytest.raises(errors.Transient, match="nothing came"):
        read("posts", {TIMELINE: lambda params: {"statuses": [], "total_number": 4}})


def test_an_account_without_posts_has_none():
    found, _ = read("posts", {TIMELINE: lambda params: {"statuses": [], "total_number": 0}})

    assert found == []


def test_a_post_without_readable_time_is_left_to_the_quarantine():
    found, _ = read("posts", {TIMELINE: listed([post(1, "soon")])})

    assert found[0]["created_at"] == "soon"


@pytest.mark.parametrize("page", [{}, {"statuses": 0}, {"statuses": {}}], ids=str)
def test_a_page_without_its_list_is_a_changed_api(page):
    with pytest.raises(errors.ApiChanged, match="'statuses'"):
        read("posts", {TIMELINE: lambda params: page})


def test_counters_are_asked_for_a_hundred_posts_at_a_time():
    answers = {
        TIMELINE: listed([post(n) for n in range(1, 151)]),
        COUNT: lambda params: [{"id": int(i), "comments": 1} for i in params["ids"].split(",")],
    }

    found, api = read("post_counts", answers)

    assert len(found) == 150
    assert [len(call["ids"].split(",")) for call in api.asked(COUNT)] == [100, 50]


def test_counters_that_are_no_list_are_a_changed_api():
    with pytest.raises(errors.ApiChanged, match="not a list"):
        read("post_counts", {TIMELINE: listed([post(1)]), COUNT: lambda params: {"a": 1}})


@pytest.mark.parametrize("answer", [[], [{"id": "7"}]], ids=["empty", "another account"])
def test_counts_of_another_account_are_not_taken(answer):
    with pytest.raises(errors.ApiChanged, match="2000001"):
        read("account_counts", {COUNTS: lambda params: answer})


def test_a_comment_is_flat_and_its_text_measured():
    comment = {
        **post(9),
        "text": "很喜欢[赞]",
        "user": {"idstr": "55", "name": "某人"},
        "status": {"idstr": "1"},
        "reply_comment": {"idstr": "8"},
    }

    (found,), _ = read("comments", {COMMENTS: listed([comment], "comments", 50)})

    assert (found["status_id"], found["parent_id"], found["user_id"]) == ("1", "8", "55")
    assert found["is_brand"] is False
    assert "某人" not in str(found)
    assert "text" not in found


def test_comments_of_the_window_are_read_and_older_ones_end_the_list():
    moment = datetime(2026, 4, 15, 23, tzinfo=SHANGHAI)
    items = [
        post(1000 - n, f"{moment - timedelta(hours=n):%a %b %d %H:%M:%S} +0800 2026")
        for n in range(200)
    ]

    found, api = read("comments", {COMMENTS: listed(items, "comments", 50)})

    assert len(found) == 24
    assert len(api.asked(COMMENTS)) == 1
