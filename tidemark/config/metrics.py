"""The metric registry: config/metrics.yml."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tidemark.config.document import Section, Value, read_document
from tidemark.config.problems import Problem, nearest, raise_if_any

FILE = "metrics.yml"
AGGREGATIONS = ("sum", "ratio", "last", "max", "distinct", "duration")
#: those whose accounts or days can be added: rates, percentiles, peaks and people never are
ADDITIVE = frozenset({"sum", "last"})
UNITS = ("times", "people", "posts", "orders", "cny", "share", "multiple", "seconds")
DIRECTIONS = ("higher", "lower")
#: same_day: a day's value is known when the day ends; charged_back: later events change it
ACCRUALS = ("same_day", "charged_back")
#: how a ratio's part over a window is made: the days added up; the stock that the window opened
#: with, alone or beside what the days add to it; its different members, or those seen before it
WINDOWS = ("days", "opening", "opening_and_days", "members", "returning_members")
#: the expressions of a formula
PARTS = ("value", "numerator", "denominator")
_FORMULA = ("from", *PARTS, "zero_if_read")
_FIELDS = (
    *("id", "name", "short_zh", "short_code", "unit", "aggregation", "from", *PARTS, "later"),
    *("by_platform", "zero_if_read"),
    *("members", "waits", "percentile", "opening", "window"),
    *("basis", "direction", "is_monotone", "min_denominator", "min_expected", "restate_days"),
    "min_classified",
    *("accrual", "additive_over", "definition", "sources"),
)


@dataclass(frozen=True)
class Formula:
    """What is read of a model with one row per account and day; the parts are SQL expressions.

    A part is the same for every basis (key "") or one per basis.
    """

    model: str
    value: Mapping[str, str] = field(default_factory=dict)
    numerator: Mapping[str, str] = field(default_factory=dict)
    denominator: Mapping[str, str] = field(default_factory=dict)
    #: whether a day without a row is 0 once every stream of the metric was read; else it is
    #: unknown, also what becomes known of it later
    zero_if_read: bool = False

    def part(self, name: str, basis: str) -> str | None:
        """Return the expression of a part for a basis."""
        said: Mapping[str, str] = getattr(self, name)
        return said.get(basis) or said.get("")


@dataclass(frozen=True)
class Metric:
    """One registered metric; its fields are those of the metrics page."""

    id: str
    name_zh: str
    name_en: str
    short_zh: str
    short_code: str
    unit: str
    aggregation: str
    definition_zh: str
    definition_en: str
    formula: Formula = Formula("")
    #: platforms whose numbers are read elsewhere, or made otherwise
    by_platform: Mapping[str, Formula] = field(default_factory=dict)
    #: what becomes known of a day only later; its model also has known_on
    later: Formula | None = None
    #: distinct: the model of (account_key, stat_date, known_on, member) that is counted
    members: str | None = None
    #: duration: the model of (account_key, stat_date, ended_on, seconds), and the share below
    waits: Mapping[str, str] = field(default_factory=dict)
    percentile: float | None = None
    opening: str | None = None
    numerator_window: str = "days"
    denominator_window: str = "days"
    basis: tuple[str, ...] = ()
    direction: str = "higher"
    is_monotone: bool = False
    min_denominator: float | None = None
    min_expected: float | None = None
    #: the least classified_share of the same days; below it nothing is judged
    min_classified: float | None = None
    restate_days: int = 7
    accrual: str = "same_day"
    additive_over: tuple[str, ...] = ()
    #: platform -> parts that are all needed; within a part alternatives, best first
    sources: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)

    @property
    def is_ratio_registered(self) -> bool:
        """Whether both parts of the ratio are named."""
        return bool(self.formula.numerator and self.formula.denominator)

    @property
    def numerator(self) -> str | None:
        """The numerator as text, for people."""
        return _shown(self.formula.numerator)

    @property
    def denominator(self) -> str | None:
        """The denominator as text, for people."""
        return _shown(self.formula.denominator)


def load_metrics(config_dir: Path) -> dict[str, Metric]:
    """Map metric id to its registration; ConfigError names all problems of the file."""
    problems: list[Problem] = []
    metrics = read_metrics(config_dir, problems)
    raise_if_any(problems)
    return metrics


def read_metrics(
    config_dir: Path, problems: list[Problem], streams: Collection[str] | None = None
) -> dict[str, Metric]:
    """Return what can be read of metrics.yml, adding every problem found.

    Streams are checked where they are given: reading the registry needs no extractor.
    """
    root = read_document(config_dir / FILE, problems, f"config/{FILE}")
    if root is None:
        return {}
    metrics: dict[str, Metric] = {}
    codes: dict[str, str] = {}
    for item in root.section(("metrics",)).items("metrics"):
        metric = _metric(item, streams)
        if metric.id in metrics:
            item.report(f"metric {metric.id!r} is registered twice", "keep one of the two")
        elif metric.short_code in codes:
            item.report(
                f"short code {metric.short_code!r} already stands for {codes[metric.short_code]}",
                "choose another two letters",
            )
        codes[metric.short_code] = metric.id
        metrics[metric.id] = metric
    return metrics


def _metric(item: Value, streams: Collection[str] | None) -> Metric:
    section = item.section(_FIELDS)
    name_zh, name_en = _pair(section.need("name"))
    definition_zh, definition_en = _pair(section.need("definition"))
    metric = Metric(
        id=section.needed_text("id"),
        name_zh=name_zh,
        name_en=name_en,
        short_zh=section.text("short_zh", name_zh),
        short_code=section.needed_text("short_code"),
        unit=_needed_choice(section, "unit", UNITS),
        aggregation=_needed_choice(section, "aggregation", AGGREGATIONS),
        definition_zh=definition_zh,
        definition_en=definition_en,
        formula=_formula(section),
        by_platform=_by_platform(section),
        later=_later(section),
        members=section.text("members") or None,
        waits=_part(section.get("waits")),
        percentile=section.number("percentile"),
        opening=section.text("opening") or None,
        **_windows(section),
        basis=tuple(value.text() or "" for value in section.items("basis")),
        direction=section.choice("direction", DIRECTIONS, "higher") or "higher",
        is_monotone=section.flag("is_monotone"),
        min_denominator=section.number("min_denominator"),
        min_expected=section.number("min_expected"),
        min_classified=section.number("min_classified"),
        restate_days=int(section.number("restate_days") or 7),
        accrual=section.choice("accrual", ACCRUALS, "same_day") or "same_day",
        additive_over=tuple(
            value.choice(("day", "account"), "additive_over") or ""
            for value in section.items("additive_over")
        ),
        sources=_sources(section.get("sources"), streams),
    )
    _check_parts(item, metric)
    return metric


def _check_parts(item: Value, metric: Metric) -> None:
    """Report parts that the aggregation needs and lacks, or has and cannot use."""
    for message, remedy in (*_lacking(metric), *_contradicting(metric)):
        item.report(message, remedy)


def _lacking(metric: Metric) -> Iterator[tuple[str, str]]:
    """Yield what the metric's aggregation and windows need and nobody wrote."""
    name, kind = repr(metric.id), metric.aggregation
    if kind == "ratio" and not metric.is_ratio_registered:
        yield (
            f"ratio {name} has no numerator and denominator",
            "name both, a ratio is never averaged",
        )
    if kind != "ratio" and not metric.formula.value:
        yield f"{name} has no value", "write value: with an expression over `from`"
    windows = {metric.numerator_window, metric.denominator_window}
    if not metric.members and (kind == "distinct" or windows & {"members", "returning_members"}):
        yield f"{name} has no members", "name the model whose members are counted, never added"
    if kind == "duration" and not (metric.waits and metric.percentile and metric.denominator):
        yield (
            f"duration {name} has no waits, percentile or denominator",
            "name the model of waiting times, the percentile and how many items a day has",
        )
    unnamed = [basis for basis in metric.basis if basis not in metric.waits]
    if metric.waits and "" not in metric.waits and unnamed:
        yield f"{name} has no waits for basis {unnamed[0]!r}", "name a model for each basis"
    if windows & {"opening", "opening_and_days"} and not metric.opening:
        yield f"{name} has no opening", "write opening: with the stock before the day began"


