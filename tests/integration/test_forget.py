"""Forgetting a buyer: gone from every byte, and no total moves."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import openpyxl
import pytest
from typer.testing import CliRunner

from extractors.core.drops import process_drops
from extractors.core.forget import ForgetError, subject_of
from extractors.core.intake import AccountRead, land
from extractors.core.landing import Landing
from extractors.core.model import Window
from extractors.core.people import read_tombstones
from extractors.core.personal import HashKey
from extractors.core.registry import platforms_by_name
from tests.people_site import BOTH, FIRST, SECOND, SHOP, deliver, order, query, shop_site, transform
from tidemark.cli.main import app
from tidemark.settings import PROJECT_ROOT
from warehouse.audit import audit_candidate
from warehouse.build import build_candidate
from warehouse.erase import erase, forget
from warehouse.lock import holder
from warehouse.plan import make_plan
from warehouse.publish import publish_candidate
from warehouse.releases import link_path

ANNA, BEN, CARA = "#anna-7711==", "#ben-8822==", "#cara-9933=="
KEY = HashKey("k1", FIRST["TIDEMARK_HASH_SECRET"])
ANNAS_KEY, BENS_KEY = KEY.of(ANNA), KEY.of(BEN)
TOTALS = """
select count(*), sum(paid_cny), count(distinct buyer_key), count(distinct (paid_on, buyer_key)),
    count(buyer_key)
