"""Callbacks of tasks and runs: what failed or takes too long, and when it is well again."""

import logging
from collections.abc import Mapping
from typing import Any

from alerts.ledgers import TASK_RUNS, newest_runs
from extractors.core.lake import Lake, open_lake
from extractors.core.redact import redact
from tidemark.settings import load_settings

logger = logging.getLogger(__name__)

LETTERS_AT_MOST = 300


def note_failure(context: Mapping[str, Any]) -> None:
    """Record that a task has failed and will not be tried again by itself."""
    error = context.get("exception")
    text = redact(str(error or "")).partition("\n")[0][:LETTERS_AT_MOST]
    lake, at = _now()
    name = type(error).__name__ if error else ""
    _write(lake, at, subject_of(context["ti"]), "failed", name, text)


def note_success(context: Mapping[str, Any]) -> None:
    """Record that a task that had failed works again, or a late run ended; else leave no trace."""
    lake, at = _now()
    subject, dag = subject_of(context["ti"]), context["ti"].dag_id
    newest = newest_runs(lake.ledger(TASK_RUNS))
    if newest.get(subject, {}).get("outcome") == "failed":
        _write(lake, at, subject, "success")
    late = newest.get(dag, {})
    if late.get("outcome") == "late" and _ends(context, late["run_id"]):
        _write(lake, at, dag, "success")


def note_late(context: Mapping[str, Any]) -> None:
    """Record that a run has not ended within the time that its DAG is given."""
    run, deadline = context["dag_run"], context["deadline"]["deadline_time"]
    lake, at = _now()
    text = f"{run['dag_run_id']}: due {str(deadline)[:16]}, still {run['state']}"
    _write(lake, at, run["dag_id"], "late", "DeadlineMissed", text, run["dag_run_id"])


def _ends(context: Mapping[str, Any], late_run: str) -> bool:
    """Tell whether a task's success means that a late run is over.

    It does in any other run, and where nothing comes after the task. One of several mapped tasks
    does not: the others may be what is waited for.
    """
    instance, task = context["ti"], context.get("task")
    if instance.run_id != late_run:
        return True
    is_last = not getattr(task, "downstream_task_ids", True)
    return is_last and not _is_mapped(instance)


def _is_mapped(task_instance: Any) -> bool:
    index = getattr(task_instance, "map_index", None)
    return index is not None and index >= 0


def _now() -> tuple[Lake, str]:
    settings = load_settings()
    return open_lake(settings.lake_url, settings.copies_dir), settings.clock().isoformat()


def _write(
    lake: Lake,
    at: str,
    subject: str,
    outcome: str,
    error_class: str = "",
    error: str = "",
    run_id: str = "",
) -> None:
    row = {"subject": subject, "outcome": outcome, "error_class": error_class, "error": error}
    lake.append(TASK_RUNS, f"{subject}.{at}.{outcome}", {**row, "run_id": run_id, "at": at})
    logger.info("%s: %s", subject, outcome)


def subject_of(task_instance: Any) -> str:
    """Return a task as people call it: DAG, task, and the account that a mapped one is about."""
    name = f"{task_instance.dag_id}.{task_instance.task_id}"
    if not _is_mapped(task_instance):
        return name
    called = getattr(task_instance, "rendered_map_index", None) or task_instance.map_index
    return f"{name}[{called}]"
