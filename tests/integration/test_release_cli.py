import pytest
from typer.testing import CliRunner

from tests.warehouse_site import land_day, make_site
from tidemark.cli.release import app
from warehouse.errors import PlanError
from warehouse.plan import make_plan

COMMANDS = ("plan", "build", "audit", "publish", "release", "rollback", "status")


def run(tmp_path, *arguments):
    """Run a command on the data root of a test."""
    return CliRunner().invoke(app, list(arguments), env={"TIDEMARK_HOME": str(tmp_path)})


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


def test_a_step_without_a_plan_says_to_plan_first(tmp_path):
    shown = run(tmp_path, "build")

    assert isinstance(shown.exception, PlanError)
    assert "tidemark plan" in str(shown.exception)
