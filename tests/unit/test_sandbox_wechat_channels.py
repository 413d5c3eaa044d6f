"""The sandbox's WeChat Channels keeps the platform's rules."""

import json

import pytest
import requests

LIST, DATA = "/channels/livedashboard/getlivelist", "/channels/livedashboard/getlivedata"


def post(sandbox, path, body, token=None):
    url = f"{sandbox.base_url}/wechat_channels"
    app = {"appid": "wx-channels-acme", "secret": "wx-channels-acme-secret"}
    if token is None:
        answer = requests.post(f"{url}/cgi-bin/stable_token", json=app, timeout=5)
        token = answer.json()["access_token"]
    params = {"access_token": token}
    return requests.post(f"{url}{path}", params=params, json=body, timeout=5).json()


def test_an_unknown_token_is_refused(sandbox):
    assert post(sandbox, LIST, {"ds": 20260415}, "unknown")["errcode"] == 40001


@pytest.mark.parametrize(
    "body",
    [{}, {"ds": "20260415"}, {"ds": 20261399}, {"ds": 20260415, "page": 2}],
    ids=["no day", "a text", "no such day", "unknown name"],
)
def test_wrong_days_are_refused(sandbox, body):
    assert post(sandbox, LIST, body)["errcode"] == 47001


def test_a_day_lists_the_sessions_that_were_made_on_it(sandbox):
    answer = post(sandbox, LIST, {"ds": 20260415})

    assert [live["export_id"] for live in answer["live_items"]] == [
        "live-0415",
        "export/UzFf-night",
    ]
    assert answer["has_more"] is False


def test_a_session_on_air_grows_and_ends(sandbox):
    sandbox.set_clock("2026-04-15T20:45:00+08:00")
    living = post(sandbox, DATA, {"export_id": "live-0415"})
    sandbox.set_clock("2026-04-15T22:00:00+08:00")
    over = post(sandbox, DATA, {"export_id": "live-0415"})

    boards = [one["live_dashboard_data"]["live_dashboard_data"] for one in (living, over)]
    assert [one["summary"]["new_watch_uv"] for one in boards] == ["2100", "4200"]
    assert [one["live_comparison_index"]["is_living"] for one in (living, over)] == [True, False]


def test_older_boards_are_text(sandbox):
    answer = post(sandbox, DATA, {"export_id": "export/UzFf-0305"})

    assert json.loads(answer["live_ec_data_summary"])["total_gmv"] == 320_000


def test_nothing_is_visible_before_its_moment(sandbox):
    assert post(sandbox, LIST, {"ds": 20260612})["live_items"] == []
    assert post(sandbox, DATA, {"export_id": "export/UzFf-0612"})["errcode"] != 0
