"""The small tree of extraction errors; Airflow's retry policy maps them."""

from tidemark.errors import TidemarkError

#: what reading an answer of another shape than the contract raises
SHAPE_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)


class ExtractError(TidemarkError):
    """Anything that stops the reading of a slice."""


class AuthError(ExtractError):
    """The credential is refused; a person must act. Not retried."""


class TokenExpired(AuthError):
    """The access token is no longer good; the runtime refreshes it once and replays the call."""


class RateLimited(ExtractError):
    """Too many calls; wait and try again."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after  # seconds


class QuotaExhausted(ExtractError):
    """The daily quota is used up; nothing more until it resets."""


class NotReady(ExtractError):
    """The platform has not finished that day yet; try again later."""


class NotOffered(ExtractError):
    """The platform does not give this (item, day or right); not a failure of the run."""


class ItemNotOffered(NotOffered):
    """The platform does not give this one item; the others of the stream go on."""


class ApiChanged(ExtractError):
    """The platform's answer or rules are not those of the contract. Not retried."""


class Transient(ExtractError):
    """A passing fault of the network or the platform; retried with backoff."""


class FileRefused(ExtractError):
    """A dropped file that cannot be landed: what is wrong, where, and the remedy."""


class MappingWrong(ExtractError):
    """How an account's rows read is declared wrongly; a person must correct it. Not retried."""