from marts.fct_order
"""
PASSED = SimpleNamespace(passed=True, critical=(), summary="3 checks passed")


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """The data root of a shop with two releases; each test gets a copy of it."""
    home = tmp_path_factory.mktemp("lived") / "data"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in FIRST.items():
            patch.setenv(name, value)
        site, _clock = shop_site(home, "2026-05-03")
        orders = (order("1", "2026-05-01", ANNA), order("2", "2026-05-01", BEN, 5000))
        deliver(site, "2026-05-01", *orders)
        deliver(site, "2026-05-01", *orders)
        release(site)
        later = (order("3", "2026-05-02", ANNA), order("4", "2026-05-02", ANNA, 1234))
        deliver(site, "2026-05-02", *later, order("5", "2026-05-02", CARA))
        release(site)
    return home


@pytest.fixture
def site(lived, tmp_path, monkeypatch):
    for name, value in FIRST.items():
        monkeypatch.setenv(name, value)
    shutil.copytree(lived, tmp_path / "data", symlinks=True)
    site, _clock = shop_site(tmp_path / "data", "2026-05-03")
    return site


def release(site):
    plan = make_plan(site, force=True)
    assert plan is not None
    build_candidate(site, plan.plan_id, transform=transform)
    audit_candidate(site, plan.plan_id, check=lambda *_: PASSED)
    return publish_candidate(site, plan.plan_id)


def subject(name):
    return subject_of(f"douyin_shop/{SHOP}/{name}")


def holding(home, *words):
    """Return the files below a folder whose bytes, or Parquet and DuckDB texts, hold a word."""
    found = set()
    for path in (p for p in home.rglob("*") if p.is_file() and not p.is_symlink()):
        content = readable(path)
        found |= {f"{path.relative_to(home)}" for word in words if word.encode() in content}
    return found


def readable(path):
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        return path.read_bytes() + repr(pq.read_table(path).to_pylist()).encode()
    if path.suffix == ".duckdb":
        tables = query(path, "select schema_name, table_name from duckdb_tables()")
        rows = [query(path, f'from "{schema}"."{table}"') for schema, table in tables]
        return path.read_bytes() + repr(rows).encode()
    return path.read_bytes()


def totals(site):
    [row] = query(link_path(site.settings), TOTALS)
    return tuple(float(value) for value in row)


def test_a_forgotten_buyer_is_in_no_file_and_every_total_stays(site):
    home, before = site.settings.home, totals(site)
    held = holding(home, ANNAS_KEY)

    erased = erase(site, [subject(ANNA)])
    release(site)

    kinds = {name.partition("/")[0] for name in held}
    assert kinds == {"lake", "build", "published"}
    assert len([name for name in held if name.startswith("published/releases")]) == 2
    assert before == (5.0, 302.34, 3.0, 4.0, 5.0)
    assert totals(site) == before
    assert holding(home, ANNA, ANNAS_KEY) == set()
    assert erased.releases == ("r000001-20260502", "r000002-20260502")
    assert (erased.files["parquet"], erased.builds) == (3, ("current.duckdb",))


def test_the_others_and_the_comments_of_tables_stay_as_they_were(site):
    path = link_path(site.settings)
    words = "select comment from duckdb_tables() where comment is not null"
    others = f"select * from marts.fct_order where buyer_key <> '{ANNAS_KEY}' order by all"
    was = query(path, others)

    erase(site, [subject(ANNA)])

    now = "select * from marts.fct_order where buyer_key not like 'forgotten:%' order by all"
    assert len(was) == 2
    assert query(path, now) == was
    assert query(path, words) == [("One row per order; it's a fact.",)]
    assert path.stat().st_mode & 0o777 == 0o444


def test_it_is_recorded_that_someone_was_forgotten_and_not_who(site):
    erase(site, [subject(ANNA)])

    begun, done = sorted(site.lake.ledger("forgotten"), key=lambda e: "done_at" in e)
    assert (begun["platform"], begun["account_key"]) == ("douyin_shop", SHOP)
    assert begun["forgotten_at"] == "2026-05-03T05:00:00+00:00"
    assert done["done_at"] == "2026-05-03T05:00:00+00:00"
    assert re.fullmatch(r"forgotten:[0-9a-f]{32}", begun["stands_in"])
    assert holding(site.settings.home / "lake" / "_ledger", ANNA, ANNAS_KEY) == set()


def test_who_is_delivered_again_stays_forgotten_and_one_person(site):
    before = totals(site)
    erase(site, [subject(ANNA)])

    deliver(site, "2026-05-02", order("3", "2026-05-02", ANNA), order("6", "2026-05-02", ANNA))
    release(site)

    assert holding(site.settings.home, ANNA, ANNAS_KEY) == set()
    orders, _, buyers, buyer_days, keys = totals(site)
    assert (orders, keys) == (before[0] + 1, before[4] + 1)
    assert (buyers, buyer_days) == (before[2], before[3])


def test_a_buyer_who_is_joined_later_touches_the_days_of_her_earlier_orders(site, monkeypatch):
    monkeypatch.setenv("TIDEMARK_HASH_PREVIOUS", "none")
    for name, value in SECOND.items():
        monkeypatch.setenv(name, value)
    deliver(site, "2026-05-02", order("12", "2026-05-01", ANNA))
    release(site)
    apart = totals(site)
    monkeypatch.setenv("TIDEMARK_HASH_PREVIOUS", BOTH["TIDEMARK_HASH_PREVIOUS"])
    deliver(site, "2026-05-02", order("13", "2026-05-02", ANNA))

    release(site)

    plan = site.settings.build_dir / "days.json"
    assert apart[2] == 4.0
    assert totals(site)[2] == 3.0
    assert json.loads(plan.read_text())["order_day"] == ["2026-05-01", "2026-05-02"]


def kill_points(site):
    """Return how often forgetting tells where it is."""
    points = []
    erase(site, [subject(ANNA)], tell=points.append)
    return len(points)


def test_there_are_seven_places_where_forgetting_is_killed_below(site):
    assert kill_points(site) == 7


@pytest.mark.parametrize("point", range(7))
def test_a_run_that_is_killed_is_completed_by_running_it_again(site, point):
    before, seen = totals(site), []

    def die(where):
        seen.append(where)
        if len(seen) > point:
            raise Killed

    with pytest.raises(Killed):
        erase(site, [subject(ANNA)], tell=die)
    deliver(site, "2026-05-02", order("7", "2026-05-02", ANNA, 0))
    erase(site, [subject(ANNA)])

    assert holding(site.settings.home, ANNA, ANNAS_KEY) == set()
    assert totals(site) == before
    assert len({e["stands_in"] for e in site.lake.ledger("forgotten")}) == 1


DYING = """
import os, signal, sys
from pathlib import Path
from extractors.core.forget import subject_of
from tests.people_site import shop_site
from warehouse.erase import erase
from warehouse.lock import locked
site, _ = shop_site(Path(sys.argv[1]), "2026-05-03")
def die(where):
    if where.startswith("r0"):
        os.kill(os.getpid(), signal.SIGKILL)
with locked(site.settings, "tidemark forget"):
    erase(site, [subject_of(sys.argv[2])], tell=die)
