"""The declaration of datasets and boards, joined with what dbt's files say of columns."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

MOMENT = "timestamp with time zone"
HERE = Path(__file__).parent
MODELS = HERE.parents[1] / "dbt_project" / "models"
RELEASE_OWN = {"release_id": "r.release_id", "release_as_of": "r.as_of_date"}
RELEASE_LABELS = {"release_id": "发布 Release", "release_as_of": "数据截止 As of"}
PHASES = """days as (
    select
        c.brand_key,
        d.date,
        p.campaign_key,
        p.phase_key,
        row_number() over (
            partition by c.brand_key, d.date
            order by p.starts_on desc, p.campaign_key, p.phase_no desc
        ) as place
    from marts.dim_phase as p
    join marts.dim_campaign as c on c.campaign_key = p.campaign_key
    join marts.dim_date as d on d.date between p.starts_on and p.ends_on
),
"""
RELEASE = """newest as (
    select release_id, as_of_date
    from ops.release
    where release_id = (select max(release_id) from ops.release)
)"""


@dataclass(frozen=True)
class Column:
    """One column of a dataset."""

    name: str
    expression: str
    label: str
    description: str
    type: str


@cache
def models() -> Mapping[str, Mapping[str, Any]]:
    """Map every published model as schema.name to its columns by name."""
    found = {}
    for schema in ("marts", "kpi", "ops"):
        for path in sorted((MODELS / schema).rglob("*.yml")):
            for model in (yaml.safe_load(path.read_text("utf-8")) or {}).get("models", []):
                columns = {column["name"]: column for column in model.get("columns", [])}
                found[f"{schema}.{model['name']}"] = columns
    return found


@cache
def datasets() -> Mapping[str, Any]:
    """Map every dataset to its declaration."""
    found: Mapping[str, Any] = yaml.safe_load((HERE / "datasets.yml").read_text("utf-8"))
    return found


@cache
def boards() -> Mapping[str, Any]:
    """Map every board to its declaration."""
    paths = sorted((HERE / "boards").glob("*.yml"))
    return {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in paths}


def tables(dataset: Mapping[str, Any]) -> dict[str, str]:
    """Map the aliases of a dataset's SQL to the published tables behind them."""
    joins = " ".join(dataset.get("join", []))
    named = re.findall(r"join ((?:marts|kpi|ops)\.\w+) as (\w+)", joins)
    return {"t": dataset["from"], **{alias: table for table, alias in named}}


def label(description: str) -> str:
    """Return the first words of a description in both languages: 粉丝 Followers."""
    english, _, chinese = description.partition(" / ")
    first = [re.split(r"[,;:(，；：（。]|\. ", text)[0].strip(" .") for text in (chinese, english)]
    return " ".join(first)


def columns(dataset: Mapping[str, Any]) -> Iterator[Column]:
    """Yield the columns of a dataset, with labels from the models' descriptions."""
    known = tables(dataset)
    own, labels = _own(dataset)
    for name in dataset["columns"]:
        alias, _, column = name.rpartition(".")
        said = models()[known[alias or "t"]].get(column)
        if said is None:
            raise ValueError(f"datasets.yml: {known[alias or 't']} has no column {column!r}")
        text, kind, source = said["description"], said["data_type"], f"{alias or 't'}.{column}"
        if kind == MOMENT:
            source, kind = f"timezone('Asia/Shanghai', {source})", "timestamp"
        yield Column(column, source, labels.get(column) or label(text), text, kind)
    for name, expression in own.items():
        kind = "date" if name in ("release_as_of", "published_as_of", "published_week") else ""
        kind = "bigint" if name == "step_count" else kind
        yield Column(name, expression, labels[name], labels[name], kind or "varchar")


def _own(dataset: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    own, labels = dict(dataset.get("own", {})), dict(dataset.get("labels", {}))
    taken = {name.rpartition(".")[2] for name in dataset["columns"]}
    if "phase_of" in dataset:
        own |= {"campaign_key": "days.campaign_key", "phase_key": "days.phase_key"}
        labels |= {"campaign_key": "活动 Campaign", "phase_key": "阶段 Phase"}
    own |= {name: text for name, text in RELEASE_OWN.items() if name not in taken}
    return own, labels | RELEASE_LABELS


def sql(dataset: Mapping[str, Any]) -> str:
    """Return the query of a dataset, the same for DuckDB and PostgreSQL."""
    selected = ",\n".join(f"    {c.expression} as {c.name}" for c in columns(dataset))
    joins = [*dataset.get("join", []), "cross join newest as r"]
    if "phase_of" in dataset:
        brand = "t" if "brand_key" in dataset["columns"] else "a"
        day = f"days.date = t.{dataset['phase_of']}"
        joins.append(
            f"left join days on days.brand_key = {brand}.brand_key and {day} and days.place = 1"
        )
    where = f"\nwhere {dataset['where']}" if "where" in dataset else ""
    begin = f"with {PHASES if 'phase_of' in dataset else ''}{RELEASE}"
    return f"{begin}\nselect\n{selected}\nfrom {dataset['from']} as t\n" + "\n".join(joins) + where
