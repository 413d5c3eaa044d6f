"""WeChat: errors in HTTP 200, JSON bodies, and whose token a call carries."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from sandbox.state import CALLER, State
from sandbox.world import WeChatAccount

FAULT_CODES = {"error_code": -1, "rate_limit": 45011, "quota": 45009}

Body = dict[str, Any]


class Refused(Exception):
    """An errcode with its text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def refused(refusal: Refused) -> JSONResponse:
    """Return an error in HTTP 200."""
    return JSONResponse({"errcode": refusal.code, "errmsg": f"{refusal} rid: 6172-6126f6f9-040f"})


def parse(content: bytes) -> Body:
    """Return the JSON body of a call."""
    try:
        body = json.loads(content or b"{}")
    except ValueError:
        raise Refused(47001, "data format error") from None
    if not isinstance(body, dict):
        raise Refused(47001, "data format error")
    return body


def raise_fault(state: State, path: str) -> None:
    """Raise the fault that was ordered for this call, if any."""
    fault = state.route_fault(path)
    if fault is not None:
        raise Refused(int(fault.value or FAULT_CODES[fault.kind]), "fault on order")


def caller(state: State, request: Request) -> WeChatAccount:
    """Return the account of the token in the query; Refused says why not."""
    raise_fault(state, request.url.path)
    owner = token_owner(state, request)
    account = next((a for a in state.world.wechat if a.appid == owner), None)
    if account is None:
        raise Refused(40014, "invalid access_token")
    request.scope[CALLER] = account.account_key
    count_call(state, owner, request)
    return account


def not_latest() -> Refused:
    """Return the refusal of a token that is unknown or another app's."""
    return Refused(40001, "invalid credential, access_token is invalid or not latest")


def token_owner(state: State, request: Request) -> str:
    """Return whose token stands in the query; Refused says why it is nobody's."""
    value = request.query_params.get("access_token")
    if not value:
        raise Refused(41001, "access_token missing")
    owner = state.owner_of(value)
    if owner is None:
        raise not_latest()
    if owner == "":
        raise Refused(42001, "access_token expired")
    return owner


def count_call(state: State, owner: str, request: Request) -> None:
    """Count a call; Refused once it is too fast or too many."""
    if state.is_too_fast(owner):
        raise Refused(45011, "api minute-quota reach limit")
    # each endpoint has a quota of its own
    if state.is_over_quota(f"{owner}{request.url.path}"):
        raise Refused(45009, "reach max api daily quota limit")
