"""Douyin: the account's tokens, how a call is authorised, and what its envelope says."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa

from extractors.core.coerce import coercer
from extractors.core.envelope import code_error, code_of, object_of, read_codes
from extractors.core.errors import ApiChanged, ExtractError
from extractors.core.model import Call, Credential, Prepared, Token
from extractors.core.refresh import refresh_newest

logger = logging.getLogger(__name__)

CODES = read_codes("douyin")
RENEW_AHEAD = timedelta(days=3)

moment_of = coercer(pa.timestamp("us", tz="UTC"))


def authorize(call: Call, credential: Credential, token: Token | None, now: datetime) -> Prepared:
    """Put the token into the header and the account into the query; token calls are forms."""
    params = {name: str(value) for name, value in call.params.items()}
    if call.form is not None:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return Prepared(call.method, call.path, params, kind, urlencode(call.form).encode())
    headers = {"Content-Type": "application/json"}
    if token is not None and call.authorised:
        headers["access-token"] = token.access_token
        params["open_id"] = str(credential.extra.get("open_id", ""))
    return Prepared(call.method, call.path, params, headers)


def fetch_token(
    send: Callable[[Call], Any], credential: Credential, token: Token | None, now: datetime
) -> Token:
    """Use the token of the connection while it lives; from then on refresh, and renew in time."""
    given = _given_token(credential, now)
    if token is None and given is not None and given.expires_at > now:
        return given
    return refresh_newest(
        lambda refresh_token: _refreshed(send, credential, refresh_token, now),
        (t.refresh_token for t in (token, given) if t is not None),
    )


def _given_token(credential: Credential, now: datetime) -> Token | None:
    extra = credential.extra
    if not extra.get("refresh_token"):
        return None
    return Token(
        str(extra.get("access_token", "")),
        moment_of(extra.get("expires_at")) or now,
        str(extra["refresh_token"]),
        moment_of(extra.get("refresh_expires_at")),
    )


def _refreshed(
    send: Callable[[Call], Any], credential: Credential, refresh_token: str, now: datetime
) -> Token:
    form = {"client_key": credential.login, "refresh_token": refresh_token}
    data = send(
        Call(
            "POST",
            "/oauth/refresh_token/",
            form={**form, "grant_type": "refresh_token"},
            authorised=False,
        )
    )
    access_until = now + timedelta(seconds=int(data["expires_in"]))
    until = now + timedelta(seconds=int(data["refresh_expires_in"]))
    refresh_token = data.get("refresh_token") or refresh_token
    if until - now <= RENEW_AHEAD:
        try:
            form["refresh_token"] = refresh_token
            new = send(Call("POST", "/oauth/renew_refresh_token/", form=form, authorised=False))
        except ExtractError as error:
            logger.warning("douyin: %s; authorise the account again before %s", error, until)
            return Token(data["access_token"], min(access_until, until), refresh_token, until)
        refresh_token = new["refresh_token"]
        until = now + timedelta(seconds=int(new["expires_in"]))
    # come back before the refresh token ends: renewing it later is impossible
    use_until = min(access_until, until - RENEW_AHEAD)
    return Token(data["access_token"], use_until, refresh_token, until)


def read_envelope(status: int, headers: Mapping[str, str], body: Any) -> Any:
    """Return `data`, or raise what its error_code (else that of `extra`) means."""
    answer = object_of(body)
    data, extra = answer.get("data") or {}, answer.get("extra") or {}
    said = data if "error_code" in data else extra
    if "error_code" not in said:
        raise ApiChanged("the answer has no error_code; the envelope is not the contract's")
    code = code_of(said["error_code"])
    if code:
        raise code_error(CODES, (code,), said.get("description"))
    return object_of(data)
