"""The launch campaign on the real scheduler: one history, three days, one real file dropped."""

import json
import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from extractors.core.lake import open_lake
from sandbox.world import load_world
from tests.alert_site import EVERYTHING_TO_ALL, NAMES, config_text, start_alert_site
from tests.alert_story import DAILY, FIRST_DAY, live, told
from tests.mailbox import Server
from tests.markers import found_below
from tidemark.config.alerts import CHANNEL_KINDS
from tidemark.orchestration import demo
from tidemark.orchestration.local import request_json, running_services
from tidemark.orchestration.rest import ENDED
from tidemark.settings import PROJECT_ROOT

pytestmark = [pytest.mark.slow, pytest.mark.e2e]

NOTE_EXPORT = PROJECT_ROOT.parent / "shared" / "data" / "xiaohongshu_note_export.xlsx"
REACTION_SECONDS = 30.0  # within which a watched folder is acted upon
A_MINUTE = 60.0


SLOW_DAG = """
from datetime import timedelta

from airflow.sdk import dag, task

from dags.policies import START_DATE, TOLD, due_within


SECOND = timedelta(seconds=1)


@dag(schedule=None, start_date=START_DATE, default_args=TOLD, deadline=due_within(SECOND))
def slow_run():
    @task
    def nap():
        import time

        time.sleep(30)

    nap()


slow_run()
"""


