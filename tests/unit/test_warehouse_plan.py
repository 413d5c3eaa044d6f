import json
from dataclasses import replace
from datetime import date

import pytest

from extractors.core.compact import compact
from extractors.core.lake import SliceKey, SliceVerdict
from extractors.core.model import Account, Platform
from tests.warehouse_site import (
    ACCOUNTS,
    BETA,
    DAYS,
    PAPER,
    SHEET,
    fail,
    land,
    land_day,
    make_site,
    plays,
)
from warehouse.errors import PlanError
from warehouse.hold import Hold, lift_hold, set_hold
from warehouse.plan import make_plan
from warehouse.plans import open_plans, read_plan, read_slices
from warehouse.releases import LEDGER, point_to
from warehouse.status import read_status


def publish_by_hand(site, plan):
    """Record a plan as published, without building it."""
    site.lake.append(
        LEDGER,
        plan.plan_id,
        {
            "release_id": plan.plan_id,
            "as_of_date": plan.as_of_date,
            "input_hash": plan.input_hash,
            "published_at": "2026-04-16T02:45:00+00:00",
        },
    )
    site.settings.published_dir.mkdir(parents=True, exist_ok=True)
    point_to(site.settings, plan.plan_id)


def test_a_complete_yesterday_is_the_as_of_day(tmp_path):
    site, _ = make_site(tmp_path)
    land_day(site, "2026-04-14")
    land_day(site, "2026-04-15")

    plan = make_plan(site)

    assert plan is not None
    assert (plan.plan_id, plan.as_of_date, plan.first_date) == (
        "r000001-20260415",
        "2026-04-15",
        "2026-04-14",
    )
    assert len(read_slices(site.settings, plan.plan_id)) == 4


def test_an_empty_day_is_a_complete_day(tmp_path):
    site, _ = make_site(tmp_path)
    land_day(site, "2026-04-14")
    land(site, "alpha/days", "alpha_acme", {"2026-04-15": "empty"})
    land(site, "beta/days", "beta_acme", plays("2026-04-15", 1))

    plan = make_plan(site)

    assert plan is not None and plan.as_of_date == "2026-04-15"


def test_the_first_release_waits_for_every_required_source_of_yesterday(tmp_path):
    site, clock = make_site(tmp_path)
    land(site, "alpha/days", "alpha_acme", plays("2026-04-15", 10))

    early = make_plan(site)
    status = read_status(site.settings)
    clock.set("2026-04-16", "12:00")
    late = make_plan(site)

    assert early is None
    assert status["outcome"] == "waiting"
    assert status["reason"] == (
        "waiting for beta/days beta_acme 2026-04-15 until 12:00, not tried yet"
    )
    assert late is not None and late.as_of_date == "2026-04-15"
    assert late.late_sources == (
        "beta/days beta_acme 2026-04-15: late since 2026-04-16 12:00, never read before, "
        "not tried yet",
    )


def test_one_platform_of_the_new_day_starts_no_build(tmp_path):
    site, clock = make_site(tmp_path)
    land_day(site, "2026-04-15")
    publish_by_hand(site, make_plan(site))
    clock.set("2026-04-17")
    land(site, "alpha/days", "alpha_acme", plays("2026-04-16", 11))

    waiting = make_plan(site)
    status = read_status(site.settings)
    land(site, "beta/days", "beta_acme", plays("2026-04-16", 12))
    due = make_plan(site)

    assert waiting is None
    assert status["waiting_for"] == ["beta/days beta_acme 2026-04-16 until 12:00, not tried yet"]
    assert due is not None and due.as_of_date == "2026-04-16"


def test_what_landed_after_the_gate_is_waited_for_until_the_next_one(tmp_path):
    found, _ = make_site(tmp_path)
    extra = Platform("alpha", "甲", "Alpha", (DAYS, replace(DAYS, name="extra", is_required=False)))
    site = replace(found, platforms=(extra, BETA, PAPER))
    land_day(site, "2026-04-15")
    land(site, "alpha/extra", "alpha_acme", plays("2026-04-15", 3))
    (batch,) = site.lake.manifests("alpha", "extra")
    site.lake.delete(f"_verdicts/{batch.batch_id}.json")

    early = make_plan(site)
    waiting = read_status(site.settings)["waiting_for"]
    site.lake.write_verdict(batch.batch_id, [SliceVerdict("alpha_acme", batch.dt, True)])

    assert early is None
    assert waiting == [
        "alpha/extra alpha_acme 2026-04-15 until 12:00, "
        "not_ready: the gate has not judged it yet (run tidemark gate)"
    ]
    assert len(read_slices(site.settings, make_plan(site).plan_id)) == 3


