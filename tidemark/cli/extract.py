"""tidemark extract: one platform's days into the lake."""

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from extractors.core.model import Platform
from tidemark.errors import TidemarkError

app = typer.Typer()

DAY = ["%Y-%m-%d"]


@app.command()
def extract(
    platform: Annotated[str, typer.Argument(help="A platform of the registry.")],
    dt: Annotated[datetime | None, typer.Option(formats=DAY, help="One day.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=DAY, help="First day.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=DAY, help="Last day.")] = None,
    account: Annotated[list[str] | None, typer.Option(help="Only these accounts.")] = None,
    stream: Annotated[list[str] | None, typer.Option(help="Only these streams.")] = None,
    lookback: Annotated[
        bool, typer.Option(help="Also re-read the days that the streams say may still change.")
    ] = True,
) -> None:
    """Read days of a platform for its accounts; fail at the end when a slice failed."""
    from extractors.core.lake import open_lake
    from extractors.core.model import Window
    from extractors.core.run import extract as run
    from tidemark.config.accounts import own_accounts
    from tidemark.settings import load_settings

    settings = load_settings()
    first, last = since or dt, until or dt
    if first is None or last is None:
        raise TidemarkError("say which days: --dt 2026-04-15, or --since and --until")
    declared = find_platform(platform)
    console = Console()
    with console.status(f"{platform}: starting") as status:
        report = run(
            declared,
            own_accounts(settings.config_dir, platform, account),
            Window(first.date(), last.date()),
            lake=open_lake(settings.lake_url),
            settings=settings,
            streams=stream,
            lookback=lookback,
            on_progress=lambda text: status.update(f"{platform}: reading {text}"),
        )
    table = Table("stream", "rows", "slices", "quarantined", "drift", title=platform)
    for landed in report.landed:
        slices: dict[str, int] = {}
        for record in landed.slices:
            slices[record.status] = slices.get(record.status, 0) + 1
        outcome = ", ".join(f"{count} {status}" for status, count in sorted(slices.items()))
        drift = "\n".join(landed.drift)
        table.add_row(landed.stream, f"{landed.rows:,}", outcome, str(landed.quarantined), drift)
    console.print(table)
    if (error := report.error()) is not None:
        raise error


def find_platform(name: str) -> Platform:
    """Return a platform by name; the error lists those that exist."""
    from extractors.core.registry import platforms_by_name

    found = platforms_by_name().get(name)
    if found is None:
        raise TidemarkError(
            f"unknown platform {name!r}; there are {', '.join(platforms_by_name())}"
        )
    return found
