"""Bilibili through the real runtime from the sandbox: the hand-made world, and 52 real days."""

import csv
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import duckdb
import pytest

from extractors.core.credentials import read_connection
from extractors.core.lake import SliceVerdict, current_rows_sql, open_lake
from extractors.core.model import Account, Window
from extractors.core.registry import find_stream, platforms_by_name
from extractors.core.run import extract
from sandbox.world import load_world
from tests.conftest import start_sandbox
from tests.warehouse_fixture import make_build_db, query, run_dbt, source_days
from tidemark.clock import SHANGHAI

BILIBILI = platforms_by_name()["bilibili"]
ACME = Account("bilibili_acme", "bilibili", "acme_bili", "Acme", "acme")
DAY = date(2026, 4, 15)
GLITCH = date(2023, 10, 1)
COUNTERS = ("plays", "likes", "comments", "shares", "saves", "danmaku", "coins")


@contextmanager
def serving(world, folder):
    sandbox, server = start_sandbox(world, folder)
    yield sandbox
    server.should_exit = True


def read(sandbox, accounts, day, streams=None):
    """Read a day as its morning does; the machine's clock is the sandbox's."""
    moment = datetime.combine(day + timedelta(1), time(11), SHANGHAI)
    sandbox.clock_file.write_text(moment.isoformat())
    return extract(
        BILIBILI,
        [replace(account, options={"calls_per_second": 5000}) for account in accounts],
        Window(day, day),
        lake=open_lake(sandbox.settings.lake_url),
        settings=sandbox.settings,
        streams=streams,
        credentials=lambda a: read_connection(a.connection_id, sandbox.environ),
    )


def pass_all(lake):
    for manifest in lake.manifests("bilibili"):
        passed = [SliceVerdict(r.account_key, r.dt, True, ()) for r in manifest.slices]
        lake.write_verdict(manifest.batch_id, [*lake.verdicts_of(manifest.batch_id), *passed])


def rows_of(lake, name):
    """Return the current rows of a stream, as staging reads them."""
    stream = find_stream("bilibili", name)
    winners = lake.current(stream, "bilibili")
    with duckdb.connect() as memory:
        memory.execute(
            "create table winners (account_key varchar, dt date, batch_id varchar, "
            "committed_at varchar)"
        )
        memory.executemany(
            "insert into winners values (?, ?, ?, ?)",
            [[w.key.account_key, w.key.dt, w.batch_id, w.committed_at] for w in winners],
        )
        files = sorted({lake.address(path) for winner in winners for path in winner.files})
        columns = ["account_key", "dt", *(field.name for field in stream.fields)]
        columns += ["_is_listed"] if stream.is_complete_listing else []
        names = ", ".join(f'"{name}"' for name in columns)
        found = memory.execute(
            f"select {names} from ({current_rows_sql(stream, files, 'winners')})"
        )
        return found.to_arrow_table().to_pylist()


@pytest.fixture
def sandbox(launch_world, tmp_path, monkeypatch):
    monkeypatch.setenv("TIDEMARK_HASH_SECRET", "test")
    with serving(launch_world, tmp_path) as running:
        yield running


def test_every_stream_is_read_without_error_drift_or_quarantine(sandbox):
    report = read(sandbox, [ACME], DAY)

    found = {
        landed.stream: (landed.rows, landed.errors, landed.drift, landed.quarantined)
        for landed in report.landed
    }
    assert found == {
        "account_stats": (1, [], [], 0),
        "account_increments": (1, [], [], 0),
        "videos": (3, [], [], 0),
        "video_stats": (3, [], [], 0),
    }


def test_a_second_reading_of_a_day_changes_no_row(sandbox):
    lake = open_lake(sandbox.settings.lake_url)
    read(sandbox, [ACME], DAY)
    pass_all(lake)
    first = rows_of(lake, "video_stats")
    read(sandbox, [ACME], DAY)
    pass_all(lake)

    assert len(first) == 3
    assert sorted(rows_of(lake, "video_stats"), key=str) == sorted(first, key=str)


