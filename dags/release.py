"""release: gate, plan, build, audit and publish whatever the lake has become."""

from typing import Any

from airflow.sdk import (
    FixedKeyMapper,
    PartitionedAssetTimetable,
    dag,
    get_current_context,
    task,
)

from dags import assets
from dags.policies import RELEASE, START_DATE

DOC = """
**Purpose** Turn the current slices of the lake into one audited release, or say why not.

**Tier** 1: boards and alerts read its result.

**Re-run** Trigger anew; the plan decides from the ledger whether anything is to be done.

**Owner** data-engineering
"""

ANYTHING_NEW = assets.FILES | assets.DEADLINE
for platform_asset in assets.PLATFORMS.values():
    ANYTHING_NEW = ANYTHING_NEW | platform_asset


@dag(
    dag_id="release",
    schedule=PartitionedAssetTimetable(
        assets=ANYTHING_NEW, default_partition_mapper=FixedKeyMapper("lake")
    ),
    start_date=START_DATE,
    catchup=False,
    max_active_runs=1,
    default_args=RELEASE,
    tags=["tier-1", "release"],
    doc_md=DOC,
)
def release() -> None:
    @task
    def gate() -> dict[str, Any]:
        from tidemark.orchestration.steps import gate_lake

        return gate_lake()

    @task.short_circuit
    def plan() -> str | None:
        from tidemark.orchestration.steps import plan_release

        return plan_release()

    @task
    def build(plan_id: str) -> str:
        from tidemark.orchestration.steps import build_release

        return build_release(plan_id)

    @task
    def audit(plan_id: str) -> str:
        from tidemark.orchestration.steps import audit_release

        return audit_release(plan_id)

    @task(outlets=[assets.RELEASE])
    def publish(plan_id: str) -> str:
        from tidemark.orchestration.steps import publish_release

        release_id = publish_release(plan_id)
        get_current_context()["outlet_events"][assets.RELEASE].add_partitions([release_id])
        return release_id

    # a task of its own: alerts on the release do not wait for other places to be reached
    @task
    def everywhere(release_id: str) -> str:
        from tidemark.orchestration.steps import publish_everywhere

        return publish_everywhere(release_id)

    planned = plan()
    gate() >> planned
    everywhere(publish(audit(build(planned))))


release()
