"""Qianchuan: the app's tokens, how a call is authorised, and what its envelope says."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from extractors.core.envelope import code_error, code_of, object_of, read_codes
from extractors.core.errors import ApiChanged, AuthError
from extractors.core.model import Call, Credential, Prepared, Token

CODES = read_codes("qianchuan")
REFRESH = "/open_api/oauth2/refresh_token/"


def authorize(call: Call, credential: Credential, token: Token | None, now: datetime) -> Prepared:
    """Put the token into the header and the ad account into the query; token calls are JSON."""
    params = {name: str(value) for name, value in call.params.items()}
    headers = {"Content-Type": "application/json"}
    if call.json is not None:
        return Prepared(call.method, call.path, params, headers, json.dumps(call.json).encode())
    if token is not None and call.authorised:
        headers["Access-Token"] = token.access_token
        params["advertiser_id"] = str(credential.extra.get("advertiser_id", ""))
    return Prepared(call.method, call.path, params, headers)


def fetch_token(
    send: Callable[[Call], Any], credential: Credential, token: Token | None, now: datetime
) -> Token:
    """Refresh the pair; each refresh token works once, so the newest one is kept."""
    given = str(credential.extra.get("refresh_token", "")) or None
    known = [t for t in (token and token.refresh_token, given) if t]
    if not known:
        raise AuthError("no refresh_token in the connection; authorise the app and store it")
    for refresh_token in dict.fromkeys(known[:-1]):
        try:
            return _refreshed(send, credential, refresh_token, now)
        except AuthError:
            continue  # a new authorisation stands in the connection
    return _refreshed(send, credential, known[-1], now)


def _refreshed(
    send: Callable[[Call], Any], credential: Credential, refresh_token: str, now: datetime
) -> Token:
    app = {"app_id": credential.login, "secret": credential.password}
    body = {**app, "grant_type": "refresh_token", "refresh_token": refresh_token}
    data = send(Call("POST", REFRESH, json=body, authorised=False))
    until = now + timedelta(seconds=code_of(data["expires_in"]))
    return Token(data["access_token"], until, data["refresh_token"])


def read_envelope(status: int, headers: Mapping[str, str], body: Any) -> Any:
    """Return `data`, or raise what `code` means."""
    answer = object_of(body)
    if "code" not in answer:
        raise ApiChanged("the answer has no code; the envelope is not the contract's")
    if code := code_of(answer["code"]):
        raise code_error(CODES, (code,), answer.get("message"))
    return object_of(answer.get("data"))
