"""Qianchuan: the app's tokens, how a call is authorised, and what its envelope says."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from extractors.core.envelope import code_of, coded_data, read_codes
from extractors.core.model import Call, Credential, Prepared, Token
from extractors.core.refresh import refresh_newest

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
    given = str(credential.extra.get("refresh_token", ""))
    return refresh_newest(
        lambda refresh_token: _refreshed(send, credential, refresh_token, now),
        (token.refresh_token if token else None, given),
    )


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
    return coded_data(CODES, body)
