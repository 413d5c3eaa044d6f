"""Feishu group bot: signed messages, success in the body, its limits."""

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
from sandbox.world import Bot

BODY_BYTES = 20 * 1024
SKEW_SECONDS = 3600
LIMITS = ((5, 1.0), (100, 60.0))
KINDS = {"text", "post", "interactive", "image", "share_chat"}


def routes(state: State) -> list[Route]:
    """Return the bot's hook."""
    rates = Rates(LIMITS)

    async def hook(request: Request) -> JSONResponse:
        token = request.path_params["token"]
        bot = robot(state, "feishu", token)
        content = await request.body()
        code, text = judge(state, bot, content, rates, request.url.path)
        if code:
            return JSONResponse({"code": code, "msg": text, "data": {}})
        body = json.loads(content)
        remember(state, token, plain_text(body), body)
        return JSONResponse(
            {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}
        )

    return [Route("/feishu/open-apis/bot/v2/hook/{token}", hook, methods=["POST"])]


def judge(
    state: State,
    bot: Bot | None,
    content: bytes,
    rates: Rates,
    path: str,
) -> tuple[int, str]:
    """Return the error code of a message, or 0."""
    fault = state.route_fault(path)
    if fault is not None:
        return int(fault.value or 11232), "fault on order"
    if bot is None:
        return 19001, "param invalid: incoming webhook access token invalid"
    body = parse(content)
    if body is None or len(content) > BODY_BYTES:
        return 9499, "Bad Request"
    if not is_signed(state, body, bot.secret):
        return 19021, "sign match fail or timestamp is not within one hour from current time"
    if body.get("msg_type") not in KINDS or not plain_text(body):
        return 9499, "Bad Request"
    if bot.keyword not in plain_text(body):
        return 19024, "Key Words Not Found"
    if rates.is_too_fast(bot.token, state.seconds()):
        return 11232, "create message trigger frequency limit"
    return 0, ""


def parse(content: bytes) -> dict[str, Any] | None:
    """Return the message, or None when it is no JSON object."""
    try:
        body = json.loads(content)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def is_signed(state: State, body: dict[str, Any], secret: str) -> bool:
    """Tell whether timestamp and signature are right."""
    timestamp = str(body.get("timestamp", ""))
    if (
        not timestamp.isdigit()
        or abs(state.feishu_now().timestamp() - int(timestamp)) > SKEW_SECONDS
    ):
        return False
    return is_signature(str(body.get("sign", "")), timestamp, secret)


def is_signature(text: str, timestamp: str, secret: str) -> bool:
    """Tell whether a text is the signature of a timestamp."""
    digest = hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return hmac.compare_digest(base64.b64encode(digest), text.encode())


def plain_text(body: dict[str, Any]) -> str:
    """Return what people would read of a text or card message."""
    if body.get("msg_type") == "interactive":
        card = body.get("card") or {}
        title = card.get("header", {}).get("title", {}).get("content", "")
        parts = [e.get("text", {}).get("content", "") for e in card.get("elements", [])]
        return "\n".join([title, *parts]).strip()
    return str((body.get("content") or {}).get("text", ""))
