"""What is published keeps its names, and a name says its type."""

from pathlib import Path

import pytest

from tests.contract.test_exposures import published_models

VERSION_1 = {
    name: columns.split()
    for name, _, columns in (
        line.partition(": ")
        for line in (Path(__file__).parent / "published_v1.txt").read_text("utf-8").splitlines()
        if not line.startswith("#")
    )
}
COLUMNS = {
    f"{schema}.{name}": {column["name"]: column["data_type"] for column in node["columns"]}
    for name, (schema, node) in published_models().items()
}
MONEY, MOMENT = "decimal(18,2)", "timestamp with time zone"
#: forms of names and the type of each; the first that fits decides
FORMS = (
    (str.endswith, "_key", "varchar"),
    (str.endswith, "_id", "varchar"),
    (str.endswith, "_at", MOMENT),
    (str.endswith, "_on", "date"),
    (str.endswith, "stat_date", "date"),
    (str.endswith, "as_of_date", "date"),
    (str.endswith, "_cny", MONEY),
    (str.endswith, "_rate", "double"),
    (str.endswith, "s_total", "bigint"),
    (str.startswith, "is_", "boolean"),
    (str.startswith, "has_", "boolean"),
)
#: amounts for one of something: quotients, which no number of digits holds exactly
QUOTIENTS = {"aov_cny", "spend_per_buyer_cny", "uv_value_cny"}
#: descriptions of the world and of the pipeline belong to no brand
WITHOUT_BRAND = ("marts.dim_", "ops.")


@pytest.mark.parametrize("table", VERSION_1)
def test_a_table_still_has_every_column_that_readers_may_rely_on(table):
    gone = [column for column in VERSION_1[table] if column not in COLUMNS.get(table, {})]

    assert VERSION_1[table]
    assert gone == [], f"{table}: {gone} cannot go; add a column beside it, or a version 2"


@pytest.mark.parametrize("table", COLUMNS)
def test_a_name_says_its_type(table):
    wrong = {
        column: said
        for column, said in COLUMNS[table].items()
        for expected in [next((type_ for fits, part, type_ in FORMS if fits(column, part)), said)]
        if said.replace(" ", "") != expected.replace(" ", "") and column not in QUOTIENTS
    }

    assert wrong == {}


def test_every_fact_mart_and_kpi_table_names_its_brand():
    without = [
        table
        for table, columns in COLUMNS.items()
        if "brand_key" not in columns and not table.startswith(WITHOUT_BRAND)
    ]

    assert len(COLUMNS) > 45
    assert without == []
