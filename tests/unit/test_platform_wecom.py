import json
from datetime import date, datetime, timedelta

import pytest

from extractors.core import errors
from extractors.core.model import Account, Call, Credential, Token, Window
from extractors.platforms.wechat.connection import authorize
from extractors.platforms.wecom import PLATFORM
from extractors.platforms.wecom.connection import fetch_token, read_envelope
from extractors.platforms.wecom.streams import BEHAVIOUR, BY_DAY, BY_OWNER, LIST, USERS
from tests.fake_api import FakeApi
from tidemark.clock import SHANGHAI

ACCOUNT = Account("wecom_acme", "wecom", "ww-acme", "Acme", "acme", kind="community")
NOW = datetime(2026, 4, 16, 8, 30, tzinfo=SHANGHAI)
DAY = Window(date(2026, 4, 15), date(2026, 4, 15))
# 2026-04-15 00:00 in Shanghai is 16:00 of the day before in UTC
MIDNIGHT = 1776182400
COUNTED = {
    "new_chat_cnt": 2,
    "chat_total": 2,
    "chat_has_msg": 0,
    "new_member_cnt": 0,
    "member_total": 6,
    "member_has_msg": 0,
    "msg_total": 0,
}


def read(stream, answers, window=DAY):
    api = FakeApi(ACCOUNT, NOW, answers)
    return list(PLATFORM.stream(stream).read(api, ACCOUNT, window)), api


def owned(owner):
    return {"owner": owner, "data": COUNTED}


def owners(*names, total=None):
    """Answer pages of two owners by offset."""

    def answer(params):
        page = names[params["offset"] :][:2]
        return {
            "total": len(names) if total is None else total,
            "next_offset": params["offset"] + len(page),
            "items": [owned(name) for name in page],
        }

    return answer


CODES = [
    (-1, "Transient"),
    *((code, "TokenExpired") for code in (40014, 41001, 42001)),
    *((code, "AuthError") for code in (40001, 40013, 48002, 60011, 60020)),
    *((code, "ItemNotOffered") for code in (81017, 84061)),
    *((code, "RateLimited") for code in (45009, 45011, 45033)),
    *((code, "ApiChanged") for code in (600018, 40058, 40063, 999)),
]


@pytest.mark.parametrize(("code", "name"), CODES, ids=[str(code) for code, _ in CODES])
def test_every_code_has_its_error_and_remedy(code, name):
    with pytest.raises(errors.ExtractError) as caught:
        read_envelope(200, {}, {"errcode": code, "errmsg": "said"})

    assert type(caught.value).__name__ == name
    assert f"code {code} (said)" in str(caught.value)


def test_a_limit_waits_a_minute():
    with pytest.raises(errors.RateLimited) as caught:
        read_envelope(200, {}, {"errcode": 45009, "errmsg": "slow"})

    assert caught.value.retry_after == 60


@pytest.mark.parametrize("code", [0, "0"], ids=["number", "text"])
def test_success_says_0(code):
    assert read_envelope(200, {}, {"errcode": code, "items": []})["items"] == []


@pytest.mark.parametrize("body", [[], None, {}, {"items": []}, {"errcode": None}], ids=str)
def test_an_answer_that_does_not_say_0_is_a_changed_api(body):
    with pytest.raises(errors.ApiChanged):
        read_envelope(200, {}, body)


def test_the_token_goes_into_the_query():
    call = Call("POST", LIST, json={"limit": 1000})

    prepared = authorize(call, Credential("c"), Token("T", NOW), NOW)

    assert prepared.params == {"access_token": "T"}
    assert json.loads(prepared.body) == {"limit": 1000}


def test_the_token_is_asked_for_with_corp_and_secret():
    sent = []

    def send(call):
        sent.append(call)
        return {"access_token": "T", "expires_in": 7200}

    token = fetch_token(send, Credential("c", "ww1", "s"), None, NOW)

    assert token == Token("T", NOW + timedelta(hours=2))
    prepared = authorize(sent[0], Credential("c"), token, NOW)
    assert (prepared.method, prepared.path) == ("GET", "/cgi-bin/gettoken")
    assert prepared.params == {"corpid": "ww1", "corpsecret": "s"}


def test_groups_are_read_by_cursor_to_their_end():
    pages = {
        "": {"group_chat_list": [{"chat_id": "a", "status": 0}], "next_cursor": "c2"},
        "c2": {"group_chat_list": [{"chat_id": "b", "status": 1}]},
    }

    found, api = read("groups", {LIST: lambda params: pages[params["cursor"]]})

    assert [row["chat_id"] for row in found] == ["a", "b"]
    assert api.asked(LIST)[0] == {"status_filter": 0, "cursor": "", "limit": 1000}


