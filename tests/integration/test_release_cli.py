import pytest
from typer.testing import CliRunner

from tests.warehouse_site import fail, land_day, make_site
from tidemark.cli.release import app
from warehouse.errors import PlanError
from warehouse.plan import make_plan
from warehouse.status import write_status

COMMANDS = ("plan", "build", "audit", "publish", "release", "rollback", "status")


def run(tmp_path, *arguments, width=80):
    """Run a command on the data root of a test, in a terminal of that width."""
    environ = {"TIDEMARK_HOME": str(tmp_path), "COLUMNS": str(width)}
    return CliRunner().invoke(app, list(arguments), env=environ)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(tmp_path, command):
    shown = run(tmp_path, command, "--help")

    assert shown.exit_code == 0
    assert "Usage" in shown.output


def test_status_before_the_first_attempt_says_what_to_do(tmp_path):
    shown = run(tmp_path, "status")

    assert "tidemark release" in shown.output


def test_status_shows_what_is_waited_for_and_the_lock(tmp_path):
    site, _ = make_site(tmp_path)
    land_day(site, "2026-04-14")
    make_plan(site)

    shown = run(tmp_path, "status")

    assert "alpha_acme 2026-04-15" in " ".join(shown.output.split())
    assert "free" in shown.output


def test_status_names_a_late_source_since_when_and_its_error_as_it_was_written(tmp_path):
    site, _ = make_site(tmp_path, at="12:00")
    land_day(site, "2026-04-14")
    fail(site, "beta/days", "beta_acme", "2026-04-15", "Transient: [/days] HTTP 500")
    plan = make_plan(site)
    assert plan is not None
    write_status(site, "published", plan.plan_id, late_sources=plan.late_sources)

    shown = " ".join(run(tmp_path, "status", width=300).output.split())

    assert (
        "beta/days beta_acme 2026-04-15: late since 2026-04-16 12:00, data until 2026-04-14, "
        "failed: Transient: [/days] HTTP 500"
    ) in shown


def test_a_step_without_a_plan_says_to_plan_first(tmp_path):
    shown = run(tmp_path, "build")

    assert isinstance(shown.exception, PlanError)
    assert "tidemark plan" in str(shown.exception)
