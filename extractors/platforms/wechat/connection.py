"""WeChat: the stable token, how a call is authorised, and what its envelope says."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from extractors.core.envelope import errcode_answer, read_codes
from extractors.core.model import Call, Credential, Prepared, Token

CODES = read_codes("wechat")


def authorize(call: Call, credential: Credential, token: Token | None, now: datetime) -> Prepared:
    """Put the token into the query; the body is JSON."""
    params = {name: str(value) for name, value in call.params.items()}
    if token is not None and call.authorised:
        params["access_token"] = token.access_token
    headers = {"Content-Type": "application/json"}
    body = None if call.json is None else json.dumps(call.json, ensure_ascii=False).encode()
    return Prepared(call.method, call.path, params, headers, body)


def fetch_token(
    send: Callable[[Call], Any], credential: Credential, token: Token | None, now: datetime
) -> Token:
    """Ask for the stable token; it stays the same until shortly before its end."""
    app = {"appid": credential.login, "secret": credential.password}
    body = {"grant_type": "client_credential", **app, "force_refresh": False}
    data = send(Call("POST", "/cgi-bin/stable_token", json=body, authorised=False))
    return Token(data["access_token"], now + timedelta(seconds=int(data["expires_in"])))


def read_envelope(status: int, headers: Mapping[str, str], body: Any) -> Any:
    """Return the answer itself, or raise what its errcode means; no errcode is success."""
    return errcode_answer(CODES, body)
