"""Youzan: the shop's token, how a call is authorised, and what its envelope says."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from extractors.core.envelope import code_error, code_of, object_of, read_codes
from extractors.core.errors import ApiChanged
from extractors.core.model import Call, Credential, Prepared, Token

CODES = read_codes("youzan")
OK = 200
LIFE = timedelta(hours=1)  # where the answer does not say: the real one is not published
MILLISECONDS_FROM = 100_000_000_000


def authorize(call: Call, credential: Credential, token: Token | None, now: datetime) -> Prepared:
    """Put the token into the query; the body is JSON."""
    params = {name: str(value) for name, value in call.params.items()}
    if token is not None and call.authorised:
        params["access_token"] = token.access_token
    body = json.dumps(call.json or {}, ensure_ascii=False).encode()
    return Prepared(call.method, call.path, params, {"Content-Type": "application/json"}, body)


def fetch_token(
    send: Callable[[Call], Any], credential: Credential, token: Token | None, now: datetime
) -> Token:
    """Ask for a token of the own shop without anybody's consent (`silent`)."""
    app = {"client_id": credential.login, "client_secret": credential.password}
    shop = str(credential.extra.get("grant_id", ""))
    body = {**app, "authorize_type": "silent", "grant_id": shop, "refresh": False}
    data = send(Call("POST", "/auth/token", json=body, authorised=False))
    return Token(data["access_token"], _until(data.get("expires"), now))


def _until(expires: Any, now: datetime) -> datetime:
    """Return the end of a token: it comes as a moment in milliseconds, or not at all."""
    if expires is None or code_of(expires) < MILLISECONDS_FROM:
        return now + LIFE
    return datetime.fromtimestamp(code_of(expires) / 1000, UTC)


def read_envelope(status: int, headers: Mapping[str, str], body: Any) -> Any:
    """Return `data`, or raise what the code means; a refusal may bring an empty list along."""
    answer = object_of(body)
    if "code" not in answer:
        raise ApiChanged("the answer has no code; it is not the contract's")
    code = code_of(answer["code"])
    if code != OK or answer.get("success") is not True:
        raise code_error(CODES, (code,), answer.get("message"))
    return object_of(answer.get("data"))
