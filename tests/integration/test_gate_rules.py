"""Every way in which raw rows can be wrong stops its own slice, all of them, by name."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.blame import by_slice, offending_rows, read_blame
from expectations.raw import bound, judge, prepare, waiting_streams
from expectations.report import GateReport
from expectations.runner import gate_lake
from expectations.suites import Check, Suite, SuiteError, load_suites
from expectations.validate import Validator
from extractors.core.lake import Lake, Manifest, SliceRecord, open_lake
from extractors.core.model import Stream
from extractors.core.registry import every_stream, platforms_by_name
from tidemark.settings import Settings

START = date(2026, 4, 1)
NOW = datetime(2026, 4, 16, 2, 45, tzinfo=UTC)
SAMPLES = {
    pa.string(): "x",
    pa.bool_(): False,
    pa.date32(): START,
    pa.timestamp("us", tz="UTC"): NOW,
}


def site(folder: Path) -> tuple[Settings, Lake]:
    found = Settings(folder, folder / "config", (folder / "lake").as_uri(), lambda: NOW)
    return found, open_lake(found.lake_url)


def stream_of(name: str) -> Stream:
    platform, _, stream = name.partition("__")
    return platforms_by_name()[platform].stream(stream)


def fact(stream: Stream, account: str, day: date, batch_id: str, number: int) -> dict[str, Any]:
    """Return a row that breaks nothing."""
    row = {f.name: 1 if pa.types.is_integer(f.type) else SAMPLES.get(f.type) for f in stream.schema}
    for field in stream.schema:
        if field.type == pa.date32():
            row[field.name] = day
        elif field.name in stream.key and field.type == pa.string():
            row[field.name] = f"{field.name}-{number}"
    return row | {"account_key": account, "dt": day, "_batch_id": batch_id}


def write(
    lake: Lake,
    name: str,
    account: str,
    day: date,
    rows: Sequence[Mapping[str, Any]],
    claimed: int | None = None,
) -> None:
    """Commit a slice past the runtime, as a bug or a hand might; claimed is what it says it has."""
    stream, platform = stream_of(name), name.partition("__")[0]
    batch_id = f"b{len(lake.list_files('_manifests')):04d}"
    facts = [fact(stream, account, day, batch_id, n) | dict(c) for n, c in enumerate(rows)]
    path = lake.part_path(platform, stream.name, day, batch_id)
    with lake.open_part(path, stream.schema) as part:
        part.write_table(pa.Table.from_pylist(facts, schema=stream.schema))
    count = len(rows) if claimed is None else claimed
    record = SliceRecord(account, day, "ok" if count else "empty", count)
    now = NOW.isoformat()
    lake.commit(Manifest(batch_id, platform, stream.name, day, now, now, (record,), (path,)))


def current(lake: Lake, name: str) -> set[tuple[str, date]]:
    winners = lake.current(stream_of(name), name.partition("__")[0])
    return {(w.key.account_key, w.key.dt) for w in winners}


@settings(max_examples=8, deadline=None)
@given(bad=st.sets(st.integers(0, 11)))
def test_exactly_the_bad_days_are_refused(bad):
    with TemporaryDirectory() as folder:
        found, lake = site(Path(folder))
        days = [START + timedelta(n) for n in range(12)]
        for n, day in enumerate(days):
            shares = -1 if n in bad else 1
            write(lake, "douyin__account_days", "a", day, [{"new_share": shares}])

        report = gate_lake(lake, found)

        assert current(lake, "douyin__account_days") == {
            ("a", d) for n, d in enumerate(days) if n not in bad
        }
        assert {f.where for f in report.critical} == {f"a {days[n]}" for n in bad}


WECHAT_DETAIL = {
    "product_infos": [{"product_id": "p", "real_price": 1}],
    "pay_info": {"transaction_id": "t"},
    "price_info": {"order_price": 1},
}
#: what a good order holds beside plain fields
ORDERS = {
    "douyin_shop__orders": {"sku_order_list": [{"pay_amount": 1}]},
    "wechat_shop__orders": {"status": 20, "order_detail": WECHAT_DETAIL},
}
BROKEN = {
    "a key that stands twice": (
        "douyin__account_days",
        [{}, {}],
        None,
        "key_is_unique",
    ),
    "a file with fewer rows than its manifest": (
        "douyin__account_days",
        [{}],
        2,
        "rows_are_all_there",
    ),
    "rows behind a manifest that says empty": (
        "douyin__account_days",
        [{}],
        0,
        "rows_are_all_there",
    ),
    "a row of another day": (
        "douyin__account_days",
        [{"date": START - timedelta(1)}],
        None,
        "rows_are_of_their_day",
    ),
    "a negative count": (
        "wechat__user_summary",
        [{"new_user": -1}],
        None,
        "new_user_is_not_negative",
    ),
    "a negative amount": (
        "douyin_shop__orders",
        [{"pay_amount": -100}],
        None,
        "pay_amount_is_not_negative",
    ),
    "more complete plays than plays": (
        "douyin__creator_export",
        [{"completion_rate": 1.01}],
        None,
        "completion_rate_is_a_share",
    ),
    "an order under way without an amount": (
        "wechat_shop__orders",
        [{"status": 20, "order_detail": WECHAT_DETAIL | {"price_info": {"order_price": None}}}],
        None,
        "paid_orders_carry_their_payment",
    ),
    "an order paid before it was created": (
        "douyin_shop__orders",
        [{"pay_time": NOW - timedelta(1), "create_time": NOW}],
        None,
        "paid_after_created",
    ),
}


@pytest.mark.parametrize(("name", "rows", "claimed", "rule"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_wrong_is_stopped_by_name_and_its_neighbour_goes_on(
    tmp_path, name, rows, claimed, rule
):
    found, lake = site(tmp_path)
    write(lake, name, "bad", START, rows, claimed)
    write(lake, name, "good", START, [ORDERS.get(name, {})])

    report = gate_lake(lake, found)

    assert rule in {f.rule for f in report.critical}
    assert {f.where for f in report.critical} == {f"bad {START}"}
    assert current(lake, name) == {("good", START)}


SHRUNK = {
    "half of a video list": ("douyin__video_totals", [30] * 7, 14),
    "no video at all where thirty were": ("douyin__video_totals", [30] * 7, 0),
    "half of the quietest day's articles": ("wechat__article_totals", [60, 40, 60, 60, 40], 19),
}


@pytest.mark.parametrize(("name", "before", "last"), SHRUNK.values(), ids=SHRUNK.keys())
def test_a_day_with_under_half_of_its_usual_rows_is_stopped(tmp_path, name, before, last):
    found, lake = site(tmp_path)
    for n, rows in enumerate([*before, last]):
        write(lake, name, "a", START + timedelta(n), [{}] * rows)

    report = gate_lake(lake, found)

    day = START + timedelta(len(before))
    assert [(f.rule, f.where) for f in report.critical] == [("volume", f"a {day}")]
    assert ("a", day) not in current(lake, name)


@pytest.mark.parametrize(
    ("name", "usual", "last"),
    [
        pytest.param("douyin__video_totals", [{}] * 30, [{}] * 14, id="rows"),
        pytest.param("douyin__account_days", [{"new_play": 90}], [{"new_play": 40}], id="figure"),
    ],
)
def test_days_gated_before_are_what_is_usual_up_to_a_week_back(tmp_path, name, usual, last):
    found, lake = site(tmp_path)
    for n in range(4):
        write(lake, name, "a", START + timedelta(n), usual)
    assert gate_lake(lake, found).passed
    day = START + timedelta(7)
    write(lake, name, "a", day, last)

    report = gate_lake(lake, found)

    assert [(f.rule, f.where) for f in report.critical] == [("volume", f"a {day}")]


def test_a_quiet_day_of_a_stream_that_comes_in_waves_goes_on(tmp_path):
    found, lake = site(tmp_path)
    for n, rows in enumerate([60, 400, 400, 400, 35]):
        write(lake, "wechat__article_totals", "a", START + timedelta(n), [{}] * rows)

    assert gate_lake(lake, found).passed


def test_a_code_outside_the_contract_is_reported_and_goes_on(tmp_path):
    found, lake = site(tmp_path)
    write(lake, "douyin_shop__after_sales", "a", START, [{"refund_status": 77}])

    report = gate_lake(lake, found)

    assert [f.rule for f in report.failures] == ["refund_status_is_known"]
    assert current(lake, "douyin_shop__after_sales") == {("a", START)}


def test_every_check_of_every_raw_suite_can_be_run_and_blamed(tmp_path):
    _found, lake = site(tmp_path)
    for platform, stream in every_stream():
        write(lake, f"{platform.name}__{stream.name}", "a", START, [])
    waiting = waiting_streams(lake.manifests(), platforms_by_name())
    suites = load_suites("raw")
    assert {entry.table for entry in waiting} == set(suites)
    database = tmp_path / "gate.duckdb"

    prepare(database, lake.landed(), waiting)
    with duckdb.connect(str(database), read_only=True) as connection:
        blamed = {
            (name, check.rule): connection.execute(by_slice(offending_rows(check, name))).fetchall()
            for name, suite in suites.items()
            for check in bound(suite, name).checks
        }
    report = GateReport("r", "raw", NOW)
    judge(database, waiting, report)

    assert {(r.suite, r.check.rule): r.success for r in report.results} == {
        rule: not rows for rule, rows in blamed.items()
    }


def check(kind: str, **kwargs: Any) -> Check:
    return Check(kind, kwargs, "critical", f"{kind} {kwargs}")


CHECKS = (
    check("expect_column_values_to_not_be_null", column="number"),
    check("expect_column_values_to_be_between", column="number", min_value=0),
    check("expect_column_values_to_be_between", column="number", min_value=-1, max_value=2),
    check("expect_column_values_to_be_in_set", column="number", value_set=[1, 2]),
    check("expect_column_values_to_be_in_set", column="text", value_set=["a", "it's"]),
)


@settings(max_examples=10, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(-3, 4)),
            st.one_of(st.none(), st.sampled_from(["a", "it's", "b", ""])),
        ),
        max_size=8,
    )
)
def test_blame_and_great_expectations_agree_on_the_number_of_rows(rows):
    with TemporaryDirectory() as folder:
        database = Path(folder) / "gate.duckdb"
        with duckdb.connect(str(database)) as connection:
            connection.execute(
                "create table t (_batch_id varchar, account_key varchar, dt date, "
                "number bigint, text varchar)"
            )
            for number, text in rows:
                connection.execute(
                    "insert into t values ('b', 'a', ?, ?, ?)", [START, number, text]
                )

        validator = Validator(database)
        results = validator.run(Suite("t", "t.json", CHECKS), "t")
        blamed = [
            read_blame(validator.rows(by_slice(offending_rows(result.check, "t"))))
            for result in results
        ]
        validator.close()

    assert [r.unexpected for r in results] == [sum(x.rows for x in b.values()) for b in blamed]
    assert [r.success for r in results] == [not b for b in blamed]


def test_a_raw_suite_whose_slices_cannot_be_told_is_refused():
    with pytest.raises(SuiteError, match="expect_column_max_to_be_between"):
        offending_rows(check("expect_column_max_to_be_between", column="x", max_value=1), "t")


def test_a_gate_without_findings_prints_nothing_of_its_own(tmp_path, capfd):
    found, lake = site(tmp_path)
    write(lake, "douyin__account_days", "a", START, [{}])
    capfd.readouterr()

    report = gate_lake(lake, found)
    printed = capfd.readouterr()

    assert report.passed
    assert printed.out == ""
    assert "great_expectations" not in printed.err


@pytest.mark.parametrize(
    ("phases", "broken"),
    [
        ([("launch", "p1"), ("summer", "p1")], None),
        (
            [("launch", "p1"), ("launch", "p1")],
            {"campaign_key": "launch", "phase_key": "p1", "times": 2},
        ),
        ([("launch", "p1"), (None, "p2")], {"campaign_key": None, "phase_key": "p2", "times": 1}),
    ],
    ids=["alike in two campaigns", "twice in one", "of no campaign"],
)
def test_a_phase_is_known_by_its_campaign_and_its_name(tmp_path, phases, broken):
    path = tmp_path / "build.duckdb"
    with duckdb.connect(str(path)) as build:
        build.execute("create table dim_phase (campaign_key varchar, phase_key varchar)")
        build.executemany("insert into dim_phase values (?, ?)", phases)

    validator = Validator(path)
    [result] = validator.run(load_suites("marts")["marts.dim_phase"], "dim_phase")
    validator.close()

    assert result.check.rule == "is_the_key"
    assert result.success == (broken is None)
    assert result.observed == ("" if broken is None else str([broken]))


def judged(path: Path, table: str, rule: str, columns: str, rows: Sequence[Any]) -> Any:
    """Return what one check of the marts gate says of a table of some rows."""
    with duckdb.connect(str(path)) as build:
        build.execute(f"create table {table} ({columns})")
        places = ", ".join("?" for _ in columns.split(", "))
        build.executemany(f"insert into {table} values ({places})", rows)
    suite = load_suites("marts")[f"marts.{table}"]
    checks = tuple(check for check in suite.checks if check.rule == rule)
    validator = Validator(path)
    [result] = validator.run(Suite(suite.name, suite.file, checks), table)
    validator.close()
    return result


@pytest.mark.parametrize(
    ("net", "span", "fits"), [(30, 1, True), (40, 1, False), (40, 2, True)], ids=str
)
def test_the_net_of_one_day_fits_the_stock_of_the_day_before(tmp_path, net, span, fits):
    columns = "account_key varchar, stat_date date, followers bigint, net_followers bigint"
    rows = [("a", START, 500, None, 1), ("a", START + timedelta(1), 530, net, span)]

    result = judged(
        *(tmp_path / "build.duckdb", "fct_account_day", "net_fits_the_stock"),
        *(f"{columns}, span_days bigint", rows),
    )

    assert result.success == fits


@pytest.mark.parametrize(
    ("totals", "fallen"),
    [([10, 12, 12], 0), ([10, None, 12], 0), ([10, 12, 11], 1), ([10, None, 9], 1)],
    ids=str,
)
def test_readers_of_an_article_that_become_fewer_are_reported(tmp_path, totals, fallen):
    rows = [("p", START + timedelta(n), total) for n, total in enumerate(totals)]
    rows += [("other", START, 99)]

    result = judged(
        *(tmp_path / "build.duckdb", "fct_post_day", "readers_never_fall"),
        *("post_key varchar, stat_date date, read_users_total bigint", rows),
    )

    assert (result.success, result.unexpected) == (not fallen, fallen)
    assert result.check.severity == "warning"
