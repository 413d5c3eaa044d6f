"""tidemark backfill: Airflow's own backfill over a range of days."""

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer()


@app.command()
def backfill(
    platform: Annotated[str, typer.Argument(help="The platform to read again.")],
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day, inclusive.")],
    airflow: Annotated[
        str | None, typer.Option(help="Airflow's address; default: the one of `tidemark run`.")
    ] = None,
) -> None:
    """Ask Airflow to run extract_PLATFORM for every day of a range, and the releases after it."""
    from tidemark.orchestration.rest import Airflow, local_address
    from tidemark.settings import load_settings

    server = Airflow(airflow or local_address(load_settings().home))
    number = server.backfill(f"extract_{platform}", since.date(), until.date())
    Console().print(f"backfill {number} of extract_{platform}: {server.base_url}/backfills")
