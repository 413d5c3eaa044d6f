"""tidemark report: the board as one file, to attach to a mail or to keep."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer()


class Languages(StrEnum):
    """What a report is written in."""

    ZH = "zh"
    EN = "en"
    BOTH = "both"


@app.command()
def report(
    out: Annotated[Path, typer.Option(help="the file to write")] = Path("report.html"),
    lang: Annotated[Languages, typer.Option(help="the language, or both in one file")] = (
        Languages.BOTH
    ),
    campaign: Annotated[str | None, typer.Option(help="Only this campaign.")] = None,
) -> None:
    """Write the goals with their pictures into one HTML file that opens without a network."""
    from board.page import report as write
    from board.words import LANGUAGES
    from tidemark.settings import load_settings
    from warehouse.status import write_atomically

    languages = LANGUAGES if lang is Languages.BOTH else (lang.value,)
    write_atomically(out, write(load_settings(), languages, campaign))
    Console().print(f"{out}", soft_wrap=True)
