"""Nothing that is secret or personal comes out: every byte, log line and error is searched."""

import json
import logging
import sys
import threading
import time
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import uvicorn

from alerts.channels.feishu import send, sign
from alerts.channels.model import Notice
from extractors.core import http
from extractors.core.credentials import read_connection
from extractors.core.lake import open_lake
from extractors.core.model import Window
from extractors.core.registry import platforms_by_name
from extractors.core.run import extract
from sandbox.clock import clock
from sandbox.server import make_app
from sandbox.sheets import drop_sheets
from sandbox.world import connections, load_world
from tests.markers import NAME, PEOPLE, PHONE, Planting, everything_said, found_below, found_in
from tests.parsed import seed_parsed
from tidemark.cli.main import main
from tidemark.config.accounts import load_accounts
from tidemark.settings import load_settings

HASH_SECRET = "planted/hash+secret&k=1 秘密"
DAYS = Window(date(2026, 5, 20), date(2026, 5, 21))
FAST = {"calls_per_second": 1000}
API_PLATFORMS = ("douyin", "wechat", "douyin_shop")
#: part of a path and how it answers there, once per platform for every kind of answer
ORDERS = {
    "douyin": {
        "/data/external/user/fans/": "echo",
        "/video_list/": "no_objects",
        "/comment/list/": "html",
    },
    "wechat": {
        "getusersummary": "echo",
        "getusercumulate": "text",
        "getarticleread": "no_envelope",
        "getupstreammsg": "odd_code",
        "freepublish": "echo_401",
        "getbizsummary": "redirect",
    },
    "douyin_shop": {"/order/searchList": "bad_values", "/afterSale/List": "odd_code"},
}
TOKEN_CALLS = {
    "douyin": "/oauth/refresh_token/",
    "wechat": "/cgi-bin/stable_token",
    "douyin_shop": "/token/create",
}


class Stage:
    """A planted sandbox, the environment of a pipeline beside it, and what must not come out."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "data"
        clock_file = folder / "clock"
        clock_file.write_text("2026-05-22T10:30:00+08:00")
        self.world = planted_world()
        app, self.state = make_app(self.world, clock(clock_file))
        self.wire = Planting(app)
        self.server = uvicorn.Server(
            uvicorn.Config(self.wire, "127.0.0.1", 0, log_level="critical", access_log=False)
        )
        threading.Thread(target=self.server.run, daemon=True).start()
        while not self.server.started:
            time.sleep(0.01)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        self.environ = {
            **connections(f"http://127.0.0.1:{port}", self.world),
            "TIDEMARK_HOME": str(self.home),
            "TIDEMARK_CLOCK_FILE": str(clock_file),
            "TIDEMARK_HASH_SECRET": HASH_SECRET,
        }
        self.settings = load_settings(self.environ)
        seed_parsed(self.home)

    def extract(self, platform: str) -> Any:
        """Read two days in this process, so that its log and errors can be searched."""
        configured = load_accounts(self.settings.config_dir)
        accounts = [replace(a, options=FAST) for a in configured if a.platform == platform]
        assert accounts
        lake = open_lake(self.settings.lake_url)
        known = platforms_by_name()[platform]
        return extract(known, accounts, DAYS, lake=lake, settings=self.settings)

    def secrets(self) -> list[str]:
        """Return every secret that was configured or handed out."""
        world = self.world
        held = [world.wechat[0].secret, world.shops[0].app_secret, world.douyin[0].client_secret]
        held += [text for bot in world.bots for text in (bot.token, bot.secret)]
        held += [f"rft.{world.douyin[0].open_id}", HASH_SECRET]
        return [*held, *self.state.access, *self.state.refresh]

    def people(self) -> list[str]:
        """Return the planted people and a sample of the world's own ids and texts."""
        videos = self.world.douyin[0].videos
        users = {c.user_id for v in videos for c in v.comments if not c.is_brand}
        texts = {c.content for v in videos for c in v.comments if c.content.isalnum()}
        buyers = {order.buyer for order in self.world.shops[0].orders}
        assert len(users) > 3
        assert len(buyers) > 100
        return [*PEOPLE, *sorted(users)[:5], *sorted(texts)[:5], *sorted(buyers)[:10]]

    def markers(self) -> list[str]:
        """Return all that must not come out."""
        return [*self.secrets(), *self.people()]


