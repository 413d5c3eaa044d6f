import json
from datetime import date, datetime, timedelta

import pytest

from extractors.core import errors
from extractors.core.errors import ItemNotOffered, NotOffered, NotReady
from extractors.core.model import Account, Call, Credential, DayOutcome, Token, Window
from extractors.platforms.wechat import PLATFORM
from extractors.platforms.wechat.connection import authorize, fetch_token, read_envelope
from tests.fake_api import FakeApi
from tidemark.clock import SHANGHAI

ACCOUNT = Account("wechat_acme", "wechat", "gh_acme", "Acme", "acme")
NOW = datetime(2026, 4, 16, 8, 30, tzinfo=SHANGHAI)
DAY = Window(date(2026, 4, 15), date(2026, 4, 15))
WEEK = Window(date(2026, 4, 9), date(2026, 4, 15))
TOTALS, COMMENTS = "/datacube/getarticletotaldetail", "/cgi-bin/comment/list"
RETIRED = ("getarticlesummary", "getarticletotal", "getuserread", "getuserreadhour")
RETIRED += ("getusershare", "getusersharehour")


def read(stream, answers, window=DAY):
    api = FakeApi(ACCOUNT, NOW, answers)
    return list(PLATFORM.stream(stream).read(api, ACCOUNT, window)), api


def at(day, hour=12):
    return int(datetime(2026, 4, day, hour, tzinfo=SHANGHAI).timestamp())


CODES = [
    (-1, "Transient"),
    *((code, "TokenExpired") for code in (40001, 40014, 42001)),
    *((code, "AuthError") for code in (40013, 40125, 40164)),
    *((code, "ApiChanged") for code in (41001, 47001, 47009, 61500, 61501)),
    (45009, "QuotaExhausted"),
    (45011, "RateLimited"),
    (48001, "NotOffered"),
    (61503, "NotReady"),
    *((code, "ItemNotOffered") for code in (53600, 88000, 88001, 88002)),
    (999, "ApiChanged"),
]


@pytest.mark.parametrize(("code", "name"), CODES, ids=[str(code) for code, _ in CODES])
def test_every_code_has_its_error_and_remedy(code, name):
    with pytest.raises(errors.ExtractError) as caught:
        read_envelope(200, {}, {"errcode": code, "errmsg": "said rid: 1"})

    assert type(caught.value).__name__ == name
    assert f"code {code} (said rid: 1)" in str(caught.value)


def test_a_minute_limit_waits_a_minute():
    with pytest.raises(errors.RateLimited) as caught:
        read_envelope(200, {}, {"errcode": 45011, "errmsg": "slow"})

    assert caught.value.retry_after == 60


@pytest.mark.parametrize("body", [{"list": []}, {"errcode": 0, "list": []}])
def test_no_errcode_and_errcode_0_are_success(body):
    assert read_envelope(200, {}, body)["list"] == []


def test_an_answer_that_is_no_object_is_an_error():
    with pytest.raises(errors.ApiChanged):
        read_envelope(200, {}, [])


def test_token_goes_into_the_query():
    call = Call("POST", "/datacube/x", json={"begin_date": "2026-04-15"})

    prepared = authorize(call, Credential("c"), Token("T", NOW), NOW)

    assert prepared.params == {"access_token": "T"}
    assert json.loads(prepared.body) == {"begin_date": "2026-04-15"}


def test_the_stable_token_is_asked_in_normal_mode():
    sent = []

    def send(call):
        sent.append(call)
        return {"access_token": "T", "expires_in": 7200}

    token = fetch_token(send, Credential("c", "app", "secret"), None, NOW)

    assert token.expires_at == NOW + timedelta(hours=2)
    assert sent[0].path == "/cgi-bin/stable_token"
    assert sent[0].json["force_refresh"] is False
    assert not authorize(sent[0], Credential("c"), token, NOW).params


def test_a_window_is_one_call():
    rows = [{"ref_date": "2026-04-15", "user_source": 0, "new_user": 3, "cancel_user": 1}]

    found, api = read("user_summary", {"/datacube/getusersummary": lambda p: {"list": rows}}, WEEK)

    assert found == rows
    assert api.calls == [
        ("/datacube/getusersummary", {"begin_date": "2026-04-09", "end_date": "2026-04-15"})
    ]


def test_a_day_that_is_not_ready_costs_no_other_day():
    def answer(params):
        if params["end_date"] == "2026-04-15":
            return NotReady("61503")
        return {"list": [{"ref_date": params["end_date"], "cumulate_user": 1}]}

    found, _ = read("user_cumulate", {"/datacube/getusercumulate": answer}, WEEK)

    outcomes = [item for item in found if isinstance(item, DayOutcome)]
    assert outcomes == [DayOutcome(date(2026, 4, 15), "not_ready", "61503")]
    assert "2026-04-14" in {item["ref_date"] for item in found if item not in outcomes}


