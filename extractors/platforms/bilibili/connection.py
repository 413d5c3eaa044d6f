"""Bilibili: the account's tokens, how a call is signed (v2.0), and what its envelope says."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from extractors.core.envelope import coded_data, read_codes
from extractors.core.model import Call, Credential, Prepared, Token
from extractors.core.refresh import refresh_newest

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
    given = str(credential.extra.get("refresh_token", ""))
    return refresh_newest(
        lambda refresh_token: _refreshed(send, credential, refresh_token),
        (token.refresh_token if token else None, given),
    )


def _refreshed(send: Callable[[Call], Any], credential: Credential, refresh_token: str) -> Token:
    app = {"client_id": credential.login, "client_secret": credential.password}
    params = {**app, "grant_type": "refresh_token", "refresh_token": refresh_token}
    data = send(Call("POST", REFRESH, params=params, authorised=False))
    # the contract's expires_in is a unix second, not a length of time
    until = datetime.fromtimestamp(int(data["expires_in"]), UTC)
    return Token(data["access_token"], until, data["refresh_token"])


def read_envelope(status: int, headers: Mapping[str, str], body: Any) -> Any:
    """Return `data`, or raise what `code` means."""
    return coded_data(CODES, body)
