"""The datasets of the Superset boards are queries that PostgreSQL understands as DuckDB does."""

import re

import psycopg

from bi.superset.declared import datasets, models, sql
from tests.postgresql import started_postgresql


def test_every_dataset_and_metric_runs_on_a_real_postgresql() -> None:
    with (
        started_postgresql() as server,
        psycopg.connect(host=str(server.folder), user="postgres", autocommit=True) as owner,
    ):
        for table, said in models().items():
            owner.execute(f"create schema if not exists {table.partition('.')[0]}")
            types = {
                name: re.sub("^double$", "double precision", column["data_type"])
                for name, column in said.items()
            }
            fields = [f'"{name}" {of}' for name, of in types.items()]
            owner.execute(f"create table {table} ({', '.join(fields)})")

        for dataset in datasets().values():
            metrics = [metric["sql"] for metric in dataset.get("metrics", {}).values()]
            asked = ", ".join(["count(*)", *metrics])
            rows = owner.execute(f"select {asked} from ({sql(dataset)}) as q").fetchall()
            assert len(rows) == 1
