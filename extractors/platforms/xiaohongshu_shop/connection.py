"""Xiaohongshu Ark: the seller's token, how a call is signed, and what its envelope says."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from extractors.core.envelope import code_error, code_of, object_of, read_codes
from extractors.core.errors import ApiChanged, AuthError
from extractors.core.model import Call, Credential, Prepared, Token

CODES = read_codes("xiaohongshu_shop")
PATH = "/ark/open_api/v3/common_controller"
VERSION = "2.0"
INNER_OK = (0, 200)  # the inner envelope's codes of success; the contract names none


def authorize(call: Call, credential: Credential, token: Token | None, now: datetime) -> Prepared:
    """Sign the call: everything stands flat in the body, and the path of a call is its method."""
    method, timestamp = call.path.strip("/"), str(int(now.timestamp()))
    body = {**(call.json or {}), "appId": credential.login, "method": method, "version": VERSION}
    body["timestamp"] = timestamp
    body["sign"] = signature(credential.login, credential.password, method, timestamp)
    if token is not None and call.authorised:
        body["accessToken"] = token.access_token
    headers = {"Content-Type": "application/json;charset=utf-8"}
    return Prepared("POST", PATH, {}, headers, json.dumps(body, ensure_ascii=False).encode())


def signature(app_id: str, secret: str, method: str, timestamp: str) -> str:
    """Return the lower-case hex MD5 of the contract; what is asked is not part of it."""
    text = f"{method}?appId={app_id}&timestamp={timestamp}&version={VERSION}{secret}"
    return hashlib.md5(text.encode()).hexdigest()


def fetch_token(
    send: Callable[[Call], Any], credential: Credential, token: Token | None, now: datetime
) -> Token:
    """Refresh the token; the first comes for the code of the seller's consent (ten minutes)."""
    known = token.refresh_token if token else credential.extra.get("refresh_token")
    if known:
        call = Call("POST", "/oauth.refreshToken", json={"refreshToken": known}, authorised=False)
        return _token(send(call))
    if code := credential.extra.get("code"):
        call = Call("POST", "/oauth.getAccessToken", json={"code": code}, authorised=False)
        return _token(send(call))
    raise AuthError("put the seller's code or refresh_token into the connection's extra")


def _token(data: Mapping[str, Any]) -> Token:
    until, renewable = (
        datetime.fromtimestamp(code_of(data[name]) / 1000, UTC)
        for name in ("accessTokenExpiresAt", "refreshTokenExpiresAt")
    )
    return Token(data["accessToken"], until, data["refreshToken"], renewable)


def read_envelope(status: int, headers: Mapping[str, str], body: Any) -> Any:
    """Return `data`, also from a second envelope inside; both must say success."""
    answer = object_of(body)
    _check(answer, answer.get("error_code"), (0,), "error_msg")
    data = object_of(answer.get("data"))
    if "success" in data:  # newer after-sale methods
        _check(data, data.get("code", 0), INNER_OK, "msg")
        return object_of(data.get("data"))
    return data


def _check(answer: Mapping[str, Any], code: Any, fine: tuple[int, ...], text: str) -> None:
    if "success" not in answer:
        raise ApiChanged("the answer does not say success; it is not the contract's")
    said = code_of(code)
    if answer["success"] is not True or said not in fine:
        raise code_error(CODES, (said,), answer.get(text))
