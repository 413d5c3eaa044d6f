"""One POST of a message: the answer, or why nobody knows whether it arrived."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import requests

from alerts.channels.model import Receipt
from extractors.core.answers import retry_after
from extractors.core.redact import keep_secrets_out_of_logs, redact

keep_secrets_out_of_logs()  # the HTTP library would log addresses that are secrets themselves

TIMEOUT_SECONDS = 10.0
WAIT_AT_MOST = 3600.0


def deliver(
    url: str,
    body: Any,
    judge: Callable[[int, str], Receipt],
    secrets: Iterable[str],
    *,
    headers: Mapping[str, str] | None = None,
) -> Receipt:
    """Post a message and judge the answer by its status and body; no secret is repeated."""
    answer = post(url, body, headers=headers)
    receipt = answer if isinstance(answer, Receipt) else judge(answer.status_code, answer.text)
    return without(receipt, *secrets)


def judge_code(
    status: int, body: str, names: Sequence[str], text: str, retry_seconds: Mapping[int, float]
) -> Receipt:
    """Judge an answer whose body says success with code 0.

    names are the fields that hold the code, the usual one first; text is the field that explains
    it; retry_seconds has the codes of faults that pass and how long each asks to be left alone.
    """
    if is_passing(status):
        return Receipt("retry", f"HTTP {status}")
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    code = None
    if isinstance(answer, Mapping):
        code = next((answer[name] for name in names if name in answer), None)
    if code is None:  # a proxy spoke, or the answer was cut: nobody knows
        return Receipt("retry", f"HTTP {status} without {names[0]} in a JSON body")
    if code == 0:
        return Receipt("delivered", "ok")
    said = f"{names[0]} {code}: {answer.get(text, '')}"
    wait = retry_seconds.get(code) if isinstance(code, int) else None
    return Receipt("failed", said) if wait is None else Receipt("retry", said, wait)


def post(
    url: str, body: Any, *, headers: Mapping[str, str] | None = None
) -> requests.Response | Receipt:
    """Post JSON (or bytes as they are); a timeout is "unknown", so it is a retry.

    The id in the text lets people recognise a repeat.
    """
    content = body if isinstance(body, bytes) else as_json(body)
    try:
        return requests.post(
            url,
            data=content,
            headers={"Content-Type": "application/json", **(headers or {})},
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        return Receipt("retry", type(error).__name__)


def as_json(body: Any) -> bytes:
    """Return a document as the bytes that are sent."""
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def is_passing(status: int) -> bool:
    """Tell whether an HTTP status speaks of a fault that passes."""
    return status == 429 or status >= 500


def asked_seconds(headers: Mapping[str, str], now: datetime) -> float:
    """Return how long an answer asks to be left alone, an hour at most; 0 where it does not say.

    A receiver cannot silence a channel for longer.
    """
    return min(retry_after(headers, now) or 0.0, WAIT_AT_MOST)


def without(receipt: Receipt, *secrets: str) -> Receipt:
    """Return a receipt that repeats no secret: what a channel answers is kept and published."""
    hidden = tuple(secret for secret in secrets if secret)
    return replace(receipt, response=redact(receipt.response, hidden))
