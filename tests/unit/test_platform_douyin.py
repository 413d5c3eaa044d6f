from datetime import UTC, date, datetime, timedelta

import pytest

from extractors.core import errors
from extractors.core.errors import ApiChanged, AuthError, ItemNotOffered, Transient
from extractors.core.model import Account, Call, Credential, DayOutcome, Token, Window
from extractors.platforms.douyin import PLATFORM, streams
from extractors.platforms.douyin.connection import authorize, fetch_token, read_envelope
from tests.fake_api import FakeApi
from tidemark.clock import SHANGHAI

ACCOUNT = Account("douyin_acme", "douyin", "open-1", "Acme", "acme")
NOW = datetime(2026, 4, 16, 10, 30, tzinfo=SHANGHAI)
DAY = Window(date(2026, 4, 15), date(2026, 4, 15))
USER_FIELDS = {
    "item": ("new_issue", "total_issue", "new_play"),
    "fans": ("new_fans", "total_fans"),
    "like": ("new_like",),
    "comment": ("new_comment",),
    "share": ("new_share",),
    "profile": ("profile_uv",),
}
LIST = "/api/douyin/v1/video/video_list/"


def read(stream, api, window=DAY):
    return list(PLATFORM.stream(stream).read(api, ACCOUNT, window))


def at(day, hour=12):
    return int(datetime(2026, 4, day, hour, tzinfo=SHANGHAI).timestamp())


def user_api(days, lacking=()):
    def answer(name):
        return lambda params: {
            "result_list": [
                {"date": day, **dict.fromkeys(USER_FIELDS[name], "7")}
                for day in days
                if (name, day) not in lacking
            ]
        }

    return FakeApi(
        ACCOUNT, NOW, {f"/data/external/user/{name}/": answer(name) for name in USER_FIELDS}
    )


def video_api(videos, **answers):
    listing = {LIST: lambda params: {"list": videos, "has_more": False, "cursor": 1}}
    return FakeApi(ACCOUNT, NOW, {**listing, **answers})


def envelope(code, where="data"):
    body = {"data": {}, "extra": {"error_code": 0, "logid": "1"}}
    body[where] = {"error_code": code, "description": "said"}
    return body


CODES = [
    *((code, "ApiChanged") for code in (10002, 10005, 2100005, 28001007)),
    *((code, "AuthError") for code in (10003, 10004, 10007, 10010, 10013, 10020, 2100007)),
    *((code, "AuthError") for code in (2190003, 28001012, 2190004, 28001014, 28001018)),
    *((code, "AuthError") for code in (2190015, 28001015, 2190016, 28001016, 28001019, 28001056)),
    *((code, "TokenExpired") for code in (10008, 2190008, 28001008, 2190002, 28001003)),
    *((code, "Transient") for code in (2100004, 28001005, 28001006)),
    *((code, "QuotaExhausted") for code in (2190001, 28003017)),
    *((code, "RateLimited") for code in (28003018, 28001052)),
    *((code, "NotOffered") for code in (28001045, 28001046, 28001047)),
    *((code, "ItemNotOffered") for code in (2111002, 2111007)),
    (999, "ApiChanged"),
]


@pytest.mark.parametrize(("code", "name"), CODES, ids=[str(code) for code, _ in CODES])
def test_every_code_has_its_error_and_remedy(code, name):
    with pytest.raises(errors.ExtractError) as caught:
        read_envelope(200, {}, envelope(code))

    assert type(caught.value).__name__ == name
    assert f"code {code} (said)" in str(caught.value)


def test_a_code_as_text_or_only_in_extra_is_understood():
    with pytest.raises(errors.TokenExpired):
        read_envelope(200, {}, envelope("2190008"))
    with pytest.raises(errors.TokenExpired):
        read_envelope(200, {}, {"extra": {"error_code": 2190008}})

    assert read_envelope(200, {}, envelope("0"))["description"] == "said"


def test_risk_control_asks_for_a_longer_wait_than_a_burst():
    with pytest.raises(errors.RateLimited) as burst:
        read_envelope(200, {}, envelope(28003018))
    with pytest.raises(errors.RateLimited) as risk:
        read_envelope(200, {}, envelope(28001052))

    assert burst.value.retry_after < risk.value.retry_after


