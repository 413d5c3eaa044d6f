"""Every finding of `tidemark doctor`: the bad state is made, and read through the command."""

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import get_args

import pytest

from extractors.core.lake import Manifest, SliceRecord, SliceVerdict, open_lake
from extractors.core.registry import every_stream
from tests.command_line import commands
from tests.small_disk import small_disk
from tests.warehouse_site import land_day, make_site, transform
from tidemark.orchestration.checkup import time as zones
from tidemark.orchestration.checkup.findings import Name
from tidemark.settings import PROJECT_ROOT, load_settings
from warehouse.build import build_candidate
from warehouse.errors import BuildError
from warehouse.hold import Hold, set_hold
from warehouse.lock import lock_path
from warehouse.plan import make_plan
from warehouse.releases import point_to

ACCOUNTS = {
    "douyin": "douyin_acme",
    "wechat": "wechat_acme",
    "douyin_shop": "douyin_shop_main",
}
TAKE_THE_LOCK = """
import signal, sys, time, os
# who runs the tests in the background hands on that Ctrl-C is ignored
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from tests.warehouse_site import make_site
from warehouse.lock import locked
site, _ = make_site(Path(sys.argv[1]))
with locked(site.settings, "tidemark build"):
    child = os.fork() if sys.argv[2] == "forks" else 0
    if child or sys.argv[2] != "forks":
        print(child, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def doctor(sandbox, monkeypatch, capfd):
    """A function that runs the command beside a healthy sandbox and returns what is not well."""
    monkeypatch.delenv("AIRFLOW_HOME", raising=False)
    monkeypatch.setenv("AIRFLOW__API__PORT", str(free_port()))
    tidemark = commands(monkeypatch, capfd)

    def look(*, home=None, lake=None):
        if home is not None:
            monkeypatch.setenv("TIDEMARK_HOME", str(home))
        if lake is not None:
            monkeypatch.setenv("TIDEMARK_LAKE", lake)
        done = tidemark("doctor", "--json")
        findings = [found for found in json.loads(done.out) if found["level"] != "ok"]
        has_problem = any(found["level"] == "problem" for found in findings)
        assert done.code == (1 if has_problem else 0)
        return [found for found in findings if found["found"] != STORY]

    return look


#: the sandbox's own clock stands in the story; every look sees it
STORY = "it stands at 2026-04-16T10:45+08:00"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def only(findings, name, level):
    """Return the one finding there is, after checking that it is the one that was meant."""
    assert [(f["name"], f["level"]) for f in findings] == [(name, level)]
    assert findings[0]["remedy"]
    assert findings[0]["runbook"] == f"docs/runbook.md#{name.replace(' ', '-')}"
    return findings[0]


def without_rights():
    """Return what goes before a command so that root may not read and write everything."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root reads everything, and there is no setpriv here to give that up")
    rights = "-dac_override,-dac_read_search"
    return ("setpriv", f"--inh-caps={rights}", f"--bounding-set={rights}")


