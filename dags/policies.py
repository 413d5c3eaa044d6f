"""Who owns a task, how often it is tried again, and for which errors."""

import os
from datetime import datetime, timedelta

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

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
            exception=[f"{ERRORS}.AuthError", f"{ERRORS}.ApiChanged"],
            action=RetryAction.FAIL,
            reason="a person must act: the credential or the contract is at fault",
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

EXTRACT = {
    "owner": "data-engineering",
    "retries": RETRIES,
    "retry_delay": timedelta(minutes=5),
    "retry_policy": BY_ERROR,
    "execution_timeout": timedelta(hours=3),
}

#: a gate, a model or an audit that failed once fails again: no retries, a person looks
RELEASE = {
    "owner": "data-engineering",
    "retries": 0,
    "execution_timeout": timedelta(hours=2),
}

ALERTS = {
    "owner": "data-engineering",
    "retries": 4,
    "retry_delay": timedelta(minutes=1),
    "execution_timeout": timedelta(minutes=20),
}
