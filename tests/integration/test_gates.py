"""The raw gate: one bad account-day stops itself only, and says why by name."""

import json
import subprocess
import sys
from datetime import date, timedelta

import pytest

from expectations.runner import gate_lake
from expectations.suites import SuiteError, expectation_class, read_suite
from extractors.core.compact import compact
from extractors.core.lake import open_lake
from extractors.core.model import Account, Window
from extractors.core.registry import platforms_by_name
from extractors.core.run import AccountRead, land

DOUYIN = platforms_by_name()["douyin"]
STREAM = DOUYIN.stream("account_days")
ACCOUNT = Account("douyin_acme", "douyin", "x", "A", "acme")
OTHER = Account("douyin_other", "douyin", "y", "B", "acme")
START = date(2026, 4, 1)


def rows(days, plays=1000, **changed):
    base = {"new_issue": 1, "total_issue": 9, "new_play": plays, "new_fans": 5, "total_fans": 500}
    more = {"new_like": 3, "new_comment": 2, "new_share": 1, "profile_uv": 4}
    return [{"date": str(day), **base, **more, **changed} for day in days]


def put(sandbox, lake, account, days, items):
    window = Window(days[0], days[-1])
    read = AccountRead(account, ((window, iter(items)),))
    land(DOUYIN, STREAM, [read], lake=lake, settings=sandbox.settings)


def current_days(lake, account):
    return [w.key.dt for w in lake.current(STREAM, "douyin") if w.key.account_key == account.key]


@pytest.fixture
def lake(sandbox):
    return open_lake(sandbox.settings.lake_url)


def test_a_negative_count_stops_its_day_by_name_and_no_other(sandbox, lake):
    days = [START + timedelta(n) for n in range(3)]
    items = rows(days[:2]) + rows(days[2:], new_like=-1)
    put(sandbox, lake, ACCOUNT, days, items)

    report = gate_lake(lake, sandbox.settings)

    assert not report.passed
    assert {(f.rule, f.where) for f in report.critical} == {
        ("new_like_is_not_negative", "douyin_acme 2026-04-03")
    }
    assert current_days(lake, ACCOUNT) == days[:2]


def test_half_the_usual_volume_stops_one_account_only(sandbox, lake):
    days = [START + timedelta(n) for n in range(8)]
    for account, last in ((ACCOUNT, 400), (OTHER, 900)):
        put(sandbox, lake, account, days, rows(days[:7]) + rows(days[7:], plays=last))

    report = gate_lake(lake, sandbox.settings)

    assert [(f.rule, f.where) for f in report.critical] == [("volume", "douyin_acme 2026-04-08")]
    assert current_days(lake, OTHER) == days
    assert current_days(lake, ACCOUNT) == days[:7]


def test_a_report_names_the_rule_and_the_results_are_kept(sandbox, lake):
    put(sandbox, lake, ACCOUNT, [START], rows([START], new_fans=-4))

    report = gate_lake(lake, sandbox.settings)

    page = report.path.read_text()
    assert "new_fans_is_not_negative" in page
    assert "拦截" in page
    (entry,) = lake.ledger("gate_results")
    failed = [row for row in entry["rows"] if not row["success"]]
    assert [row["column_name"] for row in failed] == ["new_fans"]


def test_nothing_is_judged_twice_unless_asked(sandbox, lake):
    put(sandbox, lake, ACCOUNT, [START], rows([START], new_fans=-4))
    gate_lake(lake, sandbox.settings)

    assert gate_lake(lake, sandbox.settings).results == []
    assert gate_lake(lake, sandbox.settings, again=True).critical


def test_two_waiting_batches_of_one_day_are_judged_each_for_itself(sandbox, lake):
    for plays in (1000, 1200):
        put(sandbox, lake, ACCOUNT, [START], rows([START], plays=plays))

    assert gate_lake(lake, sandbox.settings).passed


def test_days_that_share_a_file_are_judged_each_for_itself(sandbox, lake):
    days = [START + timedelta(n) for n in range(2)]
    put(sandbox, lake, ACCOUNT, days, rows(days))
    gate_lake(lake, sandbox.settings)
    compact(lake, DOUYIN, STREAM, date(2026, 5, 1))
    for path in lake.list_files("_verdicts"):
        lake.delete(path)

    report = gate_lake(lake, sandbox.settings)

    assert len({path for m in lake.manifests() for path in m.files}) == 1
    assert (report.passed, report.failures) == (True, [])
    assert current_days(lake, ACCOUNT) == days


def test_an_unknown_expectation_is_refused_by_name(tmp_path):
    with pytest.raises(SuiteError, match="expect_column_to_shine"):
        expectation_class("raw/x.json", "expect_column_to_shine")

    path = tmp_path / "x.json"
    wrong = {"type": "expect_x", "kwargs": {}, "meta": {"severity": "grave", "rule": "r"}}
    path.write_text(json.dumps({"name": "x", "expectations": [wrong]}))
    with pytest.raises(SuiteError, match="grave"):
        read_suite(path)


def test_the_gates_are_loaded_without_spark_also_where_the_main_module_has_no_file():
    told = "import sys, expectations.library; print('pyspark' in sys.modules)"

    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "False"


def test_distributions_are_loaded_by_the_first_expectation_that_needs_them():
    told = (
        "import sys, expectations.library\n"
        "from great_expectations.expectations.core import (\n"
        "    expect_column_kl_divergence_to_be_less_than as needing\n"
        ")\n"
        "inside = 'scipy.stats._continuous_distns'\n"
        "print(inside in sys.modules, needing.stats.norm.cdf(0), inside in sys.modules)"
    )

    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)

    assert found.stdout.split() == ["False", "0.5", "True"]
