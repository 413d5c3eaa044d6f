"""tidemark demo and tidemark run: the whole line on this machine."""

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console

from tidemark.cli.days import day_option
from tidemark.errors import WrongUsage

app = typer.Typer()

LOG_WIDTH = 160


@app.command()
def demo(
    through: Annotated[datetime, day_option("Live until this day.")] = datetime(2026, 4, 18),
) -> None:
    """Run the launch campaign on real Airflow against the sandbox, then stop everything."""
    from tidemark.orchestration.demo import HISTORY_UNTIL, run_demo
    from tidemark.settings import load_settings

    if through.date() < HISTORY_UNTIL:
        raise WrongUsage(f"--through {through:%Y-%m-%d}: the story begins after {HISTORY_UNTIL}")
    run_demo(through.date(), load_settings().home, wide_console())


@app.command()
def run() -> None:
    """Start the sandbox and Airflow with the campaign's history loaded; stay until Ctrl-C."""
    from tidemark.orchestration.demo import keep_running
    from tidemark.settings import load_settings

    keep_running(load_settings().home, wide_console())


def wide_console() -> Console:
    """Return a console that shows the table whole also where there is no terminal."""
    console = Console()
    return console if console.is_terminal else Console(width=LOG_WIDTH)