"""


def test_a_process_that_is_killed_between_two_releases_leaves_nothing_that_stays(site):
    home, before = site.settings.home, totals(site)

    told = [str(home), f"douyin_shop/{SHOP}/{ANNA}"]
    done = subprocess.run([sys.executable, "-c", DYING, *told], cwd=PROJECT_ROOT, check=False)
    half_way = holding(home, ANNAS_KEY)
    erase(site, [subject(ANNA)])

    assert done.returncode == -signal.SIGKILL
    files = {name for name in half_way if name.endswith(".duckdb")}
    assert files == {"published/releases/r000002-20260502.duckdb"}
    assert half_way - files
    assert {name.split("/")[1] for name in half_way - files} == {"parquet"}
    assert holder(site.settings) is None
    assert holding(home, ANNA, ANNAS_KEY) == set()
    assert totals(site) == before


def test_without_a_subject_it_forgets_again_what_a_backup_brought_back(site):
    lake_file = next((site.settings.home / "lake" / "raw").rglob("*.parquet"))
    backup = lake_file.read_bytes()
    erase(site, [subject(ANNA)])
    lake_file.write_bytes(backup)
    brought_back = holding(site.settings.home, ANNAS_KEY)

    erase(site, [])

    assert len(brought_back) == 1
    assert holding(site.settings.home, ANNAS_KEY) == set()


def test_a_buyer_is_forgotten_by_the_key_that_the_marts_show(site):
    erase(site, [subject(BENS_KEY)])

    assert holding(site.settings.home, BENS_KEY) == set()
    assert holding(site.settings.home, ANNAS_KEY) != set()


def test_who_was_joined_over_a_rotation_is_forgotten_under_every_key(site, monkeypatch):
    for name, value in BOTH.items():
        monkeypatch.setenv(name, value)
    deliver(site, "2026-05-02", order("8", "2026-05-02", ANNA))
    monkeypatch.delenv("TIDEMARK_HASH_PREVIOUS")
    under_two = HashKey("k2", SECOND["TIDEMARK_HASH_SECRET"]).of(ANNA)
    held = holding(site.settings.home, under_two)

    erased = erase(site, [subject(ANNA)])

    assert any("raw" in name for name in held)
    assert any("person_keys" in name for name in held)
    assert erased.keys_not_at_hand == ()
    assert holding(site.settings.home, ANNAS_KEY, under_two) == set()


def test_who_was_forgotten_before_a_rotation_stays_so_after_it(site, monkeypatch):
    erase(site, [subject(ANNA)])
    for name, value in BOTH.items():
        monkeypatch.setenv(name, value)
    deliver(site, "2026-05-02", order("3", "2026-05-02", ANNA))
    monkeypatch.delenv("TIDEMARK_HASH_PREVIOUS")

    deliver(site, "2026-05-02", order("9", "2026-05-02", ANNA))

    under_two = HashKey("k2", SECOND["TIDEMARK_HASH_SECRET"]).of(ANNA)
    assert holding(site.settings.home, ANNA, ANNAS_KEY, under_two) == set()


def test_keys_whose_secret_is_gone_are_named(site, monkeypatch):
    for name, value in {**SECOND, "TIDEMARK_HASH_PREVIOUS": "none"}.items():
        monkeypatch.setenv(name, value)

    erased = erase(site, [subject(ANNA)])

    assert erased.keys_not_at_hand == ("k1",)
    assert holding(site.settings.home, ANNAS_KEY) != set()


def test_who_is_forgotten_while_they_are_being_read_is_not_landed(site):
    platform = platforms_by_name()["douyin_shop"]
    day = date(2026, 5, 2)

    def read():
        yield order("10", "2026-05-02", ANNA)
        erase(site, [subject(ANNA)])
        yield order("11", "2026-05-02", ANNA)

    account = site.accounts[0]
    reads = [AccountRead(account, ((Window(day, day), read()),))]
    landed = land(
        platform, platform.stream("orders"), reads, lake=site.lake, settings=site.settings
    )

    assert landed.rows == 2
    assert holding(site.settings.home, ANNA, ANNAS_KEY) == set()


def test_quarantine_landing_ledgers_and_reports_are_cleaned(site):
    lake = site.lake
    lake.write_bytes(
        "quarantine/douyin_shop/orders/dt=2026-05-02/b.jsonl",
        f'{{"a":"{ANNA}"}}\n{{"b":1}}'.encode(),
    )
    Landing(lake, "douyin_shop", date(2026, 5, 2)).keep_error("/order", 200, f'{{"x": "{ANNA}"}}')
    lake.append("drops", "x.refused", {"reason": f"{ANNA} is not a number", "account_key": SHOP})
    report = site.settings.reports_dir / "gates" / "latest.html"
    report.parent.mkdir(parents=True)
    report.write_text(f"<p>seen {ANNA}</p>")

    erased = erase(site, [subject(ANNA)])

    assert holding(site.settings.home, ANNA) == set()
    assert b'{"b":1}' in lake.read_bytes("quarantine/douyin_shop/orders/dt=2026-05-02/b.jsonl")
    assert lake.list_files("landing") == []
    assert report.read_text() == "<p>seen forgotten</p>"
    assert {k: erased.files[k] for k in ("quarantine", "landing", "ledger", "report")} == {
        "quarantine": 1,
        "landing": 1,
        "ledger": 1,
        "report": 1,
    }


def test_a_dropped_original_that_names_them_is_deleted_and_not_kept_again(site):
    folder = site.settings.inbox / SHOP
    drop_workbook(folder / "a.xlsx", ANNA)
    process_drops(site.settings, site.lake, site.accounts, stable_seconds=0)
    kept = site.lake.list_files("quarantine/files")

    erased = erase(site, [subject(ANNA)])
    drop_workbook(folder / "b.xlsx", ANNA)
    process_drops(site.settings, site.lake, site.accounts, stable_seconds=0)

    assert len(kept) == 1
    assert erased.files["original"] == 1
    assert site.lake.list_files("quarantine/files") == []


def drop_workbook(path, name):
    """Write the same bytes each time: a sheet that no format knows, with somebody in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    book = openpyxl.Workbook()
    book.active.append(["买家", "备注"])
    book.active.append([name, "x"])
    book.properties.created = book.properties.modified = datetime(2026, 5, 1)
    book.save(path)
    stable_zip(path)


