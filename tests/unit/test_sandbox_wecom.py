"""The sandbox's WeCom keeps the platform's rules."""

from dataclasses import replace

import pytest
import requests

from sandbox.routes.wecom.contact import Refused, owners_of

CONTACT = "/cgi-bin/externalcontact"
STATISTIC, BY_DAY = f"{CONTACT}/groupchat/statistic", f"{CONTACT}/groupchat/statistic_group_by_day"
BEHAVIOUR = f"{CONTACT}/get_user_behavior_data"
APP = {"corpid": "ww-acme", "corpsecret": "ww-secret-acme"}
# 2026-04-15 00:00 in Shanghai; the clock of the sandbox stands at 10:45 on the next day
MIDNIGHT, A_DAY = 1776182400, 86400


def token(sandbox, **changes):
    url = f"{sandbox.base_url}/wecom/cgi-bin/gettoken"
    return requests.get(url, params={**APP, **changes}, timeout=5).json()


def post(sandbox, path, body, value=None):
    params = {"access_token": token(sandbox)["access_token"] if value is None else value}
    url = f"{sandbox.base_url}/wecom{path}"
    return requests.post(url, json=body, params=params, timeout=5).json()


def days(since, until=None, unit=1):
    begin = MIDNIGHT + since * A_DAY
    end = begin if until is None else MIDNIGHT + until * A_DAY
    return {"day_begin_time": begin * unit, "day_end_time": end * unit}


def test_the_token_stays_the_same_until_its_end(sandbox):
    first = token(sandbox)
    sandbox.set_clock("2026-04-16T12:44:00+08:00")
    again = token(sandbox)
    sandbox.set_clock("2026-04-16T12:45:00+08:00")

    assert (first["errcode"], first["expires_in"], again["expires_in"]) == (0, 7200, 60)
    assert again["access_token"] == first["access_token"]
    assert post(sandbox, STATISTIC, days(0), first["access_token"])["errcode"] == 42001
    assert token(sandbox)["access_token"] != first["access_token"]


def test_wrong_credentials_and_tokens_are_refused(sandbox):
    assert token(sandbox, corpid="x")["errcode"] == 40013
    assert token(sandbox, corpsecret="x")["errcode"] == 40001
    assert post(sandbox, STATISTIC, days(0), "x")["errcode"] == 40014
    assert post(sandbox, STATISTIC, days(0), "")["errcode"] == 41001


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (days(0), 0),
        (days(-179), 0),
        (days(-180), 600018),
        (days(-30, 0), 0),
        (days(-31, 0), 600018),
        (days(1), 600018),
        (days(0, 1), 600018),
        (days(0, -1), 600018),
        (days(0, unit=1000), 600018),
        ({**days(0), "day_begin_time": MIDNIGHT + 5 * 3600}, 0),
        ({}, 40063),
        ({"day_begin_time": "2026-04-15"}, 40058),
        ({**days(0), "userid": "x"}, 40058),
        ({**days(0), "owner_filter": {"userid_list": []}}, 40058),
        ({**days(0), "owner_filter": {"userid_list": ["x"] * 101}}, 40058),
    ],
)
def test_days_beyond_the_contract_are_refused_with_an_empty_list(sandbox, body, code):
    answer = post(sandbox, BY_DAY, body)

    assert answer["errcode"] == code
    assert (answer.get("items") == []) is (code == 600018)


def test_a_span_of_days_is_summed_per_owner(sandbox):
    one, two = (post(sandbox, STATISTIC, days(since, 0)) for since in (0, -1))

    figures = [
        [(i["owner"], i["data"]["new_member_cnt"], i["data"]["member_total"]) for i in a["items"]]
        for a in (one, two)
    ]
    assert figures == [
        [("service.anna", 6, 253), ("service.bo", 3, 127), ("service.chen", 3, 23)],
        [("service.anna", 12, 253), ("service.bo", 9, 127), ("service.chen", 3, 23)],
    ]


def test_owners_come_by_offset(sandbox):
    page = post(sandbox, STATISTIC, {**days(0), "offset": 1, "limit": 1})

    assert [item["owner"] for item in page["items"]] == ["service.bo"]
    assert (page["total"], page["next_offset"]) == (3, 2)


def test_yesterday_is_all_zero_until_eight(sandbox):
    sandbox.set_clock("2026-04-16T07:59:00+08:00")
    early = post(sandbox, BY_DAY, days(-1, 0))["items"]
    sandbox.set_clock("2026-04-16T08:00:00+08:00")
    ready = post(sandbox, BY_DAY, days(-1, 0))["items"]

    assert [item["data"]["member_total"] for item in early] == [478, 0]
    assert [item["data"]["member_total"] for item in ready] == [478, 403]


def test_several_employees_are_one_series(sandbox):
    span = {"start_time": MIDNIGHT, "end_time": MIDNIGHT}

    answer = post(sandbox, BEHAVIOUR, {"userid": ["service.anna", "service.bo"], **span})

    assert [row["chat_cnt"] for row in answer["behavior_data"]] == [30]


def test_an_answer_about_a_sunday_has_no_share_of_replies(sandbox):
    span = {"start_time": MIDNIGHT - 3 * A_DAY, "end_time": MIDNIGHT - 3 * A_DAY}

    (row,) = post(sandbox, BEHAVIOUR, {"userid": ["service.anna"], **span})["behavior_data"]

    assert row["chat_cnt"] == 0
    assert "reply_percentage" not in row


@pytest.mark.parametrize(
    ("userid", "code"),
    [(["service.dora"], 84061), (["stranger"], 60011), ([], 40058), (["x"] * 101, 40058)],
    ids=["without customers", "out of scope", "nobody", "too many"],
)
def test_an_employee_nobody_can_ask_about_is_refused(sandbox, userid, code):
    span = {"start_time": MIDNIGHT, "end_time": MIDNIGHT}

    assert post(sandbox, BEHAVIOUR, {"userid": userid, **span})["errcode"] == code


def test_groups_come_by_cursor_and_not_before_they_are_opened(sandbox):
    sandbox.set_clock("2026-04-14T09:59:00+08:00")
    path, seen, cursor = f"{CONTACT}/groupchat/list", [], ""
    while True:
        page = post(sandbox, path, {"status_filter": 0, "cursor": cursor, "limit": 3})
        seen.append([group["chat_id"][-1] for group in page["group_chat_list"]])
        if not (cursor := page["next_cursor"]):
            break

    assert seen == [["1", "2", "3"], ["4"]]


def test_too_many_owners_have_to_be_named(launch_world):
    corp = launch_world.facets["wecom"]
    large = replace(corp, employees=tuple(f"u{number}" for number in range(1001)))

    assert owners_of(large, {"owner_filter": {"userid_list": ["u7"]}}) == ("u7",)
    with pytest.raises(Refused) as caught:
        owners_of(large, {})
    assert caught.value.code == 81017
