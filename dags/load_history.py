"""load_history: the first connection of accounts, one range and then one release."""

from datetime import timedelta

from airflow.sdk import Param, dag, get_current_context, task

from dags.assets import ACCOUNTS, PLATFORMS
from dags.policies import EXTRACT, START_DATE, due_within
from extractors.core.registry import platforms_by_name

DOC = """
**Purpose** Read a range of days of every platform in one go, as far back as each API reaches.

**Tier** 2: used when accounts are connected.

**Re-run** Trigger anew with the same range; reading again is harmless.

**Owner** data-engineering
"""


@dag(
    dag_id="load_history",
    schedule=None,
    start_date=START_DATE,
    catchup=False,
    max_active_runs=1,
    default_args=EXTRACT,
    deadline=due_within(timedelta(hours=12)),
    params={
        "since": Param(type="string", format="date", description="first day"),
        "until": Param(type="string", format="date", description="last day"),
    },
    tags=["tier-2", "extract"],
    doc_md=DOC,
)
def load_history() -> None:
    @task(outlets=list(PLATFORMS.values()), trigger_rule="all_done")
    def announce(until: str) -> None:
        """Tell the release once, after all platforms have ended, well or not."""
        events = get_current_context()["outlet_events"]
        for asset in PLATFORMS.values():
            events[asset].add_partitions([until])

    announced = announce("{{ params.until }}")
    for name in PLATFORMS:
        if all(stream.every_minutes for stream in platforms_by_name()[name].streams):
            continue  # what is captured while it runs has no history to ask for
        for key in ACCOUNTS[name]:

            @task(task_id=f"extract_{key}")
            def extract_range(
                platform: str, account: str, since: str, until: str
            ) -> dict[str, int]:
                from tidemark.orchestration.steps import extract_days

                return extract_days(platform, account, since, until)

            extract_range(name, key, "{{ params.since }}", "{{ params.until }}") >> announced


load_history()
