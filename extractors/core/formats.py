"""How a stream looks as a file that people drop: its headers and what each column means."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tidemark.clock import SHANGHAI


@dataclass(frozen=True)
class Column:
    """One column of a file: the field it fills, its header, and what the guide says about it."""

    field: str
    header: str
    meaning: str = ""
    unit: str = ""
    example: Any = None
    aliases: tuple[str, ...] = ()  # other spellings of the header
    choices: tuple[str, ...] = ()  # the only values a cell may hold
    written_units: tuple[str, ...] = ()  # units that may stand behind a number: 15.20秒
    is_optional: bool = False  # a file without this column is still of this kind
    blank: Any = None  # what an empty cell says; None: unknown
    scale: Decimal = Decimal(1)  # a number is written in this part of the field's unit
    formats: tuple[str, ...] = ()  # how moments are written, as strptime has it
    zone: ZoneInfo = SHANGHAI  # in which moments are written
    values: Mapping[str, str] = dataclasses.field(
        default_factory=dict
    )  # what its words mean; empty: all

    @property
    def headers(self) -> tuple[str, ...]:
        """Every spelling by which the column is recognised."""
        return (self.header, *self.aliases)


@dataclass(frozen=True)
class FileFormat:
    """How the rows of a stream are written in a workbook or CSV file."""

    columns: tuple[Column, ...]
    is_template: bool = False  # ours: says in cells above the header when and what it covers
    export_day_field: str | None = None  # takes the Shanghai day of the export
    is_mapped: bool = False  # declared for one account: its days are those of its rows
    encoding: str | None = None  # of a text file; None: told by its bytes
    account_platform: str | None = None  # only accounts of this platform may bring it
