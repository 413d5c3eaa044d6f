"""tidemark kpi: the KPI-versus-goal table of the published release."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tidemark.cli.days import day_option
from tidemark.errors import TidemarkError

app = typer.Typer()

STYLES = {
    ("met", None): ("green", "达成 met"),
    ("on_track", None): ("green", "正常 on track"),
    ("at_risk", "warning"): ("yellow", "预警 at risk"),
    ("at_risk", "critical"): ("bold red", "告急 at risk"),
    ("missed", "critical"): ("red", "未达成 missed"),
    ("no_data", None): ("dim", "无判定 no data"),
}
QUERY = """
select
    history.*,
    metric.name_zh,
    metric.name_en,
    metric.unit as metric_unit,
    campaign.campaign_name,
    phase.phase_name,
    coalesce(phase.phase_no, 99) as phase_no
from kpi.goal_history as history
left join marts.dim_metric as metric on metric.metric = history.metric
left join marts.dim_campaign as campaign on campaign.campaign_key = history.campaign_key
left join marts.dim_phase as phase
    on phase.campaign_key = history.campaign_key and phase.phase_key = history.phase_key
where history.as_of_date = coalesce(
        cast($as_of as date), (select max(as_of_date) from kpi.goal_status)
    )
    and history.campaign_key = coalesce($campaign, history.campaign_key)
order by history.campaign_key, phase_no, history.metric, history.goal_key
"""


@app.command()
def kpi(
    as_of: Annotated[datetime | None, day_option("As of which day; default: the newest.")] = None,
    campaign: Annotated[str | None, typer.Option(help="Only this campaign.")] = None,
) -> None:
    """Print every goal of the published release: target, actual, pace, forecast, verdict."""
    from tidemark.settings import load_settings

    database = load_settings().published_dir / "tidemark.duckdb"
    day = as_of.date() if as_of else None
    Console().print(kpi_table(database, as_of=day, campaign=campaign))


def kpi_table(database: Path, *, as_of: date | None = None, campaign: str | None = None) -> Table:
    """Return the KPI-versus-goal table of a published database."""
    rows = _read(database, as_of, campaign)
    day = rows[0]["as_of_date"]
    table = Table(title=f"KPI vs goal · 数据至 {day}", title_justify="left")
    names = ("阶段 Phase", "指标 Metric", "目标 Target", "实际 Actual", "应到 Expected")
    numbers = ("达成 Attained", "进度 Pace", "预计 Forecast (80 %)", "判定 Status", "原因 Reason")
    for name in (*names, *numbers):
        table.add_column(name, justify="right" if name[:2] in _RIGHT else "left")
    previous = None
    for row in rows:
        if previous is not None and previous != row["phase_key"]:
            table.add_section()
        previous = row["phase_key"]
        table.add_row(*_cells(row))
    return table


_RIGHT = frozenset({"目标", "实际", "应到", "达成", "进度", "预计"})


def _read(database: Path, as_of: date | None, campaign: str | None) -> list[dict[str, Any]]:
    import duckdb

    if not database.exists():
        raise TidemarkError(f"{database}: nothing is published yet; run tidemark release")
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute(QUERY, {"as_of": as_of, "campaign": campaign})
        rows: list[dict[str, Any]] = found.to_arrow_table().to_pylist()
    if not rows:
        asked = " and ".join(str(word) for word in (as_of, campaign) if word) or "any day"
        raise TidemarkError(f"{database}: no goal for {asked}; see tidemark config show")
    return rows


def _cells(row: Mapping[str, Any]) -> list[str]:
    style, verdict = STYLES[row["status"], row["severity"]]
    phase = f"{row['phase_key']} {row['phase_name']}" if row["phase_key"] else "活动 campaign"
    basis = "" if row["basis"] == "-" else f" ({row['basis']})"
    return [
        phase,
        f"{row['name_zh']} / {row['name_en']}{basis}",
        _figure(row["target"], row["metric_unit"]),
        _figure(row["actual"], row["metric_unit"]),
        _figure(row["expected_to_date"], row["metric_unit"]),
        _percent(row["attainment"]),
        _percent(row["pace"]),
        _forecast(row),
        f"[{style}]{verdict}[/]" + ("" if row["is_final"] else " 暂定" if row["actual"] else ""),
        _reason(row),
    ]


def _forecast(row: Mapping[str, Any]) -> str:
    if row["forecast"] is None:
        return ""
    middle, low, high = (
        _figure(row[name], row["metric_unit"])
        for name in ("forecast", "forecast_low", "forecast_high")
    )
    return f"{middle} [{low}; {high}]"


def _reason(row: Mapping[str, Any]) -> str:
    parts = [row["reason"] or ""]
    if row["last_known_status"]:
        parts.append(f"last {row['last_known_status']}")
    if row["restated_from"]:
        parts.append(f"was {row['restated_from']}")
    return ", ".join(filter(None, parts))


def _figure(value: float | None, unit: str | None) -> str:
    if value is None:
        return ""
    if unit == "share":
        return f"{value:.2%}"
    return f"{value:,.2f}" if unit in ("cny", "multiple") else f"{value:,.0f}"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"
