"""The sandbox runs as a process of its own and is steered from the command line."""

import json
import os
import subprocess
import sys
import time

import pytest
import requests
from typer.testing import CliRunner

from tidemark.cli.sandbox import app
from tidemark.errors import TidemarkError
from tidemark.settings import PROJECT_ROOT

MOMENT = "2026-04-16T10:45:00+08:00"
START_SECONDS = 20.0


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Run `tidemark` in a home of its own."""
    monkeypatch.setenv("TIDEMARK_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("TIDEMARK_CLOCK_FILE", str(tmp_path / "clock"))

    def run(*arguments):
        return CliRunner().invoke(app, ["sandbox", *arguments])

    return run


def test_a_process_serves_at_the_address_of_its_ready_file(tmp_path):
    clock_file, ready_file = tmp_path / "clock", tmp_path / "ready"
    clock_file.write_text(MOMENT)
    options = ["--clock-file", str(clock_file), "--ready-file", str(ready_file)]
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", *options], cwd=PROJECT_ROOT, env=dict(os.environ)
    )
    try:
        until = time.monotonic() + START_SECONDS
        while not ready_file.exists() and time.monotonic() < until:
            time.sleep(0.02)
        health = requests.get(f"{ready_file.read_text()}/_sandbox/health", timeout=START_SECONDS)
    finally:
        process.terminate()
        process.wait(START_SECONDS)

    assert health.json() == {"world": "launch", "now": "2026-04-16T02:45:00+00:00"}


def test_env_prints_a_connection_per_account(command):
    lines = command("env", "http://127.0.0.1:9/").output.splitlines()
    variables = dict(line.removeprefix("export ").split("=", 1) for line in lines)

    assert variables.keys() >= {
        "AIRFLOW_CONN_TIDEMARK_DOUYIN_ACME",
        "AIRFLOW_CONN_TIDEMARK_WECHAT_ACME",
        "AIRFLOW_CONN_TIDEMARK_DOUYIN_SHOP_MAIN",
        "AIRFLOW_CONN_TIDEMARK_FEISHU_OPS",
        "AIRFLOW_CONN_TIDEMARK_FEISHU_DATA",
        "AIRFLOW_CONN_TIDEMARK_YOUZAN_MAIN",
    }
    shop = json.loads(variables["AIRFLOW_CONN_TIDEMARK_DOUYIN_SHOP_MAIN"].strip("'"))
    assert shop["host"] == "http://127.0.0.1:9/douyin_shop"
    assert shop["extra"] == {"shop_id": "10010001"}


def test_clock_writes_the_file_that_the_pipeline_reads(command, tmp_path):
    result = command("clock", MOMENT)

    assert result.exit_code == 0
    assert (tmp_path / "clock").read_text() == MOMENT


@pytest.mark.parametrize(
    ("moment", "said"), [("tomorrow", "is no ISO moment"), ("2026-04-16T10:45:00", "has no zone")]
)
def test_clock_refuses_what_is_no_moment(command, moment, said):
    result = command("clock", moment)

    assert isinstance(result.exception, TidemarkError)
    assert said in str(result.exception)


def test_sheets_drops_the_workbooks_into_the_inbox(command, tmp_path):
    command("clock", MOMENT)
    result = command("sheets", "--since", "2026-03-01", "--until", "2026-04-15")

    assert result.exit_code == 0, result.output
    assert len(list((tmp_path / "data" / "inbox" / "douyin_acme").glob("*.xlsx"))) == 2
