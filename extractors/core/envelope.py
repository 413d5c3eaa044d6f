"""Tables of error codes: what a platform's code means here, and what to do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from extractors.core.errors import ApiChanged, ExtractError, RateLimited


@dataclass(frozen=True)
class Codes:
    """Error codes that mean the same and ask for the same remedy."""

    error: type[ExtractError]
    remedy: str
    codes: tuple[int | str, ...]
    wait: float | None = None  # seconds, for RateLimited


def object_of(body: Any) -> Mapping[str, Any]:
    """Return an answer that is a JSON object; anything else is a changed API."""
    if not isinstance(body, Mapping):
        raise ApiChanged("the answer is not a JSON object; is the base URL the platform's?")
    return body


def raise_code(table: Sequence[Codes], code: int | str, text: str) -> NoReturn:
    """Raise the error that a table gives a code; an unknown code is a changed API."""
    for row in table:
        if code in row.codes:
            message = f"code {code} ({text}); {row.remedy}"
            if issubclass(row.error, RateLimited):
                raise row.error(message, row.wait)
            raise row.error(message)
    raise ApiChanged(f"code {code} ({text}) is not in the contract; look it up and add it")
