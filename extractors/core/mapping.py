"""How the rows of one account read where only the account can say: `options: {file | table: …}`."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from extractors.core.errors import MappingWrong
from extractors.core.formats import Column, FileFormat
from extractors.core.headers import Kind
from extractors.core.model import Account, Platform
from extractors.core.registry import platforms_by_name

UNITS = {"元": Decimal(1), "角": Decimal("0.1"), "分": Decimal("0.01")}


@dataclass(frozen=True)
class Form:
    """What may be said of a file or a table, and of each of its columns."""

    parts: tuple[str, ...]
    named_by: str  # what a column of it is found by
    details: tuple[str, ...]


#: by the option in which an account says it, which is the platform's `mapping`
FORMS = {
    "file": Form(
        ("columns", "values", "encoding"), "header", ("header", "unit", "formats", "time_zone")
    ),
    "table": Form(("columns", "values", "name"), "column", ("column", "unit", "time_zone")),
}


def check_mapping(account: Account) -> None:
    """Raise MappingWrong when an account's platform asks for a mapping that it does not give."""
    platform = platforms_by_name().get(account.platform)
    if platform is not None and platform.mapping is not None:
        declared(account)


def kinds_of(account: Account) -> list[Kind] | None:
    """Return the one kind of file that an account takes by its mapping; None: every known kind."""
    platform = platforms_by_name().get(account.platform)
    if platform is None or platform.mapping != "file":
        return None
    said, columns = declared(account)
    form = FileFormat(columns, is_mapped=True, encoding=said.get("encoding"))
    return [(platform, platform.streams[0], form)]


def declared(account: Account) -> tuple[Mapping[str, Any], tuple[Column, ...]]:
    """Return what an account says of its file or table, and its columns.

    Its platform's one stream is filled; columns that are not mapped stay unknown. MappingWrong
    names the part that is wrong.
    """
    platform = platforms_by_name()[account.platform]
    assert platform.mapping is not None
    option, stream = platform.mapping, platform.streams[0]
    said = _section(account, option, account.options.get(option), FORMS[option].parts)
    columns = _section(account, "columns", said.get("columns"), [f.name for f in stream.fields])
    values = _section(account, "values", said.get("values", {}), columns)
    missing = [f.name for f in stream.fields if f.required and f.name not in columns]
    if missing:
        named_by = FORMS[option].named_by
        raise _wrong(account, "columns", f"lacks {', '.join(missing)}", f"map them to a {named_by}")
    return said, tuple(
        _column(account, platform, name, columns[name], values.get(name, {})) for name in columns
    )


def _column(
    account: Account, platform: Platform, name: str, said: Any, values: Mapping[str, Any]
) -> Column:
    assert platform.mapping is not None
    where, form, stream = f"columns.{name}", FORMS[platform.mapping], platform.streams[0]
    short = {form.named_by: said}
    detail = short if isinstance(said, str) else _section(account, where, said, form.details)
    if not isinstance(detail.get(form.named_by), str):
        raise _wrong(account, where, f"names no {form.named_by}", f"write its {form.named_by}")
    unit = detail.get("unit", "元")
    if unit not in UNITS:
        raise _wrong(account, where, f"unknown unit {unit!r}", f"write one of {', '.join(UNITS)}")
    is_needed = any(f.required for f in stream.fields if f.name == name)
    return Column(
        name,
        detail[form.named_by],
        is_optional=not is_needed,
        blank=None if is_needed or name not in stream.key else "",
        scale=UNITS[unit],
        formats=tuple(detail.get("formats", ())),
        zone=_zone(account, where, detail.get("time_zone", "Asia/Shanghai")),
        values={str(key): str(value) for key, value in values.items()},
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
        raise _wrong(account, where, "is no mapping", f"see docs/platforms/{account.platform}.md")
    for name in said:
        if name not in known:
            raise _wrong(account, where, f"unknown field {name!r}", f"there are {', '.join(known)}")
    return said


def _wrong(account: Account, where: str, what: str, remedy: str) -> MappingWrong:
    option = platforms_by_name()[account.platform].mapping
    place = f"config/accounts.yml: account {account.key}: options.{option}"
    return MappingWrong(f"{place}{'' if where == option else '.' + where}: {what}; {remedy}")
