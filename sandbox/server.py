"""The sandbox server: platforms' routes, faults on the wire, and a control plane for tests."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.faults import BODY_KINDS, WIRE_KINDS, Answer, spoil, wire
from sandbox.routes import modules
from sandbox.state import CALLER, Limits, State
from sandbox.world import World

CONTROL = "/_sandbox/"
CALLS_KEPT = 20_000
KEPT = (b"retry-after",)  # headers of an answer that mean something


def make_app(
    world: World, now: Callable[[], datetime], limits: Limits | None = None
) -> tuple[ASGIApp, State]:
    """Return the application that serves a world at the time of a clock, and its state."""
    state = State(world, now, limits or Limits())
    routes = control(state)
    for platform in modules().values():
        routes += platform.routes(state)
    return FaultyWire(Starlette(routes=routes), state), state


def control(state: State) -> list[Route]:
    """Return the control plane: health, faults, limits, calls and messages."""

    async def health(_request: Request) -> JSONResponse:
        return JSONResponse({"world": state.world.name, "now": state.now().isoformat()})

    async def clear_faults(_request: Request) -> JSONResponse:
        state.faults.clear()
        return JSONResponse({"faults": 0})

    async def calls(_request: Request) -> JSONResponse:
        return JSONResponse(state.calls)

    async def messages(_request: Request) -> JSONResponse:
        return JSONResponse(state.messages)

    def add_fault(rule: dict[str, Any]) -> Any:
        state.faults.add(rule)
        return {"faults": len(state.faults.rules)}

    def set_limits(figures: dict[str, Any]) -> Any:
        state.limits = Limits(**figures)
        return figures

    return [
        Route(f"{CONTROL}health", health),
        Route(f"{CONTROL}faults", posted(add_fault), methods=["POST"]),
        Route(f"{CONTROL}faults", clear_faults, methods=["DELETE"]),
        Route(f"{CONTROL}limits", posted(set_limits), methods=["POST"]),
        Route(f"{CONTROL}calls", calls),
        Route(f"{CONTROL}messages", messages),
    ]


def posted(take: Callable[[dict[str, Any]], Any]) -> Callable[[Request], Any]:
    """Return the endpoint that hands a JSON body on, and says in a 400 what is wrong with it."""

    async def endpoint(request: Request) -> JSONResponse:
        try:
            return JSONResponse(take(await request.json()))
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    return endpoint


class FaultyWire:
    """Notes every platform call and spoils answers where a fault says so."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self.app = app
        self.state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self.app(scope, receive, send)
            return
        answer, headers = await self._answer(scope, receive)
        if fault := self.state.faults.take_one(scope["path"], BODY_KINDS):
            answer = (answer[0], spoil(fault, answer[1]), answer[2])
        if fault := self.state.faults.take_one(scope["path"], WIRE_KINDS):
            answer = await wire(fault, answer)
            if fault.kind == "http_429":
                headers.append((b"retry-after", str(fault.value or 1).encode()))
        status, content, kind = answer
        self._note(scope, status)
        headers.append((b"content-type", kind.encode()))
        headers.append((b"content-length", str(len(content)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _answer(
        self, scope: Scope, receive: Receive
    ) -> tuple[Answer, list[tuple[bytes, bytes]]]:
        parts: list[Message] = []

        async def keep(message: Message) -> None:
            parts.append(message)

        await self.app(scope, receive, keep)
        headers = dict(parts[0].get("headers", []))
        content = b"".join(part.get("body", b"") for part in parts[1:])
        kind = headers.get(b"content-type", b"text/plain").decode()
        kept = [(name, value) for name, value in headers.items() if name in KEPT]
        return (parts[0]["status"], content, kind), kept

    def _note(self, scope: Scope, status: int) -> None:
        call = {
            "path": scope["path"],
            "platform": scope["path"].split("/")[1],
            "account": scope.get(CALLER),
            "status": status,
            "at": self.state.now().isoformat(),
        }
        self.state.calls.append(call)
        del self.state.calls[:-CALLS_KEPT]
