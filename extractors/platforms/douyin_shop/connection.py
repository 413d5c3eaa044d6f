"""Douyin Shop: the shop's token, how a call is signed, and what its envelope says."""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from extractors.core.envelope import code_error, code_of, object_of, read_codes
from extractors.core.errors import ApiChanged, AuthError
from extractors.core.model import Call, Credential, Prepared, Token

CODES = read_codes("douyin_shop")
REFRESH_LIFE = timedelta(days=14)


def authorize(call: Call, credential: Credential, token: Token | None, now: datetime) -> Prepared:
    """Sign the call; the body is the very text that was signed."""
    method = call.path.strip("/").replace("/", ".")
    body, timestamp = param_json(call.json or {}), str(int(now.timestamp()))
    params = {"app_key": credential.login, "method": method, "timestamp": timestamp, "v": "2"}
    params["sign_method"] = "hmac-sha256"
    params["sign"] = signature(credential.login, credential.password, method, body, timestamp)
    if token is not None and call.authorised:
        params["access_token"] = token.access_token
    headers = {"Content-Type": "application/json"}
    return Prepared(call.method, call.path, params, headers, body.encode())


def param_json(params: Any) -> str:
    """Return the canonical text of the parameters: sorted, no spaces, nothing escaped."""
    return json.dumps(
        _whole_numbers(params), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


def _whole_numbers(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _whole_numbers(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def signature(app_key: str, secret: str, method: str, params: str, timestamp: str) -> str:
    """Return the lower-case hex HMAC-SHA256 of the contract."""
    pattern = f"app_key{app_key}method{method}param_json{params}timestamp{timestamp}v2"
    text = f"{secret}{pattern}{secret}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def fetch_token(
    send: Callable[[Call], Any], credential: Credential, token: Token | None, now: datetime
) -> Token:
    """Refresh the token; without one, or when it is dead, create one for the own shop."""
    if token is not None and token.refresh_token:
        refresh = {"grant_type": "refresh_token", "refresh_token": token.refresh_token}
        try:
            return _token(send(Call("POST", "/token/refresh", json=refresh, authorised=False)), now)
        except AuthError:
            pass  # older than 14 days, or revoked: an own shop may simply create another
    shop = str(credential.extra.get("shop_id", ""))
    create = {"code": "", "grant_type": "authorization_self", "shop_id": shop}
    return _token(send(Call("POST", "/token/create", json=create, authorised=False)), now)


def _token(data: Mapping[str, Any], now: datetime) -> Token:
    until = now + timedelta(seconds=int(data["expires_in"]))
    return Token(data["access_token"], until, data.get("refresh_token"), now + REFRESH_LIFE)


def read_envelope(status: int, headers: Mapping[str, str], body: Any) -> Any:
    """Return `data`, or raise what sub_code or code means; older answers say err_no."""
    answer = object_of(body)
    code, text = answer.get("code"), answer.get("sub_msg") or answer.get("msg")
    if code is None and "err_no" in answer:
        code, text = (code_of(answer["err_no"]) or 10000), answer["message"]
    if code is None:
        raise ApiChanged("the answer has neither code nor err_no; it is not the contract's")
    if code_of(code) != 10000:
        # isv.business-failed:4001 and the like: what stands before the colon is listed
        sub_code = str(answer.get("sub_code") or "").partition(":")[0]
        raise code_error(CODES, (sub_code, code), text)
    data = answer.get("data")
    return {} if data == [] else object_of(data)  # "data": [] when there is nothing
