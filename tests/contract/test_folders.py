"""Folders agree: every stream has its suite, its staging view, its page; nothing is left over."""

import re

import pytest

from expectations.suites import load_suites
from extractors.core.registry import every_stream, find_stream, platforms_by_name
from sandbox.server import make_app
from sandbox.world import load_world
from tidemark.settings import PROJECT_ROOT
from warehouse.transform import unions

STREAMS = [(platform.name, stream.name) for platform, stream in every_stream()]
STAGING = PROJECT_ROOT / "dbt_project" / "models" / "staging"


def ids(pair):
    return "/".join(pair)


def test_there_are_streams():
    assert len(STREAMS) >= 19


@pytest.mark.parametrize("pair", STREAMS, ids=ids)
def test_every_stream_has_a_suite(pair):
    name = "__".join(pair)

    assert name in load_suites("raw"), f"{pair[0]}: no suite expectations/raw/{name}.json"


@pytest.mark.parametrize("pair", STREAMS, ids=ids)
def test_every_stream_has_a_staging_view(pair):
    path = STAGING / pair[0] / f"stg_{pair[0]}__{pair[1]}.sql"

    assert path.exists(), f"{pair[0]}: no staging view {path.relative_to(PROJECT_ROOT)}"


def test_no_suite_and_no_source_is_left_over():
    known = {"__".join(pair) for pair in STREAMS}

    assert set(load_suites("raw")) == known


@pytest.mark.parametrize("name", sorted(platforms_by_name()))
def test_every_platform_has_a_page(name):
    path = PROJECT_ROOT / "docs" / "platforms" / f"{name}.md"

    assert path.exists(), f"{name}: no page docs/platforms/{name}.md (credentials, limits, terms)"


@pytest.mark.parametrize("stream", platforms_by_name()["sheet"].streams, ids=lambda s: s.name)
def test_every_sheet_is_on_their_page(stream):
    page = (PROJECT_ROOT / "docs" / "platforms" / "sheet.md").read_text("utf-8")

    assert f"| `{stream.name}` {stream.label_zh} |" in page


@pytest.mark.parametrize(
    "name", [n for n, p in sorted(platforms_by_name().items()) if p.authorize is not None]
)
def test_every_api_platform_has_sandbox_routes(name):
    app, _state = make_app(load_world("launch"), lambda: None)
    paths = [route.path for route in app.app.routes]

    assert [path for path in paths if path.startswith(f"/{name}/")], f"{name}: no sandbox/routes"


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


# a snapshot reads now, a listing brings everything, a file comes when people drop it
READ_BY_DAY = [
    (platform.name, stream.name)
    for platform, stream in every_stream()
    if stream.read is not None
    and (stream.is_required or stream.merge == "replace_slice")
    and not stream.is_snapshot
]


@pytest.mark.parametrize("pair", READ_BY_DAY, ids=ids)
def test_a_day_that_failed_is_read_again_on_the_next_two_mornings(pair):
    stream = find_stream(*pair)

    assert stream.lookback_days >= 2, f"{ids(pair)}: a failed day stays lost; set lookback_days"
