"""The metric registry: config/metrics.yml."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tidemark.config.document import Section, Value, read_document
from tidemark.config.problems import Problem, nearest, raise_if_any

FILE = "metrics.yml"
AGGREGATIONS = ("sum", "ratio", "last", "max", "distinct", "duration")
UNITS = ("times", "people", "posts", "orders", "cny", "share", "seconds")
DIRECTIONS = ("higher", "lower")
#: same_day: a day's value is known when the day ends; charged_back: later events change it
ACCRUALS = ("same_day", "charged_back")
_FIELDS = (
    *("id", "name", "short_zh", "short_code", "unit", "aggregation", "numerator", "denominator"),
    *("basis", "direction", "is_monotone", "min_denominator", "min_expected", "restate_days"),
    *("accrual", "additive_over", "definition", "sources"),
)


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
    numerator: str | None = None
    denominator: str | None = None
    basis: tuple[str, ...] = ()
    direction: str = "higher"
    is_monotone: bool = False
    min_denominator: float | None = None
    min_expected: float | None = None
    restate_days: int = 7
    accrual: str = "same_day"
    additive_over: tuple[str, ...] = ()
    #: platform -> parts that are all needed; within a part alternatives, best first
    sources: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)

    @property
    def is_ratio_registered(self) -> bool:
        """Whether both parts of the ratio are named."""
        return bool(self.numerator and self.denominator)


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
        numerator=section.text("numerator") or None,
        denominator=section.text("denominator") or None,
        basis=tuple(value.text() or "" for value in section.items("basis")),
        direction=section.choice("direction", DIRECTIONS, "higher") or "higher",
        is_monotone=section.flag("is_monotone"),
        min_denominator=section.number("min_denominator"),
        min_expected=section.number("min_expected"),
        restate_days=int(section.number("restate_days") or 7),
        accrual=section.choice("accrual", ACCRUALS, "same_day") or "same_day",
        additive_over=tuple(
            value.choice(("day", "account"), "additive_over") or ""
            for value in section.items("additive_over")
        ),
        sources=_sources(section.get("sources"), streams),
    )
    _check_ratio(item, metric)
    return metric


def _check_ratio(item: Value, metric: Metric) -> None:
    if metric.aggregation == "ratio" and not metric.is_ratio_registered:
        item.report(
            f"ratio {metric.id!r} has no numerator and denominator",
            "name both, a ratio is never averaged",
        )
    if metric.aggregation != "ratio" and (metric.numerator or metric.denominator):
        item.report(
            f"{metric.id!r} has a numerator or denominator but is no ratio",
            "set aggregation: ratio or remove them",
        )


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
