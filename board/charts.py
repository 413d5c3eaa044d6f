"""A goal's curve as inline SVG: plan, way so far, forecast with its band, target."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from markupsafe import Markup, escape

from board.figures import figure, short_day
from board.release import Curve
from board.words import WORDS

Point = tuple[float, float]


@dataclass(frozen=True)
class Frame:
    """How large a picture is, in its own units; letters keep their size whatever the screen."""

    width: int
    height: int
    ticks: int
    left: int = 46
    right: int = 12
    top: int = 10
    bottom: int = 20


CARD = Frame(340, 140, ticks=3, left=52, bottom=22)
WIDE = Frame(880, 300, ticks=4, left=60)
KEPT_PICTURES = 4096

NARROW = Frame(350, 230, ticks=4, left=54, bottom=22)


@dataclass(frozen=True)
class Scale:
    """Where days and values lie in a frame."""

    frame: Frame
    first: date
    span: int
    low: float
    high: float

    def x(self, day: date) -> float:
        """Return a day's place from the left."""
        room = self.frame.width - self.frame.left - self.frame.right
        return round(self.frame.left + room * (day - self.first).days / self.span, 1)

    def y(self, value: float) -> float:
        """Return a value's place from the top."""
        room = self.frame.height - self.frame.top - self.frame.bottom
        part = (value - self.low) / (self.high - self.low)
        return round(self.frame.height - self.frame.bottom - room * part, 1)


@lru_cache(maxsize=KEPT_PICTURES)
def chart(curve: Curve | None, unit: str, as_of: date, frame: Frame, language: str) -> Markup:
    """Return the picture, or nothing for a curve without a number."""
    if curve is None or (scale := _scale(curve, frame)) is None:
        return Markup("")
    title = escape(_title(curve, unit, as_of, language))
    parts = [
        f'<svg class="chart" viewBox="0 0 {frame.width} {frame.height}" role="img" '
        f'aria-label="{title}"><title>{title}</title>',
        *_grid(scale, unit, language),
        *_day_labels(curve, scale, as_of, language),
        *_ahead(curve, scale, as_of),
        *_lines(curve, scale, as_of),
        "</svg>",
    ]
    return Markup("".join(parts))


@lru_cache(maxsize=KEPT_PICTURES)
def without_silence(curve: Curve) -> Curve:
    """Return a curve that ends where its source fell silent: what has not come is no standstill."""
    actual = list(curve.actual)
    known = [n for n, value in enumerate(actual) if value is not None]
    while len(known) > 1 and actual[known[-1]] == actual[known[-2]]:
        actual[known.pop()] = None
    return replace(curve, actual=tuple(actual))


def _title(curve: Curve, unit: str, as_of: date, language: str) -> str:
    words = WORDS[language]
    known = [value for value in curve.actual if value is not None]
    actual = figure(known[-1] if known else None, unit, language)
    target = figure(curve.target, unit, language)
    day = words["as_of"].format(day=short_day(as_of, language))
    return f"{words['actual']} {actual}, {words['target']} {target}, {day}"


def _scale(curve: Curve, frame: Frame) -> Scale | None:
    series = (curve.actual, curve.expected, curve.low, curve.high, curve.forecast, [curve.target])
    values = [v for part in series for v in part if v is not None and math.isfinite(v)]
    if not values or not curve.days:
        return None
    low, high = min(values), max(values)
    # a ratio that hardly moves fills the picture; what is counted starts at nothing
    low = 0.0 if 0 <= low <= high * 0.6 else low - (high - low or abs(high) or 1.0) * 0.15
    high += (high - low or 1.0) * 0.06
    span = max((curve.days[-1] - curve.days[0]).days, 1)
    return Scale(frame, curve.days[0], span, low, high)


def _grid(scale: Scale, unit: str, language: str) -> Iterator[str]:
    frame = scale.frame
    for value in _ticks(scale.low, scale.high, frame.ticks):
        y = scale.y(value)
        yield (
            f'<line class="grid" x1="{frame.left}" x2="{frame.width - frame.right}" '
            f'y1="{y}" y2="{y}"/>'
            f'<text class="tick" x="{frame.left - 5}" y="{y + 3.5:.1f}" text-anchor="end">'
            f"{escape(_tick(value, unit, language))}</text>"
        )


