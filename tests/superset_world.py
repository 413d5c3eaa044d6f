"""A release in both databases, built while `make bi` sets up the Superset that reads it."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import bi_world
from tests.postgresql import Postgresql, started_postgresql
from tests.superset import Superset, environment, made_bi, wait_for
from tidemark.settings import PROJECT_ROOT
from warehouse.releases import link_path
from warehouse.site import Site

READER = "of-the-reader"


@dataclass(frozen=True)
class World:
    """A release, the two databases that hold it, and the Superset over both."""

    site: Site
    release_id: str
    server: Postgresql
    superset: Superset
    bi_home: Path
    uris: Mapping[str, str]

    @property
    def link(self) -> Path:
        """Return the link of the release file."""
        return link_path(self.site.settings)

    @property
    def reader(self) -> str:
        """Return how psycopg reaches the server as the role that boards read with."""
        return f"host={self.server.folder} dbname=tidemark user=superset password={READER}"

    def import_again(self) -> str:
        """Run `make bi-import` and return what it printed."""
        return _run(["make", "bi-import"], environment(self.bi_home, list(self.uris.values())))


@contextmanager
def superset_world(folder: Path) -> Iterator[World]:
    """Yield Superset, served by `make bi`, over one release in DuckDB's file and in PostgreSQL."""
    home, bi_home = folder / "data", folder / "superset"
    for made in (home, bi_home):
        made.mkdir()
    _run(["make", ".venv-bi/.synced"], environment(bi_home, ()))
    with started_postgresql() as server, pytest.MonkeyPatch.context() as patch:
        server.set_up_as_documented()
        server.run(f"alter role superset password '{READER}'")
        server.ask_password_of("superset")
        publisher = server.connection(schema="tidemark", login="tidemark_publisher")
        patch.setenv("AIRFLOW_CONN_TIDEMARK_BI", publisher)
        patch.setenv("TIDEMARK_HASH_SECRET", "of the test")
        uris = {
            "duckdb": f"duckdb:///{home / 'published' / 'tidemark.duckdb'}",
            "postgresql": f"postgresql+psycopg2://superset:{READER}@/tidemark?host={server.folder}",
        }
        with made_bi(bi_home, list(uris.values())) as superset:
            site = bi_world.make_world(home)
            release_id = bi_world.publish(site)
            wait_for(superset, bi_home)
            yield World(site, release_id, server, superset, bi_home, uris)


def _run(command: list[str], environ: Mapping[str, str]) -> str:
    done = subprocess.run(command, cwd=PROJECT_ROOT, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command[:2])}: {done.stderr}"
    return done.stdout
