"""What an HTTP answer is before the platform's envelope: a JSON document, or which error."""

import json
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from extractors.core.errors import ApiChanged, AuthError, RateLimited, Transient

PASSING = frozenset({408, 425})  # the server gave up waiting, or does not want to start yet


def decoded(status: int, headers: Mapping[str, str], content: bytes, now: datetime) -> Any:
    """Return the JSON document of an answer, or raise what the lack of one means."""
    _check_status(status, headers, now)
    if not content:
        raise _without_document(status, "with an empty body")
    try:
        body = json.loads(content.decode("utf-8-sig"))
    except ValueError:
        # not a character of it is shown: a page may hold anybody's name
        kind = headers.get("Content-Type", "no content type").partition(";")[0]
        raise _without_document(
            status, f"without a JSON body ({kind}, {len(content)} bytes)"
        ) from None
    if body == {} and status < 400:
        # every platform here wraps its answers: nothing at all is a fault in passing
        raise Transient(f"HTTP {status} with an empty object")
    return body


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for, written as seconds or as a date."""
    text = headers.get("Retry-After", "").strip()
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(text)
        # the server's own clock, where it tells: ours may be simulated
        since = parsedate_to_datetime(headers["Date"]) if "Date" in headers else now
        return max(0.0, (until - since).total_seconds())
    except (TypeError, ValueError):
        return None


def _check_status(status: int, headers: Mapping[str, str], now: datetime) -> None:
    wait = retry_after(headers, now)
    if status == 429 or (status == 503 and wait is not None):
        raise RateLimited(f"HTTP {status}", wait)
    if status >= 500 or status in PASSING:
        raise Transient(f"HTTP {status}")
    if status == 404:
        raise ApiChanged("HTTP 404: there is no such endpoint; compare path and base URL")
    if 300 <= status < 400:
        host = urlsplit(headers.get("Location", "")).netloc
        raise ApiChanged(f"HTTP {status}: redirected to {host!r}; is the base URL the API's?")


def _without_document(status: int, what: str) -> Exception:
    text = f"HTTP {status} {what}"
    if status in {401, 403}:
        return AuthError(f"{text}; check the credential, its rights and the IP allow-list")
    if status >= 400:
        return ApiChanged(f"{text}; compare the call with the contract")
    return Transient(text)