@pytest.mark.parametrize("body", [[], None, {}, {"data": {"list": []}}])
def test_an_answer_without_envelope_is_an_error_and_not_zero_rows(body):
    with pytest.raises(errors.ApiChanged):
        read_envelope(200, {}, body)


def test_token_goes_into_the_header_and_open_id_into_the_query():
    credential = Credential("c", "key", "secret", extra={"open_id": "open-1"})

    call = Call("GET", "/x/", {"date_type": 7})
    prepared = authorize(call, credential, Token("act.1", NOW), NOW)

    assert prepared.headers["access-token"] == "act.1"
    assert prepared.params == {"date_type": "7", "open_id": "open-1"}


def test_token_calls_are_forms_without_token():
    call = Call("POST", "/oauth/refresh_token/", form={"client_key": "k&"}, authorised=False)

    prepared = authorize(call, Credential("c"), Token("act.1", NOW), NOW)

    assert prepared.body == b"client_key=k%26"
    assert "access-token" not in prepared.headers


def credential(**extra):
    given = {"access_token": "act.0", "refresh_token": "rft.0", "open_id": "open-1"}
    return Credential("c", "key", "secret", extra={**given, **extra})


def refreshed(expires_in=1296000, refresh_expires_in=2592000, token="rft.0"):
    return {
        "access_token": "act.1",
        "expires_in": str(expires_in),
        "refresh_token": token,
        "refresh_expires_in": refresh_expires_in,
    }


def no_call(call):
    raise AssertionError(call.path)


def test_the_connections_token_is_used_while_it_lives():
    until = NOW + timedelta(days=5)

    token = fetch_token(no_call, credential(expires_at=until.isoformat()), None, NOW)

    assert (token.access_token, token.expires_at) == ("act.0", until.astimezone(UTC))


def test_an_expired_token_is_refreshed():
    sent = []

    def send(call):
        sent.append((call.path, call.form))
        return refreshed()

    token = fetch_token(send, credential(expires_at=NOW.isoformat()), None, NOW)

    assert token.access_token == "act.1"
    assert token.expires_at == NOW + timedelta(days=15)
    assert sent == [
        (
            "/oauth/refresh_token/",
            {"client_key": "key", "grant_type": "refresh_token", "refresh_token": "rft.0"},
        )
    ]


def test_a_refresh_token_near_its_end_is_renewed():
    def send(call):
        if call.path == "/oauth/renew_refresh_token/":
            return {"refresh_token": "rft.2", "expires_in": 2592000}
        return refreshed(refresh_expires_in=2 * 86400)

    token = fetch_token(send, credential(), Token("act.0", NOW, "rft.0"), NOW)

    assert token.refresh_token == "rft.2"
    assert token.refresh_expires_at == NOW + timedelta(days=30)


def test_the_token_is_asked_again_before_its_refresh_token_ends():
    def send(call):
        return refreshed(refresh_expires_in=15 * 86400)

    token = fetch_token(send, credential(), Token("act.0", NOW, "rft.0"), NOW)

    assert token.expires_at < token.refresh_expires_at


def test_a_renewal_that_is_refused_leaves_the_refreshed_token():
    def send(call):
        if call.path == "/oauth/renew_refresh_token/":
            raise AuthError("10020")
        return refreshed(refresh_expires_in=86400)

    token = fetch_token(send, credential(), Token("act.0", NOW, "rft.0"), NOW)

    assert (token.access_token, token.refresh_token) == ("act.1", "rft.0")
    assert token.expires_at == NOW + timedelta(days=1)


def test_a_new_authorisation_in_the_connection_replaces_a_dead_stored_token():
    def send(call):
        if call.form["refresh_token"] == "rft.dead":
            raise AuthError("10010")
        return refreshed(token=call.form["refresh_token"])

    token = fetch_token(send, credential(), Token("act.9", NOW, "rft.dead"), NOW)

    assert token.refresh_token == "rft.0"


def test_without_refresh_token_a_person_is_asked():
    with pytest.raises(AuthError, match="authorise"):
        fetch_token(no_call, Credential("c", "key"), None, NOW)