@pytest.fixture(scope="module")
def mailbox():
    server = Server()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory, mailbox):
    """Every kind of channel pointed at sandbox or mailbox, and a DAG that is always late."""
    folder = tmp_path_factory.mktemp("surroundings")
    config, dags = folder / "config", folder / "dags"
    shutil.copytree(PROJECT_ROOT / "config", config)
    channels = config_text(EVERYTHING_TO_ALL)
    for mark in ("key: feishu", "[feishu"):
        channels = channels.replace(f"{mark},", f"{mark}-ops,")
    (config / "alerts.yml").write_text(channels)
    dags.mkdir()
    (dags / "slow_run.py").write_text(SLOW_DAG)
    local = "airflow.dag_processing.bundles.local.LocalDagBundle"
    bundles = [
        {"name": name, "classpath": local, "kwargs": {"path": str(path)}}
        for name, path in (("dags-folder", PROJECT_ROOT / "dags"), ("late", dags))
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDEMARK_CONFIG", str(config))
        mail = {"conn_type": "smtp", **mailbox.connection()}
        patch.setenv("AIRFLOW_CONN_TIDEMARK_MAIL_OPS", json.dumps(mail))
        patch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", json.dumps(bundles))
        yield


@pytest.fixture(scope="module")
def story(tmp_path_factory, surroundings):
    """Live the whole default demo once; the tests look at what it left and go on from there."""
    home = tmp_path_factory.mktemp("tidemark") / "data"
    with running_services() as services:
        stage = demo.start_stage(services, home, Console())
        demo.live_history(stage)
        goals = query(stage, "select * exclude (release_id) from kpi.goal_status order by goal_key")
        for offset in range(1, 4):
            demo.live_day(stage, demo.HISTORY_UNTIL + timedelta(days=offset))
        groups = [service.process.pid for service in services.started]
        yield stage, goals
    for group in groups:
        with pytest.raises(ProcessLookupError):
            os.killpg(group, 0)


def query(stage, sql):
    path = stage.home / "published" / "tidemark.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def messages(stage):
    return request_json(f"{stage.sandbox_url}/_sandbox/messages")


def texts(stage, mailbox):
    """Return what every kind of channel has taken."""
    taken = messages(stage)
    found = {kind: [m["text"] for m in taken if m["bot"] == name] for kind, name in NAMES.items()}
    return found | {"mail": [m.get_body(("plain",)).get_content() for m in mailbox.mails()]}


def test_first_release_shows_twelve_goals_with_the_expected_verdicts(story):
    _stage, goals = story

    assert len(goals) == 12


def test_the_follower_alert_fires_with_the_first_release_and_resolves_on_the_third_day(
    story, mailbox
):
    stage, _goals = story

    rows = query(
        stage,
        "select transition, as_of_date, goal_key from kpi.alert order by as_of_date, goal_key",
    )
    ledger = open_lake((stage.home / "lake").as_uri()).ledger("transitions")
    ledgered = sorted((e["as_of_date"], e["transition"], e["code"]) for e in ledger)

    assert ledgered == [("2026-04-15", "fire", "NF2-0415F"), ("2026-04-18", "resolve", "NF2-0418S")]
    heard = texts(stage, mailbox)
    assert {kind: len(said) for kind, said in heard.items()} == dict.fromkeys(CHANNEL_KINDS, 2)
    for kind in set(heard) - {"alertmanager"}:
        assert "NF2-0415F" in heard[kind][0].replace("\\", "")
        assert "NF2-0418S" in heard[kind][1].replace("\\", "")
    assert rows == [
        ("fire", date(2026, 4, 15), "dy_newprod/p2/new_followers/gross/platform=douyin")
    ]


def test_the_history_of_the_real_release_tells_day_by_day_what_the_example_implies(
    story, launch_world, tmp_path
):
    stage, _goals = story
    published = stage.home / "published" / "tidemark.duckdb"
    history = Path(shutil.copy(published.resolve(), tmp_path / "history.duckdb"))
    site, stop = start_alert_site(launch_world, tmp_path)

    live(history, site, FIRST_DAY, demo.DEFAULT_THROUGH, PROJECT_ROOT / "config")

    until = f"{demo.DEFAULT_THROUGH:%m%d}"
    expected = [code for code in DAILY if code.partition("-")[2][:4] <= until]
    assert len(expected) == 19
    assert sorted(told(site)) == sorted(expected)
    stop()


def test_every_day_was_one_release(story):
    stage, _goals = story

    days = query(stage, "select as_of_date from ops.release order by release_id")

    assert days == [(date(2026, 4, 15) + timedelta(days=n),) for n in range(4)]


def test_no_task_of_any_dag_failed(story):
    stage, _goals = story

    failed = stage.airflow.get("dags/~/dagRuns", state=["failed"], limit=10)

    assert failed["dag_runs"] == []


def test_the_real_note_export_is_in_the_marts_within_a_minute_and_only_once(story):
    if not NOTE_EXPORT.exists():
        pytest.skip("../shared/data/xiaohongshu_note_export.xlsx is not here")
    stage, _goals = story
    inbox = stage.inbox / "xhs_acme"
    notes = "select count(*) from marts.dim_post where platform = 'xiaohongshu'"

    inbox.mkdir(parents=True, exist_ok=True)
    shutil.copy(NOTE_EXPORT, inbox / "笔记列表明细表.xlsx")
    wait_until(lambda: query(stage, notes) == [(8,)], A_MINUTE)

    before = demo.read_status(stage.home)["release_id"]
    drops = len(stage.airflow.runs("file_drops"))
    shutil.copy(NOTE_EXPORT, inbox / "again.xlsx")
    wait_until(lambda: len(stage.airflow.runs("file_drops")) > drops, REACTION_SECONDS)
    wait_until(lambda: not list(inbox.iterdir()), A_MINUTE)
    time.sleep(5)
    assert demo.read_status(stage.home)["release_id"] == before
    assert query(stage, notes) == [(8,)]


def test_running_the_alerts_again_sends_nothing(story):
    stage, _goals = story
    sent = len(messages(stage))

    for command in ("evaluate", "deliver"):
        run_tidemark(stage, "alerts", command)

    assert len(messages(stage)) == sent


def test_a_day_read_again_leaves_every_published_row_as_it_was(story):
    stage, _goals = story
    before = query(stage, CHECKSUM)

    run_tidemark(stage, "extract", "douyin", "--dt", "2026-04-16")
    run_tidemark(stage, "release")

    assert query(stage, CHECKSUM) == before


def test_the_clock_of_the_deadline_wakes_the_release(story):
    stage, _goals = story
    woken = len(stage.airflow.runs("release"))
    day = demo.DEFAULT_THROUGH

    stage.airflow.backfill("release_deadline", day, day)

    wait_until(lambda: len(stage.airflow.runs("release")) > woken, demo.STEP_SECONDS)
    wait_until(lambda: stage.airflow.runs("release")[0]["state"] in ENDED, demo.STEP_SECONDS)
    assert stage.airflow.runs("release")[0]["state"] == "success"


def test_status_says_what_was_published(story):
    stage, _goals = story

    status = json.loads((stage.home / "published" / "status.json").read_text())

    assert status["as_of_date"] == "2026-04-18"
    assert status["outcome"] in {"published", "unchanged"}


def test_a_run_past_its_deadline_is_told_and_told_as_over(story):
    stage, _goals = story
    wait_until(lambda: "slow_run" in stage.airflow.dag_ids(), A_MINUTE)

    stage.airflow.trigger("slow_run", {})
    wait_until(lambda: outcomes(stage) == ["late"], A_MINUTE)
    run_tidemark(stage, "alerts", "evaluate")
    wait_until(lambda: outcomes(stage) == ["late", "success"], A_MINUTE)
    run_tidemark(stage, "alerts", "evaluate")
    run_tidemark(stage, "alerts", "deliver")

    said = [m["text"].split("\n")[0] for m in messages(stage) if m["bot"] == "ops-hook"][-2:]
    assert said == ["🟡【运行超时】slow_run", "🟢【恢复】slow_run"]


def outcomes(stage):
    """Return what was recorded of the slow DAG's runs, oldest first."""
    entries = open_lake((stage.home / "lake").as_uri()).ledger("task_runs")
    ours = [e for e in entries if e["subject"] == "slow_run"]
    return sorted(e["outcome"] for e in ours)


def test_neither_secrets_nor_people_are_in_airflows_database_logs_or_any_other_file(story):
    stage, _goals = story
    world = load_world("launch")
    tables = {"rendered_task_instance_fields", "xcom", "log", "task_instance", "serialized_dag"}

    with closing(sqlite3.connect(stage.home / "airflow" / "airflow.db")) as database:
        counted = {
            name: database.execute(f"select count(*) from {name}").fetchone()[0] for name in tables
        }
    found = found_below(stage.home, [*secrets_of(stage, world), *people_of(world)])

    assert {name for name, rows in counted.items() if not rows} == set()
    assert len(list((stage.home / "airflow" / "logs").rglob("*.log"))) > 20
    # the store of tokens is where they belong; the sandbox is the platform, not the pipeline
    assert {p: held for p, held in found.items() if not p.startswith("tokens/")} == {}


def secrets_of(stage, world):
    """Return what connections, the hash and the platforms' tokens are kept by."""
    kept = [json.loads(p.read_text()) for p in (stage.home / "tokens").glob("*.json")]
    assert len(kept) == 3
    tokens = [text for body in kept for text in (body["access_token"], body["refresh_token"])]
    bots = [text for bot in world.bots for text in (bot.token, bot.secret)]
    accounts = [world.douyin[0].client_secret, world.wechat[0].secret, world.shops[0].app_secret]
    given = [f"rft.{world.douyin[0].open_id}", stage.environ["TIDEMARK_HASH_SECRET"]]
    return [text for text in (*tokens, *bots, *accounts, *given) if text]


def people_of(world):
    """Return some of the world's people, by what platforms tell of them."""
    comments = [c for video in world.douyin[0].videos for c in video.comments if not c.is_brand]
    users, texts = {c.user_id for c in comments}, {c.content for c in comments}
    buyers = {order.buyer for order in world.shops[0].orders}
    assert min(len(users), len(texts), len(buyers)) > 10
    words = [text for text in sorted(texts) if "请问" in text]
    return [*sorted(users)[:10], *words[:10], *sorted(buyers)[:10]]


CHECKSUM = """
select
    (select sum(hash(account_key, stat_date, plays, new_followers, likes))
        from marts.fct_account_day),
    (select sum(hash(post_key, stat_date, plays, likes)) from marts.fct_post_day),
    (select sum(hash(goal_key, as_of_date, status, actual, target)) from kpi.goal_history)
"""


def run_tidemark(stage, *words):
    command = [str(PROJECT_ROOT / ".venv" / "bin" / "tidemark"), *words]
    done = subprocess.run(
        command, env=stage.environ, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def wait_until(is_true, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if is_true():
            return
        time.sleep(0.5)
    raise AssertionError(f"it did not happen within {seconds:.0f} s")
