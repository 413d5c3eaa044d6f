"""Time: the clock against clocks outside, and whether every engine keeps Shanghai days.

The machine's own time zone may be anything: days are made from moments by Python and DuckDB, and
the schedules name their zone themselves. That those three know Asia/Shanghai is what matters.
"""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from tidemark.clock import SHANGHAI, ClockError, business_date, system_clock
from tidemark.errors import TidemarkError
from tidemark.orchestration.checkup.findings import Finding, ok, problem, warning
from tidemark.settings import PROJECT_ROOT, Settings

# platforms refuse signatures that are ten minutes off
SKEW_ALLOWED = timedelta(minutes=5)
ANSWER_SECONDS = 2.0
NTP = "let NTP set the clock; platforms refuse signatures that are ten minutes off"
#: half past midnight in Shanghai, still the day before in UTC
PROBE = datetime(2026, 4, 15, 16, 30, tzinfo=UTC)
PROBE_DAY = date(2026, 4, 16)
PROFILE = PROJECT_ROOT / "dbt_project" / "profiles.yml"


def check_clock(settings: Settings) -> Iterator[Finding]:
    """Compare the system clock with the Date header of the first platform that answers."""
    try:
        now = settings.clock()
    except ClockError as error:
        yield problem("clock is virtual", str(error), "unset TIDEMARK_CLOCK_FILE")
        return
    if os.environ.get("TIDEMARK_CLOCK_FILE"):
        found = f"it stands at {now.astimezone(SHANGHAI).isoformat(timespec='minutes')}"
        yield warning("clock is virtual", found, "unset TIDEMARK_CLOCK_FILE in production")
        return
    outside = _outside(settings)
    if outside is None:
        unasked = "no platform with a credential answered; compared with the lake only"
        yield ok("clock", f"{now.isoformat(timespec='seconds')}, {unasked}")
        return
    address, moment = outside
    off = timedelta(seconds=round((system_clock() - moment).total_seconds()))
    if abs(off) > SKEW_ALLOWED:
        way = "ahead of" if off > timedelta() else "behind"
        yield problem("clock skew", f"{abs(off)} {way} {address}", NTP)
    else:
        yield ok("clock", f"{now.isoformat(timespec='seconds')}, as {address} has it")


def check_time_zone(_settings: Settings) -> Iterator[Finding]:
    """Look whether Python, DuckDB as dbt opens it, and Airflow give Shanghai business days."""
    wrong = [*_python_zone(), *_duckdb_zone(), *_airflow_zone()]
    yield from wrong
    if not wrong:
        zone = datetime.now().astimezone().tzname()
        yield ok("time zone", f"Shanghai days everywhere; the machine's own ({zone}) is not asked")


def _python_zone() -> Iterator[Finding]:
    if business_date(PROBE) != PROBE_DAY:
        offset = PROBE.astimezone(SHANGHAI).utcoffset()
        found = f"Python reads Asia/Shanghai as UTC+{offset}"
        yield problem("time zone wrong", found, "install tzdata; look at PYTHONTZPATH")


def _duckdb_zone() -> Iterator[Finding]:
    import duckdb
    import yaml

    outputs = yaml.safe_load(PROFILE.read_text())["tidemark"]["outputs"]
    zone = outputs["build"].get("settings", {}).get("TimeZone", "that of the machine")
    with duckdb.connect() as database:
        if zone != "that of the machine":
            database.execute("set TimeZone = ?", [zone])
        row = database.execute("select cast(cast(? as timestamptz) as date)", [PROBE]).fetchone()
    if row is None or row[0] != PROBE_DAY:
        found = f"DuckDB as dbt opens it has the zone {zone}"
        yield problem("time zone wrong", found, f"set TimeZone: Asia/Shanghai in {PROFILE}")


def _airflow_zone() -> Iterator[Finding]:
    # the DAGs name their zone; a default that does not exist still stops Airflow from starting
    name = os.environ.get("AIRFLOW__CORE__DEFAULT_TIMEZONE", "utc")
    try:
        if name.lower() not in {"utc", "system"}:
            ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        found = f"AIRFLOW__CORE__DEFAULT_TIMEZONE is {name!r}, which is no time zone"
        yield problem("time zone wrong", found, "unset it, or set it to Asia/Shanghai")


def _outside(settings: Settings) -> tuple[str, datetime] | None:
    import requests

    for address in _addresses(settings):
        try:
            answer = requests.head(address, timeout=ANSWER_SECONDS, allow_redirects=False)
            return address, parsedate_to_datetime(answer.headers["Date"])
        except (requests.RequestException, LookupError, ValueError):
            continue
    return None


def _addresses(settings: Settings) -> list[str]:
    """Return the base URLs of the accounts whose credentials are here, each once."""
    from extractors.core.credentials import credential_for
    from extractors.core.registry import platforms_by_name
    from tidemark.config.accounts import load_accounts

    found: dict[str, None] = {}
    try:
        for account in load_accounts(settings.config_dir):
            platform = platforms_by_name()[account.platform]
            if account.ownership == "own" and platform.authorize is not None:
                try:
                    own = credential_for(account).base_url
                except TidemarkError:
                    continue
                found |= {
                    url: None for url in (own or account.base_url or platform.base_url,) if url
                }
    except (TidemarkError, LookupError):
        return list(found)  # what is wrong with the configuration has a line of its own
    return list(found)
