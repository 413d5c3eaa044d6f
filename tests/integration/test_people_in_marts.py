"""The real models: who bought before and after the hash secret was exchanged is one buyer."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from tests.parsed import seed_parsed
from tests.people_site import BOTH, FIRST, SECOND, deliver, order, query
from tests.warehouse_site import Hand
from tidemark.settings import PROJECT_ROOT, Settings
from warehouse.audit import audit_candidate
from warehouse.build import build_candidate
from warehouse.plan import make_plan
from warehouse.publish import publish_candidate
from warehouse.releases import link_path
from warehouse.site import open_site

pytestmark = pytest.mark.slow

PASSED = SimpleNamespace(passed=True, critical=(), summary="not judged here")
BY_DAY = """
select stat_date, orders, buyers, paid_cny from marts.mart_conversions
where orders > 0 order by stat_date
"""
BUYERS = """
with buyer as (select buyer_key, count(*) as orders from marts.fct_order group by buyer_key)
select count(*), count(*) filter (orders > 1), max(orders) from buyer
"""


def site_of(home, day):
    seed_parsed(home)
    clock = Hand(datetime(2026, 1, 1, tzinfo=UTC))
    clock.set(day, "13:00")
    return open_site(Settings(home, PROJECT_ROOT / "config", (home / "lake").as_uri(), clock))


def release(site):
    plan = make_plan(site, force=True)
    assert plan is not None
    build_candidate(site, plan.plan_id)
    audit_candidate(site, plan.plan_id, check=lambda *_: PASSED)
    publish_candidate(site, plan.plan_id)
    return link_path(site.settings)


def under(monkeypatch, environ):
    monkeypatch.delenv("TIDEMARK_HASH_PREVIOUS", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)


def test_a_rotated_secret_changes_neither_buyers_nor_returning_buyers(tmp_path, monkeypatch):
    site = site_of(tmp_path, "2026-05-03")

    under(monkeypatch, FIRST)
    deliver(site, "2026-05-01", order("1", "2026-05-01", "anna"), order("2", "2026-05-01", "ben"))
    under(monkeypatch, BOTH)
    # anna's old order comes again, beside a new one
    again = (order("1", "2026-05-01", "anna"), order("3", "2026-05-02", "anna"))
    deliver(site, "2026-05-02", *again, order("4", "2026-05-02", "cara"))
    under(monkeypatch, SECOND)
    deliver(site, "2026-05-02", order("5", "2026-05-02", "anna"), order("6", "2026-05-02", "cara"))
    published = release(site)

    days = [
        (str(day), orders, buyers, float(cny))
        for day, orders, buyers, cny in query(published, BY_DAY)
    ]
    assert days == [("2026-05-01", 2, 2, 160.0), ("2026-05-02", 4, 2, 320.0)]
    assert query(published, BUYERS) == [(3, 2, 3)]