def test_a_day_that_was_missed_is_a_gap_and_is_not_filed_later(sandbox):
    report = read(sandbox, [ACME], DAY, ["video_stats"])
    late = extract(
        BILIBILI,
        [ACME],
        Window(DAY - timedelta(1), DAY),
        lake=open_lake(sandbox.settings.lake_url),
        settings=sandbox.settings,
        lookback=False,
        credentials=lambda a: read_connection(a.connection_id, sandbox.environ),
    )

    missed = [r for landed in late.landed for r in landed.slices if r.dt == DAY - timedelta(1)]
    assert {r.status for _, r in report.slices()} == {"ok"}
    assert missed
    assert {r.status for r in missed if r.status != "empty"} == {"missing"}


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("quota", "QuotaExhausted"),
        ("error_code:127007", "NotOffered"),
        ("error_code:127100", "ApiChanged"),
        ("truncated", "Transient"),
        ("html_502", "Transient"),
    ],
)
def test_a_fault_ends_as_declared(sandbox, monkeypatch, kind, error):
    monkeypatch.setattr("extractors.core.http.BACKOFF_SECONDS", 0.001)
    sandbox.fault("/bilibili/arcopen/fn/data/user/stat", kind, times=None)

    report = read(sandbox, [ACME], DAY, ["account_stats"])

    (record,) = report.landed[0].slices
    assert record.status == ("not_offered" if error == "NotOffered" else "failed")
    assert error in record.error


def test_an_expired_token_is_refreshed_once(sandbox):
    sandbox.fault("/bilibili/arcopen/fn/data/user/stat", "expire_token")

    report = read(sandbox, [ACME], DAY, ["account_stats"])

    assert report.error() is None
    assert report.counts()["rows"] == 1


# -- 52 days of real videos ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def popular(shared_data):
    return load_world("bilibili_popular", shared_data)


@pytest.fixture(scope="module")
def built(popular, tmp_path_factory):
    """Read 52 mornings of every account, one after the other, and build the post days."""
    home = tmp_path_factory.mktemp("popular")
    facet = popular.facets["bilibili"]
    accounts = [
        Account(a.account_key, "bilibili", openid, openid, "acme") for openid, a in facet.items()
    ]
    days = sorted({day for a in facet.values() for v in a.videos for day in v.totals})
    assert (len(days), len(accounts) >= 12) == (52, True)
    with pytest.MonkeyPatch.context() as patch, serving(popular, home) as sandbox:
        patch.setenv("TIDEMARK_HASH_SECRET", "test")
        for day in days:
            report = read(sandbox, accounts, day, ["video_stats"])
            assert report.error() is None
        lake = open_lake(sandbox.settings.lake_url)
    pass_all(lake)
    rows = {"bilibili__video_stats": rows_of(lake, "video_stats")}
    configured = [
        {"account_key": a.key, "platform": "bilibili", "brand_key": "acme"} for a in accounts
    ]
    outcomes = [
        outcome
        for account in accounts
        for outcome in source_days("bilibili/video_stats", account.key, days)
    ]
    path = make_build_db(
        home / "build.duckdb", rows, source_days=outcomes, config={"account": configured}
    )
    run_dbt(path, "run", "--select", "+int_post_day_union", as_of=days[-1], first=days[0])
    return path


def observed(popular):
    """Map account and video to its totals by day, as the file has them, without the glitch."""
    found = defaultdict(dict)
    for account in popular.facets["bilibili"].values():
        for video in account.videos:
            for day, totals in sorted(video.totals.items()):
                before = found[(account.account_key, video.resource_id)]
                if any(totals.values()) or not any(any(t.values()) for t in before.values()):
                    before[day] = totals
    return found


@pytest.mark.slow
def test_increments_after_the_first_observation_sum_to_last_minus_first(built, popular):
    sums = ", ".join(f"coalesce(sum({name}) filter (where place > 1), 0)" for name in COUNTERS)
    totals = ", ".join(
        f"arg_max({name}_total, stat_date) - arg_min({name}_total, stat_date)" for name in COUNTERS
    )
    found = query(
        built,
        f"select {sums}, {totals}, count(*) from (select *, row_number() over (partition by "
        "account_key, post_id order by stat_date) as place from "
        "intermediate.int_bilibili__post_days) group by account_key, post_id",
    )

    expected = [days for days in observed(popular).values() if days]
    assert len(found) == len(expected) > 100
    assert sum(row[-1] for row in found) == sum(len(days) for days in expected)
    assert [row for row in found if row[:7] != row[7:14]] == []