def in_a_process(sandbox, *before, **environ):
    """Run the command in a process of its own; return the findings."""
    code = "from tidemark.cli.main import main; main()"
    done = subprocess.run(
        [*before, sys.executable, "-c", code, "doctor", "--json"],
        cwd=PROJECT_ROOT,
        env={**os.environ, **sandbox.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    findings = [found for found in json.loads(done.stdout) if found["level"] != "ok"]
    return [found for found in findings if found["found"] != STORY]


def commit(sandbox, stream, account, day, status="ok", error=None, passed=True, at=None, left=0):
    """Land one slice by hand and let the gate have spoken."""
    lake = open_lake(sandbox.settings.lake_url)
    moment = at or "2026-04-15T02:00:00+00:00"
    platform, _, name = stream.partition("/")
    batch_id = f"b{len(lake.list_files('_manifests')):04d}"
    record = SliceRecord(account, date.fromisoformat(day), status, 1, error, quarantined=left)
    lake.commit(
        Manifest(batch_id, platform, name, record.dt, moment, moment, (record,)),
    )
    rules = () if passed else ("a_rule",)
    lake.write_verdict(batch_id, [SliceVerdict(account, record.dt, passed, rules)])
    return lake


def configured_streams():
    """Return every stream that is read of a configured account."""
    return [(p.name, s.name) for p, s in every_stream() if s.read and p.name in ACCOUNTS]


def land_everything(sandbox, day):
    """Land a day of every stream of every account."""
    streams = configured_streams()
    assert len(streams) > 5
    for platform, stream in streams:
        commit(sandbox, f"{platform}/{stream}", ACCOUNTS[platform], day)


def test_a_healthy_installation_has_nothing_but_its_virtual_clock(doctor, capfd):
    assert doctor() == []


def test_the_table_shows_finding_remedy_and_runbook(sandbox, monkeypatch, capfd):
    tidemark = commands(monkeypatch, capfd, TIDEMARK_HASH_SECRET="")

    done = tidemark("doctor")
    line = next(line for line in done.out.splitlines() if "hash secret not set" in line)

    assert done.code == 1
    assert "TIDEMARK_HASH_SECRET is empty" in line
    assert "set TIDEMARK_HASH_SECRET to a long random text" in line
    assert "docs/runbook.md#hash-secret-not-set" in done.out


def test_a_home_below_a_file_cannot_be_written(doctor, tmp_path):
    (tmp_path / "file").touch()

    found = only(doctor(home=tmp_path / "file" / "home"), "home not writable", "problem")

    assert "file/home: Not a directory" in found["found"]


def test_a_home_of_somebody_else_cannot_be_written(sandbox, tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o555)

    findings = in_a_process(sandbox, *without_rights(), TIDEMARK_HOME=str(home))

    assert only(findings, "home not writable", "problem")["found"].endswith("Permission denied")


@pytest.mark.parametrize(
    ("mebibytes", "level"), [(64, "problem"), (400, "warning")], ids=["none begins", "one begins"]
)
def test_a_disk_nearly_full_is_found_before_a_release_finds_it(doctor, tmp_path, mebibytes, level):
    with small_disk(tmp_path / "disk", mebibytes) as home:
        found = only(doctor(home=home), "disk nearly full", level)

    assert "a release needs 256 MiB" in found["found"]


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(20, r"0:(20:00|19:59) behind http://"), (-20, r"0:20:0[01] ahead of http://")],
    ids=["behind", "ahead"],
)
def test_clock_skew_is_measured_by_the_answer_of_a_platform(doctor, monkeypatch, minutes, told):
    class Elsewhen(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(200)
            self.end_headers()

        def date_time_string(self, timestamp=None):
            return super().date_time_string(time.time() + minutes * 60)

        def log_message(self, *_words):
            pass

    server = HTTPServer(("127.0.0.1", 0), Elsewhen)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.delenv("TIDEMARK_CLOCK_FILE")
    monkeypatch.setenv("AIRFLOW_CONN_TIDEMARK_DOUYIN_ACME", json.dumps({"host": host}))

    found = only(doctor(), "clock skew", "problem")
    server.shutdown()
    server.server_close()

    # the header counts whole seconds
    assert re.match(told, found["found"])


def test_no_answer_of_a_platform_is_no_skew(doctor, sandbox, monkeypatch):
    monkeypatch.delenv("TIDEMARK_CLOCK_FILE")
    for account in ACCOUNTS.values():
        closed = json.dumps({"host": f"http://127.0.0.1:{free_port()}"})
        monkeypatch.setenv(f"AIRFLOW_CONN_TIDEMARK_{account.upper()}", closed)

    assert doctor() == []


def test_clock_skew_shows_in_what_has_landed_in_the_future(doctor, sandbox):
    land_everything(sandbox, "2026-04-15")
    now = datetime.now(UTC)
    commit(sandbox, "douyin/videos", "douyin_acme", "2026-04-15", at=now.isoformat())
    honest = doctor()
    soon = (now + timedelta(hours=1)).isoformat()
    commit(sandbox, "douyin/videos", "douyin_acme", "2026-04-15", at=soon)

    found = only(doctor(), "clock skew", "problem")

    assert honest == []
    assert f"landed at {soon}, which is still to come" in found["found"]


def test_a_virtual_clock_is_pointed_out(sandbox, monkeypatch, capfd):
    done = commands(monkeypatch, capfd)("doctor", "--json")
    found = [f for f in json.loads(done.out) if f["name"] == "clock is virtual"]

    assert only(found, "clock is virtual", "warning")["found"] == STORY


def test_a_virtual_clock_that_tells_no_time_is_a_problem_once(doctor, sandbox):
    sandbox.clock_file.write_text("noon")
    commit(sandbox, "douyin/videos", "douyin_acme", "2026-04-15")

    found = only(doctor(), "clock is virtual", "problem")

    assert "'noon' is no ISO moment" in found["found"]


def test_a_wrong_time_zone_database_of_python_is_found(sandbox, tmp_path):
    (tmp_path / "zones" / "Asia").mkdir(parents=True)
    # a zone file with one kind of time: UTC
    counts = struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    zone = b"TZif" + bytes(16) + counts + struct.pack(">lbb", 0, 0, 0) + b"UTC\0"
    (tmp_path / "zones" / "Asia" / "Shanghai").write_bytes(zone)

    findings = in_a_process(sandbox, PYTHONTZPATH=str(tmp_path / "zones"))

    wrong = [found["found"] for found in findings if found["name"] == "time zone wrong"]
    assert wrong == ["Python reads Asia/Shanghai as UTC+0:00:00"]


def test_a_time_zone_of_dbt_that_gives_other_days_is_found(doctor, tmp_path, monkeypatch):
    profile = tmp_path / "profiles.yml"
    text = (PROJECT_ROOT / "dbt_project" / "profiles.yml").read_text()
    assert "TimeZone: Asia/Shanghai" in text
    profile.write_text(text.replace("TimeZone: Asia/Shanghai", "TimeZone: UTC"))
    monkeypatch.setattr(zones, "PROFILE", profile)

    found = only(doctor(), "time zone wrong", "problem")

    assert found["found"] == "DuckDB as dbt opens it has the zone UTC"


def test_a_default_time_zone_that_airflow_does_not_know_is_found(doctor, monkeypatch):
    monkeypatch.setenv("AIRFLOW__CORE__DEFAULT_TIMEZONE", "Mars/Olympus")

    found = only(doctor(), "time zone wrong", "problem")

    assert "'Mars/Olympus', which is no time zone" in found["found"]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "UTC"])
