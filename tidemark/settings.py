"""Where things are, read from the environment once per process."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tidemark.clock import Clock, file_clock, system_clock
from tidemark.errors import TidemarkError

ENGINES = ("duckdb", "spark")
OFF = "off"
PROJECT_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """Folders and addresses of one installation."""

    home: Path
    config_dir: Path
    lake_url: str
    clock: Clock
    #: what builds the tables: duckdb or spark
    engine: str = "duckdb"
    #: where the board stands, where that is not as config/alerts.yml says
    board_url: str = ""
    #: where releases are written as Parquet too, or None
    parquet_url: str | None = None
    #: the Airflow connection of the server that releases are published to, or None
    postgresql: str | None = None

    @property
    def inbox(self) -> Path:
        """The folder in which people drop files, one subfolder per account key."""
        return self.home / "inbox"

    @property
    def build_dir(self) -> Path:
        """The folder of the build database, never read by BI tools."""
        return self.home / "build"

    @property
    def copies_dir(self) -> Path:
        """The folder of what is kept here of the lake: known slices, files of a remote one."""
        return self.home / "copies"

    @property
    def published_dir(self) -> Path:
        """The folder that readers use: releases/, tidemark.duckdb and status.json."""
        return self.home / "published"

    @property
    def reports_dir(self) -> Path:
        """The folder of the gate reports."""
        return self.home / "reports"

    @property
    def tokens_dir(self) -> Path:
        """The folder of cached access tokens, readable by the owner only."""
        return self.home / "tokens"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read TIDEMARK_HOME, _CONFIG, _LAKE, _ENGINE, _CLOCK_FILE, and where releases are shown.

    Those are TIDEMARK_BOARD_URL, _PARQUET and _POSTGRESQL.
    """
    env = os.environ if environ is None else environ
    home = Path(env.get("TIDEMARK_HOME") or PROJECT_ROOT / "data").resolve()
    clock_file = env.get("TIDEMARK_CLOCK_FILE")
    return Settings(
        home=home,
        config_dir=Path(env.get("TIDEMARK_CONFIG") or PROJECT_ROOT / "config").resolve(),
        lake_url=env.get("TIDEMARK_LAKE") or (home / "lake").as_uri(),
        clock=file_clock(Path(clock_file)) if clock_file else system_clock,
        engine=_engine(env.get("TIDEMARK_ENGINE") or "duckdb"),
        board_url=env.get("TIDEMARK_BOARD_URL") or "",
        parquet_url=_parquet_url(env.get("TIDEMARK_PARQUET"), home),
        postgresql=env.get("TIDEMARK_POSTGRESQL") or None,
    )


def _parquet_url(said: str | None, home: Path) -> str | None:
    if said == OFF:
        return None
    return said or (home / "published" / "parquet").as_uri()


def _engine(name: str) -> str:
    if name not in ENGINES:
        raise TidemarkError(f"TIDEMARK_ENGINE {name!r}: unknown; use {' or '.join(ENGINES)}")
    return name
