"""Commands as people type them: what they print and how they end."""

import os
import subprocess
import sys

import pytest

from tidemark.settings import PROJECT_ROOT

COMMANDS = (
    ("--help",),
    ("doctor",),
    ("config", "check"),
    ("lake", "ls"),
    ("alerts", "log"),
    ("status",),
)


def tidemark(sandbox, *words):
    environ = {**os.environ, **sandbox.environ, "COLUMNS": "250"}
    command = [sys.executable, "-c", "from tidemark.cli.main import main; main()", *words]
    return subprocess.run(
        command, cwd=PROJECT_ROOT, env=environ, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_on_a_fresh_home_says_something_and_ends_well(sandbox, words):
    done = tidemark(sandbox, *words)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip()


def test_doctor_names_a_missing_credential_with_its_remedy(sandbox):
    sandbox.environ["AIRFLOW_CONN_TIDEMARK_DOUYIN_ACME"] = ""

    done = tidemark(sandbox, "doctor")

    assert done.returncode == 1
    assert "AIRFLOW_CONN_TIDEMARK_DOUYIN" in done.stdout


def test_what_was_extracted_is_listed_by_stream_and_by_slice(sandbox):
    words = ("--stream", "user_summary", "--dt", "2026-04-14", "--no-lookback")

    done = tidemark(sandbox, "extract", "wechat", *words)
    streams = tidemark(sandbox, "lake", "ls")
    slices = tidemark(sandbox, "lake", "ls", "wechat/user_summary")

    assert done.returncode == 0, done.stderr
    assert "1 ok" in done.stdout
    assert "wechat/user_summary" in streams.stdout
    assert "2026-04-14 │ wechat_acme │ ok" in slices.stdout
