"""WeCom group robot: the key in the address is all that proves who calls; success in the body."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.robots import Rates, remember, robot
from sandbox.state import State

BYTES_AT_MOST = {"text": 2048, "markdown": 4096}


def routes(state: State) -> list[Route]:
    """Return where robots are called."""
    rates = Rates(((20, 60.0),))

    async def send(request: Request) -> JSONResponse:
        content = await request.body()
        code, text = judge(state, request, content, rates)
        if code:
            return JSONResponse({"errcode": code, "errmsg": f"{text}, hint: [1]"})
        body = json.loads(content)
        remember(state, request.query_params["key"], plain_text(body), body)
        return JSONResponse({"errcode": 0, "errmsg": "ok"})

    return [Route("/wecom/cgi-bin/webhook/send", send, methods=["POST"])]


def judge(state: State, request: Request, content: bytes, rates: Rates) -> tuple[int, str]:
    """Return the error of a message, or 0."""
    fault = state.route_fault(request.url.path)
    if fault is not None:
        return int(fault.value or 45009), "fault on order"
    key = request.query_params.get("key", "")
    if robot(state, "wecom", key) is None:
        return 93000, "invalid webhook url"
    try:
        body = json.loads(content)
    except ValueError:
        return 40058, "the body is not JSON"
    if not isinstance(body, dict) or body.get("msgtype") not in BYTES_AT_MOST:
        return 40008, "invalid message type"
    said = plain_text(body)
    if not said:
        return 44004, "empty content"
    if len(said.encode()) > BYTES_AT_MOST[body["msgtype"]]:
        return 40058, f"{body['msgtype']}.content exceed max length"
    if rates.is_too_fast(key, state.seconds()):
        return 45009, "api freq out of limit"
    return 0, ""


def plain_text(body: dict[str, Any]) -> str:
    """Return what a text or markdown message says."""
    part = body.get(body["msgtype"])
    return str(part.get("content") or "") if isinstance(part, dict) else ""
