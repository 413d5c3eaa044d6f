"""The Alertmanager channel: labels that identify, ends that keep an incident open or close it."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import requests

from alerts.channels.alertmanager import OPEN_FOR, judge, render, send
from extractors.core.model import Credential
from sandbox.routes.alertmanager import LOGIN, PASSWORD, PATH
from tests.channel_notices import CHANGED, NOW, STARTED, event, notice


def credential(sandbox, **changes):
    address = f"{sandbox.base_url}/alertmanager"
    return replace(Credential("alertmanager", base_url=address), **changes)


def rendered(**changes):
    (alert,) = render(notice(events=(event(**changes),)))["alerts"]
    return alert


def test_the_sandbox_takes_an_open_incident_until_the_next_evaluation(sandbox):
    receipt = send(notice(), credential(sandbox), NOW)

    assert receipt.outcome == "delivered"
    (message,) = sandbox.messages()
    (alert,) = message["body"]
    assert message["text"] == event().summary
    assert datetime.fromisoformat(alert["startsAt"]) == STARTED
    assert datetime.fromisoformat(alert["endsAt"]) == NOW + OPEN_FOR
    assert alert["generatorURL"] == notice().board_url
    assert alert["annotations"]["code"] == "NF2-0416F"


def test_an_open_incident_outlives_a_daily_evaluation():
    assert timedelta(days=92) < OPEN_FOR


def test_a_closed_incident_ends_when_it_was_closed(sandbox):
    send(notice(events=(event(is_open=False),)), credential(sandbox), NOW)

    (alert,) = sandbox.messages()[0]["body"]
    assert datetime.fromisoformat(alert["endsAt"]) == CHANGED < NOW


def test_an_end_is_never_before_the_start():
    alert = rendered(is_open=False, changed_at=STARTED - timedelta(hours=1))

    assert alert["endsAt"] == alert["startsAt"]


def test_every_event_is_an_alert(sandbox):
    events = (event(), event(incident="another", is_open=False))

    send(notice(events=events), credential(sandbox), NOW)

    labels = [alert["labels"] for alert in sandbox.messages()[0]["body"]]
    assert [each["incident"] for each in labels] == [event().incident, "another"]


def test_labels_are_the_same_for_as_long_as_an_incident_is_open():
    """The label set is the alert's identity: a value, an id or a time in it would be a new one."""
    later = rendered(
        alert_id="ffff",
        code="NF2-0423M",
        transition="remind",
        summary="已涨 12,345",
        changed_at=CHANGED + timedelta(days=7),
    )
    closed = rendered(is_open=False, transition="resolve", summary="已涨 21,300")

    assert rendered()["labels"] == later["labels"] == closed["labels"]


def test_labels_hold_no_value_and_no_time():
    alert = rendered(incident="spring.douyin")

    assert alert["labels"] == {
        "alertname": "TidemarkGoal",
        "brand": "acme",
        "campaign": "spring",
        "incident": "spring.douyin",
        "kind": "goal",
        "platform": "douyin",
    }
    assert not re.search(r"\d", "".join(alert["labels"].values()))


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        ({}, "TidemarkGoal"),
        ({"kind": "data"}, "TidemarkData"),
        ({"kind": "stale-data"}, "TidemarkStaleData"),
    ],
)
def test_the_kind_gives_an_alert_its_name(labels, name):
    assert rendered(labels=labels)["labels"]["alertname"] == name


def test_labels_keep_alertmanagers_alphabet(sandbox):
    labels = {"live-room": "1", "2nd": "x", "empty": "", "店铺": "旗舰店"}

    receipt = send(notice(events=(event(labels=labels),)), credential(sandbox), NOW)

    assert receipt.outcome == "delivered"
    assert set(sandbox.messages()[0]["body"][0]["labels"]) == {
        "_2nd",
        "__",
        "alertname",
        "incident",
        "live_room",
    }


@pytest.mark.parametrize(
    ("password", "outcome"), [(PASSWORD, "delivered"), ("another-password", "failed")]
)
def test_a_login_is_basic_authentication(sandbox, password, outcome):
    receipt = send(notice(), credential(sandbox, login=LOGIN, password=password), NOW)

    assert receipt.outcome == outcome
    assert password not in receipt.response


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "delivered"),
        (400, "failed"),
        (302, "failed"),
        (404, "failed"),
        (429, "retry"),
        (500, "retry"),
        (503, "retry"),
    ],
)
def test_the_status_is_the_answer(status, outcome):
    assert judge(status, '"start time must be before end time"').outcome == outcome


def test_a_refusal_says_why():
    assert judge(400, '"at least one label"').response == 'HTTP 400: "at least one label"'


def test_a_fault_that_passes_is_tried_again(sandbox):
    sandbox.fault(PATH, "error_code:503")

    outcomes = [send(notice(), credential(sandbox), NOW).outcome for _ in range(2)]

    assert outcomes == ["retry", "delivered"]
    assert len(sandbox.messages()) == 1


def test_nobody_at_the_address_is_tried_again():
    nobody = Credential("alertmanager", base_url="http://127.0.0.1:1")

    assert send(notice(), nobody, NOW).outcome == "retry"


def test_what_cannot_be_sent_fails_and_says_why(sandbox):
    assert send(notice(), Credential("alertmanager"), NOW).outcome == "failed"
    assert send(notice(events=()), credential(sandbox), NOW).outcome == "failed"
    assert sandbox.messages() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": {}},
        {"labels": {"alertname": ""}},
        {"labels": {"live-room": "1"}},
        {"labels": {"alertname": 1}},
        {"annotations": {"value": 1}},
        {"startsAt": "2026-04-16"},
        {"startsAt": "2026-04-16T09:00:00"},
        {"endsAt": "2026-04-01T00:00:00Z"},
        {"endsAt": 1},
    ],
    ids=str,
)
def test_the_sandbox_refuses_malformed_alerts(sandbox, changes):
    body = [{**rendered(), **changes}]

    answer = requests.post(f"{sandbox.base_url}{PATH}", json=body, timeout=5)

    assert answer.status_code == 400
    assert sandbox.messages() == []


@pytest.mark.parametrize("content", [b"{}", b"no json", b"[1]"])
def test_the_sandbox_takes_only_lists_of_alerts(sandbox, content):
    assert requests.post(f"{sandbox.base_url}{PATH}", data=content, timeout=5).status_code == 400
