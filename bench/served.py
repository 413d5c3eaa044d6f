"""A server of a bench, in a process of its own."""

import multiprocessing
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette

WAIT_SECONDS = 60


@contextmanager
def served(make_app: Callable[..., Starlette], *arguments: Any) -> Iterator[str]:
    """Serve an app that a process of its own makes from the arguments, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = multiprocessing.get_context("spawn")
    server = context.Process(target=_serve, args=(make_app, arguments, port))
    server.start()
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.join()


def _serve(make_app: Callable[..., Starlette], arguments: tuple[Any, ...], port: int) -> None:
    app = make_app(*arguments)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)


def _wait_for(port: int) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"no server on port {port}")
