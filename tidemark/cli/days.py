"""Days as people type them."""

from datetime import date, datetime
from typing import Any

import typer

from tidemark.errors import WrongUsage

FORMATS = ["%Y-%m-%d"]
METAVAR = "YYYY-MM-DD"


def day_option(text: str) -> Any:
    """Return an option that takes a day."""
    return typer.Option(formats=FORMATS, metavar=METAVAR, help=text)


def span(since: datetime, until: datetime) -> tuple[date, date]:
    """Return the first and the last day; WrongUsage when the last comes first."""
    if until < since:
        raise WrongUsage(
            f"--since {since:%Y-%m-%d} lies after --until {until:%Y-%m-%d}; swap the two days"
        )
    return since.date(), until.date()
