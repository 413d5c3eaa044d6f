"""What a platform may answer instead of the truth, and how the slices of a real run then end."""

from dataclasses import dataclass
from datetime import date

import pytest

from expectations.runner import gate_lake
from extractors.core import http
from extractors.core.lake import SliceKey, iter_rows, open_lake
from extractors.core.model import Window
from extractors.core.registry import platforms_by_name
from tests.integration.test_platforms_on_sandbox import Sandbox

DAY = date(2026, 5, 21)
DAYS = Window(DAY, DAY)


@dataclass(frozen=True)
class Entry:
    """A platform: a stream that has rows every day, where it reads them, and its words."""

    stream: str
    path: str
    other: str  # a stream that does not touch that path
    signature: str  # the code for a bad signature or token
    counter: str  # an integer field, to be flipped
    is_filed_by_day: bool = True


#: a new platform joins here
PLATFORMS = {
    "douyin": Entry(
        "account_days", "/douyin/data/external/user/fans/", "videos", "2190002", "new_fans"
    ),
    "wechat": Entry(
        "user_summary", "/wechat/datacube/getusersummary", "user_cumulate", "40125", "new_user"
    ),
    "douyin_shop": Entry(
        "orders",
        "/douyin_shop/order/searchList",
        "after_sales",
        "30001",
        "order_amount",
        is_filed_by_day=False,
    ),
}
every_platform = pytest.mark.parametrize("name", PLATFORMS)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDEMARK_HASH_SECRET", "test")
        found = Sandbox(tmp_path_factory.mktemp("home"))
        yield found
        found.stop()


@pytest.fixture
def site(served, monkeypatch):
    """The sandbox without faults and limits, and a run that does not wait long."""
    monkeypatch.setattr(http, "BACKOFF_AT_MOST", 0.01)
    served.set_clock("2026-05-22T10:30:00+08:00")
    yield served
    served.state.faults.clear()
    served.state.limits.calls_per_day = None


def read(site, name, kind=None, *, times=None, value=None, streams=None):
    """Read a day of a platform's stream and of another, with a fault on the first."""
    entry = PLATFORMS[name]
    if kind:
        rule = {"match": entry.path, "kind": kind, "times": times, "value": value}
        site.state.faults.add(rule)
    report = site.extract(
        name, DAYS, lookback=False, streams=streams or [entry.stream, entry.other]
    )
    site.state.faults.clear()
    return {landed.stream: landed for landed in report.landed}


def statuses(landed):
    return {record.status for record in landed.slices}


def stored(site, name):
    """Return the keys of the rows of the day that count now."""
    lake, stream = open_lake(site.settings.lake_url), platforms_by_name()[name].stream
    declared = stream(PLATFORMS[name].stream)
    winners = [w for w in lake.current(declared, name) if w.key.dt == DAY]
    return {tuple(row[k] for k in declared.key) for row in iter_rows(lake, winners)}


QUOTAS = ("douyin", "wechat")  # the contract of the shop has no code of its own for it

FAILING = {
    "an answer cut in the middle": ("truncated", None, "Transient"),
    "an HTML page of a gateway": ("html_502", None, "Transient"),
    "an inner error": ("http_500", None, "Transient"),
    "an empty object": ("empty_object", None, "Transient"),
    "an empty body": ("empty_body", None, "Transient"),
    "the rate limit for ever": ("rate_limit", None, "RateLimited"),
}


@every_platform
@pytest.mark.parametrize(("kind", "value", "error"), FAILING.values(), ids=FAILING.keys())
def test_a_fault_that_lasts_fails_its_slice_by_name_and_no_other(site, name, kind, value, error):
    entry = PLATFORMS[name]

    landed = read(site, name, kind, value=value)

    assert statuses(landed[entry.stream]) == {"failed"}
    assert [type(found).__name__ for found in landed[entry.stream].errors] == [error]
    assert landed[entry.stream].rows == 0
    assert not {"failed"} & statuses(landed[entry.other])


@pytest.mark.parametrize("name", QUOTAS)
def test_a_used_up_quota_ends_the_run_without_a_call_too_many(site, name):
    entry = PLATFORMS[name]
    site.state.calls.clear()

    landed = read(site, name, "quota")

    assert {type(e).__name__ for found in landed.values() for e in found.errors} == {
        "QuotaExhausted"
    }
    assert statuses(landed[entry.other]) == {"failed"}
    assert 1 <= sum(call["path"] == entry.path for call in site.state.calls) <= 2