@pytest.mark.slow
def test_the_day_on_which_all_counters_were_0_is_left_out_and_counted_once(built, popular):
    broken = [
        (account.account_key, video.resource_id)
        for account in popular.facets["bilibili"].values()
        for video in account.videos
        if GLITCH in video.totals and not any(video.totals[GLITCH].values())
    ]
    seen_before = [key for key in broken if min(observed(popular)[key], default=GLITCH) < GLITCH]
    assert len(broken) == 20

    found = query(
        built,
        f"select account_key, post_id, plays_total from intermediate.int_bilibili__post_days "
        f"where stat_date = date '{GLITCH}' and plays_total = 0",
    )
    assert not {(account, post) for account, post, _ in found} & set(seen_before)


@pytest.mark.slow
def test_deletions_appear_as_corrections_and_holes_carry_their_span(built, popular):
    falls = holes = 0
    for days in observed(popular).values():
        pairs = list(zip(sorted(days), sorted(days)[1:], strict=False))
        falls += sum(days[b]["reply"] < days[a]["reply"] for a, b in pairs)
        holes += sum((b - a).days > 1 for a, b in pairs)

    (found,) = query(
        built,
        "select count(*) filter (where comments < 0), count(*) filter (where span_days > 1) "
        "from intermediate.int_bilibili__post_days",
    )
    assert found == (falls, holes)
    assert falls > 0


@pytest.mark.slow
def test_days_on_which_a_video_was_not_read_have_no_row(built, popular):
    expected = {
        (account, post, day) for (account, post), days in observed(popular).items() for day in days
    }

    found = query(
        built, "select account_key, post_id, stat_date from intermediate.int_bilibili__post_days"
    )

    assert set(found) == expected


@pytest.mark.slow
def test_followers_stand_on_the_days_on_which_they_were_read_and_nowhere_else(
    shared_data, tmp_path
):
    read_days = {
        (f"bili_{path.stem}", date.fromisoformat(day)): int(followers)
        for path in sorted((shared_data / "bilibili_fans_daily").glob("*.csv"))
        for day, followers in csv.reader(path.read_text().splitlines()[1:])
    }
    accounts = sorted({account for account, _ in read_days})
    rows = [
        {"account_key": account, "dt": day, "account_id": account, "follower": followers}
        for (account, day), followers in read_days.items()
    ]
    spans = {
        account: [day for key, day in sorted(read_days) if key == account] for account in accounts
    }
    configured = [
        {
            **{"account_key": a, "platform": "bilibili", "brand_key": "acme"},
            **{"ownership": "own", "kind": "social", "active_from": spans[a][0]},
        }
        for a in accounts
    ]
    outcomes = [
        outcome
        for account in accounts
        for outcome in source_days("bilibili/account_stats", account, spans[account])
    ]
    path = make_build_db(
        tmp_path / "build.duckdb",
        {"bilibili__account_stats": rows},
        source_days=outcomes,
        config={"account": configured},
    )
    first, last = min(d for _, d in read_days), max(d for _, d in read_days)
    run_dbt(path, "run", "--select", "+fct_account_day", as_of=last, first=first)

    found = query(path, "select account_key, stat_date, followers from marts.fct_account_day")

    published = {(account, day): followers for account, day, followers in found}
    assert len(accounts) == 5
    assert {key: n for key, n in published.items() if n is not None} == read_days
    holes = sum((spans[a][-1] - spans[a][0]).days + 1 - len(spans[a]) for a in accounts)
    within = [
        key
        for key, n in published.items()
        if n is None and key[1] < spans[key[0]][-1] and key[1] > spans[key[0]][0]
    ]
    assert len(within) == holes > 0
