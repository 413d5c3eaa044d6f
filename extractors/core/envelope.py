"""Error codes: what a platform's code means here, and what to do about it.

They stand in extractors/platforms/codes/<platform>.txt: kind | codes | what to do. After
RateLimited a number says how many seconds to wait.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import pyarrow as pa

from extractors.core import errors
from extractors.core.coerce import CoercionError, coercer
from extractors.core.errors import ApiChanged, ExtractError, RateLimited

CodeTable = Mapping[str, "Code"]

_integer, _flag = coercer(pa.int64()), coercer(pa.bool_())


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


def list_of(answer: Mapping[str, Any], name: str) -> list[Any]:
    """Return a list that the contract promises; null is an empty one, its absence is not."""
    if name not in answer:
        raise ApiChanged(f"the answer has no {name!r}; rows might be missed")
    found = answer[name]
    if found is None:
        return []
    if not isinstance(found, list):
        raise ApiChanged(f"{name!r} is of type {type(found).__name__}, not a list")
    return found


def count_of(answer: Mapping[str, Any], name: str) -> int:
    """Return a number of rows that the contract promises; platforms write some as text."""
    found = _whole_number(answer.get(name))
    if found is None or found < 0:
        raise ApiChanged(f"the answer has no number in {name!r}; rows might be missed")
    return found


def flag_of(answer: Mapping[str, Any], name: str) -> bool:
    """Return a flag that the contract promises, such as has_more; 1 and "true" are flags too."""
    try:
        found: bool | None = _flag(answer.get(name))
    except CoercionError:
        found = None
    if found is None:
        raise ApiChanged(f"the answer does not say {name!r}; rows might be missed")
    return found


def code_of(value: Any) -> int:
    """Return an error code, written as a whole number or as its text."""
    found = _whole_number(value)
    if found is None:
        raise ApiChanged(f"the error code is of type {type(value).__name__}, not a whole number")
    return found


def _whole_number(value: Any) -> int | None:
    try:
        found: int | None = _integer(value)
    except CoercionError:
        return None
    return found


def errcode_answer(
    table: CodeTable, body: Any, *, unsaid: int | None = 0, fine: Container[int] = (0,)
) -> Mapping[str, Any]:
    """Return an answer of WeChat's family itself, or raise what its errcode means.

    unsaid stands for an errcode that is not there: 0 where only errors say one, None where
    success always does. fine are the codes that the caller deals with.
    """
    answer = object_of(body)
    code = code_of(answer.get("errcode", unsaid))
    if code not in fine:
        raise code_error(table, (code,), answer.get("errmsg"))
    return answer


def coded_data(table: CodeTable, body: Any) -> Mapping[str, Any]:
    """Return `data` of an answer with code, message and data, or raise what the code means."""
    answer = object_of(body)
    if "code" not in answer:
        raise ApiChanged("the answer has no code; the envelope is not the contract's")
    if code := code_of(answer["code"]):
        raise code_error(table, (code,), answer.get("message"))
    return object_of(answer.get("data"))


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
