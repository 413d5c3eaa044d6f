"""Slack incoming webhook: plain words as answers, limits of blocks, about one message a second."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sandbox.robots import Rates, remember, robot
from sandbox.state import State

BLOCKS_AT_MOST, HEADER_AT_MOST, SECTION_AT_MOST = 50, 150, 3000
RETRY_SECONDS = "1"
SAID: Mapping[int, str] = {
    400: "invalid_payload",
    403: "action_prohibited",
    404: "channel_not_found",
    410: "channel_is_archived",
    429: "rate_limited",
    500: "rollup_error",
}


def routes(state: State) -> list[Route]:
    """Return where hooks are called."""
    rates = Rates(((1, 1.0),))

    async def hook(request: Request) -> PlainTextResponse:
        content = await request.body()
        status, text = judge(state, request, content, rates)
        if status != 200:
            headers = {"Retry-After": RETRY_SECONDS} if status == 429 else None
            return PlainTextResponse(text, status_code=status, headers=headers)
        body = json.loads(content)
        remember(state, request.path_params["token"], plain_text(body), body)
        return PlainTextResponse("ok")

    return [Route("/slack/services/{token:path}", hook, methods=["POST"])]


def judge(state: State, request: Request, content: bytes, rates: Rates) -> tuple[int, str]:
    """Return status and words of the answer to a message."""
    fault = state.route_fault(request.url.path)
    if fault is not None:
        status = int(fault.value or 429)
        return status, SAID.get(status, "fault on order")
    token = request.path_params["token"]
    if robot(state, "slack", token) is None:
        return 404, SAID[404]
    if not is_sound(content):
        return 400, SAID[400]
    if rates.is_too_fast(token, state.seconds()):
        return 429, SAID[429]
    return 200, "ok"


def is_sound(content: bytes) -> bool:
    """Tell whether a payload says something and keeps the limits of blocks."""
    try:
        body = json.loads(content)
    except ValueError:
        return False
    if not isinstance(body, dict) or not (body.get("text") or body.get("blocks")):
        return False
    blocks = body.get("blocks", [])
    return len(blocks) <= BLOCKS_AT_MOST and all(map(_is_sound_block, blocks))


def _is_sound_block(block: Any) -> bool:
    if not isinstance(block, dict) or not isinstance(block.get("text"), dict):
        return False
    at_most = HEADER_AT_MOST if block.get("type") == "header" else SECTION_AT_MOST
    return 0 < len(str(block["text"].get("text") or "")) <= at_most


def plain_text(body: dict[str, Any]) -> str:
    """Return what people would read of a message."""
    blocks = body.get("blocks") or []
    return "\n".join(b["text"]["text"] for b in blocks) or str(body.get("text"))
