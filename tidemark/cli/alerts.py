"""tidemark alerts: fold, send, and look at what was told."""

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

alerts = typer.Typer(help="Incidents of goals: evaluate, deliver, log.", no_args_is_help=True)
app = typer.Typer()
app.add_typer(alerts, name="alerts")


@alerts.command()
def evaluate() -> None:
    """Record what the published release changes for the goals' owners."""
    from alerts.run import evaluate as run
    from tidemark.settings import load_settings

    Console().print(f"{run(load_settings())} new transitions")


@alerts.command()
def deliver() -> None:
    """Send every message that no channel has settled yet."""
    from alerts.run import deliver as run
    from tidemark.settings import load_settings

    Console().print(f"{run(load_settings())} messages delivered")


@alerts.command()
def log() -> None:
    """Show the live ledger: every transition with its attempts, oldest first."""
    from alerts.run import DELIVERIES, TRANSITIONS
    from extractors.core.lake import open_lake
    from tidemark.settings import load_settings

    lake = open_lake(load_settings().lake_url)
    attempts: dict[str, list[str]] = {}
    for row in lake.ledger(DELIVERIES):
        text = f"{row['channel']}: {row['outcome']} ({row['response']})"
        attempts.setdefault(row["alert_id"], []).append(text)
    table = Table("as of", "id", "transition", "level", "goal", "delivery", title="Alerts / 告警")
    for entry in sorted(lake.ledger(TRANSITIONS), key=lambda e: (e["as_of_date"], e["created_at"])):
        held = entry["inhibited_by"] and f"held back by {entry['inhibited_by']}"
        table.add_row(
            entry["as_of_date"],
            entry["code"],
            entry["transition"],
            entry["severity"],
            entry["goal_key"],
            Text(held or "\n".join(attempts.get(entry["alert_id"], ["pending"]))),
        )
    Console().print(table)
