"""What a gate found: as data for the ledger, and as a page for people."""

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from expectations.validate import Result

STYLE = """
body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; color: #1c2733;
       margin: 2rem auto; max-width: 64rem; padding: 0 1rem }
h1 { font-size: 1.5rem; margin-bottom: 0 } .sub { color: #5b6b7b; margin-top: .2rem }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem;
         border-bottom: 1px solid #e3e8ee }
th { font-weight: 600; color: #5b6b7b; font-size: .85rem } td.n { text-align: right }
.ok { color: #187a3d } .critical { color: #b3261e; font-weight: 600 } .warning { color: #9a6700 }
.badge { display: inline-block; padding: .1rem .6rem; border-radius: 1rem; color: #fff }
.badge.ok { background: #187a3d } .badge.critical { background: #b3261e }
code { font-size: .85rem; word-break: break-all }
"""


@dataclass(frozen=True)
class Failure:
    """One broken rule, and where."""

    suite: str
    rule: str
    severity: str
    column: str | None
    observed: str
    unexpected: int
    where: str = ""
    description: str = ""

    def __str__(self) -> str:
        """Say it in one line: suite, rule, place, what was seen."""
        place = f" [{self.where}]" if self.where else ""
        column = f" on {self.column}" if self.column else ""
        text = f": {self.description}" if self.description else ""
        seen = f"; seen {self.observed}" if self.observed else ""
        return f"{self.suite}: {self.rule}{column}{place}{text}{seen}"


@dataclass
class GateReport:
    """The outcome of one gate run."""

    run_id: str
    kind: str  # raw or audit
    checked_at: datetime
    failures: list[Failure] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    slices_checked: int = 0
    slices_refused: int = 0
    seconds: float = 0.0
    path: Path | None = None

    @property
    def critical(self) -> list[Failure]:
        """The failures that stop something."""
        return [failure for failure in self.failures if failure.severity == "critical"]

    @property
    def passed(self) -> bool:
        """Whether nothing critical failed."""
        return not self.critical

    @property
    def summary(self) -> str:
        """Counts in one line."""
        warnings = len(self.failures) - len(self.critical)
        return (
            f"{len(self.results)} checks, {len(self.critical)} critical, {warnings} warnings, "
            f"{self.slices_refused} of {self.slices_checked} slices refused"
        )


def write_report(report: GateReport, folder: Path) -> Path:
    """Write the page of a run and point latest.html at it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{report.run_id}.html"
    for target in (path, folder / "latest.html"):
        temporary = target.with_suffix(".tmp")
        temporary.write_text(page(report))
        temporary.replace(target)
    report.path = path
    return path


def page(report: GateReport) -> str:
    """Return the report as one self-contained page, failures first."""
    state = ("ok", "通过 / passed") if report.passed else ("critical", "拦截 / stopped")
    kind = "原始数据 / raw" if report.kind == "raw" else "发布前审计 / audit"
    checked = f"{report.checked_at:%Y-%m-%d %H:%M}"
    parts = [
        "<!doctype html><html lang=zh><meta charset=utf-8><title>Tidemark gate</title>",
        f"<style>{STYLE}</style><h1>质检报告 / Gate report "
        f"<span class='badge {state[0]}'>{state[1]}</span></h1>",
        f"<p class=sub>{kind} · {html.escape(report.run_id)} · {checked} · "
        f"{report.seconds:.1f} s · {html.escape(report.summary)}</p>",
    ]
    if report.failures:
        parts += ["<h2>未通过 / Failures</h2>", _failures(report.failures)]
    parts += ["<h2>全部检查 / All checks</h2>", _results(report.results), "</html>"]
    return "\n".join(parts)


def _failures(failures: Sequence[Failure]) -> str:
    ordered = sorted(failures, key=lambda f: (f.severity != "critical", f.suite, f.rule))
    cells = [
        (
            f.severity,
            (f.severity, f.suite, f.rule, f.column or "", f.where, f.description, f.observed),
        )
        for f in ordered
    ]
    head = ("级别 / severity", "对象 / suite", "规则 / rule", "列 / column", "片 / slice")
    return _table((*head, "含义 / meaning", "所见 / observed"), cells)


def _results(results: Sequence[Result]) -> str:
    suites: dict[str, list[Result]] = {}
    for result in results:
        suites.setdefault(result.suite, []).append(result)
    cells = []
    for name, found in sorted(suites.items()):
        failed = [r for r in found if not r.success]
        grave = [r.check.severity for r in failed]
        css = "critical" if "critical" in grave else ("warning" if grave else "ok")
        rules = ", ".join(sorted({r.check.rule for r in found}))
        cells.append((css, (css, name, str(len(found)), str(len(failed)), rules)))
    head = ("结果 / outcome", "对象 / suite", "检查 / checks", "未过 / failed", "规则 / rules")
    return _table(head, cells)


def _table(head: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    header = "".join(f"<th>{html.escape(text)}</th>" for text in head)
    lines = [
        f"<tr><td class={css}>{html.escape(first)}</td>"
        + "".join(f"<td>{html.escape(text)}</td>" for text in rest)
        + "</tr>"
        for css, (first, *rest) in rows
    ]
    return f"<table><tr>{header}</tr>{''.join(lines)}</table>"


def ledger_rows(report: GateReport, batch_id: str | None, release_id: str | None) -> list[Any]:
    """Return the rows of ops.gate_result for the checks of a run."""
    return [
        {
            "batch_id": batch_id,
            "release_id": release_id,
            "suite": result.suite,
            "expectation": f"{result.check.rule} ({result.check.type})",
            "column_name": result.check.column,
            "severity": result.check.severity,
            "success": result.success,
            "observed": result.observed,
            "unexpected_count": result.unexpected,
            "checked_at": report.checked_at.isoformat(),
        }
        for result in report.results
    ]
