"""Tolerant coercion: what platforms write, as the type that was declared, or an error."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

from tidemark.clock import SHANGHAI

Coerce = Callable[[Any], Any]

BLANKS = frozenset({"", "-", "--", "—", "null", "None", "N/A"})
INT64 = range(-(2**63), 2**63)
# a unix time above this is in milliseconds (seconds reach it in the year 5138)
MILLISECONDS_FROM = 100_000_000_000
# unix times outside are digits of another meaning, such as 20260415 or 20260415103000; other
# moments and days outside are typing errors
FIRST_YEAR, LAST_YEAR = 1970, 2100
FIRST_SECOND = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
LAST_SECOND = int(datetime(LAST_YEAR, 1, 1, tzinfo=UTC).timestamp())
MOMENT_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M")
DAY_FORMATS = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y.%m.%d")
TRUE = frozenset({"true", "1", "yes", "是", "y"})
FALSE = frozenset({"false", "0", "no", "否", "n"})
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


class CoercionError(ValueError):
    """A value that cannot be the declared type without loss."""


def coercer(kind: pa.DataType) -> Coerce:
    """Return the function that turns a platform's value into a Python value of that Arrow type."""
    if pa.types.is_list(kind):
        return _list(coercer(kind.value_type))
    if pa.types.is_struct(kind):
        return _struct(
            {kind.field(i).name: coercer(kind.field(i).type) for i in range(kind.num_fields)}
        )
    for is_kind, convert in CONVERTERS:
        if is_kind(kind):
            return _or_none(convert)
    if pa.types.is_decimal(kind):
        return _or_none(_decimal(kind.scale, kind.precision))
    raise TypeError(f"no coercion to {kind}; add it to extractors/core/coerce.py")


def column_coercer(kind: pa.DataType) -> Callable[[list[Any]], list[Any]]:
    """Return the function that turns many values at once, to the same result as one by one."""
    one = coercer(kind)
    is_usual = next((check for is_kind, check in USUAL if is_kind(kind)), None)

    def many(values: list[Any]) -> list[Any]:
        if is_usual is not None and is_usual(values, set(map(type, values))):
            return values
        return [one(value) for value in values]

    return many


def _are_texts(values: list[Any], types: set[type]) -> bool:
    if not types <= {str, type(None)}:
        return False
    together = "".join(filter(None, values))
    return "\x00" not in together and _unicode(together) is together


def _are_integers(values: list[Any], types: set[type]) -> bool:
    return types == {int} and min(values) in INT64 and max(values) in INT64


def _are_booleans(_values: list[Any], types: set[type]) -> bool:
    return types <= {bool, type(None)}


def _or_none(convert: Coerce) -> Coerce:
    def coerced(value: Any) -> Any:
        try:
            return None if value is None else convert(value)
        except ArithmeticError:
            raise CoercionError("it is beyond what the type holds") from None

    return coerced


def _text(value: Any) -> str | None:
    if type(value) is str and value.isascii() and "\x00" not in value:
        return value  # nearly all there is
    if isinstance(value, str):
        return _unicode(value.replace("\x00", ""))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 2**53:
            return str(int(value))
        raise CoercionError("a float cannot hold an id exactly")
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise CoercionError(f"{type(value).__name__} is not text")


