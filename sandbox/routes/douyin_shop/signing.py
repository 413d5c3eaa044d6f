"""Douyin Shop: the signature, computed anew from the raw body, byte for byte."""

import hashlib
import hmac
import json
from datetime import datetime, timedelta

from starlette.requests import Request

from sandbox.routes.douyin_shop.envelope import Body, Refused
from sandbox.state import CALLER, State
from sandbox.world import Shop
from tidemark.clock import SHANGHAI

SKEW = timedelta(minutes=10)
SYSTEM_PARAMETERS = ("app_key", "method", "timestamp", "v", "sign", "sign_method")


async def checked(state: State, request: Request, method: str) -> tuple[Shop, Body]:
    """Return the shop and business parameters of a call whose signature is right."""
    query = request.query_params
    for name in SYSTEM_PARAMETERS:
        if name not in query:
            sub_code = "isv.signature-missing" if name == "sign" else "isv.parameter-missing"
            raise Refused(40001, sub_code, f"{name} is missing")
    shop = next((s for s in state.world.shops if s.app_key == query["app_key"]), None)
    if shop is None:
        raise Refused(40003, "isv.app-key-invalid", "app_key is unknown")
    request.scope[CALLER] = shop.account_key
    expected = {"method": method, "v": "2", "sign_method": "hmac-sha256"}
    for name, value in expected.items():
        if query[name] != value:
            raise Refused(40003, "isv.parameter-invalid", f"{name} must be {value}")
    check_time(state, query["timestamp"])
    raw = (await request.body()).decode()
    signed = sign(shop.app_key, shop.app_secret, method, raw, query["timestamp"])
    if not hmac.compare_digest(signed, query["sign"]):
        raise Refused(40003, "isv.signature-invalid", "the signature does not fit")
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Refused(40003, "isv.parameter-format-invalid", "the body is application/json")
    return shop, param_json(raw)


def sign(app_key: str, app_secret: str, method: str, param: str, timestamp: str) -> str:
    """Return the HMAC-SHA256 signature of a call."""
    pattern = f"app_key{app_key}method{method}param_json{param}timestamp{timestamp}v2"
    base = f"{app_secret}{pattern}{app_secret}"
    return hmac.new(app_secret.encode(), base.encode(), hashlib.sha256).hexdigest()


def check_time(state: State, text: str) -> None:
    """Raise when the timestamp is malformed or more than ten minutes off."""
    try:
        moment = (
            datetime.fromtimestamp(int(text), SHANGHAI)
            if text.isdigit()
            else datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI)
        )
    except ValueError:
        raise Refused(40003, "isv.timestamp-format-error", "timestamp is malformed") from None
    if abs(state.now() - moment) > SKEW:
        raise Refused(40003, "isv.timestamp-invalid", "timestamp is more than ten minutes off")


def param_json(raw: str) -> Body:
    """Return the business parameters; the text must be the canonical one."""
    try:
        body = json.loads(raw, parse_float=_whole_or_float)
    except ValueError:
        raise Refused(40003, "isv.parameter-format-invalid", "param_json is not JSON") from None
    canonical = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if not isinstance(body, dict) or canonical != raw:
        raise Refused(40003, "isv.parameter-format-invalid", "param_json is not sorted and dense")
    return body


def _whole_or_float(text: str) -> float:
    value = float(text)
    return int(value) if value.is_integer() else value  # 1.0 is written as 1
