"""A file whose headers and units are declared for one account, in its `options: {file: …}`."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from extractors.core.errors import FileRefused
from extractors.core.formats import Column, FileFormat
from extractors.core.headers import Kind
from extractors.core.model import Account, Platform, Stream
from extractors.core.registry import platforms_by_name

OPTION = "file"
PARTS = ("columns", "values", "encoding")
DETAILS = ("header", "unit", "formats", "time_zone")
UNITS = {"元": Decimal(1), "角": Decimal("0.1"), "分": Decimal("0.01")}


def kinds_of(account: Account) -> list[Kind] | None:
    """Return the one kind of file that an account takes by its mapping; None: every known kind."""
    platform = platforms_by_name().get(account.platform)
    if platform is None or not any(s.read is None and s.file is None for s in platform.streams):
        return None
    return [mapped_kind(platform, account)]


def mapped_kind(platform: Platform, account: Account) -> Kind:
    """Return the kind of file that an account's mapping declares; FileRefused names what is wrong.

    The platform's one stream is filled; columns that are not mapped stay unknown.
    """
    stream = platform.streams[0]
    said = _section(account, OPTION, account.options.get(OPTION), PARTS)
    columns = _section(account, "columns", said.get("columns"), [f.name for f in stream.fields])
    values = _section(account, "values", said.get("values", {}), columns)
    missing = [f.name for f in stream.fields if f.required and f.name not in columns]
    if missing:
        raise _wrong(account, "columns", f"lacks {', '.join(missing)}", "map them to a header")
    found = tuple(_column(account, stream, name, columns[name], values) for name in columns)
    return platform, stream, FileFormat(found, is_mapped=True, encoding=said.get("encoding"))


def _column(
    account: Account, stream: Stream, name: str, said: Any, values: Mapping[str, Any]
) -> Column:
    where = f"columns.{name}"
    detail = {"header": said} if isinstance(said, str) else _section(account, where, said, DETAILS)
    if not isinstance(detail.get("header"), str):
        raise _wrong(account, where, "names no header", "write the header of its column")
    unit = detail.get("unit", "元")
    if unit not in UNITS:
        raise _wrong(account, where, f"unknown unit {unit!r}", f"write one of {', '.join(UNITS)}")
    is_needed = any(f.required for f in stream.fields if f.name == name)
    return Column(
        name,
        detail["header"],
        is_optional=not is_needed,
        blank="" if name in stream.key else None,
        scale=UNITS[unit],
        formats=tuple(detail.get("formats", ())),
        zone=_zone(account, where, detail.get("time_zone", "Asia/Shanghai")),
        values={str(key): str(value) for key, value in values.get(name, {}).items()},
    )


def _zone(account: Account, where: str, name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError):
        raise _wrong(
            account, where, f"unknown time zone {name!r}", "write it like Asia/Shanghai"
        ) from None


def _section(account: Account, where: str, said: Any, known: Any) -> Mapping[str, Any]:
    if not isinstance(said, Mapping):
        raise _wrong(account, where, "is no mapping", "see docs/platforms/shop_file.md")
    for name in said:
        if name not in known:
            raise _wrong(account, where, f"unknown field {name!r}", f"there are {', '.join(known)}")
    return said


def _wrong(account: Account, where: str, what: str, remedy: str) -> FileRefused:
    place = f"config/accounts.yml: account {account.key}: options.{OPTION}"
    return FileRefused(f"{place}{'' if where == OPTION else '.' + where}: {what}; {remedy}")
