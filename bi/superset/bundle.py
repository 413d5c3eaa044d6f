"""The declaration as a bundle that Superset imports.

python -m bi.superset.bundle <SQLAlchemy URI> <file.zip>
"""

import json
import sys
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from bi.superset import charts
from bi.superset.declared import boards, columns, datasets, sql

VERSION = "1.0.0"
DATES = ("date", "timestamp", "timestamp with time zone")
HEIGHTS = {"number": 18, "heatmap": 60}
#: words of states, wherever they stand in a chart
LABEL_COLOURS = {
    "已达成 met": "#2e7d32",
    "正常 on track": "#66bb6a",
    "有风险 at risk": "#ef8e00",
    "未达成 missed": "#c62828",
    "无数据 no data": "#9e9e9e",
    "通过 held": "#2e7d32",
    "未通过 broken": "#c62828",
    "有数据 ok": "#2e7d32",
    "无内容 empty": "#a5d6a7",
    "缺失 missing": "#c62828",
    "失败 failed": "#ef8e00",
    "不提供 not offered": "#9e9e9e",
    # light: the words stand on them
    "1 观看 Views": "#a8d8ea",
    "2 商品点击 Product clicks": "#bcc6e6",
    "3 支付订单 Paid orders": "#bfe6cd",
}
FILTERS = {
    "brand": ("品牌 Brand", "users", "brand_key"),
    "platform": ("平台 Platform", "users", "platform"),
    "campaign": ("活动 Campaign", "goal_status", "campaign_key"),
    "phase": ("阶段 Phase", "goal_status", "phase_key"),
    "goal": ("目标 Goal (曲线 curve)", "goal_curve", "goal_name"),
}


def key(name: str, uri: str = "") -> str:
    """Return the id of an asset, the same at every import; another per kind of database."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"tidemark/superset/{kind(uri)}/{name}"))


def kind(uri: str) -> str:
    """Return duckdb or postgresql."""
    return uri.partition(":")[0].partition("+")[0]


def database_name(uri: str) -> str:
    """Return the name under which Superset lists the release."""
    return f"Tidemark {kind(uri)}"


def dataset_name(name: str, uri: str) -> str:
    """Return a dataset's name in Superset, where no two datasets may share one."""
    return f"tidemark_{name}" if kind(uri) == "duckdb" else f"tidemark_{kind(uri)}_{name}"


def bundle(uri: str) -> dict[str, str]:
    """Return the files of the import, by path."""
    files: dict[str, Any] = {
        "metadata.yaml": {"version": VERSION, "type": "assets", "timestamp": "2026-01-01T00:00:00"},
        "databases/tidemark.yaml": _database(uri),
    }
    for name, dataset in datasets().items():
        files[f"datasets/tidemark/{name}.yaml"] = _dataset(name, dataset, uri)
    for board in boards().values():
        for name, chart in _charts_of(board):
            files[f"charts/{board['slug']}_{name}.yaml"] = _chart(board, name, chart, uri)
        files[f"dashboards/{board['slug']}.yaml"] = _dashboard(board, uri)
    return {path: yaml.safe_dump(text, allow_unicode=True) for path, text in files.items()}


def _database(uri: str) -> dict[str, Any]:
    # a dropped or swapped release must not live on in a pool: Superset opens a connection a
    # question (NullPool) unless an engine parameter says otherwise
    reading = {"connect_args": {"read_only": True}} if kind(uri) == "duckdb" else {}
    return {
        "database_name": database_name(uri),
        "sqlalchemy_uri": uri,
        "uuid": key("database", uri),
        "expose_in_sqllab": True,
        "allow_dml": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "cache_timeout": -1,
        "extra": {"engine_params": reading, "allows_virtual_table_explore": True},
        "version": VERSION,
    }


def _dataset(name: str, dataset: Mapping[str, Any], uri: str) -> dict[str, Any]:
    return {
        "table_name": dataset_name(name, uri),
        "uuid": key(f"dataset/{name}", uri),
        "database_uuid": key("database", uri),
        "sql": sql(dataset),
        "main_dttm_col": dataset.get("date"),
        "version": VERSION,
        "columns": [
            {
                "column_name": column.name,
                "verbose_name": column.label,
                "description": column.description,
                "type": column.type.upper(),
                "is_dttm": column.type in DATES,
                "groupby": True,
                "filterable": True,
            }
            for column in columns(dataset)
        ],
        "metrics": [
            {
                "metric_name": metric,
                "verbose_name": said.get("label", metric),
                "expression": said["sql"],
                "d3format": said.get("format", charts.WHOLE),
            }
            for metric, said in dataset.get("metrics", {}).items()
        ],
    }


