"""The DAG files: what they are, and that every asset meets the right kind of consumer."""

import shutil
import subprocess
import sys
from datetime import time
from pathlib import Path

import pytest

from extractors.core.registry import every_stream, platforms_by_name
from tidemark.config.accounts import load_accounts
from tidemark.settings import PROJECT_ROOT

A_DAY = 24 * 3600
LOADER = """
import json, sys, time
import airflow.sdk
from airflow.sdk import DAG
from airflow.sdk.definitions._internal.contextmanager import DagContext
import importlib, pathlib
def names(condition):
    if condition is None:
        return set()
    parts = getattr(condition, "objects", None)
    return {condition.name} if parts is None else set().union(*map(names, parts))

started = time.perf_counter()
found = {}
for path in sorted(pathlib.Path("dags").glob("*.py")):
    if path.name in ("__init__.py", "assets.py", "policies.py"):
        continue
    # a DAG registers itself only while a module is being parsed
    DagContext.current_autoregister_module_name = f"dags.{path.stem}"
    importlib.import_module(f"dags.{path.stem}")
seconds = time.perf_counter() - started
from dags import assets, policies
for dag, _ in DagContext.autoregistered_dags:
    condition = getattr(dag.timetable, "asset_condition", None)
    found[dag.dag_id] = {
        "doc": dag.doc_md or "",
        "tags": sorted(dag.tags),
        "owners": sorted({t.owner for t in dag.tasks}),
        "partitioned": type(dag.timetable).__name__.startswith(("Partitioned", "CronPartition")),
        "consumes": sorted(names(condition)),
        "catchup": dag.catchup,
        "cron": getattr(dag.timetable, "expression", ""),
        "zone": str(dag.timezone),
        "emits": sorted({o.name for t in dag.tasks for o in t.outlets}),
        "tasks": sorted(t.task_id for t in dag.tasks),
        "deadlines": [
            (type(d.reference).__name__, d.interval.total_seconds(), d.callback.path)
            for d in dag.deadline or []
        ],
        "longest_task": max(t.execution_timeout.total_seconds() for t in dag.tasks),
        "retries": max(t.retries for t in dag.tasks),
    }
print(json.dumps({
    "seconds": seconds,
    "dags": found,
    "keyed": [a.name for a in assets.KEYED],
    "unkeyed": [a.name for a in assets.UNKEYED],
    "retries": policies.EXTRACT["retries"],
    "waits": [rule.retry_delay.total_seconds() for rule in policies.BY_ERROR.rules
              if rule.retry_delay is not None],
}))
"""