def stable_zip(path):
    import io
    import zipfile

    with zipfile.ZipFile(path) as book:
        parts = {
            name: re.sub(rb"2\d{3}-\d\d-\d\dT[\d:]+Z", b"2026-05-01T00:00:00Z", book.read(name))
            for name in book.namelist()
        }
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as book:
        for name, content in parts.items():
            book.writestr(zipfile.ZipInfo(name, (2026, 5, 1, 0, 0, 0)), content)
    path.write_bytes(sink.getvalue())


def test_a_part_that_is_being_written_is_left_and_counted_and_an_abandoned_one_is_deleted(site):
    folder = site.settings.home / "lake" / "raw" / "douyin_shop" / "orders" / "dt=2026-05-02"
    fresh, old = folder / "batch=x" / "part-000.parquet", folder / "batch=y" / "part-000.parquet"
    for path in (fresh, old):
        path.parent.mkdir()
        path.write_bytes(b"PAR1 no end yet")
    two_days_ago = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    os.utime(old, (two_days_ago, two_days_ago))

    erased = erase(site, [subject(ANNA)])

    assert (erased.files["unfinished"], erased.files["abandoned"]) == (1, 1)
    assert fresh.exists()
    assert not old.exists()


@pytest.mark.parametrize("mistyped", ["2026-05-02", SHOP, "douyin_shop", "orders"])
def test_a_mistyped_id_that_is_ours_leaves_everything_as_it_is(site, mistyped):
    before = {p: p.read_bytes() for p in (site.settings.home / "lake").rglob("*.*") if p.is_file()}

    erase(site, [subject(mistyped)])

    assert before
    assert {p: p.read_bytes() for p in before} == before
    assert totals(site) == (5.0, 302.34, 3.0, 4.0, 5.0)


@pytest.mark.parametrize("text", ["", "anna", "douyin_shop/anna", "douyin_shop//anna", "a/b/ "])
def test_a_subject_without_its_three_parts_is_refused_without_repeating_it(text):
    with pytest.raises(ForgetError, match="platform/account/subject") as refused:
        subject_of(text)

    assert "anna" not in str(refused.value)


def test_an_unknown_account_is_refused_before_anything_is_written(site):
    with pytest.raises(ForgetError, match=f"accounts of douyin_shop are {SHOP}"):
        erase(site, [subject_of("douyin_shop/nobody/xyz")])

    assert read_tombstones(site.lake) == {}


def test_forgetting_holds_the_lock_of_the_data_root(site):
    settings = replace(site.settings, config_dir=PROJECT_ROOT / "config")
    holders = []

    forget(
        settings,
        [f"douyin_shop/{SHOP}/{ANNA}"],
        tell=lambda _where: holders.append(holder(settings)),
    )

    assert len(holders) == 7
    assert all("`tidemark forget`" in str(text) for text in holders)
    assert holder(settings) is None


def test_the_command_reads_subjects_from_standard_input_and_never_shows_them(site, monkeypatch):
    monkeypatch.setenv("TIDEMARK_HOME", str(site.settings.home))

    done = CliRunner().invoke(app, ["forget", "-"], input=f"douyin_shop/{SHOP}/{ANNA}\n")

    shown = " ".join(done.output.split())
    assert done.exit_code == 0, done.output
    assert "3 parquet" in shown
    assert "releases written anew: r000001-20260502, r000002-20260502" in shown
    assert "builds dropped: current.duckdb; the next is a full one" in shown
    assert ANNA not in shown
    assert ANNAS_KEY not in shown
    assert holding(site.settings.home, ANNAS_KEY) == set()