def _contradicting(metric: Metric) -> Iterator[tuple[str, str]]:
    """Yield what is written and cannot be."""
    unused = metric.numerator or (metric.denominator and metric.aggregation != "duration")
    if metric.aggregation != "ratio" and unused:
        yield (
            f"{metric.id!r} has a numerator or denominator but is no ratio",
            "set aggregation: ratio or remove them",
        )
    if metric.additive_over and metric.aggregation not in ADDITIVE:
        yield (
            f"{metric.id!r} is a {metric.aggregation}, which is never added",
            "remove additive_over",
        )
    for platform in sorted(set(metric.by_platform) - set(metric.sources)):
        yield f"{platform!r} of {metric.id!r} has no source", "name it under sources"
    for part in PARTS:
        for basis in sorted(set(getattr(metric.formula, part)) - {"", *metric.basis}):
            yield (
                f"{part} of {metric.id!r} has the unknown basis {basis!r}",
                f"list it under basis, or use one of: {', '.join(metric.basis) or 'none'}",
            )


def _formula(section: Section) -> Formula:
    value, numerator, denominator = (_part(section.get(name)) for name in PARTS)
    model, is_zero = section.needed_text("from"), section.flag("zero_if_read")
    return Formula(model, value, numerator, denominator, is_zero)