def planted_world() -> Any:
    world = load_world("launch")
    awkward = "planted/{} +&=%秘密"
    return replace(
        world,
        douyin=tuple(replace(a, client_secret=awkward.format("dy")) for a in world.douyin),
        wechat=tuple(replace(a, secret=awkward.format("wx")) for a in world.wechat),
        shops=tuple(replace(s, app_secret=awkward.format("shop")) for s in world.shops),
        bots=tuple(replace(b, token=f"planted-hook-{b.token}") for b in world.bots),
    )


def tidemark(monkeypatch, *words: str) -> int:
    """Run a command in this process, errors shown as a person sees them; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["tidemark", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.fixture
def stage(tmp_path, monkeypatch):
    made = Stage(tmp_path)
    for name, value in made.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(http, "BACKOFF_SECONDS", 0.001)
    yield made
    made.server.should_exit = True


def kept(stage: Stage) -> dict[str, list[str]]:
    """Return what is found below the data root, except in the store of tokens itself."""
    found = found_below(stage.home, stage.markers())
    return {path: held for path, held in found.items() if not path.startswith("tokens/")}


def test_the_search_finds_what_is_there(stage):
    secret = stage.world.wechat[0].secret
    lake = open_lake(stage.settings.lake_url)
    lake.write_bytes("landing/a.json", json.dumps({"a": f"x{secret}y"}).encode())
    lake.write_bytes("landing/b.json", json.dumps({"a": NAME}).encode())

    found = kept(stage)

    assert found == {"lake/landing/a.json": [secret], "lake/landing/b.json": [NAME]}


@pytest.mark.parametrize("platform", API_PLATFORMS)
def test_a_good_reading_full_of_people_keeps_none_of_them(stage, platform, caplog):
    with caplog.at_level(logging.DEBUG):
        report = stage.extract(platform)

    assert report.counts()["rows"] > 0
    assert "unknown field 'brand_new_note'" in caplog.text
    assert found_in(caplog.text.encode(), stage.markers()) == []
    assert kept(stage) == {}


@pytest.mark.parametrize("platform", API_PLATFORMS)
def test_answers_that_repeat_what_was_sent_are_kept_without_it(stage, platform, caplog):
    stage.wire.orders = ORDERS[platform]

    with caplog.at_level(logging.DEBUG):
        report = stage.extract(platform)

    errors = [error for landed in report.landed for error in landed.errors]
    said = "\n".join(map(everything_said, [*errors, report.error()]))
    lake = open_lake(stage.settings.lake_url)
    assert errors or lake.list_files("quarantine")
    assert lake.list_files("landing")
    assert found_in(said.encode(), stage.markers()) == []
    assert found_in(caplog.text.encode(), stage.markers()) == []
    assert kept(stage) == {}


@pytest.mark.parametrize("kind", ["echo", "html", "text", "odd_code", "no_envelope"])
@pytest.mark.parametrize("platform", API_PLATFORMS)
def test_token_calls_that_fail_do_not_tell_the_secret(stage, platform, kind, caplog):
    stage.wire.orders = {TOKEN_CALLS[platform]: kind}

    with caplog.at_level(logging.DEBUG):
        report = stage.extract(platform)

    said = "\n".join(everything_said(e) for landed in report.landed for e in landed.errors)
    assert report.error() is not None
    assert found_in(said.encode(), stage.markers()) == []
    assert found_in(caplog.text.encode(), stage.markers()) == []
    assert kept(stage) == {}


def test_a_broken_connection_carries_no_address_with_a_token(stage, monkeypatch):
    report = stage.extract("wechat")
    assert report.error() is None
    stage.server.should_exit = True
    time.sleep(0.5)

    broken = stage.extract("wechat")

    errors = [error for landed in broken.landed for error in landed.errors]
    assert errors
    said = "\n".join(map(everything_said, errors))
    assert "ConnectionError" in said
    assert "http://" not in said
    assert found_in(said.encode(), stage.markers()) == []


def test_refused_rows_are_kept_without_their_phone_numbers(stage):
    stage.wire.orders = ORDERS["douyin_shop"]

    report = stage.extract("douyin_shop")

    lake = open_lake(stage.settings.lake_url)
    lines = [
        json.loads(line)
        for path in lake.list_files("quarantine")
        for line in lake.read_bytes(path).splitlines()
    ]
    assert len(lines) == sum(landed.quarantined for landed in report.landed) > 0
    assert {line["row"]["order_status"] for line in lines} == {"***?"}
    assert kept(stage) == {}


def test_only_their_owner_reads_the_tokens(stage):
    stage.extract("douyin")

    files = list((stage.home / "tokens").glob("*.json"))
    assert files
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert (stage.home / "tokens").stat().st_mode & 0o777 == 0o700


def drop_what_people_drop(stage: Stage) -> None:
    """Drop a good sheet, and one that is refused because somebody wrote a number into it."""
    exported_at = datetime.fromisoformat("2026-05-22T09:00:00+08:00")
    [good] = drop_sheets(stage.settings.inbox, date(2026, 4, 1), DAYS.until, exported_at)
    book = openpyxl.load_workbook(good)
    sheet = book.worksheets[0]
    rows = [row for row in sheet.iter_rows() if str(row[0].value).isdigit()]
    assert rows
    rows[0][4].value = f"问 {PHONE}"
    book.save(good.with_name("refused.xlsx"))


@pytest.mark.parametrize("kind", ["echo", "html", "text", "rows"])
def test_a_bot_that_repeats_its_address_and_signature_is_not_quoted(stage, kind, caplog):
    stage.wire.orders = {"/hook/": kind}
    credential = read_connection("tidemark_feishu_ops")

    with caplog.at_level(logging.DEBUG):
        receipt = send(Notice("n1", "🔴 严重", ("目标",)), credential, stage.settings.clock())

    signature = sign("1779417000", credential.password)
    hidden = [*stage.secrets(), signature]
    assert "/hook/***" in caplog.text
    assert found_in((receipt.response + caplog.text).encode(), hidden) == []


@pytest.mark.slow
def test_a_whole_morning_with_commands_tells_nothing(stage, monkeypatch, capsys, caplog):
    monkeypatch.setenv("COLUMNS", "300")
    drop_what_people_drop(stage)
    span = ("--since", str(DAYS.since), "--until", str(DAYS.until))
    commands = [*(("extract", name, *span) for name in API_PLATFORMS), ("drop",)]
    commands += [("release",), ("alerts", "evaluate"), ("alerts", "deliver"), ("status",)]

    with caplog.at_level(logging.INFO):
        stage.wire.orders = {"/hook/": "echo"}
        codes = [tidemark(monkeypatch, *words) for words in commands]
        stage.wire.orders = ORDERS["wechat"]
        codes.append(tidemark(monkeypatch, "extract", "wechat", *span))
    shown = capsys.readouterr()

    said = (shown.out + shown.err + caplog.text).encode()
    found = kept(stage)
    originals = [path for path in found if path.startswith("lake/quarantine/files/")]
    assert codes == [0, 0, 0, 1, 0, 0, 0, 0, 1], shown.err
    assert "wechat_acme POST /datacube/getusersummary: code 9999999" in shown.err
    assert len(list((stage.home / "published" / "releases").glob("*.duckdb"))) == 1
    assert open_lake(stage.settings.lake_url).ledger("deliveries")
    assert found_in(said, stage.markers()) == []
    # what people wrote into a file that was refused stays in that file, and nowhere else
    assert len(originals) == 1
    assert {path: held for path, held in found.items() if path not in originals} == {}
