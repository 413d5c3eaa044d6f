"""Bilibili: the account's tokens, how a call is signed (v2.0), and what its envelope says."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from extractors.core.envelope import code_error, code_of, object_of, read_codes
from extractors.core.errors import ApiChanged, AuthError
from extractors.core.model import Call, Credential, Prepared, Token

CODES = read_codes("bilibili")
REFRESH = "https://api.bilibili.com/x/account-oauth2/v1/refresh_token"


def authorize(call: Call, credential: Credential, token: Token | None, now: datetime) -> Prepared:
    """Sign the call; the query is not signed. Token calls carry everything in the query."""
    params = {name: str(value) for name, value in call.params.items()}
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if not call.authorised:
        return Prepared(call.method, call.path, params, headers)
    body = b"" if call.json is None else json.dumps(call.json).encode()
    signed = {
        "x-bili-accesskeyid": credential.login,
        "x-bili-content-md5": hashlib.md5(body, usedforsecurity=False).hexdigest(),
        "x-bili-signature-method": "HMAC-SHA256",
        "x-bili-signature-nonce": secrets.token_hex(16),
        "x-bili-signature-version": "2.0",
        "x-bili-timestamp": str(int(now.timestamp())),
    }
    headers |= signed | {"Authorization": signature(signed, credential.password)}
    headers["access-token"] = token.access_token if token is not None else ""
    return Prepared(call.method, call.path, params, headers, body or None)


def signature(headers: Mapping[str, str], secret: str) -> str:
    """Return the lower-case hex HMAC-SHA256 over the x-bili headers, sorted, one a line."""
    lines = [f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith("x-bili-")]
    return hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()


def fetch_token(
    send: Callable[[Call], Any], credential: Credential, token: Token | None, now: datetime
) -> Token:
    """Refresh the pair; each refresh token works once, so the newest one is kept."""
    given = str(credential.extra.get("refresh_token", "")) or None
    known = [t for t in (token and token.refresh_token, given) if t]
    if not known:
        raise AuthError("no refresh_token in the connection; authorise the account and store it")
    for refresh_token in dict.fromkeys(known[:-1]):
        try:
            return _refreshed(send, credential, refresh_token)
        except AuthError:
            continue  # a new authorisation stands in the connection
    return _refreshed(send, credential, known[-1])


def _refreshed(send: Callable[[Call], Any], credential: Credential, refresh_token: str) -> Token:
    app = {"client_id": credential.login, "client_secret": credential.password}
    params = {**app, "grant_type": "refresh_token", "refresh_token": refresh_token}
    data = send(Call("POST", REFRESH, params=params, authorised=False))
    # the contract's expires_in is a unix second, not a length of time
    until = datetime.fromtimestamp(int(data["expires_in"]), UTC)
    return Token(data["access_token"], until, data["refresh_token"])


def read_envelope(status: int, headers: Mapping[str, str], body: Any) -> Any:
    """Return `data`, or raise what `code` means."""
    answer = object_of(body)
    if "code" not in answer:
        raise ApiChanged("the answer has no code; the envelope is not the contract's")
    if code := code_of(answer["code"]):
        raise code_error(CODES, (code,), answer.get("message"))
    return object_of(answer.get("data"))
