"""What a stream declares to touch covers every model built by days that reads it."""

from collections.abc import Iterator
from typing import Any

import pytest

from extractors.core.registry import every_stream
from tests.parsed import parsed_project
from warehouse.touches import touch_of


@pytest.fixture(scope="module")
def project() -> Any:
    """The dbt project as parsed."""
    return parsed_project("build")


def read_by(project: Any, model: str) -> Iterator[str]:
    """Yield what a model reads, and what that is made from.

    A dimension is looked up by the key of a row; which rows ask it, `relatives` say.
    """
    for parent in project.nodes[model].depends_on.nodes:
        if parent.startswith("source."):
            yield project.sources[parent].name
        elif not parent.rpartition(".")[2].startswith("dim_"):
            yield from read_by(project, parent)


def test_a_stream_touches_the_domain_of_every_model_that_reads_it(project: Any) -> None:
    touched = {
        f"{platform.name}__{stream.name}": touch_of(
            f"{platform.name}/{stream.name}", stream
        ).domains
        for platform, stream in every_stream()
    }
    by_days = {
        key: node.config.get("domain")
        for key, node in project.nodes.items()
        if node.config.materialized == "incremental"
    }

    missed = {
        f"{stream} touches {touched[stream]}, but {model} is built by {domain}"
        for model, domain in by_days.items()
        for stream in touched.keys() & set(read_by(project, model))
        # the days of metrics are those of all domains
        if not (touched[stream] if domain == "metric_day" else domain in touched[stream])
    }

    assert len(by_days) >= 14
    assert missed == set()
