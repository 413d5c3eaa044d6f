"""capture_<platform>: one DAG per platform that tells of a day only while it runs."""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task

from dags.assets import ACCOUNTS, PLATFORMS
from dags.policies import CAPTURE, START_DATE, due_within
from extractors.core.model import Platform
from extractors.core.registry import platforms_by_name

DOC = """
**Purpose** Capture what runs today on {label}; the last capture of the day is what stays.

**Tier** 1: what was not captured cannot be read later.

**Re-run** Trigger anew, or wait for the next; a capture that says nothing new is not kept.

**Owner** data-engineering
"""


def capture_dag(platform: Platform, minutes: int, accounts: list[str]) -> None:
    """Register the DAG of one platform. It emits nothing: no release is of the day that runs."""

    @dag(
        dag_id=f"capture_{platform.name}",
        schedule=CronTriggerTimetable(f"*/{minutes} * * * *", timezone="Asia/Shanghai"),
        start_date=START_DATE,
        catchup=False,
        max_active_runs=1,
        default_args=CAPTURE,
        deadline=due_within(timedelta(minutes=30)),
        tags=["tier-1", "capture", platform.name],
        doc_md=DOC.format(label=f"{platform.label_zh} ({platform.label_en})"),
    )
    def capture() -> None:
        @task(task_id="capture", map_index_template="{{ task.op_kwargs.account }}")
        def capture_account(account: str) -> dict[str, int]:
            from tidemark.orchestration.steps import capture_today

            return capture_today(platform.name, account)

        capture_account.expand(account=accounts)

    capture()


for name in PLATFORMS:
    declared = platforms_by_name()[name]
    often = [stream.every_minutes for stream in declared.streams if stream.every_minutes]
    if ACCOUNTS[name] and often:
        capture_dag(declared, min(often), ACCOUNTS[name])