def _charts_of(board: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    dated = datasets()["release"]
    header = {"title": "发布与截止日 Release and as of", "kind": "table", "dataset": "release"}
    yield "release", {**header, "columns": dated["columns"]}
    yield from board["charts"].items()


def _chart(board: Mapping[str, Any], name: str, chart: Mapping[str, Any], uri: str) -> Any:
    return {
        "slice_name": chart["title"],
        "viz_type": charts.VIZ[chart["kind"]],
        "params": charts.params(chart, datasets()[chart["dataset"]]),
        "uuid": key(f"chart/{board['slug']}/{name}", uri),
        "dataset_uuid": key(f"dataset/{chart['dataset']}", uri),
        "version": VERSION,
    }


def _dashboard(board: Mapping[str, Any], uri: str) -> dict[str, Any]:
    slug = board["slug"] if kind(uri) == "duckdb" else f"{board['slug']}-{kind(uri)}"
    filters = [_filter(board, name, uri) for name in board["filters"]]
    return {
        "dashboard_title": board["title"],
        "slug": slug,
        "uuid": key(f"board/{board['slug']}", uri),
        "published": True,
        "position": _position(board, uri),
        "metadata": {
            "native_filter_configuration": filters,
            "filter_bar_orientation": "VERTICAL",
            "color_scheme": charts.COLOURS,
            "label_colors": LABEL_COLOURS,
            "cross_filters_enabled": False,
            "refresh_frequency": 0,
        },
        "version": VERSION,
    }


def _filter(board: Mapping[str, Any], name: str, uri: str) -> dict[str, Any]:
    shared: dict[str, Any] = {
        "id": f"NATIVE_FILTER-{board['slug']}-{name}",
        "type": "NATIVE_FILTER",
        "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
        "cascadeParentIds": [],
        "defaultDataMask": {"extraFormData": {}, "filterState": {}},
    }
    if name == "date":
        return {**shared, "name": "日期 Date", "filterType": "filter_time", "targets": [{}]} | {
            "controlValues": {"enableEmptyFilter": False}
        }
    title, dataset, column = FILTERS[name]
    target = {"datasetUuid": key(f"dataset/{dataset}", uri), "column": {"name": column}}
    shared |= {"name": title, "filterType": "filter_select", "targets": [target]}
    return shared | (_one_goal(board) if name == "goal" else _any_of())


def _any_of() -> dict[str, Any]:
    """Return what makes a filter one of several values or none."""
    return {"requiredFirst": False, "controlValues": _choice(is_one=False)}


def _one_goal(board: Mapping[str, Any]) -> dict[str, Any]:
    """Return what makes a filter one goal of those that the other filters leave."""
    above = [f"NATIVE_FILTER-{board['slug']}-{name}" for name in FILTERS if name != "goal"]
    first = {"sortMetric": "opens_with", "requiredFirst": True, "cascadeParentIds": above}
    return {**first, "controlValues": _choice(is_one=True) | {"sortAscending": False}}


def _choice(*, is_one: bool) -> dict[str, bool]:
    wanted = {"defaultToFirstItem": is_one, "enableEmptyFilter": is_one}
    return {"multiSelect": not is_one, **wanted, "searchAllOptions": False} | {
        "inverseSelection": False
    }


def _position(board: Mapping[str, Any], uri: str) -> dict[str, Any]:
    rows = [f"ROW-{n}" for n in range(len(board["rows"]))]
    found: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": board["title"]}},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": rows, "parents": ["ROOT_ID"]},
    }
    for row, declared in zip(rows, board["rows"], strict=True):
        found |= _row(board, row, {name: w for entry in declared for name, w in entry.items()}, uri)
    return found


def _row(
    board: Mapping[str, Any], row: str, widths: Mapping[str, int], uri: str
) -> dict[str, dict[str, Any]]:
    """Return a row and its charts, all as high as the highest."""
    said = dict(_charts_of(board))
    height = max(_height(name, said[name]) for name in widths)
    above, children = ["ROOT_ID", "GRID_ID"], [f"CHART-{name}" for name in widths]
    meta: dict[str, Any] = {"background": "BACKGROUND_TRANSPARENT"}
    shared = {"id": row, "type": "ROW", "children": children, "parents": above}
    found: dict[str, dict[str, Any]] = {row: {**shared, "meta": meta}}
    for name, width in widths.items():
        chart = {"uuid": key(f"chart/{board['slug']}/{name}", uri), "chartId": 0}
        meta = {**chart, "sliceName": said[name]["title"], "width": width, "height": height}
        shared = {"id": f"CHART-{name}", "type": "CHART", "children": []}
        found[f"CHART-{name}"] = {**shared, "parents": [*above, row], "meta": meta}
    return found


def _height(name: str, chart: Mapping[str, Any]) -> int:
    standard = 17 if name == "release" else HEIGHTS.get(chart["kind"], 50)
    return int(chart.get("height", standard))


def write(uri: str, path: Path) -> None:
    """Write the bundle as the ZIP that Superset's import takes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in bundle(uri).items():
            archive.writestr(f"tidemark/{name}", text)


if __name__ == "__main__":
    write(sys.argv[1], Path(sys.argv[2]))
    print(json.dumps({"written": sys.argv[2], "files": len(bundle(sys.argv[1]))}))
