"""The two gates: raw batches before they count, marts before they are published."""

import time
from collections.abc import Callable
from pathlib import Path

from expectations.report import Failure, GateReport, ledger_rows, write_report
from extractors.core.lake import Lake, Landed, Manifest, new_batch_id
from tidemark.settings import Settings
from tidemark.spark import spark_session

LEDGER = "gate_results"
Progress = Callable[[str], None]


def gate_lake(
    lake: Lake, settings: Settings, *, platform: str | None = None, again: bool = False
) -> GateReport:
    """Judge every batch without a verdict (again: also those that were refused).

    A critical failure keeps a slice from becoming current; the others of its batch go on.
    """
    from expectations.raw import judge, prepare, waiting_streams
    from extractors.core.registry import platforms_by_name

    started = time.perf_counter()
    report = _report("raw", settings)
    landed = lake.landed()
    pending = _pending(landed, again)
    waiting = waiting_streams(
        (m for m in pending if platform in (None, m.platform)), platforms_by_name()
    )
    if not waiting:
        return report
    database = settings.home / "build" / f"gate-{report.run_id}.duckdb"
    try:
        prepare(database, landed, waiting)
        for batch_id, verdicts in judge(database, waiting, report).items():
            standing = lake.verdicts_of(batch_id)
            renewed = {(v.account_key, v.dt): v for v in (*standing, *verdicts)}
            lake.write_verdict(batch_id, list(renewed.values()))
    finally:
        database.unlink(missing_ok=True)
    _finish(report, started, settings, lake, None)
    return report


def audit_database(database: Path, lake: Lake, settings: Settings, release_id: str) -> GateReport:
    """Judge the marts of a build, where they were built; critical failures stop its release."""
    from expectations.audit import run_suites, run_suites_on_spark

    started = time.perf_counter()
    report = _report("audit", settings)
    is_on_spark = settings.engine == "spark"
    results = run_suites_on_spark(spark_session(settings)) if is_on_spark else run_suites(database)
    for result in results:
        report.results.append(result)
        if not result.success:
            check = result.check
            report.failures.append(
                Failure(
                    result.suite,
                    check.rule,
                    check.severity,
                    check.column,
                    result.observed,
                    result.unexpected,
                    "",
                    check.description,
                )
            )
    _finish(report, started, settings, lake, release_id)
    return report


def _report(kind: str, settings: Settings) -> GateReport:
    now = settings.clock()
    return GateReport(f"{kind}-{new_batch_id(now)}", kind, now)


def _finish(
    report: GateReport, started: float, settings: Settings, lake: Lake, release_id: str | None
) -> None:
    report.seconds = time.perf_counter() - started
    rows = ledger_rows(report, report.run_id if report.kind == "raw" else None, release_id)
    body = {"kind": report.kind, "checked_at": report.checked_at.isoformat(), "rows": rows}
    lake.append(LEDGER, report.run_id, body)
    write_report(report, settings.reports_dir / "gates")


def _pending(landed: Landed, again: bool) -> list[Manifest]:
    pending = landed.manifests("ungated")
    if not again:
        return pending
    known = {(m.batch_id, m.dt) for m in pending}
    return pending + [m for m in landed.manifests("refused") if (m.batch_id, m.dt) not in known]
