"""extract_<platform>: one DAG per platform of the registry that is read through an API."""

from datetime import timedelta

from airflow.sdk import Asset, CronPartitionTimetable, dag, task

from dags.assets import ACCOUNTS, PLATFORMS
from dags.policies import EXTRACT, START_DATE, due_within
from extractors.core.model import Platform
from extractors.core.registry import platforms_by_name

DOC = """
**Purpose** Read one day of {label} into the lake, each account for itself.

**Tier** 1: goals depend on it.

**Re-run** Clear the task, or backfill the partition; reading again is harmless.

**Owner** data-engineering
"""


def extract_dag(platform: Platform, asset: Asset, accounts: list[str]) -> None:
    """Register the DAG of one platform."""

    @dag(
        dag_id=f"extract_{platform.name}",
        schedule=CronPartitionTimetable(
            platform.schedule, timezone="Asia/Shanghai", run_offset=-1, key_format="%Y-%m-%d"
        ),
        start_date=START_DATE,
        catchup=False,
        max_active_runs=4,
        default_args=EXTRACT,
        deadline=due_within(timedelta(hours=5)),
        tags=["tier-1", "extract", platform.name],
        doc_md=DOC.format(label=f"{platform.label_zh} ({platform.label_en})"),
    )
    def extract() -> None:
        # one mapped task per account: a refused credential stops that account only
        @task(task_id="extract", outlets=[asset], map_index_template="{{ task.op_kwargs.account }}")
        def extract_account(account: str, dt: str) -> dict[str, int]:
            from tidemark.orchestration.steps import extract_day

            return extract_day(platform.name, account, dt)

        extract_account.partial(dt="{{ partition_key }}").expand(account=accounts)

    extract()


for name, keyed_asset in PLATFORMS.items():
    if ACCOUNTS[name]:
        extract_dag(platforms_by_name()[name], keyed_asset, ACCOUNTS[name])
