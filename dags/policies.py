"""Who owns a task, how often it is tried again, and for which errors."""

import os
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import (
    DeadlineAlert,
    DeadlineReference,
    ExceptionRetryPolicy,
    RetryAction,
    RetryRule,
    SyncCallback,
)

from tidemark.clock import SHANGHAI

# clocks tick from here on; a simulation that lives in another time moves it out of sight
SCHEDULE_FROM = os.environ.get("TIDEMARK_SCHEDULE_FROM") or "2026-01-01"
START_DATE = datetime.fromisoformat(SCHEDULE_FROM).replace(tzinfo=SHANGHAI)

ERRORS = "extractors.core.errors"

# far enough apart that a source is asked until its deadline, and few enough for its daily quota
RETRIES, COME_AGAIN = 7, timedelta(minutes=30)

BY_ERROR = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=[f"{ERRORS}.{name}" for name in ("AuthError", "ApiChanged", "MappingWrong")],
            action=RetryAction.FAIL,
            reason="a person must act: the credential, the contract or the mapping is at fault",
        ),
        RetryRule(
            exception=f"{ERRORS}.QuotaExhausted",
            action=RetryAction.FAIL,
            reason="the daily quota is used up; the next day's run reads again",
        ),
        RetryRule(
            exception=f"{ERRORS}.NotReady",
            retry_delay=COME_AGAIN,
            reason="the platform has not finished the day",
        ),
        RetryRule(
            exception=[f"{ERRORS}.RateLimited", f"{ERRORS}.Transient"],
            retry_delay=COME_AGAIN,
            reason="the platform does not answer; short faults were waited out within the task",
        ),
    ]
)


def note_failure(context: Any) -> None:
    """Record a task that failed for good, for the engineers' channel."""
    from tidemark.orchestration.task_runs import note_failure as note

    note(context)


def note_success(context: Any) -> None:
    """Record that a task that had failed works again."""
    from tidemark.orchestration.task_runs import note_success as note

    note(context)


def note_late(context: Any) -> None:
    """Record a run that has not ended in time, for the engineers' channel."""
    from tidemark.orchestration.task_runs import note_late as note

    note(context)


def due_within(time: timedelta) -> DeadlineAlert:
    """Return the deadline of a run; asset and partitioned runs have no date, so from queueing on.

    A run that was never made has no deadline: `release_deadline` and late sources speak of those.
    """
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=time,
        callback=SyncCallback(note_late),
    )


TOLD = {
    "owner": "data-engineering",
    "on_failure_callback": note_failure,
    "on_success_callback": note_success,
}

EXTRACT = {
    **TOLD,
    "retries": RETRIES,
    "retry_delay": timedelta(minutes=5),
    "retry_policy": BY_ERROR,
    "execution_timeout": timedelta(hours=3),
}

#: the next capture of a day that runs is minutes away: nothing is tried again
CAPTURE = {**EXTRACT, "retries": 0, "execution_timeout": timedelta(minutes=10)}

#: a gate, a model or an audit that failed once fails again: no retries, a person looks
RELEASE = {
    **TOLD,
    "retries": 0,
    "execution_timeout": timedelta(hours=2),
}

ALERTS = {
    **TOLD,
    "retries": 4,
    "retry_delay": timedelta(minutes=1),
    "execution_timeout": timedelta(minutes=20),
}

#: ten minutes later it looks again by itself
WATCH = {**ALERTS, "retries": 0, "execution_timeout": timedelta(minutes=9)}
