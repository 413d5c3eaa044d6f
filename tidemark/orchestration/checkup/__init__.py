"""The checks of `tidemark doctor`: what would stop this installation, and what to do about it."""

from collections.abc import Callable, Iterator

from tidemark.errors import TidemarkError
from tidemark.orchestration.checkup.findings import Finding, problem
from tidemark.orchestration.checkup.installation import (
    check_airflow_database,
    check_config,
    check_credentials,
    check_hash_secret,
    check_versions,
)
from tidemark.orchestration.checkup.lake import check_lake
from tidemark.orchestration.checkup.machine import check_disk, check_home, check_port
from tidemark.orchestration.checkup.release import (
    check_last_attempt,
    check_lock,
    check_plans,
    check_publishers,
)
from tidemark.orchestration.checkup.time import check_clock, check_time_zone
from tidemark.settings import Settings

Check = Callable[[Settings], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    check_home,
    check_disk,
    check_clock,
    check_time_zone,
    check_port,
    check_versions,
    check_config,
    check_credentials,
    check_hash_secret,
    check_airflow_database,
    check_lake,
    check_lock,
    check_plans,
    check_last_attempt,
    check_publishers,
)


def checkup(settings: Settings) -> list[Finding]:
    """Run every check; a check that breaks is itself a problem, never silence."""
    findings: list[Finding] = []
    for check in CHECKS:
        try:
            findings += check(settings)
        except (TidemarkError, OSError, ValueError, LookupError, TypeError) as error:
            # one cause can break several checks; it is told once
            if not any(str(error) in finding.found for finding in findings):
                subject = check.__name__.removeprefix("check_").replace("_", " ")
                found = f"{subject}: {type(error).__name__}: {error}"
                findings.append(problem("check broken", found, "mend what it names, look again"))
    return findings
