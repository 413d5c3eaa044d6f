"""Prometheus Alertmanager: takes lists of alerts, refuses malformed ones, answers without a body.

Basic authentication is checked where a caller uses it, as behind a proxy that offers both.
"""

import base64
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.robots import remember
from sandbox.state import State

PATH = "/alertmanager/api/v2/alerts"
LOGIN, PASSWORD = "tidemark", "alertmanager-password"
LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def routes(state: State) -> list[Route]:
    """Return where alerts are posted."""

    async def alerts(request: Request) -> Response:
        content = await request.body()
        fault = state.route_fault(request.url.path)
        if fault is not None:
            return JSONResponse("fault on order", status_code=int(fault.value or 503))
        if not is_welcome(request.headers.get("Authorization")):
            return Response("Unauthorized", status_code=401)
        body = parse(content)
        if text := next(problems(body), ""):
            return JSONResponse(text, status_code=400)
        remember(state, "alertmanager", plain_text(body), body)
        return Response(status_code=200)

    return [Route(PATH, alerts, methods=["POST"])]


def is_welcome(authorization: str | None) -> bool:
    """Tell whether a caller is nobody, or who it says it is."""
    if authorization is None:
        return True
    pair = base64.b64encode(f"{LOGIN}:{PASSWORD}".encode()).decode()
    return hmac.compare_digest(authorization.encode(), f"Basic {pair}".encode())


def parse(content: bytes) -> Any:
    """Return the document, or None when it is no JSON."""
    try:
        return json.loads(content)
    except ValueError:
        return None


def problems(body: Any) -> Iterator[str]:
    """Yield what makes a list of alerts malformed."""
    if not isinstance(body, list):
        yield "parsing alerts body failed: not a list"
        return
    for alert in body:
        yield from _problems(alert) if isinstance(alert, dict) else ("an alert is no object",)


def _problems(alert: Mapping[str, Any]) -> Iterator[str]:
    labels = alert.get("labels")
    if not is_texts(labels) or not any(labels.values()):
        yield "at least one label pair required"
    elif bad := next((name for name in labels if not LABEL_NAME.fullmatch(name)), None):
        yield f'invalid label set: invalid name "{bad}"'
    if not is_texts(alert.get("annotations", {})):
        yield "annotations must be texts"
    if not isinstance(alert.get("generatorURL", ""), str):
        yield "generatorURL must be a URI"
    yield from _problems_of_times(alert)


def _problems_of_times(alert: Mapping[str, Any]) -> Iterator[str]:
    moments = {}
    for name in ("startsAt", "endsAt"):
        if name in alert and (moment := read_moment(alert[name])) is None:
            yield f"{name} is no date-time of RFC 3339"
        elif name in alert:
            moments[name] = moment
    if len(moments) == 2 and moments["startsAt"] > moments["endsAt"]:
        yield "start time must be before end time"


def read_moment(text: Any) -> datetime | None:
    """Return a moment with its zone, or None."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo is not None and "T" in text else None


def is_texts(value: Any) -> bool:
    """Tell whether a value maps names to texts."""
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def plain_text(alerts: list[dict[str, Any]]) -> str:
    """Return what people would read of alerts."""
    return "\n".join(alert.get("annotations", {}).get("summary", "") for alert in alerts)