def test_the_time_zone_of_the_machine_does_not_matter(doctor, monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()

    findings = doctor()
    monkeypatch.undo()
    time.tzset()

    assert findings == []


def test_a_port_in_use_names_the_process_that_holds_it(doctor, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("AIRFLOW__API__PORT", str(port))

        found = only(doctor(), "port in use", "warning")

    assert found["found"].startswith(f"{port} is held by `")
    assert f"(pid {os.getpid()})" in found["found"]


def test_a_version_mismatch_with_the_lock_file_is_found(doctor, tmp_path, monkeypatch):
    other = tmp_path / "great_expectations-0.18.0.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Name: great-expectations\nVersion: 0.18.0\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    found = only(doctor(), "version mismatch", "problem")

    assert found["found"] == "great-expectations 0.18.0, uv.lock says 1.24.1"


def test_a_config_problem_is_told_with_file_and_line(doctor, tmp_path, monkeypatch):
    folder = tmp_path / "config"
    shutil.copytree(PROJECT_ROOT / "config", folder)
    accounts = folder / "accounts.yml"
    accounts.write_text(accounts.read_text().replace("platform: wechat", "platform: wechatt"))
    monkeypatch.setenv("TIDEMARK_CONFIG", str(folder))

    findings = [found for found in doctor() if found["name"] == "config problem"]

    told = only(findings, "config problem", "problem")["found"]
    assert "config/accounts.yml:" in told
    assert "did you mean 'wechat'?" in told


@pytest.mark.parametrize(
    ("variable", "owner"),
    [
        ("AIRFLOW_CONN_TIDEMARK_DOUYIN_ACME", "account douyin_acme"),
        ("AIRFLOW_CONN_TIDEMARK_FEISHU_OPS", "channel feishu-ops"),
    ],
    ids=["account", "channel"],
)
def test_a_credential_missing_names_account_and_variable(doctor, monkeypatch, variable, owner):
    monkeypatch.delenv(variable)

    found = only(doctor(), "credential missing", "problem")

    assert found["found"].startswith(f"{owner}: neither {variable} nor the Airflow connection ")
    assert variable in found["remedy"]


def test_a_credential_missing_names_the_publisher(doctor, monkeypatch):
    monkeypatch.setenv("TIDEMARK_POSTGRESQL", "tidemark_bi")

    found = only(doctor(), "credential missing", "problem")

    assert found["found"].startswith("publisher postgresql: neither AIRFLOW_CONN_TIDEMARK_BI nor ")


def test_a_credential_unreadable_is_told_without_its_secret(doctor, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_TIDEMARK_WECHAT_ACME", '{"password": "hunter2"')

    found = only(doctor(), "credential unreadable", "problem")

    assert "account wechat_acme: connection tidemark_wechat_acme" in found["found"]
    assert "hunter2" not in str(found)


@pytest.mark.parametrize("secret", ["", "change-me"], ids=["empty", "the example's"])
def test_a_hash_secret_not_set_is_found(doctor, monkeypatch, secret):
    monkeypatch.setenv("TIDEMARK_HASH_SECRET", secret)

    only(doctor(), "hash secret not set", "problem")


def airflow_database(path, *statements):
    with sqlite3.connect(path) as database:
        for statement in statements:
            database.execute(statement)
    return f"sqlite:///{path}"


def test_an_airflow_database_unreachable_is_told_without_its_password(doctor, monkeypatch):
    url = "postgresql+psycopg2://airflow:hunter2@127.0.0.1:1/airflow"
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", url)

    found = only(doctor(), "airflow database unreachable", "problem")

    assert "postgresql+psycopg2://airflow:***@127.0.0.1:1/airflow" in found["found"]
    assert "hunter2" not in str(found)


def test_an_airflow_database_without_tables_is_unreachable_for_airflow(
    doctor, monkeypatch, tmp_path
):
    absent = tmp_path / "absent.db"
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"sqlite:///{absent}")
    before = only(doctor(), "airflow database unreachable", "problem")
    empty = airflow_database(tmp_path / "empty.db")
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", empty)

    found = only(doctor(), "airflow database unreachable", "problem")

    assert before["found"].endswith("there is no such file")
    assert not absent.exists()
    assert "no such table: alembic_version" in found["found"]
    assert "airflow db migrate" in found["remedy"]


def test_a_connection_of_airflow_is_a_credential_too(doctor, monkeypatch, tmp_path):
    url = airflow_database(
        tmp_path / "airflow.db",
        "create table alembic_version (version_num text)",
        "create table connection (conn_id text)",
        "insert into connection values ('tidemark_douyin_acme')",
    )
    (tmp_path / "airflow.cfg").write_text(f"[database]\nsql_alchemy_conn = {url}\n")
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    monkeypatch.delenv("AIRFLOW_CONN_TIDEMARK_DOUYIN_ACME")

    assert doctor() == []


@pytest.mark.parametrize(
    ("lake", "told"),
    [
        ("bogus://bucket/lake", "Protocol not known: bogus"),
        (PROJECT_ROOT.joinpath("uv.lock").as_uri(), "uv.lock': is a file"),
    ],
    ids=["unknown scheme", "not a folder"],
)
def test_an_unreadable_lake_says_why(doctor, lake, told):
    found = only(doctor(lake=lake), "lake unreadable", "problem")

    assert told in found["found"]
    assert "s3://bucket/prefix" in found["remedy"]


def test_a_lake_without_the_right_to_read_it_is_unreadable(sandbox, tmp_path):
    (tmp_path / "lake" / "_manifests").mkdir(parents=True)
    (tmp_path / "lake" / "_manifests").chmod(0)

    findings = in_a_process(sandbox, *without_rights(), TIDEMARK_LAKE=(tmp_path / "lake").as_uri())

    found = only(findings, "lake unreadable", "problem")
    assert "Permission denied" in found["found"]


@pytest.mark.parametrize(
    "path",
    ["_manifests/douyin/videos/dt=2026-04-14/b1.json", "_verdicts/b1.json"],
    ids=["manifest", "verdict"],
)
@pytest.mark.parametrize("content", [b'{"batch_id": "b1", "sli', b'{"batch_id": "b1"}', b"[1]"])
def test_a_lake_file_broken_is_named(doctor, sandbox, path, content):
    open_lake(sandbox.settings.lake_url).write_bytes(path, content)

    found = only(doctor(), "lake file broken", "problem")

    assert path in found["found"]
    assert "put it back from a backup" in found["remedy"]


def test_a_source_stale_names_its_streams_and_their_newest_day(doctor, sandbox):
    land_everything(sandbox, "2026-04-14")
    morning = doctor()
    land_everything(sandbox, "2026-04-15")
    commit(sandbox, "douyin/account_days", "douyin_acme", "2026-04-16")
    sandbox.set_clock("2026-04-17T23:30:00+08:00")

    findings = [f for f in doctor() if f["name"] == "source stale"]
    douyin = next(found for found in findings if "douyin_acme" in found["found"])

    assert morning == []
    assert len(findings) == 3
    assert "videos (newest 2026-04-15, 2026-04-16 is due)" in douyin["found"]
    assert "account_days" not in douyin["found"]
    assert "tidemark extract douyin --account douyin_acme" in douyin["remedy"]


def test_a_day_that_is_not_offered_makes_no_source_stale(doctor, sandbox):
    land_everything(sandbox, "2026-04-13")
    for platform, stream in configured_streams():
        status = "not_offered" if stream == "comments" else "ok"
        commit(sandbox, f"{platform}/{stream}", ACCOUNTS[platform], "2026-04-14", status)

    assert doctor() == []


@pytest.mark.parametrize(
    ("slice_", "told"),
    [
        ({"status": "suspect", "error": "1 rows where 9 are current"}, "1 rows where 9 are"),
        ({"passed": False}, "refused by a_rule"),
    ],
    ids=["fewer rows", "refused by the gate"],
)
def test_suspect_slices_waiting_go_once_they_are_accepted(
    doctor, sandbox, monkeypatch, capfd, slice_, told
):
    tidemark = commands(monkeypatch, capfd)
    land_everything(sandbox, "2026-04-14")
    commit(sandbox, "douyin/videos", "douyin_acme", "2026-04-14", **slice_)

    found = only(doctor(), "suspect slices waiting", "warning")
    words = found["remedy"].partition("tidemark ")[2].replace("…", "counted").split()
    done = tidemark(*words)

    assert done.code == 0, done.err
    assert "is current now" in done.out
    assert told in found["found"]
    assert "lake accept douyin/videos douyin_acme 2026-04-14 --reason" in found["remedy"]
    assert doctor() == []


def test_many_suspect_slices_waiting_are_counted(doctor, sandbox):
    land_everything(sandbox, "2026-04-14")
    for number in range(1, 8):
        commit(sandbox, "douyin/videos", "douyin_acme", f"2026-04-0{number}", "suspect", "few")

    findings = doctor()

    assert {found["name"] for found in findings} == {"suspect slices waiting"}
    assert len(findings) == 6
    assert findings[-1]["found"] == "and 2 more"


def test_quarantined_drops_waiting_go_when_the_corrected_file_comes(
    doctor, sandbox, monkeypatch, capfd
):
    tidemark = commands(monkeypatch, capfd)
    land_everything(sandbox, "2026-04-14")
    days = ("--since", "2026-04-14", "--until", "2026-04-15")
    tidemark("sandbox", "sheets", *days)
    sheet = next((sandbox.settings.inbox / "douyin_acme").glob("*.xlsx"))
    good = sheet.read_bytes()
    sheet.write_bytes(b"no workbook")
    dropped = tidemark("drop")

    found = only(doctor(), "quarantined drops waiting", "warning")
    sheet.write_bytes(good)
    again = tidemark("drop")

    assert dropped.code == 1
    assert again.code == 0, again.err
    assert f"douyin_acme/{sheet.name}" in found["found"]
    assert doctor() == []


def test_quarantined_drops_waiting_go_when_the_kept_file_is_deleted(
    doctor, sandbox, monkeypatch, capfd, tmp_path
):
    tidemark = commands(monkeypatch, capfd)
    land_everything(sandbox, "2026-04-14")
    wrong = tmp_path / "live.csv"
    wrong.write_text("x,y\n1,2\n")
    tidemark("drop", str(wrong), "--account", "douyin_acme")

    found = only(doctor(), "quarantined drops waiting", "warning")
    lake = open_lake(sandbox.settings.lake_url)
    (kept,) = lake.list_files("quarantine/files")
    lake.delete(kept)

    assert found["remedy"].endswith(f"or delete {kept}")
    assert doctor() == []


def test_quarantined_rows_waiting_are_those_of_the_newest_reading(doctor, sandbox):
    land_everything(sandbox, "2026-04-14")
    later = "2026-04-15T03:00:00+00:00"
    commit(sandbox, "douyin/videos", "douyin_acme", "2026-04-13", left=4, at=later)
    commit(sandbox, "douyin/videos", "douyin_acme", "2026-04-14", left=3, at=later)

    found = only(doctor(), "quarantined rows waiting", "warning")
    again = "2026-04-15T04:00:00+00:00"
    commit(sandbox, "douyin/videos", "douyin_acme", "2026-04-13", at=again)
    commit(sandbox, "douyin/videos", "douyin_acme", "2026-04-14", at=again)

    assert "douyin/videos: 7 rows of 2 slices, the newest of 2026-04-14" in found["found"]
    assert "tidemark gate replay" in found["remedy"]
    assert doctor() == []


def take_the_lock(home, how):
    """Start a process that takes the lock of a home; return it and the pid of its child, or 0."""
    process = subprocess.Popen(
        [sys.executable, "-c", TAKE_THE_LOCK, str(home), how],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def test_a_stale_lock_of_a_killed_run_says_who_and_since_when(doctor, tmp_path):
    process, _ = take_the_lock(tmp_path / "home", "alone")
    running = doctor(home=tmp_path / "home")
    process.kill()
    process.wait()

    found = only(doctor(), "stale lock", "warning")
    site, _ = make_site(tmp_path / "home")
    make_plan(site)

    assert running == []
    assert (
        f"`tidemark build` (pid {process.pid} on {socket.gethostname()}, since 2" in found["found"]
    )
    assert "the lock is free" in found["found"]


def test_a_run_that_came_to_its_end_leaves_no_stale_lock(doctor, tmp_path):
    process, _ = take_the_lock(tmp_path / "home", "alone")
    process.send_signal(signal.SIGINT)
    process.wait()

    assert doctor(home=tmp_path / "home") == []


def test_a_stale_lock_held_on_by_a_child_names_the_child(doctor, tmp_path):
    process, child = take_the_lock(tmp_path / "home", "forks")
    process.kill()
    process.wait()

    findings = doctor(home=tmp_path / "home")
    os.kill(child, signal.SIGKILL)

    found = only(findings, "stale lock", "problem")
    assert f"(pid {process.pid} on" in found["found"]
    assert "a child of it holds the lock on: `" in found["found"]
    assert found["found"].endswith(f"(pid {child})")


def test_a_lock_held_long_is_pointed_out(doctor, tmp_path):
    process, _ = take_the_lock(tmp_path / "home", "alone")
    path = lock_path(make_site(tmp_path / "home")[0].settings)
    signed = json.loads(path.read_text())
    path.write_text(json.dumps({**signed, "since": "2026-01-01T00:00:00+00:00"}))

    found = only(doctor(home=tmp_path / "home"), "lock held long", "warning")
    process.kill()
    process.wait()

    assert f"pid {process.pid}" in found["found"]


def test_an_unfinished_release_says_how_far_it_came(doctor, tmp_path):
    site, _ = make_site(tmp_path / "site")
    land_day(site, "2026-04-15")
    plan = make_plan(site)
    planned = doctor(home=tmp_path / "site", lake=(tmp_path / "nothing").as_uri())
    build_candidate(site, plan.plan_id, transform=transform)

    built = doctor()

    assert only(planned, "unfinished release", "warning")["found"].startswith(
        "r000001-20260415 is planned, planned 2"
    )
    assert only(built, "unfinished release", "warning")["found"].startswith(
        "r000001-20260415 is built, planned 2"
    )


def test_a_release_held_says_why_and_how_to_go_on(doctor, sandbox):
    set_hold(sandbox.settings, Hold("rolled back from r2 to r1", "r1"))

    found = only(doctor(), "release held", "warning")

    assert found["found"] == "rolled back from r2 to r1"
    assert "tidemark rollback --resume" in found["remedy"]


def test_a_release_failed_says_what_status_json_says(doctor, tmp_path):
    site, _ = make_site(tmp_path / "site")
    land_day(site, "2026-04-15")
    plan = make_plan(site)
    shutil.rmtree(Path(site.lake.root) / "raw")
    with pytest.raises(BuildError):
        build_candidate(site, plan.plan_id, transform=transform)

    findings = doctor(home=tmp_path / "site", lake=(tmp_path / "nothing").as_uri())

    failed = [found for found in findings if found["name"] == "release failed"]
    assert only(failed, "release failed", "problem")["found"].startswith("build_failed at 2")


def test_a_publisher_behind_is_told_with_what_its_readers_see(doctor, tmp_path, monkeypatch):
    home = tmp_path / "home"
    (home / "published").mkdir(parents=True)
    point_to(load_settings({"TIDEMARK_HOME": str(home)}), "r000002-20260501")
    monkeypatch.setenv("TIDEMARK_POSTGRESQL", "tidemark_bi")
    address = {"host": "127.0.0.1", "port": 1, "login": "publisher", "password": "hunter2"}
    monkeypatch.setenv("AIRFLOW_CONN_TIDEMARK_BI", json.dumps({"conn_type": "postgres"} | address))

    found = [f for f in doctor(home=home) if f["name"] == "publisher behind"]

    assert [f["level"] for f in found] == ["problem", "problem"]
    assert found[0]["found"] == "parquet: readers see nothing, the release is r000002-20260501"
    assert found[1]["found"].startswith("postgresql: ")
    assert "127.0.0.1" in found[1]["found"]
    assert "hunter2" not in str(found)


def test_a_check_broken_is_a_finding_and_the_others_go_on(doctor, monkeypatch):
    monkeypatch.setenv("AIRFLOW__API__PORT", "eighty")
    monkeypatch.setenv("TIDEMARK_HASH_SECRET", "")

    findings = doctor()

    assert [found["name"] for found in findings] == ["check broken", "hash secret not set"]
    assert findings[0]["found"].startswith("port: ValueError: ")


@pytest.mark.parametrize("name", get_args(Name))
def test_every_finding_is_provoked_here(name):
    assert f'"{name}"' in Path(__file__).read_text(), f"doctor can find {name!r}; make it happen"
