"""alert_watch: what is wrong with the pipeline, and messages that are due again."""

from datetime import timedelta

from airflow.sdk import dag, task

from dags.policies import START_DATE, WATCH, due_within

DOC = """
**Purpose** Tell the engineers of late sources, failed gates, refused credentials, used-up quotas,
changed APIs and failed tasks; deliver what quiet hours held, what was not taken, and what nobody
acknowledged.

**Tier** 1: it is how a silent pipeline is noticed.

**Re-run** Clear or trigger; the ledgers are unique per transition and notice.

**Owner** data-engineering
"""


@dag(
    dag_id="alert_watch",
    schedule="*/10 * * * *",
    start_date=START_DATE,
    catchup=False,
    max_active_runs=1,
    default_args=WATCH,
    deadline=due_within(timedelta(hours=1)),
    tags=["tier-1", "alerts"],
    doc_md=DOC,
)
def alert_watch() -> None:
    @task
    def watch() -> int:
        from tidemark.orchestration.steps import evaluate_alerts

        return evaluate_alerts()

    @task
    def deliver() -> int:
        from tidemark.orchestration.steps import deliver_alerts

        return deliver_alerts()

    watch() >> deliver()


alert_watch()
