"""tidemark alerts: find, send, explain, acknowledge, and look at what was told."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

alerts = typer.Typer(
    help="Incidents of goals and of the pipeline: who is told what.", no_args_is_help=True
)
app = typer.Typer()
app.add_typer(alerts, name="alerts")

Code = Annotated[str, typer.Argument(help="the id that the message shows, such as NF2-0415F")]


@alerts.command()
def evaluate() -> None:
    """Record what is new for the goals' owners and for the engineers."""
    from alerts.evaluate import evaluate as run
    from tidemark.settings import load_settings

    Console().print(f"{run(load_settings())} new transitions")


@alerts.command()
def deliver() -> None:
    """Send every message that is due and that no channel has settled yet."""
    from alerts.outbox import deliver as run
    from tidemark.settings import load_settings

    Console().print(f"{run(load_settings())} messages delivered")


@alerts.command()
def log() -> None:
    """Show the live ledger: every transition with its attempts, oldest first."""
    from alerts.box import read_box
    from alerts.report import log_rows
    from extractors.core.lake import open_lake
    from tidemark.settings import load_settings

    settings = load_settings()
    box = read_box(open_lake(settings.lake_url, settings.copies_dir))
    table = Table("as of", "id", "transition", "level", "goal", "delivery", title="Alerts / 告警")
    for row in log_rows(box):
        table.add_row(*row[:-1], Text(row[-1]))
    Console().print(table)


@alerts.command("test")
def explain(
    goal: Annotated[str, typer.Option("--route", help="a goal key, or a part of one")],
) -> None:
    """Explain which route a goal's messages take, and why."""
    from alerts.report import explain_routes
    from tidemark.settings import load_settings

    for line in explain_routes(load_settings(), goal):
        Console().print(Text(line))


@alerts.command()
def preview(
    folder: Annotated[Path, typer.Argument(help="where index.html is written")] = Path("preview"),
) -> None:
    """Render every channel's message for the goals as they are now, without sending anything."""
    from alerts.preview import write_previews
    from tidemark.settings import load_settings

    Console().print(f"{write_previews(load_settings(), folder)}")


@alerts.command()
def ack(
    code: Code,
    by: Annotated[str, typer.Option(help="who is at it")],
    note: Annotated[str, typer.Option(help="what is being done")] = "",
) -> None:
    """Acknowledge an incident: no reminders and no escalation for seven days."""
    from alerts.acknowledgements import acknowledge
    from tidemark.settings import load_settings

    for incident in acknowledge(load_settings(), code, by=by, note=note):
        Console().print(Text(f"{incident} is acknowledged"))


@alerts.command()
def resend(code: Code) -> None:
    """Send a message again that was given up: attempts start anew with the next delivery."""
    from alerts.outbox import ask_again
    from tidemark.settings import load_settings

    Console().print(f"{ask_again(load_settings(), code)} notices will be sent again")
