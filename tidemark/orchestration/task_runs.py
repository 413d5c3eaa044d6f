"""Callbacks of tasks: which one failed for good, and when it runs again, for pipeline alerts."""

import logging
from collections.abc import Mapping
from typing import Any

from alerts.ledgers import TASK_RUNS
from extractors.core.lake import Lake, open_lake
from extractors.core.redact import redact
from tidemark.settings import load_settings

logger = logging.getLogger(__name__)

LETTERS_AT_MOST = 300


def note_failure(context: Mapping[str, Any]) -> None:
    """Record that a task has failed and will not be tried again by itself."""
    error = context.get("exception")
    text = redact(str(error or "")).partition("\n")[0][:LETTERS_AT_MOST]
    _note(context, "failed", type(error).__name__ if error else "", text)


def note_success(context: Mapping[str, Any]) -> None:
    """Record that a task that had failed works again; others leave no trace."""
    _note(context, "success", "", "")


def _note(context: Mapping[str, Any], outcome: str, error_class: str, error: str) -> None:
    settings = load_settings()
    lake = open_lake(settings.lake_url, settings.copies_dir)
    subject = subject_of(context["ti"])
    if outcome == "success" and last_outcome(lake, subject) != "failed":
        return
    at = settings.clock().isoformat()
    row = {"subject": subject, "outcome": outcome, "error_class": error_class, "error": error}
    lake.append(TASK_RUNS, f"{subject}.{at}.{outcome}", {**row, "at": at})
    logger.info("%s: %s", subject, outcome)


def subject_of(task_instance: Any) -> str:
    """Return a task as people call it: DAG, task, and the account that a mapped one is about."""
    name = f"{task_instance.dag_id}.{task_instance.task_id}"
    index = getattr(task_instance, "map_index", -1)
    if index is None or index < 0:
        return name
    called = getattr(task_instance, "rendered_map_index", None) or index
    return f"{name}[{called}]"


def last_outcome(lake: Lake, subject: str) -> str | None:
    """Return how the newest recorded run of a task ended."""
    entries = [e for e in lake.ledger(TASK_RUNS) if e["subject"] == subject]
    newest = max(entries, key=lambda e: (e["at"], e["entry_id"]), default=None)
    return str(newest["outcome"]) if newest else None
