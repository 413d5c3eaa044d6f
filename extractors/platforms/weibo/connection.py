"""Weibo: the account's token, how a call carries it, and what an answer says."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from extractors.core.coerce import coercer
from extractors.core.envelope import code_error, code_of, read_codes
from extractors.core.errors import ApiChanged, AuthError
from extractors.core.model import Call, Credential, Prepared, Token

CODES = read_codes("weibo")
UNKNOWN_LIFE = timedelta(days=30)  # of a token whose connection names no end

moment_of = coercer(pa.timestamp("us", tz="UTC"))


def authorize(call: Call, credential: Credential, token: Token | None, now: datetime) -> Prepared:
    """Put the token into the header; every call is a GET."""
    params = {name: str(value) for name, value in call.params.items()}
    headers = {"Authorization": f"OAuth2 {token.access_token}"} if token is not None else {}
    return Prepared(call.method, call.path, params, headers)


def fetch_token(
    send: Callable[[Call], Any], credential: Credential, token: Token | None, now: datetime
) -> Token:
    """Return the token of the connection; web apps have none to refresh it with."""
    given = str(credential.extra.get("access_token", ""))
    until = moment_of(credential.extra.get("expires_at")) or now + UNKNOWN_LIFE
    if not given:
        raise AuthError("no access_token in the connection; authorise the account and store it")
    if until <= now or (token is not None and token.access_token == given):
        raise AuthError("the access token is dead; authorise the account again and store the new")
    return Token(given, until)


def read_envelope(status: int, headers: Mapping[str, str], body: Any) -> Any:
    """Return the answer, an object or a list, or raise what its error_code means."""
    if isinstance(body, Mapping) and "error_code" in body:
        raise code_error(CODES, (code_of(body["error_code"]),), body.get("error"))
    if status >= 400 or not isinstance(body, Mapping | list):
        raise ApiChanged(f"HTTP {status} without error_code; it is not the contract's")
    return body
