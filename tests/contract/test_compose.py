"""The production services: pinned, checked, and without a default secret."""

import re

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
    declared = set(re.findall(r"^(\w+)=", EXAMPLE, re.MULTILINE))

    assert used <= declared, f"add to .env.example: {sorted(used - declared)}"


def test_every_dag_service_waits_for_its_stores():
    for name in ("api-server", "scheduler", "dag-processor", "triggerer", "worker"):
        assert set(SERVICES[name]["depends_on"]) == {"postgres", "redis", "migrate"}
