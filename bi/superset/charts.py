"""Charts: what a declared kind is in Superset's words."""

import json
from collections.abc import Mapping
from typing import Any

COLOURS = "supersetColors"
WHOLE = ",.0f"
DAY, MOMENT = "%Y-%m-%d", "%Y-%m-%d %H:%M"
VIZ = {
    "table": "table",
    "number": "big_number_total",
    "line": "echarts_timeseries_line",
    "bar": "echarts_timeseries_bar",
    "pie": "pie",
    "heatmap": "heatmap_v2",
    "funnel": "funnel",
}


def params(chart: Mapping[str, Any], dataset: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a chart in Superset's form data."""
    found: dict[str, Any] = {"viz_type": VIZ[chart["kind"]], "color_scheme": COLOURS}
    found |= _KINDS[chart["kind"]](chart, dataset)
    filters = [_sql_filter(chart["where"])] if "where" in chart else []
    if "date" in dataset:
        filters.append(_date_filter(dataset["date"]))
    return found | {"adhoc_filters": filters}


def _sql_filter(expression: str) -> dict[str, Any]:
    return {"expressionType": "SQL", "clause": "WHERE", "sqlExpression": expression}


def _date_filter(column: str) -> dict[str, Any]:
    """Return the filter through which the board's date filter reaches the chart."""
    shared = {"expressionType": "SIMPLE", "clause": "WHERE", "subject": column}
    return {**shared, "operator": "TEMPORAL_RANGE", "comparator": "No filter"}


def _table(chart: Mapping[str, Any], dataset: Mapping[str, Any]) -> dict[str, Any]:
    is_raw = "columns" in chart
    metrics = {name: dataset["metrics"][name] for name in chart.get("metrics", [])}
    formats = {name: said.get("format", WHOLE) for name, said in metrics.items()}
    formats |= chart.get("formats", {})
    config = {name: {"d3NumberFormat": text} for name, text in formats.items()}
    return {
        "query_mode": "raw" if is_raw else "aggregate",
        "all_columns": chart.get("columns", []),
        "groupby": chart.get("by", []),
        "metrics": chart.get("metrics", []),
        "order_desc": True,
        "row_limit": chart.get("limit", 1000),
        "page_length": 0,
        "server_pagination": False,
        "order_by_cols": [_order(name) for name in chart.get("order", [])],
        "table_timestamp_format": DAY,
        "allow_render_html": True,
        "show_cell_bars": False,
        "column_config": config
        | {name: {"d3TimeFormat": MOMENT} for name in chart.get("columns", []) if _is_moment(name)},
    }


def _order(name: str) -> str:
    """Return a column to sort by in Superset's words; a minus puts the greatest first."""
    return json.dumps([name.removeprefix("-"), not name.startswith("-")])


def _is_moment(name: str) -> bool:
    return name.endswith("_at")


def _number(chart: Mapping[str, Any], dataset: Mapping[str, Any]) -> dict[str, Any]:
    (name,) = chart["metrics"]
    return {"metric": name, "y_axis_format": dataset["metrics"][name].get("format", WHOLE)}


def _series(chart: Mapping[str, Any], dataset: Mapping[str, Any]) -> dict[str, Any]:
    formats = {dataset["metrics"][name].get("format", WHOLE) for name in chart["metrics"]}
    return {
        "x_axis": chart.get("x", dataset["date"]),
        "time_grain_sqla": None,
        "metrics": chart["metrics"],
        "groupby": chart.get("by", []),
        "row_limit": 10000,
        "show_legend": True,
        "stack": "Stack" if chart["kind"] == "bar" and chart.get("by") else None,
        "rich_tooltip": True,
        "x_axis_time_format": "%m-%d",
        "xAxisLabelRotation": 45,
        "y_axis_format": formats.pop() if len(formats) == 1 else "SMART_NUMBER",
    }


def _pie(chart: Mapping[str, Any], dataset: Mapping[str, Any]) -> dict[str, Any]:
    shared = {"groupby": chart["by"], "metric": chart["metrics"][0], "row_limit": 100}
    # a legend has no room beside a narrow chart: its pages hide what they hold
    labels = {"show_legend": False, "show_labels": True, "number_format": WHOLE}
    if chart["kind"] == "funnel":
        steps = {"percent_calculation_type": "first_step", "tooltip_label_type": 5}
        return shared | labels | steps | {"label_type": 5, "sort_by_metric": True}
    # room for words beside the ring, and a word for a slice however thin
    ring = {"donut": True, "outerRadius": 32, "innerRadius": 17, "show_labels_threshold": 0}
    outside = ring | {"labels_outside": True, "label_line": True}
    return shared | labels | outside | {"label_type": "key_value", "sort_by_metric": True}


def _heatmap(chart: Mapping[str, Any], dataset: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "x_axis": chart["x"],
        "time_grain_sqla": None,
        "groupby": chart["by"][0],
        "metric": chart["metrics"][0],
        "row_limit": 50000,
        "sort_x_axis": "alpha_asc",
        "sort_y_axis": "alpha_desc",
        "normalize_across": "heatmap",
        "linear_color_scheme": "schemeBlues",
        "legend_type": "continuous",
        "show_legend": True,
        "show_values": False,
        "x_axis_time_format": "%m-%d",
        "left_margin": 50,
        "bottom_margin": "auto",
        "value_bounds": [None, None],
        "y_axis_format": dataset["metrics"][chart["metrics"][0]].get("format", WHOLE),
    }


_KINDS = {
    "table": _table,
    "number": _number,
    "line": _series,
    "bar": _series,
    "pie": _pie,
    "funnel": _pie,
    "heatmap": _heatmap,
}
