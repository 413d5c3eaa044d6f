"""compact_lake: fewer files for days that are over, once a night."""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task

from dags.policies import RELEASE, START_DATE, due_within

DOC = """
**Purpose** Merge the batches of days older than 35 days and the files of months that are over, and
let kept response bodies expire. No figure changes.

**Tier** 2: without it releases take longer, and nothing else.

**Re-run** Wait for the next night. Trigger anew only after a release: a second run removes the
files that the first one replaced, and a release that has not compared with them builds every day.

**Owner** data-engineering
"""


# At night no release is due: only what runs is captured. Sources are read from the morning on, and
# releases follow until the afternoon, so that they stand between two runs. What DOC says of a
# second run is also why none is tried again.
@dag(
    dag_id="compact_lake",
    schedule=CronTriggerTimetable("30 3 * * *", timezone="Asia/Shanghai"),
    start_date=START_DATE,
    catchup=False,
    max_active_runs=1,
    default_args=RELEASE,
    deadline=due_within(timedelta(hours=3)),
    tags=["tier-2", "lake"],
    doc_md=DOC,
)
def compact_lake() -> None:
    @task
    def compact() -> dict[str, int]:
        from tidemark.orchestration.steps import compact_lake

        return compact_lake()

    compact()


compact_lake()