def test_a_corp_without_groups_has_none():
    page = {"group_chat_list": [], "next_cursor": ""}

    found, _ = read("groups", {LIST: lambda params: page})

    assert found == []


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ({"group_chat_list": [{"chat_id": "a"}], "next_cursor": "same"}, "does not move on"),
        ({"group_chat_list": [], "next_cursor": "more"}, "an empty page"),
    ],
    ids=["cursor stands still", "empty page"],
)
def test_a_list_of_groups_that_does_not_end_is_an_error(page, said):
    with pytest.raises(errors.Transient, match=said):
        read("groups", {LIST: lambda params: page})


def test_statistics_are_asked_for_one_day_at_a_time_and_carry_it():
    window = Window(date(2026, 4, 14), date(2026, 4, 15))

    found, api = read("owner_days", {BY_OWNER: owners("anna")}, window)

    assert found == [
        {**COUNTED, "owner": "anna", "stat_date": date(2026, 4, 14)},
        {**COUNTED, "owner": "anna", "stat_date": date(2026, 4, 15)},
    ]
    assert api.asked(BY_OWNER) == [
        {"day_begin_time": begin, "day_end_time": begin, "offset": 0, "limit": 1000}
        for begin in (MIDNIGHT - 86400, MIDNIGHT)
    ]


def test_owners_are_paged_by_offset_until_their_total():
    found, api = read("owner_days", {BY_OWNER: owners("a", "b", "c", "d", "e")})

    assert [row["owner"] for row in found] == ["a", "b", "c", "d", "e"]
    assert [params["offset"] for params in api.asked(BY_OWNER)] == [0, 2, 4]


def test_an_owner_who_comes_twice_stands_for_no_other():
    pages = {0: [owned("a"), owned("a")], 1: [owned("b")]}

    def answer(params):
        return {"total": 2, "items": pages[params["offset"]]}

    found, _ = read("owner_days", {BY_OWNER: answer})

    assert [row["owner"] for row in found] == ["a", "b"]


def test_owners_short_of_their_total_are_an_error():
    with pytest.raises(errors.Transient, match="3 of 4 owners on 2026-04-15"):
        read("owner_days", {BY_OWNER: owners("a", "b", "c", total=4)})


def too_many(answer):
    """Answer only where owners are named, at most a hundred."""

    def found(params):
        if "owner_filter" not in params:
            return errors.ItemNotOffered("81017")
        assert 0 < len(params["owner_filter"]["userid_list"]) <= 100
        return answer(params)

    return found


def test_too_many_owners_are_asked_for_a_hundred_at_a_time():
    staff = [f"u{number}" for number in range(1, 252)]

    def answer(params):
        asked = params["owner_filter"]["userid_list"]
        return {"total": len(asked), "items": [owned(name) for name in asked]}

    answers = {BY_OWNER: too_many(answer), USERS: lambda params: {"follow_user": staff}}
    found, api = read("owner_days", answers)

    assert [row["owner"] for row in found] == staff
    asked = [params["owner_filter"]["userid_list"] for params in api.asked(BY_OWNER)[1:]]
    assert [len(some) for some in asked] == [100, 100, 51]


def test_groups_of_too_many_owners_are_listed_by_name():
    def answer(params):
        (owner,) = params["owner_filter"]["userid_list"]
        return {"group_chat_list": [{"chat_id": f"of {owner}", "status": 0}], "next_cursor": ""}

    answers = {LIST: too_many(answer), USERS: lambda params: {"follow_user": ["anna"]}}
    found, _ = read("groups", answers)

    assert found == [{"chat_id": "of anna", "status": 0}]


def test_too_many_owners_of_whom_none_is_named_are_not_offered():
    answers = {BY_OWNER: too_many(owners()), USERS: lambda params: {"follow_user": []}}

    with pytest.raises(errors.NotOffered, match="81017"):
        read("owner_days", answers)


def test_days_of_all_groups_are_one_call():
    window = Window(date(2026, 4, 14), date(2026, 4, 15))
    items = [{"stat_time": MIDNIGHT, "data": COUNTED}]

    found, api = read("group_days", {BY_DAY: lambda params: {"items": items}}, window)

    assert found == [{**COUNTED, "stat_time": MIDNIGHT}]
    assert api.asked(BY_DAY) == [
        {"day_begin_time": MIDNIGHT - 86400, "day_end_time": MIDNIGHT},
    ]


