"""What a gate refuses does not reach readers, and status.json says why."""

from datetime import date

import duckdb
import pytest

from expectations.runner import gate_lake
from extractors.core.lake import open_lake
from extractors.core.model import Window
from extractors.core.registry import platforms_by_name
from extractors.core.run import extract
from tests.parsed import seed_parsed
from tidemark.config.accounts import own_accounts
from warehouse.audit import audit_candidate
from warehouse.build import build_candidate
from warehouse.candidate import candidate_path
from warehouse.errors import GateError
from warehouse.plan import make_plan
from warehouse.release import release
from warehouse.releases import current_id, link_path
from warehouse.site import open_site
from warehouse.status import read_status

pytestmark = pytest.mark.slow
PLATFORMS = ("douyin", "wechat", "douyin_shop")


def read_days(settings, since, until):
    lake = open_lake(settings.lake_url)
    for name in PLATFORMS:
        window = Window(date.fromisoformat(since), date.fromisoformat(until))
        accounts = own_accounts(settings.config_dir, name, None)
        extract(
            platforms_by_name()[name],
            accounts,
            window,
            lake=lake,
            settings=settings,
            lookback=False,
        )
    return lake


def changed_candidate(settings, sql):
    """Build what waits for a release, and change a row behind its back."""
    site = open_site(settings)
    plan = make_plan(site)
    build_candidate(site, plan.plan_id)
    with duckdb.connect(str(candidate_path(site, plan.plan_id))) as candidate:
        candidate.execute(sql)
    return site, plan


def published_plays(settings):
    with duckdb.connect(str(link_path(settings)), read_only=True) as connection:
        query = "select sum(plays) from marts.fct_account_day where account_key = 'douyin_acme'"
        return connection.execute(query).fetchone()[0]


def test_a_stopped_batch_leaves_the_release_as_it_was_and_a_good_reading_follows(sandbox):
    settings = sandbox.settings
    seed_parsed(settings.home)
    sandbox.set_clock("2026-04-15T10:45:00+08:00")
    read_days(settings, "2026-04-08", "2026-04-14")
    first = release(settings)
    plays = published_plays(settings)

    sandbox.set_clock("2026-04-16T10:45:00+08:00")
    sandbox.fault("/douyin/data/external/user/", "zeros", times=None)
    lake = read_days(settings, "2026-04-15", "2026-04-15")
    refused = gate_lake(lake, settings)
    planned = make_plan(open_site(settings))
    status = read_status(settings)

    assert ("volume", "douyin_acme 2026-04-15") in {(f.rule, f.where) for f in refused.critical}
    assert planned is None
    assert (status["outcome"], status["release_id"]) == ("waiting", first)
    assert any(
        "douyin_acme 2026-04-15" in text and "volume" in text for text in status["refused_slices"]
    )
    assert published_plays(settings) == plays

    sandbox.clear_faults()
    read_days(settings, "2026-04-15", "2026-04-15")
    gate_lake(lake, settings)
    site, plan = changed_candidate(
        settings,
        "insert into marts.fct_account_day select * from marts.fct_account_day "
        "where account_key = 'douyin_acme' and stat_date = '2026-04-15'",
    )
    with pytest.raises(GateError, match="fct_account_day"):
        audit_candidate(site, plan.plan_id)
    status = read_status(settings)

    assert (status["outcome"], status["release_id"]) == ("gate_failed", first)
    assert any("fct_account_day" in text for text in status["failures"])
    assert current_id(settings) == first
    assert published_plays(settings) == plays

    second = release(settings)

    assert second is not None
    assert published_plays(settings) == plays + 22_000


def test_a_new_day_is_judged_beside_the_day_before_it(sandbox):
    settings = sandbox.settings
    seed_parsed(settings.home)
    sandbox.set_clock("2026-04-15T10:45:00+08:00")
    read_days(settings, "2026-04-08", "2026-04-14")
    release(settings)
    sandbox.set_clock("2026-04-16T10:45:00+08:00")
    lake = read_days(settings, "2026-04-15", "2026-04-15")
    gate_lake(lake, settings)
    site, plan = changed_candidate(
        settings,
        "update marts.fct_account_day set followers = followers + 1000000 "
        "where account_key = 'wechat_acme' and stat_date = '2026-04-15'",
    )

    audit_candidate(site, plan.plan_id)

    told = [
        row
        for entry in lake.ledger("gate_results")
        for row in entry["rows"]
        if row["expectation"].startswith("net_fits_the_stock")
    ]
    assert [(row["success"], row["unexpected_count"]) for row in told] == [(True, 0), (False, 1)]
