"""tidemark sandbox: a local server that speaks the platforms' contracts."""

import shlex
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tidemark.cli.days import day_option, span
from tidemark.errors import WrongUsage

sandbox = typer.Typer(help="A local server that speaks the platforms.", no_args_is_help=True)
app = typer.Typer()
app.add_typer(sandbox, name="sandbox")

CLOCK_VARIABLE = "TIDEMARK_CLOCK_FILE"


@sandbox.command()
def serve(
    world: Annotated[str, typer.Option(help="launch or douyin_web.")] = "launch",
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 0,
    clock_file: Annotated[
        Path | None,
        typer.Option(help="Holds the virtual moment; without it real time.", envvar=CLOCK_VARIABLE),
    ] = None,
    ready_file: Annotated[Path | None, typer.Option(help="Gets the base URL.")] = None,
) -> None:
    """Serve a world on loopback until stopped; prints the base URL."""
    from sandbox.__main__ import serve as run

    run(world, port, clock_file, ready_file)


@sandbox.command()
def env(
    base_url: Annotated[str, typer.Argument(help="Where the sandbox listens.")],
    world: Annotated[str, typer.Option(help="launch or douyin_web.")] = "launch",
) -> None:
    """Print the variables by which the pipeline reaches the sandbox, for a shell's eval."""
    from sandbox.__main__ import SHARED
    from sandbox.world import connections, load_world

    for name, text in connections(base_url.rstrip("/"), load_world(world, SHARED)).items():
        typer.echo(f"export {name}={shlex.quote(text)}")


@sandbox.command()
def clock(
    moment: Annotated[str, typer.Argument(help="ISO moment with zone.")],
    clock_file: Annotated[
        Path, typer.Option(help="The file that holds it.", envvar=CLOCK_VARIABLE)
    ],
) -> None:
    """Move the virtual clock."""
    try:
        parsed = datetime.fromisoformat(moment)
    except ValueError:
        raise WrongUsage(
            f"{moment!r} is no ISO moment, such as 2026-04-16T10:45:00+08:00"
        ) from None
    if parsed.tzinfo is None:
        raise WrongUsage(f"{moment!r} has no zone; write +08:00 behind it")
    clock_file.parent.mkdir(parents=True, exist_ok=True)
    clock_file.write_text(parsed.isoformat())
    Console().print(f"{clock_file}: {parsed.isoformat()}")


@sandbox.command()
def sheets(
    since: Annotated[datetime, day_option("First covered day.")],
    until: Annotated[datetime, day_option("Last covered day.")],
) -> None:
    """Drop the workbooks that the operators of the launch campaign would drop."""
    from sandbox.sheets import drop_sheets
    from tidemark.settings import load_settings

    settings = load_settings()
    for path in drop_sheets(settings.inbox, *span(since, until), settings.clock()):
        Console().print(str(path))
