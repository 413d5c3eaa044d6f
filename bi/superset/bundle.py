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
HEIGHTS = {"number": 18, "table": 46, "pie": 46, "funnel": 46, "heatmap": 52}
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
        "table_name": f"tidemark_{name}",
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
                "d3format": said.get("format"),
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
            "cross_filters_enabled": False,
            "refresh_frequency": 0,
        },
        "version": VERSION,
    }


def _filter(board: Mapping[str, Any], name: str, uri: str) -> dict[str, Any]:
    shared = {
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
    is_one = name == "goal"
    return {
        **shared,
        "name": title,
        "requiredFirst": is_one,
        "filterType": "filter_select",
        "targets": [{"datasetUuid": key(f"dataset/{dataset}", uri), "column": {"name": column}}],
        "controlValues": {
            "multiSelect": not is_one,
            "defaultToFirstItem": is_one,
            "enableEmptyFilter": is_one,
            "searchAllOptions": False,
            "inverseSelection": False,
        },
    }


def _position(board: Mapping[str, Any], uri: str) -> dict[str, Any]:
    said = dict(_charts_of(board))
    rows = [f"ROW-{n}" for n in range(len(board["rows"]))]
    found: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": board["title"]}},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": rows, "parents": ["ROOT_ID"]},
    }
    for row, declared in zip(rows, board["rows"], strict=True):
        placed = {name: width for entry in declared for name, width in entry.items()}
        above = ["ROOT_ID", "GRID_ID"]
        meta = {"background": "BACKGROUND_TRANSPARENT"}
        children = [f"CHART-{name}" for name in placed]
        shared = {"id": row, "type": "ROW", "children": children, "parents": above}
        found[row] = {**shared, "meta": meta}
        for name, width in placed.items():
            height = 22 if name == "release" else HEIGHTS.get(said[name]["kind"], 50)
            chart = {"uuid": key(f"chart/{board['slug']}/{name}", uri), "chartId": 0}
            meta = {**chart, "sliceName": said[name]["title"], "width": width, "height": height}
            shared = {"id": f"CHART-{name}", "type": "CHART", "children": []}
            found[f"CHART-{name}"] = {**shared, "parents": [*above, row], "meta": meta}
    return found


def write(uri: str, path: Path) -> None:
    """Write the bundle as the ZIP that Superset's import takes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in bundle(uri).items():
            archive.writestr(f"tidemark/{name}", text)


if __name__ == "__main__":
    write(sys.argv[1], Path(sys.argv[2]))
    print(json.dumps({"written": sys.argv[2], "files": len(bundle(sys.argv[1]))}))