def biz(day, **answer):
    row = {"ref_date": day, "detail": {"read_user": 5, "read_user_source": []}}
    return {"list": [row], "is_delay": False, **answer}


def test_detail_is_flattened_and_lateness_is_marked_on_its_day_only():
    window = Window(date(2026, 4, 14), date(2026, 4, 15))

    def answer(params):
        is_late = params["end_date"] == "2026-04-15"
        return biz(params["end_date"], is_delay=is_late)

    found, _ = read("biz_summary", {"/datacube/getbizsummary": answer}, window)

    assert [(row["ref_date"], row["is_delay"], row["read_user"]) for row in found] == [
        ("2026-04-14", False, 5),
        ("2026-04-15", True, 5),
    ]


def test_a_late_day_without_rows_is_not_ready():
    answer = {"list": [], "is_delay": True}

    (outcome,), _ = read("article_reads", {"/datacube/getarticleread": lambda p: answer})

    assert (outcome.day, outcome.status) == (DAY.since, "not_ready")


def test_article_statistics_before_their_beginning_are_not_offered_without_a_call():
    window = Window(date(2025, 10, 31), date(2025, 11, 1))

    found, api = read(
        "biz_summary", {"/datacube/getbizsummary": lambda p: biz("2025-11-01")}, window
    )

    assert (found[0].day, found[0].status) == (date(2025, 10, 31), "not_offered")
    assert [params["begin_date"] for _, params in api.calls] == ["2025-11-01"]


def test_totals_have_one_row_per_article_and_statistics_day():
    article = {
        "ref_date": "2026-04-15",
        "msgid": "2247490098_1",
        "publish_type": 0,
        "title": "标题",
        "content_url": "https://mp.weixin.qq.com/s/abc",
        "detail_list": [
            {"stat_date": "2026-04-15", "read_user": 3},
            {"stat_date": "2026-04-16", "read_user": 5},
        ],
    }

    found, _ = read("article_totals", {TOTALS: lambda p: {"list": [article], "is_delay": False}})

    assert [(row["msgid"], row["stat_date"], row["read_user"]) for row in found] == [
        ("2247490098_1", "2026-04-15", 3),
        ("2247490098_1", "2026-04-16", 5),
    ]
    assert "detail_list" not in found[0]


def test_published_articles_are_paged_by_offset_and_numbered_by_position():
    def item(number):
        articles = [{"title": f"{number}a", "is_deleted": False}, {"title": f"{number}b"}]
        return {"article_id": str(number), "content": {"news_item": articles}, "update_time": 9}

    def answer(params):
        numbers = range(params["offset"], min(params["offset"] + params["count"], 21))
        return {"total_count": "21", "item": [item(number) for number in numbers]}

    found, api = read("published_articles", {"/cgi-bin/freepublish/batchget": answer})

    assert len(found) == 42
    assert [row["position"] for row in found[:2]] == [0, 1]
    assert [params for _, params in api.calls] == [
        {"offset": 0, "count": 20, "no_content": 1},
        {"offset": 20, "count": 20, "no_content": 1},
    ]


BATCHGET = "/cgi-bin/freepublish/batchget"


def articles(numbers):
    news = {"news_item": [{"title": "a"}]}
    return [{"article_id": str(n), "content": news, "update_time": 9} for n in numbers]


def ids(rows):
    return sorted({int(row["article_id"]) for row in rows})


def test_an_article_that_goes_between_two_pages_hides_no_other():
    def answer(params):
        there = list(range(45)) if params["offset"] == 0 else list(range(1, 45))
        page = there[params["offset"] :][:20]
        return {"total_count": len(there), "item": articles(page)}

    found, _ = read("published_articles", {BATCHGET: answer})

    assert ids(found) == list(range(45))


def test_a_doubled_page_of_articles_skips_none():
    def answer(params):
        page = articles(range(params["offset"], min(params["offset"] + 20, 45)))
        return {"total_count": 45, "item": page * (2 if params["offset"] == 0 else 1)}

    found, _ = read("published_articles", {BATCHGET: answer})

    assert ids(found) == list(range(45))


def test_a_total_that_is_too_small_hides_no_article():
    def answer(params):
        page = articles(range(params["offset"], min(params["offset"] + 20, 45)))
        return {"total_count": 20, "item": page}

    found, _ = read("published_articles", {BATCHGET: answer})

    assert ids(found) == list(range(45))


def test_an_empty_later_page_of_articles_is_no_end():
    def answer(params):
        return {"total_count": 40, "item": articles(range(20)) if params["offset"] == 0 else []}

    with pytest.raises(errors.Transient, match="from article 20 on"):
        read("published_articles", {BATCHGET: answer})


