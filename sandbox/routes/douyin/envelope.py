"""Douyin: what every answer looks like, and whose token a call carries."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from sandbox.state import CALLER, State
from sandbox.world import DouyinAccount

FAULT_CODES = {"error_code": 2100004, "rate_limit": 28003018, "quota": 28003017}

Answer = dict[str, Any]


class Refused(Exception):
    """An error of the platform by its code."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(description)
        self.code = code


def answered(state: State, data: Answer) -> JSONResponse:
    """Return the envelope of success."""
    success = {"error_code": 0, "description": ""}
    extra = {
        **success,
        "sub_error_code": 0,
        "sub_description": "",
        "logid": "202604160000000000",
        "now": int(state.now().timestamp() * 1000),
    }
    return JSONResponse({"data": {**success, **data}, "extra": extra})


def refused(refusal: Refused) -> JSONResponse:
    """Return the envelope of an error: HTTP 200, codes as strings, as some answers have them."""
    error = {"error_code": str(refusal.code), "description": str(refusal)}
    extra = {**error, "sub_error_code": 0, "sub_description": "", "log_id": "202604160000000001"}
    return JSONResponse({"data": error, "extra": extra})


def raise_fault(state: State, path: str) -> None:
    """Raise the fault that was ordered for this call, if any."""
    fault = state.route_fault(path)
    if fault is not None:
        raise Refused(int(fault.value or FAULT_CODES[fault.kind]), "fault on order")


def caller(state: State, request: Request) -> DouyinAccount:
    """Return the account whose token the call carries; Refused says why not."""
    raise_fault(state, request.url.path)
    value = request.headers.get("access-token") or request.query_params.get("access_token")
    open_id = request.query_params.get("open_id")
    if not value or not open_id:
        raise Refused(10005, "access_token or open_id is missing")
    owner = state.owner_of(value)
    if owner is None:
        raise Refused(28001003, "access_token is invalid")
    if owner == "":
        raise Refused(28001008, "access_token has expired")
    if owner != open_id:
        raise Refused(28001015, "token and open_id do not match")
    account = next(account for account in state.world.douyin if account.open_id == owner)
    request.scope[CALLER] = account.account_key
    if state.is_too_fast(owner):
        raise Refused(28003018, "too frequent")
    if state.is_over_quota(owner):
        raise Refused(28003017, "quota is used up")
    return account


def number_of(request: Request, name: str, default: int) -> int:
    """Return a whole number of the query; Refused when it is none."""
    try:
        return int(request.query_params.get(name, default))
    except ValueError:
        raise Refused(28001007, f"{name} is not a number") from None
