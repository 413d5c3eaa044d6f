"""The installation: locked versions, configuration, secrets, and Airflow's database."""

import configparser
import importlib.metadata
import os
import platform
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from extractors.core.credentials import read_connection
from tidemark.errors import TidemarkError
from tidemark.orchestration.checkup.findings import Finding, ok, problem, warning
from tidemark.settings import PROJECT_ROOT, Settings

PROJECT = "tidemark"
EXAMPLE_SECRET = "change-me"
DATABASE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
CONNECT_SECONDS = 3


def check_versions(_settings: Settings) -> Iterator[Finding]:
    """Compare Python and every direct dependency with uv.lock."""
    lock = tomllib.loads((PROJECT_ROOT / "uv.lock").read_text())
    locked = {package["name"]: package for package in lock["package"]}
    wanted = [entry["name"] for entry in locked[PROJECT]["dependencies"]]
    wrong = []
    python, asked = platform.python_version(), lock["requires-python"]
    if not fnmatch(python, asked.removeprefix("==")):
        wrong.append(f"Python {python}, uv.lock is for {asked}")
    for name in wanted:
        installed, version = _installed(name), locked[name]["version"]
        if installed != version:
            wrong.append(f"{name} {installed or 'is not installed'}, uv.lock says {version}")
    for found in wrong:
        yield problem("version mismatch", found, "uv sync --frozen, or build the image anew")
    if not wrong:
        yield ok("version", f"Python {python} and {len(wanted)} packages are those of uv.lock")


def check_config(settings: Settings) -> Iterator[Finding]:
    """Return every problem of the configuration files."""
    from tidemark.config.loader import check_config as read

    _config, problems = read(settings.config_dir)
    for each in problems:
        tell = problem if each.severity == "error" else warning
        yield tell("config problem", str(each), "edit the file, then tidemark config check")
    if not problems:
        yield ok("config", str(settings.config_dir))


def check_credentials(settings: Settings) -> Iterator[Finding]:
    """Look for the connection of each account of an API, alert channel and publisher."""
    in_airflow = _airflow_connections()
    for owner, connection in _connections(settings):
        variable = f"AIRFLOW_CONN_{connection.upper()}"
        if not os.environ.get(variable) and connection in in_airflow:
            yield ok("credential", f"{owner}: Airflow connection {connection}")
            continue
        try:
            read_connection(connection)
            yield ok("credential", f"{owner}: {variable}")
        except TidemarkError as error:
            if os.environ.get(variable):
                yield problem("credential unreadable", f"{owner}: {error}", f"correct {variable}")
            else:
                found = f"{owner}: neither {variable} nor the Airflow connection {connection}"
                remedy = f"set {variable} as .env.example shows, or create the connection"
                yield problem("credential missing", found, remedy)


def check_hash_secret(_settings: Settings) -> Iterator[Finding]:
    """Look for the secret by which people are told apart and not known."""
    secret = os.environ.get("TIDEMARK_HASH_SECRET", "")
    remedy = "set TIDEMARK_HASH_SECRET to a long random text, and keep it: buyers are joined by it"
    if not secret:
        yield problem("hash secret not set", "TIDEMARK_HASH_SECRET is empty", remedy)
    elif secret == EXAMPLE_SECRET:
        yield problem("hash secret not set", "it is the one of .env.example", remedy)
    else:
        yield ok("hash secret", f"key id {os.environ.get('TIDEMARK_HASH_KEY_ID', 'k1')}")


def check_airflow_database(_settings: Settings) -> Iterator[Finding]:
    """Ask Airflow's database for its schema's version, where one is configured here."""
    url = _database_url()
    if not url:
        yield ok("airflow database", f"not configured here ({DATABASE} is not set)")
        return
    shown, error = _ask(url, "select version_num from alembic_version")[:2]
    if error:
        remedy = f"start it, or correct {DATABASE}; a new one needs airflow db migrate"
        yield problem("airflow database unreachable", f"{shown}: {error}", remedy)
    else:
        yield ok("airflow database", shown)


def _installed(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _connections(settings: Settings) -> list[tuple[str, str]]:
    """Return account or channel with the id of its connection."""
    from tidemark.config.accounts import pulled_accounts
    from tidemark.config.alerts import load_alerts

    found = [
        (f"account {account.key}", account.connection_id)
        for accounts in pulled_accounts(settings.config_dir).values()
        for account in accounts
    ]
    channels = load_alerts(settings.config_dir).channels
    found += [(f"channel {channel.key}", channel.connection) for channel in channels]
    return found + [("publisher postgresql", name) for name in [settings.postgresql] if name]


def _airflow_connections() -> set[str]:
    url = _database_url()
    return set(_ask(url, "select conn_id from connection")[2]) if url else set()


def _database_url() -> str:
    """Return the address of Airflow's database: the variable, or what airflow.cfg says."""
    if url := os.environ.get(DATABASE):
        return url
    home = os.environ.get("AIRFLOW_HOME")
    written = configparser.ConfigParser(interpolation=None)
    written.read(Path(home) / "airflow.cfg" if home else [])
    return written.get("database", "sql_alchemy_conn", fallback="")


def _ask(url: str, query: str) -> tuple[str, str, list[str]]:
    """Return the address without its password, what went wrong, and the first column."""
    import sqlalchemy

    try:
        address = sqlalchemy.make_url(url)
    except sqlalchemy.exc.ArgumentError:
        return DATABASE, "is no address of a database", []
    shown = address.render_as_string(hide_password=True)
    is_file = address.get_backend_name() == "sqlite"
    if is_file and address.database and not Path(address.database).exists():
        return shown, "there is no such file", []  # connecting would make one
    timeout = {"timeout" if is_file else "connect_timeout": CONNECT_SECONDS}
    try:
        with sqlalchemy.create_engine(address, connect_args=timeout).connect() as database:
            return shown, "", [str(row[0]) for row in database.execute(sqlalchemy.text(query))]
    except (ImportError, sqlalchemy.exc.SQLAlchemyError) as error:
        return shown, str(error).partition("\n")[0], []
