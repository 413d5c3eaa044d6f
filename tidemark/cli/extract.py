"""tidemark extract: one platform's days into the lake."""

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from extractors.core.model import Platform, Window
from tidemark.cli.days import day_option, span
from tidemark.cli.named import find_pulled_platform
from tidemark.errors import WrongUsage

if TYPE_CHECKING:
    from extractors.core.run import RunReport

app = typer.Typer()


@app.command()
def extract(
    platform: Annotated[str, typer.Argument(help="A platform that is read through an API.")],
    dt: Annotated[datetime | None, day_option("One day.")] = None,
    since: Annotated[datetime | None, day_option("First day.")] = None,
    until: Annotated[datetime | None, day_option("Last day, inclusive.")] = None,
    account: Annotated[list[str] | None, typer.Option(help="Only these accounts.")] = None,
    stream: Annotated[list[str] | None, typer.Option(help="Only these streams.")] = None,
    lookback: Annotated[
        bool, typer.Option(help="Also re-read the days that the streams say may still change.")
    ] = True,
) -> None:
    """Read days of a platform for its accounts; fail at the end when a slice failed."""
    from extractors.core.lake import open_lake
    from extractors.core.run import extract as run
    from tidemark.config.accounts import own_accounts
    from tidemark.settings import load_settings

    settings = load_settings()
    window, declared = _window(dt, since, until), find_pulled_platform(platform)
    _check_streams(declared, stream)
    with Console().status(f"{platform}: starting") as status:
        report = run(
            declared,
            own_accounts(settings.config_dir, platform, account),
            window,
            lake=open_lake(settings.lake_url, settings.copies_dir),
            settings=settings,
            streams=stream,
            lookback=lookback,
            on_progress=lambda text: status.update(f"{platform}: reading {text}"),
        )
    Console().print(_table(report))
    if (error := report.error()) is not None:
        raise error


def _table(report: "RunReport") -> Table:
    table = Table("stream", "rows", "slices", "quarantined", "drift", title=report.platform)
    for landed in report.landed:
        statuses = Counter(record.status for record in landed.slices)
        outcome = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
        drift = "\n".join(landed.drift)
        table.add_row(landed.stream, f"{landed.rows:,}", outcome, str(landed.quarantined), drift)
    return table


def _window(dt: datetime | None, since: datetime | None, until: datetime | None) -> Window:
    if dt is not None and since is None and until is None:
        since = until = dt
    elif dt is not None or since is None or until is None:
        raise WrongUsage("say which days: --dt 2026-04-15, or --since and --until")
    return Window(*span(since, until))


def _check_streams(platform: Platform, names: list[str] | None) -> None:
    known = [stream.name for stream in platform.streams if stream.read is not None]
    if unknown := sorted(set(names or ()) - set(known)):
        raise WrongUsage(
            f"{platform.name} reads no stream {', '.join(unknown)}; it reads {', '.join(known)}"
        )
