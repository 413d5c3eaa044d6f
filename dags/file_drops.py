"""file_drops: whatever people dropped into the inbox goes into the lake."""

from datetime import timedelta
from typing import Any

from airflow.sdk import dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from dags.assets import FILES, INBOX
from dags.policies import EXTRACT, START_DATE, due_within

DOC = """
**Purpose** Claim, archive, parse and land the files of the inbox.

**Tier** 1: history and live-room goals depend on it.

**Re-run** Trigger anew; the folder is the truth, and the same file twice is one batch.

**Owner** data-engineering
"""


@dag(
    dag_id="file_drops",
    schedule=[INBOX],
    start_date=START_DATE,
    catchup=False,
    max_active_runs=1,
    default_args=EXTRACT,
    deadline=due_within(timedelta(hours=4)),
    tags=["tier-1", "extract", "files"],
    doc_md=DOC,
)
def file_drops() -> None:
    @task(outlets=[FILES])
    def land() -> dict[str, Any]:
        from tidemark.orchestration.steps import land_drops

        report = land_drops()
        if not report["days"] and not report["refused"]:
            raise AirflowSkipException("no file brought anything new")
        if report["days"]:
            get_current_context()["outlet_events"][FILES].add_partitions(report["days"])
        return report

    @task(retries=0)
    def refusals(report: dict[str, Any]) -> None:
        """Turn red when a file was refused: its owner is waiting for figures that did not land."""
        if report["refused"]:
            raise AirflowFailException(
                f"{report['refused']} files were refused; `tidemark drop` lists them with remedies"
            )

    refusals(land())


file_drops()
