"""The sandbox's Qianchuan keeps the platform's rules."""

import pytest
import requests

ROOMS = "/open_api/v1.0/qianchuan/today_live/room/get/"
APP = {"app_id": "1786000000000001", "secret": "qc-secret", "grant_type": "refresh_token"}
GOOD = {
    **{"advertiser_id": "1700000000000001", "aweme_id": "3242344530000000001"},
    **{"date_time": "2026-04-15", "fields": '["total_live_watch_cnt"]'},
}


@pytest.fixture
def evening(sandbox):
    sandbox.set_clock("2026-04-15T20:45:00+08:00")
    return sandbox


def refresh(sandbox, refresh_token="qc-refresh", **changes):
    url = f"{sandbox.base_url}/qianchuan/open_api/oauth2/refresh_token/"
    body = {**APP, "refresh_token": refresh_token, **changes}
    return requests.post(url, json=body, timeout=5).json()


def get(sandbox, token=None, **changes):
    token = token or refresh(sandbox)["data"]["access_token"]
    asked = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    url = f"{sandbox.base_url}/qianchuan{ROOMS}"
    return requests.get(url, params=asked, headers={"Access-Token": token}, timeout=5).json()


def test_a_refresh_token_works_once(sandbox):
    first = refresh(sandbox)

    assert refresh(sandbox)["code"] == 40107
    assert refresh(sandbox, first["data"]["refresh_token"])["code"] == 0
    assert refresh(sandbox, first["data"]["refresh_token"])["code"] == 40107
    assert refresh(sandbox, secret="wrong")["code"] == 40001


def test_tokens_end(evening):
    token = refresh(evening)["data"]["access_token"]
    evening.set_clock("2026-04-16T20:46:00+08:00")

    assert get(evening, token, date_time="2026-04-16")["code"] == 40100
    assert get(evening, "unknown")["code"] == 40105


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"date_time": "2026-04-14"}, 40001),
        ({"date_time": None}, 40001),
        ({"fields": "[broken"}, 40001),
        ({"page_size": "101"}, 40001),
        ({"page": "0"}, 40001),
        ({"room_status": "LIVE"}, 40001),
        ({"day": "2026-04-15"}, 40001),
        ({"advertiser_id": "1"}, 40002),
        ({"aweme_id": "1"}, 40002),
    ],
    ids=lambda value: str(value),
)
def test_wrong_calls_are_refused(evening, changes, code):
    assert get(evening, **changes)["code"] == code


@pytest.mark.parametrize("fields", ['["total_live_watch_cnt"]', "total_live_watch_cnt,other"])
def test_rooms_that_began_are_shown_with_the_figures_that_were_asked_for(evening, fields):
    noon, night = get(evening, fields=fields)["data"]["room_list"]

    assert (noon["room_status"], noon["end_time"]) == ("FINISH", "2026-04-15 12:40:00")
    assert (night["room_status"], night["end_time"]) == ("LIVING", "")
    assert [room["total_live_watch_cnt"] for room in (noon, night)] == [1500, 4500]
    assert "live_pay_order_gmv_alias" not in night


def test_pages_and_states(evening):
    token = refresh(evening)["data"]["access_token"]

    second = get(evening, token, page="2", page_size="1")["data"]
    living = get(evening, token, room_status="LIVING")["data"]

    assert second["page_info"] == {"page": 2, "page_size": 1, "total_number": 2, "total_page": 2}
    assert [room["room_status"] for room in second["room_list"]] == ["LIVING"]
    assert [room["room_id"] for room in living["room_list"]] == [
        room["room_id"] for room in second["room_list"]
    ]
