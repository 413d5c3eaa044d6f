"""The generated pages as Markdown: the metric registry, the published tables, folders of pages."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tidemark.config.metrics import Metric

PUBLISHED = ("marts", "kpi", "ops")
TITLES = {"marts": "业务 business", "kpi": "目标与告警 goals and alerts", "ops": "运行 operations"}


def index_page(folder: Path) -> str:
    """Return a list of a folder's pages by their titles."""
    titles = {
        path.name: path.read_text("utf-8").splitlines()[0].lstrip("# ")
        for path in sorted(folder.glob("*.md"))
    }
    lines = [f"- [{title}]({name})" for name, title in titles.items()]
    return "\n".join([f"# {folder.name.capitalize()}", "", *lines, ""])


def metrics_page(metrics: Iterable[Metric]) -> str:
    """Return every metric of the registry with all that is registered of it."""
    metrics = list(metrics)
    lines = ["# Metrics 指标", "", f"{len(metrics)} metrics. 共 {len(metrics)} 个指标。", ""]
    lines += ["| id | 中文 | English | unit | aggregation |", "|---|---|---|---|---|"]
    lines += [
        f"| [{m.id}](#{m.id}) | {m.name_zh} | {m.name_en} | {m.unit} | {m.aggregation} |"
        for m in metrics
    ]
    for metric in metrics:
        lines += ["", *_metric(metric)]
    return "\n".join([*lines, ""])


def _metric(metric: Metric) -> list[str]:
    facts = {
        "short code 简码": f"{metric.short_code} {metric.short_zh}",
        "unit 单位": metric.unit,
        "aggregation 汇总": metric.aggregation,
        "direction 方向": metric.direction,
        "basis 口径": ", ".join(metric.basis),
        "read from 来源模型": f"`{metric.formula.model}`",
        "value 值": _code(_parts(metric.formula.value)),
        "numerator 分子": _code(metric.numerator),
        "denominator 分母": _code(metric.denominator),
        "over a window 窗口": _window(metric),
        "known later 后续": metric.later and f"`{metric.later.model}`",
        "monotone 单调": "yes 是" if metric.is_monotone else "",
        "smallest denominator 最小分母": metric.min_denominator,
        "smallest expected 最小期望": metric.min_expected,
        "smallest classified share 最低分类占比": metric.min_classified,
        "restated for days 回补天数": metric.restate_days,
        "may be added over 可加": ", ".join(metric.additive_over) or "nothing 不可加",
    }
    sources = [
        f"| {platform} | {'; '.join(' or '.join(part) for part in parts)} |"
        for platform, parts in metric.sources.items()
    ]
    return [
        f'## <a id="{metric.id}"></a>{metric.id} {metric.name_zh}',
        "",
        f"**{metric.name_en}.** {metric.definition_en}.",
        "",
        f"{metric.definition_zh}。",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {fact} |" for name, fact in facts.items() if fact not in ("", None)),
        "",
        "| platform 平台 | streams 数据流 |",
        "|---|---|",
        *sources,
    ]


def _window(metric: Metric) -> str:
    windows = (metric.numerator_window, metric.denominator_window)
    if windows == ("days", "days"):
        return ""
    return f"numerator: {windows[0]}, denominator: {windows[1]}"


def _parts(part: Mapping[str, str]) -> str:
    return "; ".join(f"{basis}: {sql}" if basis else sql for basis, sql in part.items())


def _code(text: str | None) -> str:
    return f"`{text}`" if text else ""


def table_pages(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Map tables/<schema>.md to the page of a published schema's tables."""
    models = {
        key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"
    }
    by_schema: dict[str, list[str]] = defaultdict(list)
    for key, node in sorted(models.items(), key=lambda item: item[1]["name"]):
        if is_published(node):
            by_schema[node["config"]["schema"]].append(key)
    return {
        f"tables/{schema}.md": _schema(schema, by_schema[schema], manifest, models)
        for schema in PUBLISHED
    }


def is_published(node: Mapping[str, Any]) -> bool:
    """Tell whether a model's table is part of the published contract."""
    return node["config"]["schema"] in PUBLISHED and not node["name"].startswith("int_")


def _schema(
    schema: str, keys: list[str], manifest: Mapping[str, Any], models: Mapping[str, Any]
) -> str:
    lines = [f"# {schema}: {TITLES[schema]}", ""]
    for key in keys:
        node = models[key]
        above = _links(manifest["parent_map"].get(key, []), models)
        below = _links(manifest["child_map"].get(key, []), models)
        used_by = [k.split(".")[-1] for k in manifest["child_map"].get(key, []) if "exposure" in k]
        lines += [f'## <a id="{node["name"]}"></a>{node["name"]}', "", node["description"], ""]
        lines += [f"Made of 上游: {above or '-'}", "", f"Read by 下游: {below or '-'}", ""]
        lines += [f"Served to 用于: {', '.join(used_by) or '-'}", ""]
        lines += ["| column 列 | type 类型 | meaning 含义 |", "|---|---|---|"]
        lines += [
            f"| `{column['name']}` | {column['data_type']} | {column['description']} |"
            for column in node["columns"].values()
        ]
        lines.append("")
    return "\n".join(lines)


def _links(keys: Iterable[str], models: Mapping[str, Any]) -> str:
    """Return models as links where they are published, else by name."""
    nodes = [models[key] for key in keys if key in models]
    return ", ".join(
        f"[{n['name']}]({n['config']['schema']}.md#{n['name']})" if is_published(n) else n["name"]
        for n in sorted(nodes, key=lambda node: node["name"])
    )