def test_a_silent_source_is_named_with_its_first_late_moment_and_its_error(tmp_path):
    site, clock = make_site(tmp_path)
    land_day(site, "2026-04-13")
    for day in ("2026-04-14", "2026-04-15"):
        land(site, "alpha/days", "alpha_acme", plays(day, 10))
        fail(site, "beta/days", "beta_acme", day, "Transient: beta/days: HTTP 500")

    make_plan(site)
    before = read_status(site.settings)["waiting_for"]
    clock.set("2026-04-16", "12:00")
    plan = make_plan(site)

    assert before == [
        "beta/days beta_acme 2026-04-15 until 12:00, failed: Transient: beta/days: HTTP 500"
    ]
    assert plan is not None
    assert plan.late_sources == (
        "beta/days beta_acme 2026-04-15: late since 2026-04-15 12:00, data until 2026-04-13, "
        "failed: Transient: beta/days: HTTP 500",
    )


def test_a_late_day_that_comes_is_released_at_once_and_nothing_is_late_any_more(tmp_path):
    site, clock = make_site(tmp_path, at="12:00")
    land_day(site, "2026-04-14")
    land(site, "alpha/days", "alpha_acme", plays("2026-04-15", 10))
    publish_by_hand(site, make_plan(site))
    clock.set("2026-04-16", "16:00")

    nothing_new = make_plan(site)
    still_late = read_status(site.settings)["late_sources"]
    land(site, "beta/days", "beta_acme", plays("2026-04-15", 12))
    recovered = make_plan(site)

    assert nothing_new is None
    assert still_late == [
        "beta/days beta_acme 2026-04-15: late since 2026-04-16 12:00, data until 2026-04-14, "
        "not tried yet"
    ]
    assert recovered is not None
    assert (recovered.as_of_date, recovered.late_sources) == ("2026-04-15", ())


@pytest.mark.parametrize(
    ("day", "at"),
    [("2026-04-16", "10:44"), ("2026-04-15", "23:59")],
    ids=["a-minute", "over-midnight"],
)
def test_a_clock_that_goes_back_does_not_turn_the_as_of_day_back(tmp_path, day, at):
    site, clock = make_site(tmp_path)
    land_day(site, "2026-04-15")
    publish_by_hand(site, make_plan(site))
    clock.set(day, at)
    land(site, "alpha/days", "alpha_acme", plays("2026-04-15", 99))

    plan = make_plan(site)

    assert plan is not None and plan.as_of_date == "2026-04-15"
    assert plan.plan_id == "r000002-20260415"


def test_equal_inputs_make_no_second_release(tmp_path):
    site, _ = make_site(tmp_path)
    land_day(site, "2026-04-15")
    publish_by_hand(site, make_plan(site))

    again = make_plan(site)
    forced = make_plan(site, force=True)

    assert again is None
    assert read_status(site.settings)["outcome"] == "unchanged"
    assert forced is not None


def test_a_correction_is_released_once_nothing_newer_is_waited_for(tmp_path):
    site, _ = make_site(tmp_path)
    land_day(site, "2026-04-15")
    publish_by_hand(site, make_plan(site))
    land(site, "alpha/days", "alpha_acme", plays("2026-04-15", 99))

    corrected = make_plan(site)

    assert corrected is not None and corrected.as_of_date == "2026-04-15"
    assert corrected.plan_id == "r000002-20260415"


def test_changed_rules_are_released_also_while_a_day_is_waited_for(tmp_path):
    site, clock = make_site(tmp_path)
    land_day(site, "2026-04-15")
    publish_by_hand(site, make_plan(site))
    clock.set("2026-04-17", "09:00")
    (site.settings.config_dir / "metrics.yml").write_text("changed: true")

    plan = make_plan(site)

    assert plan is not None and plan.as_of_date == "2026-04-15"


def test_refused_and_unjudged_slices_do_not_count(tmp_path):
    site, _ = make_site(tmp_path)
    land_day(site, "2026-04-15")
    land(site, "alpha/days", "alpha_acme", plays("2026-04-15", 99), is_passed=False)

    plan = make_plan(site)
    slices = read_slices(site.settings, plan.plan_id)

    assert slices["batch_id"].to_pylist() == ["b00000", "b00001"]
    assert plan.refused_slices == ("alpha/days alpha_acme 2026-04-15: refused by a_rule",)


def test_days_after_the_as_of_day_stay_out(tmp_path):
    site, _ = make_site(tmp_path)
    land_day(site, "2026-04-15")
    land(site, "alpha/days", "alpha_acme", plays("2026-04-16", 5))

    plan = make_plan(site)

    assert set(read_slices(site.settings, plan.plan_id)["dt"].to_pylist()) == {date(2026, 4, 15)}


