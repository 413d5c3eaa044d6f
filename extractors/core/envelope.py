"""Error codes: what a platform's code means here, and what to do about it.

They stand in extractors/platforms/codes/<platform>.txt: kind | codes | what to do. After
RateLimited a number says how many seconds to wait.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from extractors.core import errors
from extractors.core.errors import ApiChanged, ExtractError, RateLimited

CodeTable = Mapping[str, "Code"]


@dataclass(frozen=True)
class Code:
    """What one error code means, and the remedy."""

    error: type[ExtractError]
    remedy: str
    wait: float | None = None


def read_codes(platform: str) -> CodeTable:
    """Return the table of a platform's error codes."""
    table = {}
    for line in data_lines("codes", platform):
        kind, codes, remedy = (part.strip() for part in line.split("|"))
        name, _, wait = kind.partition(" ")
        found = Code(getattr(errors, name), remedy, float(wait) if wait else None)
        table.update(dict.fromkeys(codes.split(), found))
    return table


def read_ignored(platform: str, stream: str) -> frozenset[str]:
    """Return the known keys of a stream's payload that are not landed: ignored/<platform>.txt."""
    words = (line.split() for line in data_lines("ignored", platform))
    return frozenset(name for owner, name in words if owner == stream)


def data_lines(folder: str, platform: str) -> list[str]:
    """Return the lines of a platform's data file, without comments."""
    text = (files("extractors.platforms") / folder / f"{platform}.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def object_of(body: Any) -> Mapping[str, Any]:
    """Return an answer that is a JSON object; anything else is a changed API."""
    if not isinstance(body, Mapping):
        raise ApiChanged("the answer is not a JSON object; is the base URL the platform's?")
    return body


def code_error(table: CodeTable, codes: tuple[Any, ...], text: Any) -> ExtractError:
    """Return the error of the first code in the table; an unknown one is a changed API."""
    said = f"code {' '.join(str(code) for code in codes if code not in (None, ''))} ({text})"
    for code in codes:
        if found := table.get(str(code)):
            message = f"{said}; {found.remedy}"
            if issubclass(found.error, RateLimited):
                return found.error(message, found.wait)
            return found.error(message)
    return ApiChanged(f"{said} is not in the contract; look it up and add it")
