"""tidemark gate: judge what has landed, and look at the reports."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tidemark.cli.named import find_platform
from tidemark.errors import TidemarkError

gate = typer.Typer(help="Judge landed batches (without a subcommand: the pending ones).")
app = typer.Typer()
app.add_typer(gate, name="gate")


class GateFailed(TidemarkError):
    """Something critical was stopped."""


@gate.callback(invoke_without_command=True)
def pending(
    context: typer.Context,
    platform: Annotated[str | None, typer.Option(help="Only this platform.")] = None,
) -> None:
    """Judge every batch without a verdict; fail when a slice was refused."""
    if context.invoked_subcommand is None:
        _run(platform, again=False)


@gate.command()
def replay(
    platform: Annotated[str | None, typer.Option(help="Only this platform.")] = None,
) -> None:
    """Take in quarantined rows and judge refused slices anew, after what was wrong is mended."""
    from extractors.core.lake import open_lake
    from extractors.core.registry import every_stream
    from extractors.core.replay import replay_quarantine
    from tidemark.settings import load_settings

    platform = platform and find_platform(platform).name
    settings = load_settings()
    lake = open_lake(settings.lake_url, settings.copies_dir)
    table = Table("stream", "batch", "landed", "refused", "masked", "overtaken", title="Quarantine")
    for owner, stream in every_stream():
        if platform in (None, owner.name):
            for found in replay_quarantine(lake, owner, stream):
                counts = (found.landed, found.refused, found.masked, found.overtaken)
                table.add_row(f"{owner.name}/{stream.name}", found.batch_id, *map(str, counts))
    if table.row_count:
        Console().print(table)
    _run(platform, again=True)


@gate.command()
def report() -> None:
    """Print where the newest report is."""
    from tidemark.settings import load_settings

    path = load_settings().reports_dir / "gates" / "latest.html"
    if not path.exists():
        raise TidemarkError(f"{path}: no gate has run yet; run `tidemark gate`")
    typer.echo(path)


def _run(platform: str | None, *, again: bool) -> None:
    from expectations.runner import gate_lake
    from extractors.core.lake import open_lake
    from tidemark.settings import load_settings

    settings = load_settings()
    platform = platform and find_platform(platform).name
    found = gate_lake(
        open_lake(settings.lake_url, settings.copies_dir), settings, platform=platform, again=again
    )
    console = Console()
    if found.failures:
        table = Table("level", "suite", "rule", "slice", "observed", title="Gate / 质检")
        for failure in found.failures:
            table.add_row(
                failure.severity, failure.suite, failure.rule, failure.where, failure.observed
            )
        console.print(table)
    console.print(f"{found.summary}; report {found.path or 'not needed'}")
    if not found.passed:
        first = found.critical[0]
        raise GateFailed(
            f"{len(found.critical)} critical findings, the first: {first}. Read the source again, "
            "or accept the slice with `tidemark lake accept`; other slices are not held back"
        )
