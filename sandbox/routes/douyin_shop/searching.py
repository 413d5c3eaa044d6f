"""Douyin Shop searches: pages from 0, windows of 90 days, no deeper than 50,000 rows."""

from datetime import datetime, timedelta

from sandbox.routes.douyin_shop.envelope import Body, Refused

SIZE_AT_MOST = 100
# assumed: nobody publishes them
WINDOW_AT_MOST = timedelta(days=90)
DEPTH_AT_MOST = 50_000


def check_parameters(body: Body, known: frozenset[str]) -> None:
    """Raise for a parameter that this sandbox would have to ignore."""
    unknown = sorted(body.keys() - known)
    if unknown:
        raise Refused(40004, "isv.parameter-invalid", f"the sandbox does not know {unknown}")


def number_of(body: Body, name: str, default: int) -> int:
    """Return a whole number of the parameters, which may come as text."""
    try:
        return int(body.get(name, default))
    except (TypeError, ValueError):
        raise Refused(40004, "isv.parameter-invalid", f"{name} is not a number") from None


def page_of(body: Body) -> tuple[int, int]:
    """Return page (from 0) and size (at most 100) of a listing."""
    page, size = number_of(body, "page", 0), number_of(body, "size", 10)
    if page < 0 or not 0 < size <= SIZE_AT_MOST:
        raise Refused(40004, "isv.parameter-invalid", f"page from 0, size 1 to {SIZE_AT_MOST}")
    if (page + 1) * size > DEPTH_AT_MOST:
        raise Refused(40004, "isv.parameter-invalid", f"no deeper than {DEPTH_AT_MOST}")
    return page, size


def check_window(body: Body, start: str, end: str) -> None:
    """Raise when a window is longer than the platform searches, or runs backwards."""
    if start in body and end in body:
        span = timedelta(seconds=number_of(body, end, 0) - number_of(body, start, 0))
        if span < timedelta(0) or span > WINDOW_AT_MOST:
            raise Refused(40004, "isv.parameter-invalid", f"{start} to {end}: at most 90 days")


def is_within(body: Body, start: str, end: str, moment: datetime) -> bool:
    """Tell whether a moment lies in the closed window of two parameters, where given."""
    seconds = int(moment.timestamp())
    return number_of(body, start, 0) <= seconds <= number_of(body, end, 2**62)