def _unicode(text: str) -> str:
    """Return a text with half surrogate pairs, which platforms cut emoji into, as U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _number_text(value: str) -> str | None:
    text = THOUSANDS.sub("", value.replace("\x00", "").strip())
    return None if text in BLANKS else text


def _integer(value: Any) -> int | None:
    if type(value) is int and value in INT64:
        return value  # nearly all there is
    number = _exact(value)
    if number is None:
        return None
    if number != number.to_integral_value():
        raise CoercionError("a fraction cannot become an integer")
    found = int(number)
    if found not in INT64:
        raise CoercionError("it does not fit into 64 bits")
    return found


def _exact(value: Any) -> Decimal | None:
    if isinstance(value, bool):
        raise CoercionError("true or false is not a number")
    if isinstance(value, str):
        text = _number_text(value)
        if text is None:
            return None
        if "_" in text:  # Python's own way of writing numbers
            raise CoercionError("it is not a number")
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise CoercionError("it is not a number") from None
    elif isinstance(value, int | float | Decimal):
        number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    else:
        raise CoercionError(f"{type(value).__name__} is not a number")
    if not number.is_finite():
        raise CoercionError("it is not finite")
    if number.adjusted() > 38:  # more digits than any column holds
        raise CoercionError("it is too large")
    return number


def _double(value: Any) -> float | None:
    if isinstance(value, str) and value.strip().endswith("%"):
        share = _exact(value.strip()[:-1])
        return None if share is None else float(share / 100)
    number = _exact(value)
    return None if number is None else float(number)


def _decimal(scale: int, precision: int) -> Coerce:
    step = Decimal(1).scaleb(-scale)

    def convert(value: Any) -> Decimal | None:
        number = _exact(value)
        if number is None:
            return None
        rounded = number.quantize(step)
        if rounded != number:
            raise CoercionError(f"it has more than {scale} decimals")
        if len(rounded.as_tuple().digits) > precision:
            raise CoercionError(f"it has more than {precision} digits")
        return rounded

    return convert


def _boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in BLANKS:
        return None
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise CoercionError("it is neither true nor false")


def _moment(value: Any) -> datetime | None:
    if type(value) is int and FIRST_SECOND <= value < LAST_SECOND:
        return datetime.fromtimestamp(value, UTC)  # nearly all there is
    if isinstance(value, datetime):
        return _in_utc(value)
    if isinstance(value, str) and not _number_text(value):
        return None
    if isinstance(value, str) and not _is_numeric(value):
        return _in_utc(_parse_moment(value.strip()))
    seconds = _exact(value)
    if not seconds:
        return None  # platforms write 0 for "did not happen"
    if abs(seconds) >= MILLISECONDS_FROM:
        seconds = seconds / 1000
    if not FIRST_SECOND <= seconds < LAST_SECOND:
        raise CoercionError("it is no unix time between 2000 and 2100")
    return datetime.fromtimestamp(float(seconds), UTC)


def _parse_moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        for pattern in MOMENT_FORMATS:
            try:
                return datetime.strptime(text, pattern)
            except ValueError:
                continue
    raise CoercionError("it is no moment")


def _in_utc(moment: datetime) -> datetime:
    _check_year(moment)
    return (moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)).astimezone(UTC)


def _check_year(moment: date) -> None:
    if not FIRST_YEAR <= moment.year < LAST_YEAR:
        raise CoercionError(f"it is not between {FIRST_YEAR} and {LAST_YEAR}")


def _is_numeric(text: str) -> bool:
    return text.strip().lstrip("-").replace(".", "", 1).isdigit()


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).date() if value.tzinfo else value.date()
    if isinstance(value, date):
        return value
    text = str(value).strip()
    if text in BLANKS:
        return None
    for pattern in DAY_FORMATS:
        try:
            found = datetime.strptime(text, pattern).date()
        except ValueError:
            continue
        _check_year(found)
        return found
    raise CoercionError("it is no day")


def _list(item: Coerce) -> Coerce:
    def convert(value: Any) -> list[Any] | None:
        if value is None:
            return None
        if isinstance(value, Mapping):
            value = [value]  # some documents write a single object where others write a list
        if not isinstance(value, list | tuple):
            raise CoercionError(f"{type(value).__name__} is not a list")
        return [item(entry) for entry in value]

    return convert


def _struct(fields: Mapping[str, Coerce]) -> Coerce:
    def convert(value: Any) -> dict[str, Any] | None:
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise CoercionError(f"{type(value).__name__} is not an object")
        found = {}
        for name, coerce in fields.items():
            try:
                found[name] = coerce(value.get(name))
            except CoercionError as error:
                raise CoercionError(f"{name}: {error}") from None
        return found

    return convert


CONVERTERS: tuple[tuple[Callable[[pa.DataType], bool], Coerce], ...] = (
    (pa.types.is_string, _text),
    (pa.types.is_integer, _integer),
    (pa.types.is_floating, _double),
    (pa.types.is_boolean, _boolean),
    (pa.types.is_timestamp, _moment),
    (pa.types.is_date, _day),
)

#: columns that are nearly always what they should be already: looked at together, taken as they are
USUAL: tuple[tuple[Callable[[pa.DataType], bool], Callable[[list[Any], set[type]], bool]], ...] = (
    (pa.types.is_string, _are_texts),
    (pa.types.is_integer, _are_integers),
    (pa.types.is_boolean, _are_booleans),
)
