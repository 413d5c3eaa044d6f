"""Folders agree: nothing is left over; what a platform lacks is told by test_platforms."""

import re

import pytest

from expectations.suites import load_suites
from extractors.core.registry import every_stream, platforms_by_name
from tidemark.settings import PROJECT_ROOT
from warehouse.transform import unions

STREAMS = [(platform.name, stream.name) for platform, stream in every_stream()]


def test_there_are_streams():
    assert len(STREAMS) >= 19


def test_no_suite_and_no_source_is_left_over():
    known = {"__".join(pair) for pair in STREAMS}

    assert set(load_suites("raw")) == known


@pytest.mark.parametrize("stream", platforms_by_name()["sheet"].streams, ids=lambda s: s.name)
def test_every_sheet_is_on_their_page(stream):
    page = (PROJECT_ROOT / "docs" / "platforms" / "sheet.md").read_text("utf-8")

    assert f"| `{stream.name}` {stream.label_zh} |" in page


def test_every_published_table_of_the_contract_has_a_model_and_a_suite():
    suites = set(load_suites("marts"))
    models = {
        f"{schema}.{path.stem}"
        for schema in ("marts", "kpi", "ops")
        for path in (PROJECT_ROOT / "dbt_project" / "models" / schema).rglob("*.sql")
        if not path.stem.startswith("int_")
    }

    assert len(models) >= 48
    assert suites == models, f"add or delete suites: {sorted(suites ^ models)}"


def test_every_shape_that_a_platform_offers_is_taken_into_a_union():
    folder = PROJECT_ROOT / "dbt_project" / "models"
    taken = {
        shape
        for path in folder.rglob("*.sql")
        for shape in re.findall(r"union_of\(\s*'(\w+)'", path.read_text("utf-8"))
    }

    assert len(taken) >= 9
    assert set(unions(PROJECT_ROOT / "dbt_project")) <= taken, "no union_of() takes that shape"