def test_an_account_without_articles_has_none():
    found, _ = read("published_articles", {BATCHGET: lambda params: {"total_count": 0}})

    assert found == []


@pytest.mark.parametrize("answer", [{}, {"list": 0}, {"list": {"0": {}}}], ids=str)
def test_a_day_series_without_its_list_is_no_empty_day(answer):
    with pytest.raises(errors.ApiChanged, match="'list'"):
        read("user_summary", {"/datacube/getusersummary": lambda params: answer})


def published(*msgids, day="2026-04-10"):
    def answer(params):
        rows = [{"ref_date": day, "msgid": msgid} for msgid in msgids]
        return {"list": rows if params["begin_date"] == day else [], "is_delay": False}

    return answer


def comment(number, **more):
    row = {"user_comment_id": number, "openid": "o", "create_time": at(15), "content": "很好用"}
    return {**row, "comment_type": 0, **more}


def test_comments_are_asked_with_the_index_from_0_until_an_empty_page():
    rows = [comment(number) for number in range(60)]

    def answer(params):
        begin = params["begin"]
        return {"total": 49, "comment": rows[begin : begin + params["count"]]}

    found, api = read("comments", {TOTALS: published("123_2"), COMMENTS: answer})

    assert len(found) == 60
    assert api.asked(COMMENTS)[0] == {
        "msg_data_id": 123,
        "index": 1,
        "begin": 0,
        "count": 49,
        "type": 0,
    }
    assert [params["begin"] for params in api.asked(COMMENTS)] == [0, 49, 60]


@pytest.mark.parametrize(
    ("reply", "replied"),
    [
        ({"reply": {"content": "谢谢", "create_time": 7}}, 7),
        ({"reply": [{"content": "谢谢", "create_time": 7}]}, 7),
        ({"reply": []}, None),
        ({}, None),
    ],
    ids=["object", "array", "empty", "absent"],
)
def test_a_reply_comes_in_three_shapes_and_texts_are_dropped(reply, replied):
    pages = {0: [comment(1, **reply)]}
    answers = {TOTALS: published("123_1"), COMMENTS: lambda p: {"comment": pages.get(p["begin"])}}

    ((row,), _) = read("comments", answers)

    assert row["reply_create_time"] == replied
    assert (row["content_length"], row["is_emoji_only"]) == (3, False)
    assert not {"content", "reply"} & row.keys()


def test_a_page_that_repeats_ends_the_comments():
    answers = {TOTALS: published("123_1"), COMMENTS: lambda p: {"comment": [comment(1)]}}

    found, api = read("comments", answers)

    assert len(found) == 1
    assert len(api.asked(COMMENTS)) == 2


def test_comments_of_after_the_window_are_left_for_their_own_day():
    pages = {0: [comment(1), comment(2, create_time=at(16, 8))]}
    answers = {TOTALS: published("123_1"), COMMENTS: lambda p: {"comment": pages.get(p["begin"])}}

    found, _ = read("comments", answers)

    assert [row["user_comment_id"] for row in found] == [1]


def test_an_article_without_comment_right_is_skipped_alone():
    def answer(params):
        if params["msg_data_id"] == 1:
            return ItemNotOffered("88000")
        return {"comment": [comment(1)] if params["begin"] == 0 else []}

    found, _ = read("comments", {TOTALS: published("1_1", "2_1"), COMMENTS: answer})

    assert [row["msg_data_id"] for row in found] == [2]


def test_an_account_without_comment_right_is_not_offered():
    answers = {TOTALS: published("1_1"), COMMENTS: lambda p: NotOffered("48001")}

    with pytest.raises(NotOffered):
        read("comments", answers)


def test_comments_are_read_of_thirty_publish_days():
    _, api = read("comments", {TOTALS: lambda p: {"list": []}})

    asked = [params["begin_date"] for params in api.asked(TOTALS)]
    assert (len(asked), asked[0], asked[-1]) == (30, "2026-03-17", "2026-04-15")


def test_retired_endpoints_are_never_called():
    late = {"list": [], "is_delay": False}
    paths = {f"/datacube/{name}" for name in ("getusersummary", "getusercumulate")}
    paths |= {"/datacube/getbizsummary", "/datacube/getarticleread", "/datacube/getarticleshare"}
    paths |= {TOTALS, "/datacube/getupstreammsg"}
    answers = {path: lambda p: late for path in paths}
    answers["/cgi-bin/freepublish/batchget"] = lambda p: {"total_count": 0, "item": []}

    called = {path for s in PLATFORM.streams for path, _ in read(s.name, answers)[1].calls}

    assert paths <= called
    assert not {f"/datacube/{name}" for name in RETIRED} & called
