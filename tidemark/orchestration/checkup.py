"""The checks of `tidemark doctor`: each returns what it found and what to do."""

import importlib.metadata
import os
import shutil
import socket
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from tidemark.errors import TidemarkError
from tidemark.settings import PROJECT_ROOT, Settings

Level = Literal["ok", "warning", "problem"]
FREE_BYTES_NEEDED = 2 * 1024**3
SKEW_ALLOWED = timedelta(minutes=5)
PACKAGES = ("apache-airflow", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "pyarrow")


@dataclass(frozen=True)
class Finding:
    """One line of the report; remedy is empty when nothing is to be done."""

    level: Level
    check: str
    found: str
    remedy: str = ""


def checkup(settings: Settings) -> list[Finding]:
    """Run every check; a check that breaks is itself a problem, never silence."""
    findings: list[Finding] = []
    for check in CHECKS:
        try:
            findings += list(check(settings))
        except (TidemarkError, OSError, ValueError) as error:
            name = check.__name__.strip("_").replace("_", " ")
            findings.append(Finding("problem", name, str(error), "see the message"))
    return findings


def _folders(settings: Settings) -> Iterator[Finding]:
    settings.home.mkdir(parents=True, exist_ok=True)
    if not os.access(settings.home, os.W_OK):
        yield Finding(
            "problem",
            "home",
            f"{settings.home} cannot be written",
            "chown it, or set TIDEMARK_HOME",
        )
    else:
        yield Finding("ok", "home", str(settings.home))


def _lake(settings: Settings) -> Iterator[Finding]:
    from extractors.core.lake import open_lake

    lake = open_lake(settings.lake_url)
    manifests = len(lake.list_files("_manifests"))
    yield Finding("ok", "lake", f"{settings.lake_url}: {manifests} manifests readable")


def _clock(settings: Settings) -> Iterator[Finding]:
    now, real = settings.clock(), datetime.now(UTC)
    if os.environ.get("TIDEMARK_CLOCK_FILE"):
        yield Finding(
            "warning",
            "clock",
            f"virtual, {now.isoformat()}",
            "unset TIDEMARK_CLOCK_FILE in production",
        )
    elif abs(now - real) > SKEW_ALLOWED:
        yield Finding("problem", "clock", f"off by {now - real}", "let NTP set the clock")
    else:
        yield Finding("ok", "clock", f"system, {now.isoformat(timespec='seconds')}")


def _time_zone(_settings: Settings) -> Iterator[Finding]:
    from tidemark.clock import SHANGHAI

    offset = datetime(2026, 1, 1, tzinfo=SHANGHAI).utcoffset()
    if offset != timedelta(hours=8):
        yield Finding("problem", "time zone", f"Asia/Shanghai is {offset}", "install tzdata")
    else:
        yield Finding(
            "ok", "time zone", "Asia/Shanghai is UTC+8; the machine's own does not matter"
        )


def _config(settings: Settings) -> Iterator[Finding]:
    from tidemark.config.loader import check_config

    _config_read, problems = check_config(settings.config_dir)
    for problem in problems:
        yield Finding("problem", "config", str(problem), "see `tidemark config check`")
    if not problems:
        yield Finding("ok", "config", str(settings.config_dir))


def _credentials(settings: Settings) -> Iterator[Finding]:
    from extractors.core.credentials import read_connection
    from extractors.core.registry import platforms_by_name
    from tidemark.config.accounts import load_accounts
    from tidemark.config.alerts import load_alerts

    names = [
        account.connection_id
        for account in load_accounts(settings.config_dir)
        if account.ownership == "own" and platforms_by_name()[account.platform].authorize
    ]
    names += [channel.connection for channel in load_alerts(settings.config_dir).channels]
    for name in names:
        try:
            read_connection(name)
            yield Finding("ok", "credential", name)
        except TidemarkError as error:
            yield Finding("problem", "credential", str(error), f"set AIRFLOW_CONN_{name.upper()}")


def _hash_secret(_settings: Settings) -> Iterator[Finding]:
    if os.environ.get("TIDEMARK_HASH_SECRET"):
        yield Finding("ok", "hash secret", f"key id {os.environ.get('TIDEMARK_HASH_KEY_ID', 'k1')}")
    else:
        yield Finding(
            "problem", "hash secret", "not set", "set TIDEMARK_HASH_SECRET to a long random text"
        )


def _disk(settings: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(settings.home).free
    level: Level = "ok" if free >= FREE_BYTES_NEEDED else "problem"
    remedy = "" if level == "ok" else "make room: a release needs twice the build database"
    yield Finding(level, "disk", f"{free / 1024**3:.1f} GiB free", remedy)


def _lock(settings: Settings) -> Iterator[Finding]:
    from warehouse.lock import holder

    held_by = holder(settings)
    if held_by:
        yield Finding("warning", "lock", f"held by {held_by}", "a release is running; wait for it")
    else:
        yield Finding("ok", "lock", "free")


def _port(_settings: Settings) -> Iterator[Finding]:
    port = int(os.environ.get("AIRFLOW__API__PORT", "8080"))
    with socket.socket() as probe:
        is_used = probe.connect_ex(("127.0.0.1", port)) == 0
    remedy = "if that is not your Airflow, set AIRFLOW__API__PORT" if is_used else ""
    level: Level = "warning" if is_used else "ok"
    yield Finding(level, "port", f"{port} is {'in use' if is_used else 'free'}", remedy)


def _versions(_settings: Settings) -> Iterator[Finding]:
    lock = tomllib.loads(Path(PROJECT_ROOT / "uv.lock").read_text())
    locked = {package["name"]: package.get("version") for package in lock["package"]}
    for name in PACKAGES:
        installed = importlib.metadata.version(name)
        if installed != locked[name]:
            found = f"{name} {installed}, uv.lock says {locked[name]}"
            yield Finding("problem", "version", found, "run make test or uv sync --frozen")
    yield Finding("ok", "version", f"{len(PACKAGES)} packages compared with uv.lock")


CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _folders,
    _lake,
    _clock,
    _time_zone,
    _config,
    _credentials,
    _hash_secret,
    _disk,
    _lock,
    _port,
    _versions,
)
