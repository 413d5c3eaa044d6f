"""When Superset's own database is made anew, and when nothing needs to be done."""

import sqlite3

import pytest

from bi.superset import imported

BUNDLES = {
    "duckdb:///release": {"dashboards/goals.yaml": "uuid: 00000000-0000-0000-0000-000000000001"}
}


@pytest.fixture
def database(tmp_path, monkeypatch):
    config = tmp_path / "config.py"
    path = tmp_path / "superset.db"
    config.write_text(f"SQLALCHEMY_DATABASE_URI = 'sqlite:///{path}'")
    monkeypatch.setenv("TIDEMARK_BI_HOME", str(tmp_path))
    monkeypatch.setenv("SUPERSET_CONFIG_PATH", str(config))
    monkeypatch.setattr(imported, "version", lambda _: "6.1.0")
    return path


def fill(path):
    with sqlite3.connect(path) as held:
        held.execute("create table alembic_version (version_num text)")
        for table in imported.TABLES.values():
            held.execute(f"create table {table} (uuid blob, changed_on text)")
        held.execute("insert into dashboards values (?, '2026-05-11')", [bytes(15) + b"\x01"])
        held.execute("insert into dashboards values (?, '2026-05-11')", [bytes(15) + b"\x02"])


def test_a_database_that_was_left_half_made_is_made_anew(database):
    first = imported.is_new()
    fill(database)

    again = imported.is_new()

    assert first
    assert again
    assert not database.exists()


def test_a_database_that_was_made_is_never_taken_away(database):
    imported.is_new()
    fill(database)
    imported.remember(BUNDLES)

    assert not imported.is_new()
    assert database.exists()


@pytest.mark.parametrize(
    ("statement", "is_left_alone"),
    [
        ("update dashboards set changed_on = '2026-05-12' where uuid = x'{own}'", False),
        ("delete from dashboards where uuid = x'{own}'", False),
        ("insert into alembic_version values ('another')", False),
        ("update dashboards set changed_on = '2026-05-12' where uuid <> x'{own}'", True),
    ],
    ids=["edited", "deleted", "another schema", "a board of somebody else"],
)
def test_only_what_the_boards_need_is_done_again(database, statement, is_left_alone):
    fill(database)
    imported.remember(BUNDLES)
    before = imported.is_imported(BUNDLES)

    with sqlite3.connect(database) as held:
        held.execute(statement.format(own=(bytes(15) + b"\x01").hex()))

    assert before
    assert imported.is_imported(BUNDLES) == is_left_alone


def test_another_declaration_is_imported(database):
    fill(database)
    imported.remember(BUNDLES)

    assert not imported.is_imported({"postgresql://server": BUNDLES["duckdb:///release"]})
    assert not imported.is_imported({})


def test_a_database_that_is_gone_is_filled_anew(database):
    fill(database)
    imported.remember(BUNDLES)
    database.unlink()

    assert not imported.is_imported(BUNDLES)
    assert imported.is_new()
