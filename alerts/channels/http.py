"""One POST of a message: the answer, or why nobody knows whether it arrived."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import requests

from alerts.channels.model import Receipt
from extractors.core.redact import keep_secrets_out_of_logs, redact

keep_secrets_out_of_logs()  # the HTTP library would log addresses that are secrets themselves

TIMEOUT_SECONDS = 10.0


def post(
    url: str,
    body: Any,
    *,
    headers: Mapping[str, str] | None = None,
    auth: tuple[str, str] | None = None,
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
            auth=auth,
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


def without(receipt: Receipt, *secrets: str) -> Receipt:
    """Return a receipt that repeats no secret: what a channel answers is kept and published."""
    hidden = tuple(secret for secret in secrets if secret)
    return replace(receipt, response=redact(receipt.response, hidden))


def retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds that an answer asks to be left alone; 0 where it does not say."""
    told = headers.get("Retry-After", "")
    return float(told) if told.isdigit() else 0.0
