"""tidemark template: an empty workbook for the people who know the figures."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tidemark.errors import WrongUsage

app = typer.Typer()


class UnknownTemplate(WrongUsage):
    """A template name that no file stream has."""


@app.command()
def template(
    name: Annotated[
        str | None, typer.Argument(help="account_days, live_sessions, …; none: list them.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write it; default NAME.xlsx.")] = None,
) -> None:
    """Write the workbook NAME: headers, checks, one example, and a guide in Chinese."""
    from extractors.core.exports import file_kinds

    streams = {stream.name: stream for _, stream, fmt in file_kinds() if fmt.is_template}
    if name is None:
        for stream in streams.values():
            Console().print(f"{stream.name}  {stream.label_zh}")
        return
    if name not in streams:
        raise UnknownTemplate(f"no template {name!r}; there are {', '.join(sorted(streams))}")
    from extractors.core.workbook import write_template

    path = write_template(streams[name], out or Path(f"{name}.xlsx"))
    Console(soft_wrap=True).print(f"{path}: fill in sheet 数据, then drop it (tidemark drop)")
