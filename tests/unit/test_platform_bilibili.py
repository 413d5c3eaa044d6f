from datetime import UTC, date, datetime

import pytest

from extractors.core import errors
from extractors.core.model import Account, Call, Credential, Token, Window
from extractors.platforms.bilibili import PLATFORM
from extractors.platforms.bilibili.connection import (
    REFRESH,
    authorize,
    fetch_token,
    read_envelope,
    signature,
)
from tests.fake_api import FakeApi
from tidemark.clock import SHANGHAI

ACCOUNT = Account("bilibili_acme", "bilibili", "acme", "Acme", "acme")
NOW = datetime(2026, 4, 16, 0, 30, tzinfo=SHANGHAI)
DAY = Window(date(2026, 4, 15), date(2026, 4, 15))
APP = Credential("c", "app", "secret", extra={"refresh_token": "first"})
LIST, STAT = "/arcopen/fn/archive/viewlist", "/arcopen/fn/data/arc/stat"
TOKEN = Token("access", datetime(2026, 5, 1, tzinfo=UTC), "kept")


def read(stream, answers):
    api = FakeApi(ACCOUNT, NOW, answers)
    return list(PLATFORM.stream(stream).read(api, ACCOUNT, DAY)), api


def video(number, day=1):
    moment = int(datetime(2026, 4, day, 12, tzinfo=SHANGHAI).timestamp())
    return {"resource_id": f"BV{number:03d}", "title": "t", "ptime": moment}


def pages(numbers, total=None):
    def answer(params):
        first = (params["pn"] - 1) * 50
        there = [video(n) for n in numbers[first : first + 50]]
        return {"list": there, "page": {"total": len(numbers) if total is None else total}}

    return answer


def ids(rows):
    return sorted({row["resource_id"] for row in rows})


def test_the_signature_is_that_of_the_sorted_lines_without_a_last_newline():
    headers = {
        "x-bili-timestamp": "1700000000",
        "x-bili-accesskeyid": "app",
        "x-bili-content-md5": "d41d8cd98f00b204e9800998ecf8427e",
        "x-bili-signature-method": "HMAC-SHA256",
        "x-bili-signature-nonce": "n",
        "x-bili-signature-version": "2.0",
        "access-token": "is not signed",
    }

    # printf of the six sorted lines | openssl dgst -sha256 -hmac secret
    expected = "48edbeb1d12bace26bb466974f9407038c7c39e34d55f6567394e2981df8b33f"
    assert signature(headers, "secret") == expected


def test_a_call_carries_its_signature_and_token_and_a_nonce_of_its_own():
    call = Call("GET", STAT, {"resource_id": "BV1"})

    first, second = (authorize(call, APP, TOKEN, NOW) for _ in range(2))

    assert first.params == {"resource_id": "BV1"}
    assert first.headers["access-token"] == "access"
    assert first.headers["x-bili-content-md5"] == "d41d8cd98f00b204e9800998ecf8427e"
    assert first.headers["x-bili-timestamp"] == str(int(NOW.timestamp()))
    assert first.headers["Authorization"] == signature(first.headers, "secret")
    assert first.headers["x-bili-signature-nonce"] != second.headers["x-bili-signature-nonce"]


def test_the_newest_refresh_token_is_used_and_the_end_is_a_moment():
    sent = []

    def send(call):
        sent.append(call)
        return {"access_token": "a2", "refresh_token": "r2", "expires_in": 1779000000}

    token = fetch_token(send, APP, TOKEN, NOW)

    assert [call.params["refresh_token"] for call in sent] == ["kept"]
    assert sent[0].path == REFRESH
    assert token == Token("a2", datetime.fromtimestamp(1779000000, UTC), "r2")


def test_a_dead_refresh_token_gives_way_to_the_one_of_the_connection():
    def send(call):
        if call.params["refresh_token"] == "kept":
            raise errors.AuthError("122007")
        return {"access_token": "a2", "refresh_token": "r2", "expires_in": 1779000000}

    assert fetch_token(send, APP, TOKEN, NOW).refresh_token == "r2"


def test_without_a_refresh_token_somebody_has_to_authorise():
    with pytest.raises(errors.AuthError, match="authorise the account"):
        fetch_token(lambda call: {}, Credential("c", "app", "secret"), None, NOW)


CODES = [
    *((code, "TokenExpired") for code in (-101, 127001)),
    *((code, "AuthError") for code in (127002, 127005, 122001, 122007, 127011)),
    (127007, "NotOffered"),
    *((code, "ItemNotOffered") for code in (127107, 127124)),
    (127009, "QuotaExhausted"),
    (127306, "RateLimited"),
    (127201, "Transient"),
    *((code, "ApiChanged") for code in (127000, 127100, 4000, 999)),
]


@pytest.mark.parametrize(("code", "name"), CODES, ids=[str(code) for code, _ in CODES])
def test_every_code_has_its_error(code, name):
    with pytest.raises(errors.ExtractError) as caught:
        read_envelope(200, {}, {"code": code, "message": "said", "ttl": 1})

    assert type(caught.value).__name__ == name


@pytest.mark.parametrize("body", [{"data": {}}, {"code": 0}, {"code": 0, "data": []}], ids=str)
def test_an_envelope_that_is_none_is_a_changed_api(body):
    with pytest.raises(errors.ApiChanged):
        read_envelope(200, {}, body)


@pytest.mark.parametrize("count", [0, 49, 50, 51, 120])
def test_every_page_of_videos_is_read(count):
    found, _ = read("videos", {LIST: pages(range(count))})

    assert len(ids(found)) == count


def test_a_video_that_goes_between_two_pages_hides_no_other():
    numbers = list(range(120))

    def answer(params):
        if params["pn"] == 2 and 0 in numbers:
            numbers.remove(0)
        return pages(numbers)(params)

    found, _ = read("videos", {LIST: answer})

    assert len(ids(found)) == 120


def test_an_empty_page_among_others_is_no_end():
    whole = pages(range(120))
    empty = {"list": [], "page": {"total": 120}}

    with pytest.raises(errors.Transient, match="page 2 of 120"):
        read("videos", {LIST: lambda params: empty if params["pn"] == 2 else whole(params)})


@pytest.mark.parametrize(
    "page", [{}, {"list": []}, {"page": {"total": 1}}, {"list": 0, "page": {"total": 0}}], ids=str
)
def test_a_page_without_its_list_or_total_is_a_changed_api(page):
    with pytest.raises(errors.ApiChanged):
        read("videos", {LIST: lambda params: page})


def test_totals_are_read_of_videos_of_the_day_and_before_and_gone_ones_are_skipped():
    videos = {"list": [video(1, 15), video(2, 16), video(3, 1)], "page": {"total": 3}}

    def stat(params):
        if params["resource_id"] == "BV003":
            return errors.ItemNotOffered("127124")
        return {"title": "t", "ptime": 1, "view": "7"}

    found, api = read("video_stats", {LIST: lambda params: videos, STAT: stat})

    assert found == [{"resource_id": "BV001", "title": "t", "ptime": 1, "view": "7"}]
    assert [params["resource_id"] for params in api.asked(STAT)] == ["BV001", "BV003"]


@pytest.mark.parametrize("name", ["inc_reply", "icn_reply"])
def test_both_spellings_of_the_comments_are_understood(name):
    path = "/arcopen/fn/data/arc/inc-stats"

    found, _ = read("account_increments", {path: lambda params: {name: 5, "inc_like": 1}})

    assert found == [{"account_id": "acme", "inc_reply": 5, "inc_like": 1}]
