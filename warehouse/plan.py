"""Whether a release is due, and of what: decided from the ledger, never from a run's date."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any

import pyarrow.parquet as pq

from tidemark.clock import business_date
from tidemark.settings import Settings
from warehouse.asof import Due, account_starts, due_day
from warehouse.base import Base, brings_more, read_base
from warehouse.fingerprint import audit_hash, code_version, config_hash, input_hash, model_hash
from warehouse.hold import read_hold
from warehouse.lock import locked
from warehouse.plans import (
    DAYS_FILE,
    EXPECTED_FILE,
    SLICES_FILE,
    SOURCE_DAYS_FILE,
    Plan,
    drop_plan,
    open_plans,
    plan_dir,
    read_plan,
)
from warehouse.publishers import catch_up
from warehouse.reading import Reading, read_days
from warehouse.recovery import finish_what_was_begun
from warehouse.releases import PLANS, current_entry, next_id
from warehouse.room import check_room
from warehouse.site import Site, open_site
from warehouse.slices import LakeState, Source, read_lake_state
from warehouse.source_day import expected_sources, source_day_table
from warehouse.status import Outcome, write_atomically, write_status

logger = logging.getLogger(__name__)

NO_DAY = Due(None)
REFUSALS_SHOWN = timedelta(days=7)


@dataclass(frozen=True)
class Nothing:
    """Why no release is made now."""

    outcome: Outcome
    reason: str
    due: Due = NO_DAY


def plan(settings: Settings, *, force: bool = False) -> Plan | None:
    """Plan a release if one is due; otherwise None, with the reason in status.json."""
    with locked(settings, "tidemark plan"):
        return make_plan(open_site(settings), force=force)


def is_still_reading(settings: Settings) -> bool:
    """Tell whether all that is new belongs to a reading of yesterday that is not at its end.

    A gate and a plan would then come to nothing; the reading's end wakes them again.
    """
    site = open_site(settings)
    state = read_lake_state(site, is_gate_foreseen=True)
    due = due_day(site, state, _as_of(current_entry(settings, site.lake)))
    if not due.waiting:
        return False
    return state.is_news_only_of(due.waiting[0].key.dt, _file_streams(site))


def make_plan(site: Site, *, force: bool = False) -> Plan | None:
    """Plan a release under a lock that the caller holds; `force` also builds what is unchanged."""
    finish_what_was_begun(site)
    catch_up(site.settings)
    state = read_lake_state(site)
    if (hold := read_hold(site.settings)) is not None:
        told = f"{hold.reason}; tidemark rollback --resume ends it"
        decided: Plan | Nothing = Nothing("held", told)
    else:
        decided = _decide(site, state, force=force)
    if isinstance(decided, Plan):
        return decided
    write_status(
        site,
        decided.outcome,
        decided.reason,
        waiting_for=[gap.waiting() for gap in decided.due.waiting],
        late_sources=[gap.late() for gap in decided.due.late],
        refused_slices=_refused(site, state),
    )
    logger.info("%s: %s", decided.outcome, decided.reason)
    return None


def _decide(site: Site, state: LakeState, *, force: bool) -> Plan | Nothing:
    current = current_entry(site.settings, site.lake)
    due = due_day(site, state, _as_of(current))
    awaited = "; ".join(gap.waiting() for gap in due.waiting)
    waiting = Nothing("waiting", f"waiting for {awaited}", due)
    if due.as_of is None:
        return waiting
    landed = state.first_days(due.as_of)
    if not landed:
        return Nothing("unchanged", f"the lake holds no current slice up to {due.as_of}", due)
    described = _describe(site, due, due.as_of, state, landed)
    base = _usable(read_base(site.settings), described)
    reading = read_days(site.settings, state, base, expected_sources(site, landed), due.as_of)
    found = _made_from(described, reading)
    if force:
        return _keep(site, found, state, reading)
    if current is not None and _is_same(found, current):
        reason = f"nothing changed since {current['release_id']} ({reading.slice_count} slices)"
        return waiting if due.waiting else Nothing("unchanged", reason, due)
    if due.waiting and not _is_urgent(site, found, current, reading):
        return waiting
    return _keep(site, found, state, reading)


def _describe(
    site: Site, due: Due, as_of: date, state: LakeState, landed: Mapping[Source, date]
) -> Plan:
    """Return the plan before it is known what it is made from."""
    models = model_hash(site)
    first = min([as_of, *account_starts(site, landed).values(), *landed.values()])
    return Plan(
        plan_id="",
        as_of_date=str(as_of),
        first_date=str(first),
        input_hash="",
        model_hash=models,
        config_hash=config_hash(site),
        config_version=site.config_version,
        code_version=code_version(models),
        late_sources=tuple(gap.late() for gap in due.late),
        refused_slices=_refused(site, state),
    )


def _made_from(plan: Plan, reading: Reading) -> Plan:
    """Return a plan with what it is made from."""
    hashes = (plan.model_hash, plan.config_hash, audit_hash())
    return replace(
        plan,
        input_hash=input_hash(reading.hashes, hashes),
        base=reading.base,
        days=None if reading.days is None else tuple(str(day) for day in sorted(reading.days)),
    )


def _usable(base: Base | None, plan: Plan) -> Base | None:
    """Return the base if the same models and rules made it, over the same span of days."""
    if base is None or base.as_of_date > date.fromisoformat(plan.as_of_date):
        return None
    is_same = (base.model_hash, base.config_hash) == (plan.model_hash, plan.config_hash)
    return base if is_same and str(base.first_date) == plan.first_date else None


def _refused(site: Site, state: LakeState) -> tuple[str, ...]:
    return state.refused(business_date(site.settings.clock()) - REFUSALS_SHOWN)


def _is_same(found: Plan, current: Mapping[str, Any]) -> bool:
    is_same_day = found.as_of_date == current["as_of_date"]
    return is_same_day and bool(found.input_hash == current["input_hash"])


def _is_urgent(
    site: Site, found: Plan, current: Mapping[str, Any] | None, reading: Reading
) -> bool:
    """Tell whether something is worth a release while yesterday is still being read.

    A dropped file, a day that was missing, new models or rules are; a second reading of days that
    are already published is not, because the release of yesterday follows within hours.
    """
    if current is None or found.as_of_date != current["as_of_date"]:
        return True
    base = read_base(site.settings)
    if base is None or (base.model_hash, base.config_hash) != (found.model_hash, found.config_hash):
        return True
    return brings_more(site.settings, reading.slices, _file_streams(site))


def _file_streams(site: Site) -> set[tuple[str, str]]:
    return {(platform.name, stream.name) for platform, stream in site.streams if not stream.read}


def _keep(site: Site, found: Plan, state: LakeState, reading: Reading) -> Plan:
    """Write the plan down, or return the open one that says the same."""
    for plan_id in open_plans(site.settings):
        before = read_plan(site.settings, plan_id)
        # a reading that failed since may want another day told, of which nothing counts
        if replace(before, plan_id="", days=found.days) == found:
            return before
        logger.warning("%s is superseded and dropped", plan_id)
        drop_plan(site.settings, plan_id)
    check_room(site)
    as_of = date.fromisoformat(found.as_of_date)
    plan_id = next_id(site.settings, site.lake, as_of)
    site.lake.append(PLANS, plan_id, {"planned_at": site.settings.clock().isoformat()})
    kept = replace(found, plan_id=plan_id)
    folder = plan_dir(site.settings, plan_id)
    folder.mkdir(parents=True, exist_ok=True)
    source_days = source_day_table(
        site, state, as_of, reading.expected, reading.slices, reading.days
    )
    pq.write_table(reading.slices, folder / SLICES_FILE)
    pq.write_table(source_days, folder / SOURCE_DAYS_FILE)
    pq.write_table(reading.known, folder / DAYS_FILE)
    pq.write_table(reading.expected, folder / EXPECTED_FILE)
    # the last file makes the plan exist
    write_atomically(folder / "plan.json", json.dumps(asdict(kept), indent=2))
    return kept


def _as_of(current: Mapping[str, Any] | None) -> date | None:
    return date.fromisoformat(current["as_of_date"]) if current else None
