"""The calls of Airflow's API: a database that is locked at times ends no demo."""

import json
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tidemark.errors import TidemarkError
from tidemark.orchestration import rest
from tidemark.orchestration.rest import Airflow

LOCKED = (500, {"detail": {"reason": "Database error"}})
CONFLICT = (409, {"detail": "run exists"})


class Server:
    """Answers from a list and notes what was asked; the token comes by itself."""

    def __init__(self, answers):
        self.answers = list(answers)
        self.asked = []
        self.paths = []
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @property
    def airflow(self):
        return Airflow(f"http://127.0.0.1:{self.http.server_port}")

    def handler(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path == "/auth/token":
                    return self.answer(200, {"access_token": "t"})
                size = int(self.headers.get("Content-Length") or 0)
                server.asked.append(json.loads(self.rfile.read(size) or "null"))
                server.paths.append(f"{self.command} {self.path.partition('?')[0]}")
                return self.answer(*server.answers.pop(0))

            do_POST = do_PUT = do_GET  # noqa: N815

            def answer(self, status, body):
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_args):
                pass

        return Handler


@pytest.fixture
def serve(monkeypatch):
    monkeypatch.setattr(rest, "PAUSE_SECONDS", 0.001)
    servers = []

    def start(*answers):
        servers.append(Server(answers))
        return servers[-1]

    yield start
    for server in servers:
        server.http.shutdown()
        server.http.server_close()


def test_a_locked_database_is_asked_again(serve):
    server = serve(LOCKED, LOCKED, (200, {"dags": [{"dag_id": "release"}]}))

    assert server.airflow.dag_ids() == {"release"}


def test_a_run_that_is_started_again_is_one_run(serve):
    server = serve(LOCKED, CONFLICT)

    run_id = server.airflow.trigger("load_history", {"until": "2026-04-15"})

    assert [body["dag_run_id"] for body in server.asked] == [run_id, run_id]


def test_a_conflict_at_the_first_try_is_told(serve):
    with pytest.raises(TidemarkError, match="code 409"):
        serve(CONFLICT).airflow.trigger("load_history")


def test_a_database_that_stays_locked_is_told(serve):
    server = serve(*[LOCKED] * 6)

    with pytest.raises(TidemarkError, match=r"code 500.*Database error"):
        server.airflow.dag_ids()
    assert len(server.asked) == 6


def test_what_is_not_repeatable_is_asked_once(serve):
    server = serve(LOCKED, (200, {}))

    with pytest.raises(TidemarkError, match="code 500"):
        server.airflow.post("backfills", {})
    assert len(server.asked) == 1


def test_a_backfill_that_was_half_made_is_cancelled_and_made_anew(serve):
    half, whole = {"id": 7, "completed_at": None}, {"id": 3, "completed_at": "2026-04-01"}
    server = serve(LOCKED, (200, {"backfills": [half, whole]}), (200, half), (200, {"id": 8}))

    found = server.airflow.backfill("release", date(2026, 4, 14), date(2026, 4, 15))

    assert found == 8
    assert server.paths == [
        "POST /api/v2/backfills",
        "GET /api/v2/backfills",
        "PUT /api/v2/backfills/7/cancel",
        "POST /api/v2/backfills",
    ]


def test_a_backfill_beside_another_is_told_at_once(serve):
    server = serve(CONFLICT)

    with pytest.raises(TidemarkError, match="code 409"):
        server.airflow.backfill("release", date(2026, 4, 14), date(2026, 4, 15))
    assert len(server.asked) == 1
