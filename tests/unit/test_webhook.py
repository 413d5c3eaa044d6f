"""The webhook channel: CloudEvents whose bytes repeat, a signature that the receiver verifies."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from alerts.channels.http import WAIT_AT_MOST, as_json
from alerts.channels.webhook import judge, render, send, sign
from extractors.core.model import Credential
from sandbox.routes.webhook import CONTENT_TYPE, PATH, SECRET
from tests.channel_notices import CHANGED, NOW, event, notice


def credential(sandbox, **changes):
    address = f"{sandbox.base_url}{PATH}"
    return replace(Credential("webhook", base_url=address, password=SECRET), **changes)


def post(sandbox, content, **headers):
    signed = {"Content-Type": CONTENT_TYPE, "X-Tidemark-Signature": sign(content, SECRET)}
    url = f"{sandbox.base_url}{PATH}"
    return requests.post(url, data=content, headers={**signed, **headers}, timeout=5).status_code


def test_the_receiver_verifies_the_signature_and_reads_the_event(sandbox):
    receipt = send(notice(), credential(sandbox), NOW)

    assert (receipt.outcome, receipt.response) == ("delivered", "HTTP 202")
    (message,) = sandbox.messages()
    assert message["body"] == render(notice())
    assert message["text"] == notice().text


def test_an_event_has_what_cloudevents_require():
    body = render(notice())

    assert {name: body[name] for name in body if name != "data"} == {
        "specversion": "1.0",
        "type": "org.tidemark.alert",
        "source": "tidemark/alerts",
        "id": notice().notice_id,
        "time": CHANGED.isoformat(),
        "datacontenttype": "application/json",
    }


def test_its_time_is_that_of_the_newest_change():
    older = event(incident="older", changed_at=CHANGED - timedelta(days=1))

    assert render(notice(events=(event(), older)))["time"] == CHANGED.isoformat()


def test_a_notice_without_events_has_no_time():
    assert "time" not in render(notice(events=()))


def test_the_same_notice_is_the_same_bytes():
    """Receivers know a repeat by its id; whoever compares signatures is not misled either."""
    turned = event(labels=dict(reversed(event().labels.items())))

    assert as_json(render(notice())) == as_json(render(notice(events=(turned,))))


def test_the_signature_is_the_hmac_of_the_body():
    expected = hmac.new(b"key", b'{"id":"1"}', hashlib.sha256).hexdigest()

    assert sign(b'{"id":"1"}', "key") == f"sha256={expected}"


def test_known_answer_of_rfc_4231():
    content = b"what do ya want for nothing?"
    known = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"

    assert sign(content, "Jefe") == f"sha256={known}"


def test_another_secret_is_refused_for_good(sandbox):
    receipt = send(notice(), credential(sandbox, password="another-secret"), NOW)

    assert receipt.outcome == "failed"
    assert receipt.response.startswith("HTTP 401")
    assert sandbox.messages() == []


def test_a_changed_body_is_refused(sandbox):
    content = as_json(render(notice()))

    changed = content.replace(b"warning", b"resolved")
    assert post(sandbox, changed, **{"X-Tidemark-Signature": sign(content, SECRET)}) == 401
    assert post(sandbox, content, **{"X-Tidemark-Signature": ""}) == 401


def test_the_sandbox_takes_only_cloudevents(sandbox):
    body = render(notice())

    assert post(sandbox, as_json(body), **{"Content-Type": "application/json"}) == 415
    assert post(sandbox, as_json({**body, "specversion": "0.3"})) == 400
    assert post(sandbox, as_json({**body, "id": ""})) == 400
    assert post(sandbox, b"no json") == 400
    assert post(sandbox, as_json(body)) == 202


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "delivered"),
        (202, "delivered"),
        (204, "delivered"),
        (302, "failed"),
        (400, "failed"),
        (404, "failed"),
        (410, "failed"),
        (429, "retry"),
        (500, "retry"),
        (503, "retry"),
    ],
)
def test_the_status_is_the_answer(status, outcome):
    assert judge(status, "").outcome == outcome


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("30", 30.0),
        ("Thu, 16 Apr 2026 02:46:00 GMT", 60.0),
        ("soon", 0.0),
        ("86400", WAIT_AT_MOST),
        ("-5", 0.0),
    ],
)
def test_a_receiver_says_how_long_to_leave_it_alone(asked, seconds):
    assert judge(429, "", {"Retry-After": asked}, NOW).wait_seconds == seconds


def test_the_wait_comes_from_the_wire(sandbox):
    sandbox.fault(PATH, "http_429", value=7)

    receipts = [send(notice(), credential(sandbox), NOW) for _ in range(2)]

    assert [(r.outcome, r.wait_seconds) for r in receipts] == [("retry", 7.0), ("delivered", 0.0)]


def test_a_receiver_that_is_gone_is_not_asked_again(sandbox):
    sandbox.fault(PATH, "error_code:410")

    assert send(notice(), credential(sandbox), NOW).outcome == "failed"


def test_an_answer_that_repeats_secrets_is_not_kept(monkeypatch):
    secret, path = "a-signing-secret", "/hooks/T0123/B4567"
    answer = requests.Response()
    answer.status_code = 400
    answer._content = f"{secret} at {path} with {sign(b'', secret)}".encode()
    monkeypatch.setattr("alerts.channels.webhook.post", lambda *_args, **_kwargs: answer)
    hook = Credential("webhook", base_url=f"https://hooks.example{path}", password=secret)

    receipt = send(notice(), hook, NOW)

    assert secret not in receipt.response
    assert path not in receipt.response


def test_nobody_at_the_address_is_tried_again():
    nobody = Credential("webhook", base_url="http://127.0.0.1:1/hook", password=SECRET)

    assert send(notice(), nobody, NOW).outcome == "retry"


def test_what_cannot_be_sent_fails_and_says_why(sandbox):
    assert send(notice(), Credential("webhook", password=SECRET), NOW).outcome == "failed"
    unsigned = send(notice(), credential(sandbox, password=""), NOW)
    assert (unsigned.outcome, "password" in unsigned.response) == ("failed", True)


def test_text_of_any_kind_is_json(sandbox):
    odd = notice(title='"quoted" \ud83d <b>\n{}')

    assert send(odd, credential(sandbox), NOW).outcome == "delivered"
    assert json.loads(as_json(render(odd)))["data"]["title"].startswith('"quoted"')