@every_platform
@pytest.mark.parametrize("kind", ["truncated", "html_502", "http_500", "rate_limit", "http_429"])
def test_a_fault_that_passes_is_read_through(site, name, kind):
    landed = read(site, name, kind, times=1)

    assert landed[PLATFORMS[name].stream].errors == []
    assert statuses(landed[PLATFORMS[name].stream]) == {"ok"}


@every_platform
def test_a_token_that_expires_in_the_middle_of_a_run_is_renewed(site, name):
    landed = read(site, name, "expire_token", times=1)

    assert [found.errors for found in landed.values()] == [[], []]
    assert statuses(landed[PLATFORMS[name].stream]) == {"ok"}


@every_platform
def test_an_error_inside_an_answer_200_is_an_error(site, name):
    entry = PLATFORMS[name]

    landed = read(site, name, f"error_code:{entry.signature}")

    assert statuses(landed[entry.stream]) == {"failed"}
    (error,) = landed[entry.stream].errors
    assert entry.signature in str(error)


@every_platform
def test_a_figure_of_another_type_goes_to_quarantine_with_its_rule(site, name):
    entry = PLATFORMS[name]
    whole = read(site, name)[entry.stream]

    landed = read(site, name, "bad_type", value=entry.counter)[entry.stream]

    assert landed.quarantined >= 1
    assert landed.rows + landed.quarantined + landed.outside == whole.rows + whole.outside
    lake = open_lake(site.settings.lake_url)
    kept = [path for path in lake.list_files(f"quarantine/{name}") if landed.batch_id in path]
    assert b"bad_value" in lake.read_bytes(kept[0])


@every_platform
def test_new_and_missing_fields_are_drift_told_once(site, name):
    entry = PLATFORMS[name]

    new = read(site, name, "unknown_field", value="brand_new")[entry.stream]

    assert [text for text in new.drift if "brand_new" in text] == [
        f"{entry.stream}: unknown field 'brand_new'"
    ]
    assert statuses(new) == {"ok"}


@every_platform
def test_a_repeated_page_doubles_nothing(site, name):
    entry = PLATFORMS[name]
    whole = read(site, name)[entry.stream]

    landed = read(site, name, "duplicate_page")[entry.stream]

    assert landed.rows == whole.rows
    assert landed.errors == []


@every_platform
def test_an_empty_success_where_rows_were_does_not_become_current(site, name):
    entry = PLATFORMS[name]
    read(site, name)
    gate_lake(open_lake(site.settings.lake_url), site.settings)
    before = stored(site, name)

    landed = read(site, name, "empty_success")[entry.stream]
    gate_lake(open_lake(site.settings.lake_url), site.settings)

    assert before
    assert landed.rows == 0 or statuses(landed) <= {"ok", "suspect"}
    assert not {"ok"} & statuses(landed) or not entry.is_filed_by_day or landed.rows
    assert stored(site, name) == before


def test_zeros_before_the_data_is_ready_are_suspect_until_accepted_on_the_record(site):
    lake, stream = open_lake(site.settings.lake_url), "account_days"
    read(site, "douyin")
    gate_lake(lake, site.settings)

    site.state.faults.add({"match": "/douyin/data/", "kind": "zeros", "times": None})
    report = site.extract("douyin", DAYS, lookback=False, streams=[stream])
    site.state.faults.clear()
    gate_lake(lake, site.settings)
    declared = platforms_by_name()["douyin"].stream(stream)
    standing = [w for w in lake.current(declared, "douyin") if w.key.dt == DAY]
    account, batch_id = standing[-1].key.account_key, report.landed[0].batch_id
    key = SliceKey("douyin", stream, account, DAY)

    assert statuses(report.landed[0]) == {"suspect"}
    assert batch_id not in {winner.batch_id for winner in standing}

    lake.accept(key, batch_id, "the account really was silent", "2026-05-22T03:00:00+00:00")
    now = [w for w in lake.current(declared, "douyin") if w.key == key]

    assert [winner.batch_id for winner in now] == [batch_id]
    (entry,) = (e for e in lake.ledger("acceptances") if e["batch_id"] == batch_id)
    assert entry["reason"] == "the account really was silent"
