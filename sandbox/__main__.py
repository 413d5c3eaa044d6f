"""python -m sandbox: serve a world on loopback."""

import argparse
import os
import socket
from pathlib import Path

import uvicorn

from sandbox.clock import clock
from sandbox.server import make_app
from sandbox.world import WORLDS, load_world

SHARED = Path(os.environ.get("TIDEMARK_SHARED") or "../shared/data")


def main() -> None:
    """Serve until stopped; the ready file, when asked for, holds the base URL."""
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    parser.add_argument("--world", default="launch", choices=WORLDS)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--clock-file", type=Path)
    parser.add_argument("--ready-file", type=Path)
    arguments = parser.parse_args()
    serve(arguments.world, arguments.port, arguments.clock_file, arguments.ready_file)


def serve(world: str, port: int, clock_file: Path | None, ready_file: Path | None) -> None:
    """Bind a port of the loopback interface (any free one for 0) and serve."""
    app, _state = make_app(load_world(world, SHARED), clock(clock_file))
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        print(base_url, flush=True)
        if ready_file is not None:
            unfinished = ready_file.with_name(f".{ready_file.name}")
            unfinished.write_text(base_url)
            unfinished.replace(ready_file)  # whoever waits for the file never reads half of it
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        server.run(sockets=[listener])


if __name__ == "__main__":
    main()
