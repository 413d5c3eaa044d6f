"""The few calls of Airflow's REST API that the local commands need."""

import urllib.error
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from time import sleep
from typing import Any, cast
from urllib.parse import urlencode
from uuid import uuid4

from tidemark.clock import SHANGHAI
from tidemark.errors import TidemarkError
from tidemark.orchestration.local import request_json

ADDRESS_FILE = "address"
ENDED = frozenset({"success", "failed"})
TRIES, PAUSE_SECONDS, CONFLICT = 6, 0.5, 409


class ServerFault(TidemarkError):
    """Airflow itself failed at a call; nobody knows how far it came."""


@dataclass
class Airflow:
    """A local Airflow at an address; logs in once, as the only user."""

    base_url: str
    _headers: dict[str, str] = field(default_factory=dict, repr=False)

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """GET /api/v2/<path>."""
        query = f"?{urlencode(params, doseq=True)}" if params else ""
        return self._call(f"{path}{query}", None)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST /api/v2/<path>."""
        return self._call(path, body)

    def dag_ids(self) -> set[str]:
        """Return the DAGs that are parsed and known."""
        return {dag["dag_id"] for dag in self.get("dags", limit=100)["dags"]}

    def import_errors(self) -> list[str]:
        """Return the DAG files that do not import, with their errors."""
        found = self.get("importErrors")["import_errors"]
        return [f"{error['filename']}: {error['stack_trace']}" for error in found]

    def trigger(self, dag_id: str, conf: dict[str, Any] | None = None) -> str:
        """Start a run by hand and return its id; asking twice for one id starts one run."""
        run_id = f"manual__{uuid4()}"
        body = {"dag_run_id": run_id, "logical_date": None, "conf": conf or {}}
        self._call(f"dags/{dag_id}/dagRuns", body, is_repeatable=True)
        return run_id

    def backfill(self, dag_id: str, since: date, until: date) -> int:
        """Run the partitions of a range of days again and return the backfill's id."""
        # the range of a backfill ends before midnight of its last day, hence the next date
        body = {
            "dag_id": dag_id,
            "from_date": datetime.combine(since, time.min, SHANGHAI).isoformat(),
            "to_date": datetime.combine(until + timedelta(days=1), time.min, SHANGHAI).isoformat(),
            "reprocess_behavior": "completed",
        }
        for attempt in range(1, TRIES):
            try:
                return int(self.post("backfills", body)["id"])
            except ServerFault:
                # it may be half made: its row is written before its runs, and lets no other begin
                self._cancel_backfills(dag_id)
                sleep(PAUSE_SECONDS * attempt)
        return int(self.post("backfills", body)["id"])

    def _cancel_backfills(self, dag_id: str) -> None:
        for found in self.get("backfills", dag_id=dag_id)["backfills"]:
            if found["completed_at"] is None:
                path = f"backfills/{found['id']}/cancel"
                self._call(path, None, is_repeatable=True, method="PUT")

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """Return the newest runs of a DAG, newest first."""
        found = self.get(f"dags/{dag_id}/dagRuns", limit=50, order_by="-run_after")
        return cast(list[dict[str, Any]], found["dag_runs"])

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Return the task instances of a run."""
        found = self.get(f"dags/{dag_id}/dagRuns/{run_id}/taskInstances", limit=200)
        return cast(list[dict[str, Any]], found["task_instances"])

    def _call(
        self,
        path: str,
        body: dict[str, Any] | None,
        *,
        is_repeatable: bool = False,
        method: str | None = None,
    ) -> dict[str, Any]:
        tries = TRIES if is_repeatable or body is None else 1
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._answer(path, body, method)
            except urllib.error.HTTPError as error:
                said = error.read(300).decode(errors="replace")
                if error.code == CONFLICT and attempt > 1:
                    return {}  # the try before had done it, and its answer was lost
                if error.code < 500 or attempt == tries:
                    text = f"{self.base_url}: {path}: code {error.code}: {said}"
                    raise (ServerFault if error.code >= 500 else TidemarkError)(text) from None
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise TidemarkError(
                    f"{self.base_url}: no Airflow answers there ({error}); start one with "
                    "`make run` or pass --airflow URL"
                ) from None
            # a local Airflow keeps its state in SQLite, which is locked at times
            sleep(PAUSE_SECONDS * attempt)

    def _answer(self, path: str, body: dict[str, Any] | None, method: str | None) -> dict[str, Any]:
        if not self._headers:
            token = cast(dict[str, str], request_json(f"{self.base_url}/auth/token"))
            self._headers["Authorization"] = f"Bearer {token['access_token']}"
        url = f"{self.base_url}/api/v2/{path}"
        answer = request_json(url, body, self._headers, method=method)
        return cast(dict[str, Any], answer)


def local_address(home: Path) -> str:
    """Return the address of the Airflow that `tidemark run` started on this data root."""
    path = home / "airflow" / ADDRESS_FILE
    if not path.exists():
        raise TidemarkError(
            f"no Airflow was started on {home}; start one with `make run` or pass --airflow URL"
        )
    return path.read_text().strip()
