"""Plain calls to the sandbox, written from the contracts and not from the extractors."""

import hashlib
import hmac
import json
from base64 import b64encode
from typing import Any

import requests

from tests.conftest import Sandbox

OPEN_ID = "acme_official"
CLIENT_KEY, CLIENT_SECRET = "dykey-acme", "dysecret-acme"
APP_ID, APP_SECRET = "wx-acme", "wx-secret-acme"
SHOP_KEY, SHOP_SECRET, SHOP_ID = "6844048284663924231", "shop-secret-acme", "10010001"
TIMEOUT = 5


def douyin_form(sandbox: Sandbox, name: str, **form: str) -> dict[str, Any]:
    """Post a form to a token endpoint of Douyin."""
    form = {"client_key": CLIENT_KEY, **form}
    url = f"{sandbox.base_url}/douyin/oauth/{name}/"
    return requests.post(url, data=form, timeout=TIMEOUT).json()


def douyin_refresh(sandbox: Sandbox, refresh_token: str = f"rft.{OPEN_ID}") -> dict[str, Any]:
    """Exchange a refresh token of Douyin for an access token."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return douyin_form(sandbox, "refresh_token", **form)


def douyin_token(sandbox: Sandbox) -> str:
    """Return a new access token of Douyin."""
    return douyin_refresh(sandbox)["data"]["access_token"]


def douyin_get(sandbox: Sandbox, path: str, token: str | None = None, **params: Any) -> Any:
    """Return the body of a data call of Douyin."""
    headers = {"access-token": token or douyin_token(sandbox)}
    params = {"open_id": OPEN_ID, **params}
    url = f"{sandbox.base_url}/douyin{path}"
    return requests.get(url, params=params, headers=headers, timeout=TIMEOUT).json()


def douyin_code(sandbox: Sandbox, path: str, token: str | None = None, **params: Any) -> int:
    """Return the error code of a data call of Douyin."""
    return int(douyin_get(sandbox, path, token, **params)["data"]["error_code"])


def wechat_token(sandbox: Sandbox, **changes: Any) -> dict[str, Any]:
    """Return the answer of WeChat's stable token."""
    body = {"grant_type": "client_credential", "appid": APP_ID, "secret": APP_SECRET, **changes}
    url = f"{sandbox.base_url}/wechat/cgi-bin/stable_token"
    return requests.post(url, json=body, timeout=TIMEOUT).json()


def wechat_post(sandbox: Sandbox, path: str, body: Any, token: str | None = None) -> Any:
    """Return the body of a call of WeChat."""
    params = {"access_token": token or wechat_token(sandbox)["access_token"]}
    url = f"{sandbox.base_url}/wechat{path}"
    return requests.post(url, params=params, json=body, timeout=TIMEOUT).json()


def wechat_days(sandbox: Sandbox, name: str, begin: str, end: str) -> Any:
    """Return the body of a statistics call of WeChat."""
    dates = {"begin_date": begin, "end_date": end}
    return wechat_post(sandbox, f"/datacube/{name}", dates)


def shop_sign(method: str, body: str, timestamp: str) -> str:
    """Return the signature of a call of Douyin Shop."""
    pattern = f"app_key{SHOP_KEY}method{method}param_json{body}timestamp{timestamp}v2"
    base = f"{SHOP_SECRET}{pattern}{SHOP_SECRET}".encode()
    return hmac.new(SHOP_SECRET.encode(), base, hashlib.sha256).hexdigest()


def shop_post(
    sandbox: Sandbox,
    method: str,
    body: dict[str, Any] | str,
    token: str | None = None,
    *,
    headers: dict[str, str] | None = None,
    **query: str,
) -> Any:
    """Return the body of a signed call of Douyin Shop; query parameters may be overridden."""
    text = body if isinstance(body, str) else canonical(body)
    timestamp = query.pop("timestamp", str(int(sandbox.settings.clock().timestamp())))
    params = {
        "app_key": SHOP_KEY,
        "method": method,
        "timestamp": timestamp,
        "v": "2",
        "sign_method": "hmac-sha256",
        "sign": shop_sign(method, text, timestamp),
        **({"access_token": token} if token else {}),
        **query,
    }
    url = f"{sandbox.base_url}/douyin_shop/{method.replace('.', '/')}"
    headers = {"Content-Type": "application/json"} if headers is None else headers
    answer = requests.post(url, params=params, data=text.encode(), headers=headers, timeout=TIMEOUT)
    return answer.json()


def canonical(body: dict[str, Any]) -> str:
    """Return sorted, dense JSON."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def shop_pair(sandbox: Sandbox) -> dict[str, Any]:
    """Return the token pair of the shop."""
    body = {"code": "", "grant_type": "authorization_self", "shop_id": SHOP_ID}
    return shop_post(sandbox, "token.create", body)["data"]


def shop_token(sandbox: Sandbox) -> str:
    """Return an access token of the shop."""
    return shop_pair(sandbox)["access_token"]


def shop_search(sandbox: Sandbox, method: str = "order.searchList", **body: Any) -> Any:
    """Return the data of a search of Douyin Shop."""
    answer = shop_post(sandbox, method, body, shop_token(sandbox))
    assert answer["code"] == 10000, answer
    return answer["data"]


def feishu_message(timestamp: str, secret: str = "ops-signing-secret", text: str = "你好") -> dict:
    """Return a signed text message."""
    digest = hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return {
        "timestamp": timestamp,
        "sign": b64encode(digest).decode(),
        "msg_type": "text",
        "content": {"text": text},
    }


def feishu_post(sandbox: Sandbox, message: Any, hook: str = "ops-hook") -> requests.Response:
    """Post a message to a bot."""
    url = f"{sandbox.base_url}/feishu/open-apis/bot/v2/hook/{hook}"
    return requests.post(url, json=message, timeout=TIMEOUT)
