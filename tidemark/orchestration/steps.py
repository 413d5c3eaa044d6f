"""What a DAG's tasks call: each function is one `tidemark` command with plain arguments.

Only ids and small counts come back, so that XCom never holds data. Heavy imports stay inside.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from tidemark.settings import load_settings


def extract_day(platform: str, account: str, dt: str) -> dict[str, int]:
    """Run `tidemark extract PLATFORM --dt DT --account ACCOUNT`; raise by kind of error."""
    return _extract(platform, account, dt, dt, lookback=True)


def extract_days(platform: str, account: str, since: str, until: str) -> dict[str, int]:
    """Run `tidemark extract PLATFORM --since --until`, for a first history."""
    return _extract(platform, account, since, until, lookback=False)


def capture_today(platform: str, account: str) -> dict[str, int]:
    """Run `tidemark extract PLATFORM --dt TODAY --account ACCOUNT --stream …` while it runs."""
    from extractors.core.registry import platforms_by_name
    from tidemark.clock import business_date

    today = str(business_date(load_settings().clock()))
    running = [s.name for s in platforms_by_name()[platform].streams if s.every_minutes]
    return _extract(platform, account, today, today, lookback=False, streams=running)


def land_drops() -> dict[str, Any]:
    """Run `tidemark drop`; return the days that new files cover and the counts by outcome."""
    from extractors.core.drops import process_drops
    from extractors.core.lake import open_lake
    from tidemark.config.accounts import load_accounts

    settings = load_settings()
    accounts = load_accounts(settings.config_dir)
    report = process_drops(settings, open_lake(settings.lake_url, settings.copies_dir), accounts)
    return {"days": report.partition_keys(), **report.counts()}


def gate_lake() -> dict[str, Any]:
    """Run `tidemark gate` on everything that is not judged yet, once a reading is at its end."""
    from expectations.runner import gate_lake as gate
    from extractors.core.lake import open_lake
    from warehouse.plan import is_still_reading

    settings = load_settings()
    if is_still_reading(settings):
        return {"passed": True, "failures": 0, "waits": True}
    report = gate(open_lake(settings.lake_url, settings.copies_dir), settings)
    return {"passed": report.passed, "failures": len(report.failures)}


def plan_release() -> str | None:
    """Run `tidemark plan`; return the plan's id, or None when there is nothing to publish."""
    from warehouse.plan import plan

    settings = load_settings()
    found = plan(settings)
    return found.plan_id if found else None


def build_release(plan_id: str) -> str:
    """Run `tidemark build PLAN`."""
    from warehouse.build import build

    build(load_settings(), plan_id)
    return plan_id


def audit_release(plan_id: str) -> str:
    """Run `tidemark audit PLAN`; raise when a critical check fails."""
    from warehouse.audit import audit

    audit(load_settings(), plan_id)
    return plan_id


def publish_release(plan_id: str) -> str:
    """Do the file's part of `tidemark publish PLAN`; return the release's id."""
    from warehouse.publish import publish_file

    return publish_file(load_settings(), plan_id)


def publish_everywhere(release_id: str) -> str:
    """Run `tidemark publish RELEASE`; its file is there, so the other places are left."""
    from warehouse.publish import publish

    return publish(load_settings(), release_id)


def compact_lake() -> dict[str, int]:
    """Run `tidemark lake compact`; return how many manifests were merged and bodies expired."""
    from warehouse.compaction import compact_lake as compact

    done = compact(load_settings())
    return {"manifests": done.manifests, "bodies": done.bodies}


def evaluate_alerts() -> int:
    """Run `tidemark alerts evaluate`; return how many transitions are new."""
    from alerts.evaluate import evaluate

    return evaluate(load_settings())


def deliver_alerts() -> int:
    """Run `tidemark alerts deliver`; return how many messages were accepted."""
    from alerts.outbox import deliver

    return deliver(load_settings())


def _extract(
    platform: str,
    account: str,
    since: str,
    until: str,
    *,
    lookback: bool,
    streams: Sequence[str] | None = None,
) -> dict[str, int]:
    from extractors.core.lake import open_lake
    from extractors.core.model import Window
    from extractors.core.registry import platforms_by_name
    from extractors.core.run import extract
    from tidemark.config.accounts import own_accounts

    settings = load_settings()
    report = extract(
        platforms_by_name()[platform],
        own_accounts(settings.config_dir, platform, [account]),
        Window(date.fromisoformat(since), date.fromisoformat(until)),
        lake=open_lake(settings.lake_url, settings.copies_dir),
        settings=settings,
        streams=streams,
        lookback=lookback,
    )
    if (error := report.error()) is not None:
        raise error
    return report.counts()
