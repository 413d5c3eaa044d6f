"""Any receiver of webhooks: a structured CloudEvent 1.0 with a signature over its bytes.

Contract: source and id name an event, so a repeat has the same id, the same bytes and the same
signature; 429 asks to be left alone for as long as Retry-After says, 410 never to come again.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from alerts.channels.http import as_json, asked_seconds, is_passing, post, without
from alerts.channels.model import Event, Notice, Receipt
from extractors.core.model import Credential

SECONDS_BETWEEN = 0.2
CONTENT_TYPE = "application/cloudevents+json"
SIGNATURE_HEADER = "X-Tidemark-Signature"
ANSWER_CHARACTERS = 200


def sign(content: bytes, secret: str) -> str:
    """Return the signature of a body, as its header carries it."""
    return f"sha256={hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()}"


def render(notice: Notice) -> dict[str, Any]:
    """Return the CloudEvent; its time is that of the newest change it speaks of."""
    moments = [event.changed_at for event in notice.events]
    return {
        "specversion": "1.0",
        "type": "org.tidemark.alert",
        "source": "tidemark/alerts",
        "id": notice.notice_id,
        **({"time": max(moments).isoformat()} if moments else {}),
        "datacontenttype": "application/json",
        "data": {
            "title": notice.title,
            "lines": list(notice.lines),
            "tone": notice.tone,
            "board_url": notice.board_url,
            "events": [_event(event) for event in notice.events],
        },
    }


def send(notice: Notice, credential: Credential, now: datetime) -> Receipt:
    """Post one event to base_url; password is the key of its signature."""
    if not credential.base_url:
        return Receipt("failed", "the connection names no address")
    if not credential.password:
        return Receipt("failed", "the connection has no password to sign with")
    content = as_json(render(notice))
    signature = sign(content, credential.password)
    headers = {"Content-Type": CONTENT_TYPE, SIGNATURE_HEADER: signature}
    answer = post(credential.base_url, content, headers=headers)
    if isinstance(answer, Receipt):
        return answer
    receipt = judge(answer.status_code, answer.text, answer.headers, now)
    address = urlsplit(credential.base_url)  # path and query are often a token
    secrets = (credential.base_url, address.path, address.query, credential.password, signature)
    return without(receipt, *secrets)


def judge(
    status: int,
    body: str,
    headers: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> Receipt:
    """Tell from the answer whether the event was taken, may be tried again, or never will be."""
    if 200 <= status < 300:
        return Receipt("delivered", f"HTTP {status}")
    if is_passing(status):
        wait = asked_seconds(headers or {}, now or datetime.now(UTC))
        return Receipt("retry", f"HTTP {status}", wait)
    return Receipt("failed", f"HTTP {status}: {body[:ANSWER_CHARACTERS]}".rstrip(": \n"))


def _event(event: Event) -> dict[str, Any]:
    return {
        "alert_id": event.alert_id,
        "code": event.code,
        "incident": event.incident,
        "transition": event.transition,
        "labels": dict(sorted(event.labels.items())),  # the same bytes in whatever order they came
        "summary": event.summary,
        "is_open": event.is_open,
        "started_at": event.started_at.isoformat(),
        "changed_at": event.changed_at.isoformat(),
    }
