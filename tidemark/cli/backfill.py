"""tidemark backfill: Airflow's own backfill over a range of days."""

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console

from tidemark.cli.days import day_option, span
from tidemark.cli.named import find_pulled_platform

app = typer.Typer()


@app.command()
def backfill(
    platform: Annotated[str, typer.Argument(help="The platform to read again.")],
    since: Annotated[datetime, day_option("First day.")],
    until: Annotated[datetime, day_option("Last day, inclusive.")],
    airflow: Annotated[
        str | None, typer.Option(help="Airflow's address; default: the one of `tidemark run`.")
    ] = None,
) -> None:
    """Ask Airflow to run extract_PLATFORM for every day of a range, and the releases after it."""
    from tidemark.orchestration.rest import Airflow, local_address
    from tidemark.settings import load_settings

    dag_id, days = f"extract_{find_pulled_platform(platform).name}", span(since, until)
    server = Airflow(airflow or local_address(load_settings().home))
    number = server.backfill(dag_id, *days)
    Console().print(f"backfill {number} of {dag_id}: {server.base_url}/backfills")