def test_six_endpoints_become_one_row_per_day():
    api = user_api(["2026-04-14", "2026-04-15"])

    rows = read("account_days", api)

    assert rows == [
        {"date": "2026-04-15"} | {name: "7" for names in USER_FIELDS.values() for name in names}
    ]


@pytest.mark.parametrize(
    ("since", "date_type"),
    [
        (date(2026, 4, 15), 7),
        (date(2026, 4, 9), 7),
        (date(2026, 4, 8), 15),
        (date(2026, 4, 1), 15),
        (date(2026, 3, 31), 30),
        (date(2026, 3, 17), 30),
    ],
)
def test_the_smallest_sufficient_span_is_asked(since, date_type):
    api = user_api([])

    read("account_days", api, Window(since, DAY.until))

    assert api.asked("/data/external/user/fans/") == [{"date_type": date_type}]


def test_a_newest_day_that_one_endpoint_lacks_is_not_ready():
    api = user_api(["2026-04-15"], lacking={("fans", "2026-04-15")})

    assert read("account_days", api) == [
        DayOutcome(date(2026, 4, 15), "not_ready", "no new_fans, total_fans yet")
    ]


def test_an_older_day_that_one_endpoint_lacks_is_unknown_there():
    api = user_api(["2026-04-14", "2026-04-15"], lacking={("profile", "2026-04-14")})

    rows = read("account_days", api, Window(date(2026, 4, 14), date(2026, 4, 15)))

    assert [row["profile_uv"] for row in rows] == [None, "7"]


def test_the_listing_follows_the_opaque_cursor_to_its_end():
    pages = {
        "0": {"list": [{"item_id": "a"}], "has_more": True, "cursor": 1601277863000},
        "1601277863000": {"list": [{"item_id": "b"}], "has_more": "false", "cursor": 5},
    }
    api = FakeApi(ACCOUNT, NOW, {LIST: lambda params: pages[str(params["cursor"])]})

    assert [row["item_id"] for row in read("videos", api)] == ["a", "b"]


@pytest.mark.parametrize(
    ("page", "field"),
    [
        ({"list": [{"item_id": "a"}], "cursor": 3}, "has_more"),
        ({"list": [{"item_id": "a"}], "has_more": "perhaps", "cursor": 3}, "has_more"),
        ({"has_more": False}, "list"),
        ({"has_more": False, "list": 0}, "list"),
    ],
    ids=["no has_more", "has_more says nothing", "no list", "list is a number"],
)
def test_a_page_that_does_not_tell_its_rest_is_no_end(page, field):
    api = FakeApi(ACCOUNT, NOW, {LIST: lambda params: page})

    with pytest.raises(ApiChanged, match=field):
        read("videos", api)


def test_a_cursor_that_never_ends_is_a_changed_api(monkeypatch):
    monkeypatch.setattr(streams, "PAGES_AT_MOST", 3)
    more = {"list": [{"item_id": "a"}], "has_more": True}
    answer = lambda params: {**more, "cursor": params["cursor"] + 1}  # noqa: E731
    api = FakeApi(ACCOUNT, NOW, {LIST: answer})

    with pytest.raises(ApiChanged, match="more than 3 pages"):
        read("videos", api)


def test_a_repeated_cursor_ends_the_listing():
    page = {"list": [{"item_id": "a"}], "has_more": True, "cursor": 3}
    api = FakeApi(ACCOUNT, NOW, {LIST: lambda params: page})

    assert len(read("videos", api)) == 2


BASE = "/data/external/item/base/"
BASE_RESULT = {
    "avg_play_duration": "3.5",
    "total_comment": 1,
    "total_like": 2,
    "total_play": 30,
    "total_share": 4,
}


@pytest.mark.parametrize(
    "answer",
    [{"result": BASE_RESULT}, {"result_list": [{"date": "2026-04-15", **BASE_RESULT}]}],
    ids=["object", "list"],
)
def test_totals_without_statistics_come_from_item_base(answer):
    api = video_api([{"item_id": "a", "create_time": at(10)}], **{BASE: lambda params: answer})

    assert read("video_totals", api) == [
        {
            "item_id": "a",
            "play_count": 30,
            "digg_count": 2,
            "comment_count": 1,
            "share_count": 4,
            "avg_play_duration": "3.5",
        }
    ]


