"""DingTalk group robot: signed in the query, success in the body, blocked when called too often."""

import base64
import hashlib
import hmac
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.robots import Rates, remember, robot
from sandbox.state import State

BODY_BYTES = 20_000
SKEW_SECONDS = 3600
OK = {"errcode": 0, "errmsg": "ok"}


def routes(state: State) -> list[Route]:
    """Return where robots are called."""
    rates = Rates(((20, 60.0),), block_seconds=600.0)

    async def send(request: Request) -> JSONResponse:
        content = await request.body()
        code, text = judge(state, request, content, rates)
        if code:
            return JSONResponse({"errcode": code, "errmsg": text})
        body = json.loads(content)
        remember(state, request.query_params["access_token"], plain_text(body), body)
        return JSONResponse(OK)

    return [Route("/dingtalk/robot/send", send, methods=["POST"])]


def judge(state: State, request: Request, content: bytes, rates: Rates) -> tuple[int, str]:
    """Return the error of a message, or 0."""
    fault = state.route_fault(request.url.path)
    if fault is not None:
        return int(fault.value or 130101), "fault on order"
    token = request.query_params.get("access_token", "")
    bot = robot(state, "dingtalk", token)
    if not token:
        return 40035, "missing parameter access_token"
    if bot is None:
        return 300005, "token is not exist"
    if not is_signed(state, request, bot.secret):
        return 310000, "sign not match"
    body = parse(content)
    if body is None or not plain_text(body):
        return 40035, "invalid parameter"
    if len(content) > BODY_BYTES:
        return 460101, "message too long"
    if bot.keyword not in plain_text(body):
        return 310000, "keywords not in content"
    if rates.is_too_fast(token, state.seconds()):
        return 130101, "send too fast, exceed 20 times per minute"
    return 0, ""


def is_signed(state: State, request: Request, secret: str) -> bool:
    """Tell whether timestamp (milliseconds) and signature are right."""
    timestamp = request.query_params.get("timestamp", "")
    if not timestamp.isdigit():
        return False
    skew = abs(state.now().timestamp() - int(timestamp) / 1000)
    return skew <= SKEW_SECONDS and is_signature(
        request.query_params.get("sign", ""), timestamp, secret
    )


def is_signature(text: str, timestamp: str, secret: str) -> bool:
    """Tell whether a decoded text is the signature of a timestamp."""
    digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    return hmac.compare_digest(base64.b64encode(digest), text.encode())


def parse(content: bytes) -> dict[str, Any] | None:
    """Return the message, or None when it is no JSON object."""
    try:
        body = json.loads(content)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def plain_text(body: dict[str, Any]) -> str:
    """Return what a text or markdown message says; nothing for other kinds."""
    part = body.get(str(body.get("msgtype")))
    if not isinstance(part, dict):
        return ""
    return str(part.get("text" if body["msgtype"] == "markdown" else "content") or "")
