"""Prometheus Alertmanager: one alert per incident; HTTP 200 is the whole answer.

Contract: labels identify an alert, so nothing that changes while an incident is open stands in
them; an alert lapses at endsAt unless it is sent again; one that ended in the past is resolved.
"""

import base64
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from alerts.channels.http import deliver, is_passing
from alerts.channels.model import Event, Notice, Receipt
from extractors.core.model import Credential

SECONDS_BETWEEN = 0.0
OPEN_FOR = timedelta(days=120)  # what is over is told; nothing is judged for longer than that
ANSWER_CHARACTERS = 200
NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_]")


def render(notice: Notice) -> dict[str, Any]:
    """Return the alerts under "alerts"; an open one has no end before it is sent."""
    return {"alerts": [_alert(event, notice) for event in notice.events]}


def send(notice: Notice, credential: Credential, now: datetime) -> Receipt:
    """Post a notice's alerts to base_url, with basic authentication where login is set."""
    if not credential.base_url:
        return Receipt("failed", "the connection names no host")
    if not notice.events:
        return Receipt("failed", "the notice speaks of no incident, and nothing else is an alert")
    until = (now + OPEN_FOR).isoformat()
    alerts = [{"endsAt": until, **alert} for alert in render(notice)["alerts"]]
    headers = _authorization(credential)
    secrets = (credential.login, credential.password, *headers.values())
    address = f"{credential.base_url.rstrip('/')}/api/v2/alerts"
    return deliver(address, alerts, judge, secrets, headers=headers)


def judge(status: int, body: str) -> Receipt:
    """Tell from the answer whether the alerts were taken, may be tried again, or never will be."""
    if status == 200:
        return Receipt("delivered", "ok")
    if is_passing(status):
        return Receipt("retry", f"HTTP {status}")
    return Receipt("failed", f"HTTP {status}: {body[:ANSWER_CHARACTERS]}".rstrip(": \n"))


def _alert(event: Event, notice: Notice) -> dict[str, Any]:
    alert: dict[str, Any] = {
        "labels": _labels(event),
        "annotations": {
            "summary": event.summary,
            "description": "\n".join(notice.lines),
            "code": event.code,
            "severity": event.labels.get("severity", ""),
        },
        "startsAt": event.started_at.isoformat(),
    }
    if not event.is_open:
        # an end before the start would be refused
        alert["endsAt"] = max(event.started_at, event.changed_at).isoformat()
    if notice.board_url:
        alert["generatorURL"] = notice.board_url
    return alert


def _labels(event: Event) -> dict[str, str]:
    """Return what an alert is known by: the same for as long as its incident is open.

    Alertmanager drops labels without a value and refuses names outside of its alphabet.
    """
    known = {
        _label_name(name): str(value)
        for name, value in sorted(event.labels.items())
        if value and name != "severity"  # a level that rises would be another alert
    }
    return {**known, "alertname": _alertname(event.labels), "incident": event.incident}


def _alertname(labels: Mapping[str, str]) -> str:
    """Return the name by the kind of incident, as in TidemarkGoal."""
    words = NOT_IN_NAMES.sub("_", labels.get("kind") or "goal").split("_")
    return "Tidemark" + "".join(word[:1].upper() + word[1:] for word in words)


def _label_name(text: str) -> str:
    name = NOT_IN_NAMES.sub("_", text)
    return f"_{name}" if name[:1].isdigit() else name


def _authorization(credential: Credential) -> dict[str, str]:
    if not credential.login:
        return {}
    pair = f"{credential.login}:{credential.password}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