def test_listed_statistics_win_over_item_base():
    video = {"item_id": "a", "create_time": at(10), "statistics": {"play_count": 31}}
    api = video_api([video], **{BASE: lambda params: {"result": BASE_RESULT}})

    (row,) = read("video_totals", api)

    assert (row["play_count"], row["avg_play_duration"]) == (31, "3.5")


def test_an_old_video_without_statistics_has_no_totals():
    assert read("video_totals", video_api([{"item_id": "a", "create_time": 1700000000}])) == []


def test_a_video_of_after_the_day_has_no_totals_yet():
    video = {"item_id": "a", "create_time": at(16, 9), "statistics": {"play_count": 3}}

    assert read("video_totals", video_api([video])) == []


def series(rows):
    return lambda params: {"result_list": rows}


def test_series_of_a_young_video_are_merged_by_day():
    videos = [
        {"item_id": "young", "create_time": str(at(14))},
        {"item_id": "old", "create_time": 1700000000},
    ]
    names = ("play", "like", "comment", "share")
    answers = {f"/data/external/item/{name}/": series([]) for name in names}
    answers["/data/external/item/play/"] = series([{"date": "2026-04-15", "play": "9"}])
    answers["/data/external/item/like/"] = series([{"date": "2026-04-15", "like": 1}])
    api = video_api(videos, **answers)

    rows = read("video_days", api)

    day = {"item_id": "young", "date": "2026-04-15"}
    assert rows == [{**day, "play": "9", "like": 1, "comment": None, "share": None}]
    assert {params["item_id"] for path, params in api.calls if path != LIST} == {"young"}


def test_a_video_the_platform_does_not_give_is_skipped_alone():
    videos = [{"item_id": name, "create_time": at(14)} for name in ("a", "b")]

    def play(params):
        if params["item_id"] == "a":
            return ItemNotOffered("2111007")
        return {"result_list": [{"date": "2026-04-15", "play": 1}]}

    answers = {f"/data/external/item/{name}/": series([]) for name in ("like", "comment", "share")}
    api = video_api(videos, **answers, **{"/data/external/item/play/": play})

    assert [row["item_id"] for row in read("video_days", api)] == ["b"]


COMMENTS = "/item/comment/list/"
REPLIES = "/item/comment/reply/list/"


def comment(comment_id, when, **more):
    return {
        "comment_id": comment_id,
        "comment_user_id": "someone",
        "content": " 好看 ",
        "create_time": when,
        "digg_count": 0,
        "reply_comment_total": 0,
        "top": False,
        **more,
    }


def page(*rows):
    return lambda params: {"list": list(rows), "has_more": False, "cursor": 9}


def test_comment_text_is_measured_and_dropped():
    api = video_api(
        [{"item_id": "a", "create_time": at(10)}],
        **{COMMENTS: page(comment("c", at(15)), comment("d", at(15), content="[赞]👍🏻"))},
    )

    first, second = read("comments", api)

    assert "content" not in first
    assert (first["content_length"], first["is_emoji_only"]) == (2, False)
    assert second["is_emoji_only"] is True
    assert first["item_id"] == "a"


def test_replies_carry_their_parent_and_the_brand_is_known():
    reply = comment("r", at(15, 13), comment_user_id="open-1")
    api = video_api(
        [{"item_id": "a", "create_time": at(10)}],
        **{
            COMMENTS: page(comment("c", at(15), reply_comment_total="1"), comment("d", at(14))),
            REPLIES: page(reply),
        },
    )

    rows = read("comments", api)

    assert [(row["comment_id"], row["parent_comment_id"]) for row in rows] == [
        ("c", None),
        ("r", "c"),
        ("d", None),
    ]
    assert [row["is_brand"] for row in rows] == [False, True, False]
    assert [params["comment_id"] for params in api.asked(REPLIES)] == ["c"]