def _by_platform(section: Section) -> dict[str, Formula]:
    value = section.get("by_platform")
    if value is None:
        return {}
    return {name: _formula(said.section(_FORMULA)) for name, said in value.section()}


def _windows(section: Section) -> dict[str, str]:
    value = section.get("window")
    if value is None:
        return {}
    parts = value.section(("numerator", "denominator"))
    return {
        f"{part}_window": parts.choice(part, WINDOWS, "days") or "days"
        for part in ("numerator", "denominator")
    }


def _later(section: Section) -> Formula | None:
    value = section.get("later")
    return None if value is None else _formula(value.section(_FORMULA))


def _part(value: Value | None) -> dict[str, str]:
    """Return one expression for all bases, or one per basis."""
    if value is None:
        return {}
    plain = value.plain()
    if isinstance(plain, dict):
        return {basis: said.text() or "" for basis, said in value.section()}
    return {"": str(plain)}


def _shown(part: Mapping[str, str]) -> str | None:
    said = [f"{basis}: {sql}" if basis else sql for basis, sql in part.items()]
    return "; ".join(said) or None


def _needed_choice(section: Section, key: str, known: tuple[str, ...]) -> str:
    value = section.need(key)
    return (value.choice(known, key) if value else None) or known[0]


def _pair(value: Value | None) -> tuple[str, str]:
    if value is None:
        return "", ""
    section = value.section(("zh", "en"))
    return section.needed_text("zh"), section.needed_text("en")


def _sources(
    value: Value | None, streams: Collection[str] | None
) -> dict[str, tuple[tuple[str, ...], ...]]:
    if value is None:
        return {}
    return {
        platform: tuple(
            tuple(_stream(stream, streams) for stream in part.items()) for part in parts.items()
        )
        for platform, parts in value.section()
    }


def _stream(value: Value, streams: Collection[str] | None) -> str:
    name = value.text() or ""
    if name.count("/") != 1:
        value.report("is not a stream", "write it as <platform>/<stream>")
    elif streams is not None and name not in streams:
        value.report("unknown stream", nearest(name, streams))
    return name
