"""kpi_alerts: what a new release changes for the people who own goals."""

from datetime import timedelta

from airflow.sdk import FixedKeyMapper, PartitionedAssetTimetable, dag, task

from dags.assets import RELEASE
from dags.policies import ALERTS, START_DATE, due_within

DOC = """
**Purpose** Fold the goals' verdicts into incidents and deliver what has changed since last told.

**Tier** 1: owners act on it.

**Re-run** Clear or trigger; the ledger is unique per transition, so nothing is sent twice.

**Owner** data-engineering
"""


@dag(
    dag_id="kpi_alerts",
    schedule=PartitionedAssetTimetable(
        assets=RELEASE, default_partition_mapper=FixedKeyMapper("newest")
    ),
    start_date=START_DATE,
    catchup=False,
    max_active_runs=1,
    default_args=ALERTS,
    deadline=due_within(timedelta(hours=1)),
    tags=["tier-1", "alerts"],
    doc_md=DOC,
)
def kpi_alerts() -> None:
    @task
    def evaluate() -> int:
        from tidemark.orchestration.steps import evaluate_alerts

        return evaluate_alerts()

    @task
    def deliver() -> int:
        from tidemark.orchestration.steps import deliver_alerts

        return deliver_alerts()

    evaluate() >> deliver()


kpi_alerts()
