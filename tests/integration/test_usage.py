"""What a person is told who asks wrongly, or asks for what is not there."""

import subprocess
import sys

import pytest
from typer.main import get_command

from tests.command_line import commands
from tidemark.cli.main import app
from tidemark.settings import PROJECT_ROOT

DAYS = ("--since", "2026-04-15", "--until", "2026-04-16")
BACKWARDS = ("--since", "2026-04-16", "--until", "2026-04-15")
#: which ones there are is not said here, so that adding one changes nothing
KNOWN = "unknown platform 'nowhere'; there are "

WRONG = {
    "unknown command": (("frobnicate",), "No such command 'frobnicate'; see tidemark --help"),
    "unknown option": (("kpi", "--nope"), "No such option: --nope; see tidemark kpi --help"),
    "no argument": (("extract",), "Missing argument 'platform'; see tidemark extract --help"),
    "no such day": (("extract", "douyin", "--dt", "2026-13-01"), "'2026-13-01' does not match"),
    "no day": (("kpi", "--as-of", "yesterday"), "'yesterday' does not match"),
    "no days": (("extract", "douyin"), "say which days: --dt 2026-04-15, or --since and --until"),
    "half a span": (("extract", "douyin", "--since", "2026-04-15"), "say which days"),
    "a day and a span": (("extract", "douyin", "--dt", "2026-04-15", *DAYS), "say which days"),
    "days swapped": (("extract", "douyin", *BACKWARDS), "swap the two days"),
    "unknown platform": (("extract", "nowhere", *DAYS), KNOWN),
    "platform of files": (("extract", "xiaohongshu", *DAYS), "use tidemark drop"),
    "unknown account": (
        ("extract", "douyin", *DAYS, "--account", "nobody"),
        "no own account nobody in",
    ),
    "unknown stream": (("extract", "douyin", *DAYS, "--stream", "x"), "it reads account_days,"),
    "backfill of no platform": (("backfill", "nowhere", *DAYS), KNOWN),
    "backfill swapped": (("backfill", "douyin", *BACKWARDS), "swap the two days"),
    "file that is not there": (("drop", "/none.xlsx"), "'/none.xlsx' does not exist"),
    "drop for nobody": (("drop", "--account", "nobody"), "unknown account 'nobody'; name the"),
    "gate of no platform": (("gate", "--platform", "nowhere"), KNOWN),
    "replay of no platform": (("gate", "replay", "--platform", "nowhere"), KNOWN),
    "lake of no platform": (("lake", "ls", "nowhere"), KNOWN),
    "lake of no stream": (("lake", "ls", "douyin/x"), "douyin has douyin/account_days,"),
    "accept without a stream": (
        ("lake", "accept", "douyin", "douyin_acme", "2026-04-15", "--reason", "counted"),
        "douyin has douyin/account_days,",
    ),
    "accept without a reason": (
        ("lake", "accept", "douyin/videos", "douyin_acme", "2026-04-15", "--reason", " "),
        "--reason is empty",
    ),
    "unknown template": (("template", "nope"), "there are account_days, actions, activities"),
    "unknown world": (("sandbox", "serve", "--world", "mars"), "unknown world 'mars'; there are "),
    "no moment": (("sandbox", "clock", "noon", "--clock-file", "c"), "'noon' is no ISO moment"),
    "no steps": (("rollback", "--steps", "0"), "greater than or equal to 1"),
    "demo of the past": (("demo", "--through", "2020-01-01"), "the story begins after 2026-04-15"),
}

STOPPED = {
    "nothing published": (("kpi",), "nothing is published yet; run tidemark release"),
    "nothing to report": (("report",), "nothing is published yet; run tidemark release"),
    "nothing to explain": (("alerts", "test", "--route", "p2"), "nothing is published yet"),
    "nothing planned": (("publish",), "run tidemark plan"),
    "nothing to go back to": (("rollback",), "nothing is published yet"),
    "no gate yet": (("gate", "report"), "run `tidemark gate`"),
    "nothing held back": (
        ("lake", "accept", "douyin/videos", "nobody", "2026-04-15", "--reason", "counted"),
        "no batch is held back; see `tidemark lake ls douyin/videos`",
    ),
    "no airflow": (("backfill", "douyin", *DAYS), "make run"),
    "nobody there": (
        ("backfill", "douyin", *DAYS, "--airflow", "http://127.0.0.1:1"),
        "no Airflow answers there",
    ),
    "a folder for a file": (("template", "account_days", "--out", "/"), "Is a directory"),
}


@pytest.fixture
def tidemark(tmp_path, monkeypatch, capfd):
    """The command on an empty home."""
    return commands(monkeypatch, capfd, TIDEMARK_HOME=str(tmp_path / "home"))


@pytest.mark.parametrize(("words", "told"), WRONG.values(), ids=WRONG)
def test_wrong_usage_is_one_line_and_code_2(tidemark, words, told):
    done = tidemark(*words)

    assert done.code == 2
    assert told in done.err
    assert done.err.startswith("Error: ")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(("words", "told"), STOPPED.values(), ids=STOPPED)
def test_what_cannot_be_done_now_is_one_line_and_code_1(tidemark, words, told):
    done = tidemark(*words)

    assert done.code == 1
    assert told in done.err
    assert done.err.startswith("Error ")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("TIDEMARK_LAKE", "bogus://bucket/lake", "TIDEMARK_LAKE 'bogus://bucket/lake': Protocol"),
        ("TIDEMARK_LAKE", "file:///dev/null", "TIDEMARK_LAKE 'file:///dev/null': is a file; use"),
        ("TIDEMARK_HOME", "/dev/null/home", "tidemark doctor looks for the cause"),
        ("TIDEMARK_CLOCK_FILE", "/none/clock", "/none/clock: No such file or directory; set it"),
        ("TIDEMARK_CLOCK_FILE", "/dev/null", "/dev/null: '' is no ISO moment"),
        ("TIDEMARK_CONFIG", "/none", "config/accounts.yml:1: file: does not exist"),
    ],
    ids=["lake scheme", "lake file", "home", "no clock file", "empty clock file", "config"],
)
def test_a_wrong_variable_is_told_without_a_traceback(tidemark, monkeypatch, name, value, told):
    monkeypatch.setenv(name, value)

    done = tidemark("release")

    assert done.code == 1
    assert told in done.err
    assert "Traceback" not in done.err


def test_a_reader_that_has_seen_enough_is_no_error():
    code = "from tidemark.cli.main import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", f"{code}", "template"],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None

    process.stdout.close()
    said = process.stderr.read()
    process.wait()

    assert said == b""
    assert process.returncode == 1


def test_every_command_and_option_says_what_it_is_for():
    nameless = []
    waiting = [("tidemark", get_command(app))]
    seen = 0
    while waiting:
        path, command = waiting.pop()
        seen += 1
        waiting += [(f"{path} {n}", c) for n, c in getattr(command, "commands", {}).items()]
        nameless += [path] * (not command.help)
        nameless += [f"{path} {p.name}" for p in command.params if not getattr(p, "help", "")]

    assert seen > 25
    assert nameless == []
