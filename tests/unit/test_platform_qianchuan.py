import json
from datetime import date, datetime, timedelta

import pytest

from extractors.core import errors
from extractors.core.asking import refusal
from extractors.core.coerce import coercer
from extractors.core.model import Account, Call, Credential, Token, Window
from extractors.platforms.qianchuan import PLATFORM
from extractors.platforms.qianchuan.connection import authorize, fetch_token, read_envelope
from tests.fake_api import FakeApi
from tidemark.clock import SHANGHAI

ACCOUNT = Account("douyin_acme", "qianchuan", "3242344530000000001", "Acme", "acme")
NOW = datetime(2026, 4, 15, 20, 0, tzinfo=SHANGHAI)
DAY = Window(date(2026, 4, 15), date(2026, 4, 15))
ROOMS = "/open_api/v1.0/qianchuan/today_live/room/get/"
STREAM = PLATFORM.stream("live_sessions")
CREDENTIAL = Credential(
    "c", "app", "secret", extra={"advertiser_id": "17", "refresh_token": "from-connection"}
)


def page(rooms, total):
    return {"room_list": rooms, "page_info": {"page": 1, "page_size": 100, "total_number": total}}


def read(*answers):
    given = iter(answers)
    api = FakeApi(ACCOUNT, NOW, {ROOMS: lambda asked: next(given)})
    return list(STREAM.read(api, ACCOUNT, DAY)), api


def test_rooms_of_the_day_are_asked_with_the_figures_by_name():
    rows, api = read(page([{"room_id": 1}], 1))

    (asked,) = api.asked(ROOMS)
    figures = json.loads(asked.pop("fields"))
    assert asked == {
        **{"aweme_id": "3242344530000000001", "date_time": "2026-04-15", "room_status": "ALL"},
        **{"ad_status": "ALL", "page": 1, "page_size": 100},
    }
    assert {"total_live_watch_cnt", "live_pay_order_gmv_alias", "stat_cost"} <= set(figures)
    assert rows == [{"room_id": 1}]


def test_pages_are_read_until_the_total_is_met():
    first, second = [{"room_id": n} for n in range(100)], [{"room_id": 100}, "odd"]

    rows, api = read(page(first, "102"), page(second, "102"))

    assert [asked["page"] for asked in api.asked(ROOMS)] == [1, 2]
    assert rows == [*first, *second]


def test_no_room_at_all_is_no_row():
    assert read(page([], 0))[0] == []
    assert read(page(None, 0))[0] == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"page_info": {"total_number": 0}}, errors.ApiChanged),
        (page({}, 1), errors.ApiChanged),
        ({"room_list": []}, errors.ApiChanged),
        ({"room_list": [], "page_info": []}, errors.ApiChanged),
        (page([], None), errors.ApiChanged),
        (page([{"room_id": 1}], 2), errors.Transient),
        (page([], 1), errors.Transient),
    ],
    ids=["list gone", "an object", "no page_info", "a list", "no total", "one of two", "empty"],
)
def test_an_answer_that_may_miss_rooms_is_an_error(answer, error):
    with pytest.raises(error):
        read(answer)


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("2026-04-14T23:59:59", "not_ready"),
        ("2026-04-15T00:00:00", None),
        ("2026-04-15T12:00:00", None),
        ("2026-04-16T00:00:00", None),
        ("2026-04-16T00:00:01", "missing"),
    ],
)
def test_a_day_is_asked_for_while_it_runs_and_not_later(moment, status):
    now = datetime.fromisoformat(moment).replace(tzinfo=SHANGHAI)

    found = refusal(STREAM, DAY.since, now)

    assert (found and found.status) == status


def test_a_room_begins_by_the_clock_of_shanghai():
    start = coercer(STREAM.schema.field("start_time").type)("2026-04-15 00:00:00")

    assert STREAM.day({"start_time": start}) == date(2026, 4, 15)
    assert STREAM.day({"start_time": start - timedelta(seconds=1)}) == date(2026, 4, 14)


def test_a_call_carries_token_and_ad_account():
    token = Token("T", NOW)

    data = authorize(Call("GET", ROOMS, {"page": 1}), CREDENTIAL, token, NOW)
    renewal = authorize(Call("POST", "/t", json={"a": 1}, authorised=False), CREDENTIAL, token, NOW)

    assert (data.headers["Access-Token"], data.params) == (
        "T",
        {"page": "1", "advertiser_id": "17"},
    )
    assert (renewal.body, renewal.params) == (b'{"a": 1}', {})
    assert "Access-Token" not in renewal.headers


def answering(dead=()):
    asked = []

    def send(call):
        asked.append(call.json["refresh_token"])
        if call.json["refresh_token"] in dead:
            raise errors.AuthError("40107")
        return {"access_token": "A", "refresh_token": "next", "expires_in": "86400"}

    return send, asked


@pytest.mark.parametrize(
    ("stored", "dead", "asked"),
    [
        (None, (), ["from-connection"]),
        ("kept", (), ["kept"]),
        ("kept", ("kept",), ["kept", "from-connection"]),
    ],
    ids=["first", "the newest", "authorised again"],
)
def test_the_newest_refresh_token_goes_first(stored, dead, asked):
    send, seen = answering(dead)
    before = Token("old", NOW, stored) if stored else None

    token = fetch_token(send, CREDENTIAL, before, NOW)

    assert seen == asked
    assert token == Token("A", NOW + timedelta(days=1), "next")


def test_a_connection_without_a_refresh_token_says_what_to_do():
    with pytest.raises(errors.AuthError, match="authorise the account"):
        fetch_token(answering()[0], Credential("c"), None, NOW)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        *((code, "TokenExpired") for code in (40100, 40105, 40102, 40104)),
        *((code, "AuthError") for code in (40103, 40107, 40002)),
        (40110, "RateLimited"),
        (50000, "Transient"),
        *((code, "ApiChanged") for code in (40000, 40001, 123456)),
    ],
)
def test_every_code_has_its_error(code, name):
    with pytest.raises(errors.ExtractError) as caught:
        read_envelope(200, {}, {"code": code, "message": "said", "data": {}})

    assert type(caught.value).__name__ == name
    assert f"{code} (said)" in str(caught.value)


@pytest.mark.parametrize("body", [[], None, "ok", {}, {"data": {}}, {"code": 0}, {"code": "no"}])
def test_an_answer_of_another_shape_is_an_error(body):
    with pytest.raises(errors.ApiChanged):
        read_envelope(200, {}, body)
