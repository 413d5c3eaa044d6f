"""The command line: every command of every room, and how an error looks."""

import importlib
import os
import sys
from typing import NoReturn

import typer
from rich.console import Console
from typer.exceptions import TyperException

from tidemark.errors import TidemarkError, WrongUsage

#: the modules of tidemark/cli/ that bring commands, in the order of --help
ROOMS = (
    "doctor",
    "config",
    "sandbox",
    "extract",
    "backfill",
    "drop",
    "template",
    "new_platform",
    "lake",
    "gate",
    "release",
    "forget",
    "kpi",
    "report",
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
    """Run a command; what stops it is one clear paragraph, never a traceback.

    Exit code 2: it was asked wrongly. 1: it was stopped, or has found something.
    """
    try:
        sys.exit(app(prog_name="tidemark", standalone_mode=False))
    except TyperException as error:
        if not error.format_message():  # a room without a command: its help is printed by now
            sys.exit(error.exit_code)
        context = getattr(error, "ctx", None)
        where = f"; see {context.command_path} --help" if context else ""
        _stop("", f"{error.format_message().rstrip('.')}{where}", error.exit_code)
    except TidemarkError as error:
        is_usage = isinstance(error, WrongUsage)
        _stop("" if is_usage else type(error).__name__, str(error), 2 if is_usage else 1)
    except BrokenPipeError:
        # whoever read the output has seen enough; Python would complain once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        _stop(type(error).__name__, f"{error}; tidemark doctor looks for the cause", 1)


def _stop(name: str, text: str, code: int) -> NoReturn:
    Console(stderr=True).print(f"[bold red]Error[/]{name and ' '}{name}: ", end="")
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(text)
    sys.exit(code)
