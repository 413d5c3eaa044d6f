"""Douyin Shop: what every answer looks like, and the errors it may carry."""

from typing import Any

from starlette.responses import JSONResponse

from sandbox.state import State

FAULT_CODES = {"error_code": 20000, "rate_limit": 60000, "quota": 60000}
SUB_CODES = {  # a typical one of each code, for faults on order
    20000: "dop.service-error",
    20001: "isp.service-error",
    30001: "isv.app-permissions-insufficient",
    40001: "isv.parameter-missing",
    40002: "isv.parameter-missing",
    40003: "isv.access-token-expired",
    40004: "isv.parameter-invalid",
    50001: "dop.token-generate-failed:token-expired",
    50002: "isv.business-failed:4001",
    60000: "isv.traffic-limited",
    70000: "isp.api-service-off",
    80000: "isv.env-suspected",
    90000: "dop.unknown-error",
}

Body = dict[str, Any]


class Refused(Exception):
    """A code with its sub code."""

    def __init__(self, code: int, sub_code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.sub_code = sub_code


def answered(data: Body) -> JSONResponse:
    """Return the envelope of success."""
    return _envelope(10000, "success", "", "", data)


def refused(refusal: Refused) -> JSONResponse:
    """Return the envelope of an error: HTTP is 200 here too."""
    return _envelope(refusal.code, "error", refusal.sub_code, str(refusal), {})


def _envelope(code: int, msg: str, sub_code: str, sub_msg: str, data: Body) -> JSONResponse:
    body = {"code": code, "msg": msg, "sub_code": sub_code, "sub_msg": sub_msg, "data": data}
    return JSONResponse({**body, "log_id": "2026041600000000000000"})


def raise_fault(state: State, path: str) -> None:
    """Raise the fault that was ordered for this call, if any."""
    fault = state.route_fault(path)
    if fault is not None:
        code = int(fault.value or FAULT_CODES[fault.kind])
        raise Refused(code, SUB_CODES.get(code, ""), "fault on order")