def test_an_account_that_has_ended_is_not_waited_for(tmp_path):
    site, _ = make_site(tmp_path)
    ended = Account("beta_acme", "beta", "2", "B", "acme", active_to=date(2026, 4, 14))
    site = replace(site, accounts=(ACCOUNTS[0], ended))
    land(site, "alpha/days", "alpha_acme", plays("2026-04-15", 10))

    plan = make_plan(site)

    assert plan is not None and plan.as_of_date == "2026-04-15"


def test_an_account_that_begins_does_not_turn_the_as_of_day_back(tmp_path):
    site, _ = make_site(tmp_path)
    land_day(site, "2026-04-15")
    publish_by_hand(site, make_plan(site))
    newcomer = Account("alpha_second", "alpha", "3", "A2", "acme")
    site = replace(site, accounts=(*ACCOUNTS, newcomer))
    land(site, "alpha/days", "alpha_acme", plays("2026-04-15", 99))

    plan = make_plan(site)

    assert plan is not None
    assert (plan.as_of_date, plan.late_sources) == ("2026-04-15", ())


def test_an_accepted_slice_is_no_longer_told_as_refused(tmp_path):
    site, _ = make_site(tmp_path)
    land_day(site, "2026-04-15")
    land(site, "alpha/days", "alpha_acme", plays("2026-04-15", 99), is_passed=False)
    key = SliceKey("alpha", "days", "alpha_acme", date(2026, 4, 15))

    before = make_plan(site)
    site.lake.accept(key, "b00002", "counted by hand", "2026-04-16T02:00:00+00:00")
    after = make_plan(site)

    assert before.refused_slices == ("alpha/days alpha_acme 2026-04-15: refused by a_rule",)
    assert after.refused_slices == ()


def test_a_hold_stops_planning_until_it_is_lifted(tmp_path):
    site, _ = make_site(tmp_path)
    land_day(site, "2026-04-15")
    set_hold(site.settings, Hold("rolled back from b to a", "a"))

    held = make_plan(site)
    status = read_status(site.settings)
    lift_hold(site.settings)
    free = make_plan(site)

    assert held is None and status["outcome"] == "held"
    assert free is not None


def test_planning_twice_gives_the_same_open_plan(tmp_path):
    site, _ = make_site(tmp_path)
    land_day(site, "2026-04-15")

    first, second = make_plan(site), make_plan(site)

    assert first == second
    assert open_plans(site.settings) == ["r000001-20260415"]


def test_newer_inputs_supersede_an_open_plan_and_ids_move_forward_only(tmp_path):
    site, _ = make_site(tmp_path)
    land_day(site, "2026-04-15")
    first = make_plan(site)
    land(site, "alpha/days", "alpha_acme", plays("2026-04-15", 99))

    second = make_plan(site)

    assert second.plan_id > first.plan_id
    assert open_plans(site.settings) == [second.plan_id]
    with pytest.raises(PlanError, match="superseded"):
        read_plan(site.settings, first.plan_id)


def test_an_empty_lake_plans_nothing(tmp_path):
    site, _ = make_site(tmp_path, at="13:00")

    assert make_plan(site) is None
    assert json.loads((site.settings.published_dir / "status.json").read_text())["outcome"] == (
        "unchanged"
    )


def keep_base(site, plan):
    """Make a base of a plan, as if it had been built and published."""
    import duckdb

    from warehouse.base import base_path
    from warehouse.candidate import remember, write_inputs

    with duckdb.connect(str(base_path(site.settings))) as database:
        write_inputs(site, database, plan)
        remember(site.settings, database, plan)
    publish_by_hand(site, plan)


def test_a_dropped_file_is_released_while_a_day_is_waited_for(tmp_path):
    site, clock = make_site(tmp_path)
    land_day(site, "2026-04-15")
    keep_base(site, make_plan(site))
    clock.set("2026-04-17", "09:00")
    land(site, "alpha/days", "alpha_acme", plays("2026-04-15", 99))

    reread = make_plan(site)
    land(site, "paper/notes", "alpha_acme", {"2026-04-15": [{"note": "n"}]})
    dropped = make_plan(site)

    assert reread is None
    assert dropped is not None and dropped.as_of_date == "2026-04-15"


def test_files_that_were_compacted_wait_for_the_day_with_all_else(tmp_path):
    site, clock = make_site(tmp_path)
    for note in ("n", "m"):
        land(site, "paper/notes", "alpha_acme", {"2026-03-15": [{"note": note}]})
    land(site, "paper/notes", "alpha_acme", {"2026-03-16": [{"note": "o"}]})
    land_day(site, "2026-04-15")
    keep_base(site, make_plan(site))
    clock.set("2026-04-17", "09:00")

    merged = compact(site.lake, PAPER, SHEET, date(2026, 4, 1))

    assert merged == 3
    assert make_plan(site) is None
    assert read_status(site.settings)["outcome"] == "waiting"
