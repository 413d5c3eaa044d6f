"""tidemark drop: bring files that people export or fill in into the lake."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from tidemark.errors import WrongUsage

if TYPE_CHECKING:
    from extractors.core.drops import DropReport

app = typer.Typer()

COLOURS = {"landed": "green", "duplicate": "yellow", "refused": "red"}


@app.command()
def drop(
    files: Annotated[
        list[Path] | None,
        typer.Argument(exists=True, dir_okay=False, help="Files to copy into the inbox."),
    ] = None,
    account: Annotated[
        str | None, typer.Option(help="The account that the files belong to.")
    ] = None,
) -> None:
    """Copy FILES into an account's inbox, then land everything that waits there.

    Without FILES: land what is in the inbox. The same file twice is one batch.
    """
    from extractors.core.drops import process_drops
    from extractors.core.errors import FileRefused
    from extractors.core.inbox import put
    from extractors.core.lake import open_lake
    from tidemark.config.accounts import load_accounts
    from tidemark.settings import load_settings

    settings = load_settings()
    accounts = load_accounts(settings.config_dir)
    known = sorted(a.key for a in accounts)
    if (files or account) and account not in known:
        given = f"unknown account {account!r}; " if account else ""
        raise WrongUsage(f"{given}name the account with --account {'|'.join(known)}")
    for path in files or ():
        put(path, settings.inbox, account or "")
    report = process_drops(settings, open_lake(settings.lake_url, settings.copies_dir), accounts)
    _show(report, settings.inbox)
    if refusals := report.refusals():
        kept = "\nkept in the lake under quarantine/files/; drop the corrected file"
        raise FileRefused("\n\n".join(refusals) + kept)


def _show(report: "DropReport", inbox: Path) -> None:
    if not report.files:
        Console().print(f"nothing waits in {inbox}/<account key>/")
        return
    table = Table(box=SIMPLE)
    for name in ("file", "outcome", "stream", "days", "rows"):
        table.add_column(name, overflow="fold")
    for file in report.files:
        span = f"{file.days[0]} … {file.days[-1]}" if len(file.days) > 1 else ""
        table.add_row(
            f"{file.account_key}/{file.name}",
            f"[{COLOURS[file.outcome]}]{file.outcome}[/]",
            f"{file.platform}/{file.stream}" if file.stream else "",
            span or "".join(str(day) for day in file.days),
            str(file.rows) if file.outcome == "landed" else "",
        )
    Console().print(table)
    for file in report.files:
        if file.reason and file.outcome != "refused":
            Console(soft_wrap=True, highlight=False).print(f"{file.name}: {file.reason}")
