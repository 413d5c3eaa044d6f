"""Advisories that are let pass were looked at by someone, for a reason, not long ago."""

import runpy
from datetime import date

import pytest

from tidemark.settings import PROJECT_ROOT

read_advisories = runpy.run_path(str(PROJECT_ROOT / ".ci" / "audit.py"))["read_advisories"]
TODAY = date(2026, 11, 23)


def test_the_list_of_the_project_is_in_order():
    text = (PROJECT_ROOT / ".ci" / "advisories.txt").read_text()

    assert isinstance(read_advisories(text, date.today()), list)


def test_a_reviewed_advisory_passes():
    text = "# why\n\nPYSEC-1 | requests | only on Windows | 2026-06-01\n"

    assert read_advisories(text, TODAY) == ["PYSEC-1"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("PYSEC-1", "write id | package | reason | reviewed on"),
        ("PYSEC-1 | requests | | 2026-06-01", "write id | package | reason | reviewed on"),
        ("PYSEC-1 | requests | why | June", "'June' is no day"),
        ("PYSEC-1 | requests | why | 2026-05-01", "look at PYSEC-1 again"),
        ("PYSEC-1 | requests | why | 2027-05-01", "look at PYSEC-1 again"),
    ],
    ids=["an id alone", "no reason", "no day", "too old", "from the future"],
)
def test_an_advisory_that_says_too_little_stops_the_audit(line, said):
    with pytest.raises(ValueError, match=said.replace("|", r"\|")) as refused:
        read_advisories(f"# why\n{line}", TODAY)

    assert "line 2" in str(refused.value)


def test_a_package_that_could_not_be_audited_is_no_success():
    assert '"--strict"' in (PROJECT_ROOT / ".ci" / "audit.py").read_text()