#: the same imports with every look at the environment, a database or the network noted
SPY = """
import importlib, json, os, pathlib, sys
import airflow.sdk
import croniter  # asks `file` about the interpreter once, and hands it the whole environment
from airflow.sdk.definitions._internal.contextmanager import DagContext
asked, opened = [], []
class Noted(type(os.environ)):
    def __getitem__(self, name):
        asked.append(name)
        return super().__getitem__(name)
os.environ.__class__ = Noted
def note(event, args):
    if event in ("sqlite3.connect", "socket.connect", "socket.getaddrinfo"):
        opened.append(event)
sys.addaudithook(note)
os.environ.get("AIRFLOW_VAR_SEEN")
for path in sorted(pathlib.Path("dags").glob("*.py")):
    DagContext.current_autoregister_module_name = f"dags.{path.stem}"
    importlib.import_module("dags" if path.stem == "__init__" else f"dags.{path.stem}")
dags = len(list(DagContext.autoregistered_dags))
print(json.dumps({"asked": asked, "opened": opened, "dags": dags}))
"""
SECRETS = {
    "AIRFLOW_CONN_TIDEMARK_DOUYIN_ACME": '{"conn_type": "http", "password": "planted"}',
    "AIRFLOW_CONN_TIDEMARK_FEISHU_OPS": '{"conn_type": "http", "password": "planted"}',
    "AIRFLOW_VAR_TIDEMARK": "planted",
    "TIDEMARK_HASH_SECRET": "planted",
    "TIDEMARK_HASH_PREVIOUS": '{"k0": "planted"}',
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    return run(LOADER, tmp_path_factory.mktemp("airflow"))


def run(script, home):
    import json
    import os

    environ = {
        **os.environ,
        **SECRETS,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "TIDEMARK_HOME": str(home / "data"),
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT_ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_every_dag_file_is_imported_in_under_a_second_together(loaded):
    assert loaded["seconds"] < 1.0


def test_there_is_one_extract_dag_per_platform_with_an_api_and_an_account(loaded):
    apis = {name for name, platform in platforms_by_name().items() if platform.is_pulled}
    configured = {account.platform for account in load_accounts(PROJECT_ROOT / "config")}

    extracts = {name for name in loaded["dags"] if name.startswith("extract_")}

    assert extracts >= {"extract_douyin", "extract_douyin_shop", "extract_wechat"}
    assert extracts == {f"extract_{name}" for name in apis & configured}


def test_importing_dag_files_reads_no_connection_variable_or_secret(tmp_path):
    seen = run(SPY, tmp_path)

    secret = ("AIRFLOW_CONN_", "AIRFLOW_VAR_", "TIDEMARK_HASH_")
    assert seen["dags"] > 5
    assert "TIDEMARK_HOME" in seen["asked"]
    assert [name for name in seen["asked"] if name.startswith(secret)] == ["AIRFLOW_VAR_SEEN"]
    assert seen["opened"] == []


def test_every_dag_says_purpose_tier_rerun_and_owner(loaded):
    for dag_id, dag in loaded["dags"].items():
        for word in ("Purpose", "Tier", "Re-run", "Owner"):
            assert f"**{word}**" in dag["doc"], f"{dag_id}: doc_md lacks {word}"
        assert any(tag.startswith("tier-") for tag in dag["tags"]), f"{dag_id}: add a tier tag"
        assert dag["owners"] == ["data-engineering"], f"{dag_id}: a task has no owner"
        assert dag["catchup"] is False
        assert "Shanghai" in dag["zone"]


def test_keyed_assets_start_partitioned_dags_only_and_unkeyed_ones_plain_dags(loaded):
    keyed, unkeyed = set(loaded["keyed"]), set(loaded["unkeyed"])
    consumers = {name: dag for name, dag in loaded["dags"].items() if dag["consumes"]}
    assert consumers

    for dag_id, dag in consumers.items():
        allowed = keyed if dag["partitioned"] else unkeyed
        assert set(dag["consumes"]) <= allowed, f"{dag_id} would never start; see dags/assets.py"


def test_release_listens_to_every_keyed_source(loaded):
    consumed = set(loaded["dags"]["release"]["consumes"])

    assert consumed == set(loaded["keyed"]) - {"release"}


def test_the_wait_is_closed_after_the_deadline_of_every_stream(loaded):
    deadlines = [stream.deadline_at for _, stream in every_stream() if stream.read is not None]
    assert deadlines

    closed_at = time_of(loaded["dags"]["release_deadline"]["cron"])

    assert closed_at > max(deadlines), "move the cron of dags/release_deadline.py"


def time_of(cron: str) -> time:
    """Return the time of day of a daily cron expression."""
    minute, hour, *rest = cron.split()
    assert rest == ["*", "*", "*"]
    return time(int(hour), int(minute))


def test_every_source_is_read_between_its_ready_time_and_its_deadline(loaded):
    read = [(platform, stream) for platform, stream in every_stream() if stream.read is not None]
    assert read

    for platform, stream in read:
        at = time_of(platform.schedule)
        name = f"{platform.name}/{stream.name}"
        assert stream.ready_at <= at, f"{name}: the schedule {at} is before it is ready"
        assert at < stream.deadline_at, f"{name}: the schedule {at} is after its deadline"


def test_a_platform_with_accounts_is_read_by_its_schedule(loaded):
    names = [name for name in platforms_by_name() if f"extract_{name}" in loaded["dags"]]
    assert len(names) >= 3

    found = {name: loaded["dags"][f"extract_{name}"]["cron"] for name in names}
    assert found == {name: platforms_by_name()[name].schedule for name in names}


def test_a_source_that_does_not_answer_is_asked_until_its_deadline(loaded):
    read = [(platform, stream) for platform, stream in every_stream() if stream.is_required]
    assert read and loaded["waits"]

    asked_for = loaded["retries"] * min(loaded["waits"])

    for platform, stream in read:
        at = time_of(platform.schedule)
        left = seconds_of(stream.deadline_at) - seconds_of(at)
        assert asked_for >= left, f"{platform.name}/{stream.name}: more retries in dags/policies.py"


def seconds_of(moment: time) -> int:
    """Return the seconds since midnight."""
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def test_every_run_has_a_deadline_from_queueing_on_that_its_tasks_can_keep(loaded):
    for dag_id, dag in loaded["dags"].items():
        [(reference, seconds, callback)] = dag["deadlines"]
        assert reference == "DagRunQueuedAtDeadline", f"{dag_id}: asset runs have no logical date"
        assert callback == "dags.policies.note_late"
        assert seconds > dag["longest_task"], f"{dag_id}: one task alone may take longer"


def test_a_day_of_releases_stands_between_two_compactions(loaded):
    dags = loaded["dags"]
    reads = [time_of(dag["cron"]) for name, dag in dags.items() if name.startswith("extract_")]
    assert reads

    begins = seconds_of(time_of(dags["compact_lake"]["cron"]))
    is_over = begins + due_in(dags["compact_lake"])
    closed_at = seconds_of(time_of(dags["release_deadline"]["cron"]))
    released = closed_at + due_in(dags["release_deadline"]) + due_in(dags["release"])

    assert dags["compact_lake"]["zone"] == dags["release_deadline"]["zone"]
    assert is_over <= seconds_of(min(reads)), "move the cron of dags/compact_lake.py"
    assert released <= begins + A_DAY, "move the cron of dags/compact_lake.py"


def due_in(dag) -> float:
    """Return the seconds from queueing on in which a run is to end."""
    [(_, seconds, _)] = dag["deadlines"]
    return seconds


def test_compaction_starts_no_release_and_is_not_tried_again(loaded):
    compaction = loaded["dags"]["compact_lake"]

    assert (compaction["tasks"], compaction["emits"]) == (["compact"], [])
    assert compaction["consumes"] == []
    assert compaction["retries"] == 0, "a second run removes what the next release compares with"


def test_gates_are_tasks_of_their_own(loaded):
    assert loaded["dags"]["release"]["tasks"] == [
        *("audit", "build", "everywhere", "gate", "plan", "publish")
    ]


def test_dag_files_hold_no_heavy_import():
    heavy = ("duckdb", "dbt", "great_expectations", "pandas")
    files = list((PROJECT_ROOT / "dags").glob("*.py"))
    assert files

    for path in files:
        lines = Path(path).read_text().splitlines()
        top = [line for line in lines if line.startswith(("import ", "from "))]
        assert not [line for line in top if line.split()[1].split(".")[0] in heavy], path.name


def test_what_runs_is_captured_by_a_dag_that_starts_no_release(tmp_path, monkeypatch):
    shutil.copytree(PROJECT_ROOT / "config", tmp_path / "config")
    accounts = tmp_path / "config" / "accounts.yml"
    also = "platform: douyin\n    also: {qianchuan: '1'}\n"
    accounts.write_text(accounts.read_text().replace("platform: douyin\n", also, 1))
    monkeypatch.setenv("TIDEMARK_CONFIG", str(tmp_path / "config"))

    found = run(LOADER, tmp_path)["dags"]

    capture = found["capture_qianchuan"]
    assert (capture["cron"], capture["zone"]) == ("*/5 * * * *", "Asia/Shanghai")
    assert (capture["emits"], capture["tasks"]) == ([], ["capture"])
    assert found["extract_qianchuan"]["emits"] == ["qianchuan"]
    assert [name for name in found if name.startswith("capture_")] == ["capture_qianchuan"]
    history = [task for task in found["load_history"]["tasks"] if "douyin_acme" in task]
    assert history == ["extract_douyin_acme"]
