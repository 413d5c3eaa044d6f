"""The command line: every command of every room, and how an error looks."""

import importlib
import sys

import typer
from rich.console import Console

from tidemark.errors import TidemarkError

#: the modules of tidemark/cli/ that bring commands, in the order of --help
ROOMS = (
    "doctor",
    "config",
    "sandbox",
    "extract",
    "backfill",
    "drop",
    "template",
    "lake",
    "gate",
    "release",
    "forget",
    "kpi",
    "alerts",
    "demo",
)

app = typer.Typer(
    name="tidemark",
    help="Which goal of the current campaign phase are we going to miss, and by how much?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for room in ROOMS:
    app.add_typer(importlib.import_module(f"tidemark.cli.{room}").app)


def main() -> None:
    """Run a command; an expected error is one clear paragraph and exit code 1."""
    try:
        app()
    except TidemarkError as error:
        Console(stderr=True).print(f"[bold red]Error[/] {type(error).__name__}: ", end="")
        Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(str(error))
        sys.exit(1)