def _ticks(low: float, high: float, about: int) -> list[float]:
    """Return round values between two: steps of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * n for n in (1, 2, 5, 10) if power * n >= rough * 0.7)
    first = math.ceil(low / step - 1e-9)
    return [n * step for n in range(first, math.floor(high / step + 1e-9) + 1)]


def _tick(value: float, unit: str, language: str) -> str:
    if unit == "share":
        return f"{value * 100:.4g}%"
    if unit in ("multiple", "seconds"):
        return f"{value:.4g}"
    if language == "zh" and abs(value) >= 10_000:
        return f"{value / 10_000:.4g}万"
    if abs(value) >= 1_000_000:
        return f"{value / 1_000_000:.4g}M"
    return f"{value / 1000:.4g}k" if abs(value) >= 10_000 else f"{value:,.4g}"


def _day_labels(curve: Curve, scale: Scale, as_of: date, language: str) -> Iterator[str]:
    frame, first, last = scale.frame, curve.days[0], curve.days[-1]
    y = frame.height - 5
    yield f'<text class="tick" x="{frame.left}" y="{y}">{short_day(first, language)}</text>'
    yield (
        f'<text class="tick" x="{frame.width - frame.right}" y="{y}" text-anchor="end">'
        f"{short_day(last, language)}</text>"
    )
    if not first <= as_of <= last:
        return
    x = scale.x(as_of)
    yield f'<line class="today" x1="{x}" x2="{x}" y1="{frame.top}" y2="{y - 13}"/>'
    if frame.left + 56 < x < frame.width - frame.right - 56:
        yield (
            f'<text class="tick now" x="{x}" y="{y}" text-anchor="middle">'
            f"{short_day(as_of, language)}</text>"
        )


def _ahead(curve: Curve, scale: Scale, as_of: date) -> Iterator[str]:
    """Yield the forecast and its band, beginning where the way so far ends."""
    begun = [
        (scale.x(d), scale.y(a))
        for d, a in zip(curve.days, curve.actual, strict=True)
        if a is not None
    ][-1:]
    low, high, middle = (
        begun + [p for run in _runs(curve.days, values, scale) for p in run]
        for values in (curve.low, curve.high, curve.forecast)
    )
    if len(middle) <= len(begun):
        return
    yield f'<path class="band" d="{_path([*high, *reversed(low)])}Z"/>'
    yield f'<path class="forecast" d="{_path(middle)}"/>'


def _lines(curve: Curve, scale: Scale, as_of: date) -> Iterator[str]:
    frame = scale.frame
    if curve.target is not None:
        y = scale.y(curve.target)
        yield (
            f'<line class="target" x1="{frame.left}" x2="{frame.width - frame.right}" '
            f'y1="{y}" y2="{y}"/>'
        )
    for name, values in (("expected", curve.expected), ("actual", curve.actual)):
        runs = list(_runs(curve.days, values, scale))
        yield f'<path class="{name}" d="{"".join(map(_path, runs))}"/>' if runs else ""
        # a day between two gaps is no line
        alone = [run[0] for run in runs if len(run) == 1] if name == "actual" else []
        if name == "actual" and runs:
            alone.append(runs[-1][-1])
        yield from (f'<circle class="dot" cx="{x}" cy="{y}" r="3"/>' for x, y in alone)


def _runs(
    days: Sequence[date], values: Iterable[float | None], scale: Scale
) -> Iterator[list[Point]]:
    """Yield the points between gaps: a day without a number is no zero."""
    run: list[Point] = []
    x: Callable[[date], float] = scale.x
    for day, value in zip(days, values, strict=True):
        if value is None or not math.isfinite(value):
            if run:
                yield run
            run = []
        else:
            run.append((x(day), scale.y(value)))
    if run:
        yield run


def _path(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
