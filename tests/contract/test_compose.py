"""The production services: pinned, checked, and without a default secret."""

import re
import shutil
import subprocess
import sys

import pytest
import yaml

from tidemark.settings import PROJECT_ROOT

TEXT = (PROJECT_ROOT / "docker-compose.yml").read_text()
SERVICES = yaml.safe_load(TEXT)["services"]
EXAMPLE = (PROJECT_ROOT / ".env.example").read_text()
SECRET = re.compile(r"PASSWORD|SECRET|KEY|TOKEN")


def test_the_production_services_are_there():
    assert set(SERVICES) == {
        "api-server",
        "dag-processor",
        "migrate",
        "postgres",
        "redis",
        "scheduler",
        "superset",
        "triggerer",
        "worker",
    }


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_has_a_pinned_image_and_a_health_check(name):
    image = SERVICES[name]["image"]

    assert re.search(r":[\w.-]*\d+\.\d+", image), f"{name}: pin the image's version, not {image}"
    assert name == "migrate" or "healthcheck" in SERVICES[name]


def test_no_secret_has_a_default():
    references = re.findall(r"\$\{(\w+)(:[?-][^}]*)?\}", TEXT)
    assert references

    for name, rule in references:
        if SECRET.search(name) and not name.endswith(("_FILE", "_KEY_ID")):
            assert rule.startswith(":?"), f"{name} must stop the start when it is missing"


def test_every_variable_of_the_compose_file_is_in_the_example():
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", TEXT))
    used |= {name for said in SERVICES.values() for name in passed_on(said)}
    declared = set(re.findall(r"^(\w+)=", EXAMPLE, re.MULTILINE))

    assert used <= declared, f"add to .env.example: {sorted(used - declared)}"


def test_every_dag_service_waits_for_its_stores():
    for name in ("api-server", "scheduler", "dag-processor", "triggerer", "worker"):
        assert set(SERVICES[name]["depends_on"]) == {"postgres", "redis", "migrate"}


def passed_on(service):
    """Return the variables that a service takes from the environment as they are."""
    return [name for name, text in service.get("environment", {}).items() if text is None]


SUPERSET = (PROJECT_ROOT / "bi" / "superset" / "Dockerfile").read_text()


def test_superset_stands_apart_and_is_reached_from_this_machine_only():
    service = SERVICES["superset"]

    assert service["profiles"] == ["bi"]
    assert [name for name in SERVICES if SERVICES[name].get("profiles")] == ["superset"]
    assert service["ports"] == ["${SUPERSET_BIND:-127.0.0.1}:${SUPERSET_PORT:-8089}:8089"]
    assert "tidemark-data:/var/lib/tidemark:ro" in service["volumes"]
    assert {"SUPERSET_ADMIN_PASSWORD", "SUPERSET_SECRET_KEY"} <= set(passed_on(service))


@pytest.mark.parametrize("missing", ["SUPERSET_ADMIN_PASSWORD", "SUPERSET_SECRET_KEY"])
@pytest.mark.parametrize("said", [None, ""], ids=["missing", "empty"])
def test_superset_does_not_start_without_its_secrets(missing, said):
    command = SUPERSET.partition("\nCMD ")[2].replace("\\\n", " ")
    given = {"SUPERSET_ADMIN_PASSWORD": "p", "SUPERSET_SECRET_KEY": "k"} | {missing: said}
    environ = {name: text for name, text in given.items() if text is not None}

    done = subprocess.run(["sh", "-c", command], env=environ, capture_output=True, text=True)

    assert done.returncode != 0
    assert f"set {missing}" in done.stderr


def test_the_image_of_superset_holds_all_that_the_boards_are_made_from(tmp_path):
    copied = re.findall(r"^COPY (\S+) (\S+)$", SUPERSET, re.MULTILINE)
    for source, target in copied:
        if (PROJECT_ROOT / source).is_dir():
            shutil.copytree(PROJECT_ROOT / source, tmp_path / target, dirs_exist_ok=True)
    command = [sys.executable, "-m", "bi.superset.bundle", "duckdb:////release", "boards.zip"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "boards.zip").stat().st_size > 10_000
