"""tidemark demo and tidemark run: the whole line on this machine."""

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer()


@app.command()
def demo(
    through: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="Live until this day.")
    ] = datetime(2026, 4, 18),
) -> None:
    """Run the launch campaign on real Airflow against the sandbox, then stop everything."""
    from tidemark.orchestration.demo import run_demo
    from tidemark.settings import load_settings

    run_demo(through.date(), load_settings().home, Console())


@app.command()
def run() -> None:
    """Start the sandbox and Airflow with the campaign's history loaded; stay until Ctrl-C."""
    from tidemark.orchestration.demo import keep_running
    from tidemark.settings import load_settings

    keep_running(load_settings().home, Console())