def test_comments_of_after_the_window_are_left_for_their_own_day():
    api = video_api(
        [{"item_id": "a", "create_time": at(10)}],
        **{COMMENTS: page(comment("late", at(16, 8)), comment("c", at(15)))},
    )

    assert [row["comment_id"] for row in read("comments", api)] == ["c"]


def test_of_an_old_video_only_the_windows_comments_are_read():
    rows = [comment("pinned", 1700000100, top=True), comment("c", at(15)), comment("x", at(2))]
    pages = {0: {"list": rows, "has_more": True, "cursor": 3}}
    api = video_api(
        [{"item_id": "a", "create_time": 1700000000}],
        **{COMMENTS: lambda params: pages[params["cursor"]]},
    )

    assert [row["comment_id"] for row in read("comments", api)] == ["pinned", "c"]


def test_a_video_without_comments_is_not_asked():
    videos = [
        {"item_id": "a", "create_time": at(10), "statistics": {"comment_count": "0"}},
        {"item_id": "b", "create_time": at(10)},
    ]
    api = video_api(videos, **{COMMENTS: page()})

    read("comments", api)

    assert [params["item_id"] for params in api.asked(COMMENTS)] == ["b"]


def test_comments_of_one_video_may_be_refused_but_a_fault_stops_the_stream():
    videos = [{"item_id": name, "create_time": at(10)} for name in ("a", "b")]

    def answers(error):
        return lambda params: error if params["item_id"] == "a" else page(comment("c", at(15)))({})

    skipped = video_api(videos, **{COMMENTS: answers(ItemNotOffered("2111002"))})
    failing = video_api(videos, **{COMMENTS: answers(Transient("busy"))})

    assert [row["item_id"] for row in read("comments", skipped)] == ["b"]
    with pytest.raises(Transient):
        read("comments", failing)


LISTS = ("gender", "age", "geographical", "active_days", "device", "interest")
FANS = {
    "all_fans_num": 5000,
    **{f"{name}_distributions": [{"item": "1", "value": 7}] for name in LISTS},
    "flow_contributions": [{"flow": "follow", "fans_sum": 180, "all_sum": 240}],
}


def fans_api(**changes):
    told = {name: value for name, value in {**FANS, **changes}.items() if value != "gone"}
    path = "/api/douyin/v1/user/fans_data/"
    return FakeApi(ACCOUNT, NOW, {path: lambda params: {"fans_data": told}})


def test_an_audience_is_one_row_per_dimension_and_item():
    genders = [{"item": "1", "value": 1400}, {"item": "2", "value": 3600}]

    rows = read("audience", fans_api(gender_distributions=genders))

    assert [(row["dimension"], row["item"], row["value"], row.get("whole")) for row in rows] == [
        ("gender", "1", 1400, None),
        ("gender", "2", 3600, None),
        *((name, "1", 7, None) for name in ("age", "region", "active_days", "device", "interest")),
        ("flow", "follow", 180, 240),
    ]
    assert {row["all_fans_num"] for row in rows} == {5000}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"age_distributions": "gone"}, "has no 'age_distributions'"),
        ({"flow_contributions": "gone"}, "has no 'flow_contributions'"),
        ({"age_distributions": {"item": "1"}}, "is of type dict, not a list"),
        ({"age_distributions": ["1"]}, "not a JSON object"),
        ({"age_distributions": [{"item": "1", "value": 1}] * 2}, "'1' stands twice"),
    ],
    ids=["list gone", "flows gone", "object", "texts", "item twice"],
)
def test_an_audience_of_another_shape_is_refused(changes, told):
    with pytest.raises(ApiChanged, match=told):
        read("audience", fans_api(**changes))


def test_an_account_with_few_followers_has_no_audience():
    none = {name: [] for name in FANS}

    assert [(o.day, o.status) for o in read("audience", fans_api(**none))] == [
        (DAY.until, "not_offered")
    ]


def test_what_is_new_in_a_distribution_is_not_hidden():
    (row,) = [
        row
        for row in read("audience", fans_api(age_distributions=[{"item": "1", "tgi": 3}]))
        if row["dimension"] == "age"
    ]

    assert row["tgi"] == 3
    assert "value" not in row
