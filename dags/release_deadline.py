"""release_deadline: closes the wait for a late source, once a day."""

from datetime import timedelta

from airflow.sdk import CronPartitionTimetable, dag, task

from dags.assets import DEADLINE
from dags.policies import RELEASE, START_DATE, due_within

DOC = """
**Purpose** Wake the release after the last deadline of the day, so that a source that never came
blocks nobody.

**Tier** 1.

**Re-run** Clear the task; it changes nothing by itself.

**Owner** data-engineering
"""


@dag(
    dag_id="release_deadline",
    schedule=CronPartitionTimetable(
        "5 12 * * *", timezone="Asia/Shanghai", run_offset=-1, key_format="%Y-%m-%d"
    ),
    start_date=START_DATE,
    catchup=False,
    default_args=RELEASE,
    deadline=due_within(timedelta(hours=3)),
    tags=["tier-1", "release"],
    doc_md=DOC,
)
def release_deadline() -> None:
    @task(outlets=[DEADLINE])
    def close_the_wait() -> None:
        """Emit the day whose deadline has passed; the plan reads the rest from the ledger."""

    close_the_wait()


release_deadline()
