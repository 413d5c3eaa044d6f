"""A receiver of webhooks: structured CloudEvents 1.0 whose signature it checks first."""

import hashlib
import hmac
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.robots import remember
from sandbox.state import State

PATH = "/webhook"
SECRET = "webhook-signing-secret"
CONTENT_TYPE = "application/cloudevents+json"
REQUIRED = ("id", "source", "type")


def routes(state: State) -> list[Route]:
    """Return where events are posted."""

    async def events(request: Request) -> Response:
        content = await request.body()
        fault = state.route_fault(request.url.path)
        if fault is not None:
            return refused(int(fault.value or 429), "fault on order")
        if not is_signature(request.headers.get("X-Tidemark-Signature", ""), content):
            return refused(401, "the signature is not that of the body")
        if request.headers.get("Content-Type", "").partition(";")[0].strip() != CONTENT_TYPE:
            return refused(415, f"only {CONTENT_TYPE}")
        body = parse(content)
        if body is None:
            return refused(400, "no CloudEvent 1.0")
        remember(state, "webhook", plain_text(body), body)
        return Response(status_code=202)

    return [Route(PATH, events, methods=["POST"])]


def refused(status: int, text: str) -> JSONResponse:
    """Return the answer to an event that is not taken."""
    return JSONResponse({"error": text}, status_code=status)


def is_signature(text: str, content: bytes) -> bool:
    """Tell whether a text is the signature of a body."""
    digest = hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"sha256={digest}".encode(), text.encode())


def parse(content: bytes) -> dict[str, Any] | None:
    """Return the event, or None when it lacks what every event has."""
    try:
        body = json.loads(content)
    except ValueError:
        return None
    if not isinstance(body, dict) or body.get("specversion") != "1.0":
        return None
    there = all(isinstance(body.get(name), str) and body[name] for name in REQUIRED)
    return body if there else None


def plain_text(event: dict[str, Any]) -> str:
    """Return what people would read of an event."""
    data = event.get("data")
    if not isinstance(data, dict):
        return ""
    return "\n".join([str(data.get("title", "")), *map(str, data.get("lines") or [])]).strip()