SPOKEN = {"stat_time": MIDNIGHT, "chat_cnt": 100, "message_cnt": 80}


def test_behaviour_is_asked_for_one_user_and_one_day_at_a_time():
    window = Window(date(2026, 4, 14), date(2026, 4, 15))

    def answer(params):
        return {"behavior_data": [{**SPOKEN, "stat_time": params["start_time"]}]}

    users = {"follow_user": ["anna", "bo", "anna"]}
    found, api = read("behaviour_days", {USERS: lambda params: users, BEHAVIOUR: answer}, window)

    asked = [(params["userid"], params["start_time"]) for params in api.asked(BEHAVIOUR)]
    assert asked == [
        (["anna"], MIDNIGHT - 86400),
        (["bo"], MIDNIGHT - 86400),
        (["anna"], MIDNIGHT),
        (["bo"], MIDNIGHT),
    ]
    assert all(params["end_time"] == params["start_time"] for params in api.asked(BEHAVIOUR))
    assert [(row["userid"], row["stat_time"]) for row in found] == [
        (userid, begin) for (userid,), begin in asked
    ]


def behaviour(answers):
    """Return the rows of anna and bo whose answers are given."""
    found, _ = read(
        "behaviour_days",
        {
            USERS: lambda params: {"follow_user": ["anna", "bo"]},
            BEHAVIOUR: lambda params: answers[params["userid"][0]],
        },
    )
    return found


def test_an_employee_without_customers_is_skipped_and_the_others_are_read():
    spoken = {"behavior_data": [SPOKEN]}

    found = behaviour({"anna": errors.ItemNotOffered("84061"), "bo": spoken})

    assert found == [{**SPOKEN, "userid": "bo"}]


def test_an_empty_answer_about_an_employee_is_an_error():
    with pytest.raises(errors.Transient, match="2026-04-15") as caught:
        behaviour({"anna": {"behavior_data": [SPOKEN]}, "bo": {"behavior_data": []}})

    assert "bo" not in str(caught.value).split()


ODD = {
    "no list of groups": ("groups", {LIST: {}}, errors.ApiChanged),
    "groups of another type": ("groups", {LIST: {"group_chat_list": {}}}, errors.ApiChanged),
    "no list of owners": ("owner_days", {BY_OWNER: {"total": 0}}, errors.ApiChanged),
    "owners as text": ("owner_days", {BY_OWNER: {"total": 1, "items": "x"}}, errors.ApiChanged),
    "no total": ("owner_days", {BY_OWNER: {"items": [owned("a")]}}, errors.ApiChanged),
    "null owners": ("owner_days", {BY_OWNER: {"total": 1, "items": None}}, errors.Transient),
    "no list of days": ("group_days", {BY_DAY: {}}, errors.ApiChanged),
    "days of another type": ("group_days", {BY_DAY: {"items": 1}}, errors.ApiChanged),
    "no list of users": ("behaviour_days", {USERS: {}}, errors.ApiChanged),
    "no behaviour": (
        "behaviour_days",
        {USERS: {"follow_user": ["a"]}, BEHAVIOUR: {}},
        errors.ApiChanged,
    ),
}


@pytest.mark.parametrize(("stream", "answers", "error"), ODD.values(), ids=ODD.keys())
def test_an_answer_of_another_shape_never_means_fewer_rows(stream, answers, error):
    with pytest.raises(error):
        read(stream, {path: lambda params, a=answer: a for path, answer in answers.items()})


@pytest.mark.parametrize(
    "item", ["text", None, {"owner": "b"}, {"owner": "b", "data": []}], ids=str
)
def test_a_row_of_another_shape_is_left_to_the_quarantine(item):
    answer = {"total": 2, "items": [owned("a"), item]}

    found, _ = read("owner_days", {BY_OWNER: lambda params: answer})

    assert [found[0]["owner"], found[1]] == ["a", item]


def test_what_accumulates_is_declared_as_such():
    kinds = {field.name: field.kind for field in PLATFORM.stream("owner_days").fields}

    assert {name for name, kind in kinds.items() if kind == "increment"} == {
        "new_chat_cnt",
        "new_member_cnt",
    }
    assert {name for name, kind in kinds.items() if kind == "cumulative"} == {
        "chat_has_msg",
        "member_has_msg",
        "msg_total",
    }
