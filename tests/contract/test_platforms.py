"""A platform is whole: what it lacks is listed by name."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from functools import cache

import pyarrow as pa
import pytest

from expectations.suites import load_suites
from extractors.core.envelope import data_lines
from extractors.core.model import Platform, Stream
from extractors.core.registry import platforms_by_name
from sandbox.server import make_app
from sandbox.world import load_world
from tidemark.settings import PROJECT_ROOT

MODELS = PROJECT_ROOT / "dbt_project" / "models"
TODO = "TODO"
#: what every page speaks of, and the heading under which it does
TOPICS = {
    "credentials": r"^## .*([Cc]redentials|Bringing|Connecting)",
    "quotas": r"^## .*([Qq]uotas|Limits)",
    "terms": r"^## .*[Tt]erms",
    "what it cannot tell us": r"^## What it cannot tell us",
}
SCOPES = r"(?i)\b(scope|permission)"


def missing(platform: Platform) -> list[str]:
    """Return what a platform lacks, each with its place and remedy."""
    found = [*labels(platform), *named_in_tests(platform), *marks(platform), *page(platform)]
    if platform.authorize is not None:
        found += [*codes(platform), *routes(platform)]
    for stream in platform.streams:
        found += [*declaration(platform, stream), *files_of(platform, stream)]
    return found + list(readers(platform))


def labels(platform: Platform) -> Iterator[str]:
    for owner, labelled in (("", platform), *((f"{s.name}: ", s) for s in platform.streams)):
        for name in ("label_zh", "label_en"):
            if not getattr(labelled, name).strip():
                yield f"{owner}{name} is empty"


def named_in_tests(platform: Platform) -> Iterator[str]:
    paths = sorted((PROJECT_ROOT / "tests").rglob("test_*.py"))
    imported = re.compile(rf"extractors\.platforms\.{platform.name}\b")
    if not any(
        p.stem.endswith(f"_{platform.name}") or imported.search(p.read_text()) for p in paths
    ):
        yield f"tests/unit/test_platform_{platform.name}.py: no test file names it"


def marks(platform: Platform) -> Iterator[str]:
    """Yield what a stub left for a person to decide."""
    rooms = ("extractors/platforms", "sandbox/routes")
    modules = [p for r in rooms for p in (PROJECT_ROOT / r).glob(f"{platform.name}.py")]
    folders = [p for r in rooms for p in (PROJECT_ROOT / r / platform.name).rglob("*.py")]
    for path in sorted(modules + folders):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if TODO in line:
                yield f"{path.relative_to(PROJECT_ROOT)}:{number}: {line.strip()}"


def page(platform: Platform) -> Iterator[str]:
    path = PROJECT_ROOT / "docs" / "platforms" / f"{platform.name}.md"
    where = path.relative_to(PROJECT_ROOT)
    if not path.exists():
        yield f"{where}: there is no page"
        return
    text = path.read_text("utf-8")
    for topic, heading in TOPICS.items():
        if not re.search(heading, text, re.MULTILINE):
            yield f"{where}: no section on {topic}"
    if platform.authorize is not None and not re.search(SCOPES, text):
        yield f"{where}: says nothing of scopes or permissions"
    for section in re.split(r"^#+ ", text, flags=re.MULTILINE)[1:]:
        heading, _, body = section.partition("\n")
        if not body.strip() or TODO in body:
            yield f"{where}: nothing is said under {heading!r}"


def codes(platform: Platform) -> Iterator[str]:
    path = PROJECT_ROOT / "extractors" / "platforms" / "codes" / f"{platform.name}.txt"
    if not path.exists() or not data_lines("codes", platform.name):
        yield f"{path.relative_to(PROJECT_ROOT)}: no error code is named"


@cache
def served() -> tuple[str, ...]:
    app, _state = make_app(load_world("launch"), lambda: None)
    return tuple(route.path for route in app.app.routes)


def routes(platform: Platform) -> Iterator[str]:
    if not any(path.startswith(f"/{platform.name}/") for path in served()):
        yield f"sandbox/routes/{platform.name}: no route below /{platform.name}/"


def declaration(platform: Platform, stream: Stream) -> Iterator[str]:
    names = [field.name for field in stream.fields]
    if not stream.key or set(stream.key) - set(names) or len(set(names)) < len(names):
        yield f"{stream.name}: its key is not among its fields, or a field stands twice"
    if stream.ready_at >= stream.deadline_at:
        yield f"{stream.name}: deadline_at is not after ready_at"
    numbers = [f for f in stream.fields if is_number(f.type) and f.name not in stream.key]
    if stream.merge == "replace_slice" and all(f.kind == "attribute" for f in numbers):
        yield f"{stream.name}: no number says its kind (increment, snapshot, cumulative, …)"
    if stream.read is None:
        return
    minute, hour, *_ = platform.schedule.split()
    if (stream.ready_at.hour, stream.ready_at.minute) > (int(hour), int(minute)):
        yield f"{stream.name}: ready_at is after the schedule of its DAG"
    # a snapshot reads now, a listing brings everything
    by_day = (stream.is_required or stream.merge == "replace_slice") and not stream.is_snapshot
    if by_day and stream.lookback_days < 2:
        yield f"{stream.name}: a day that failed stays lost; set lookback_days to 2 or more"


def is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def files_of(platform: Platform, stream: Stream) -> Iterator[str]:
    name = f"{platform.name}__{stream.name}"
    folder = MODELS / "staging" / platform.name
    sources, view = folder / f"_{platform.name}__sources.yml", folder / f"stg_{name}.sql"
    if name not in load_suites("raw"):
        yield f"expectations/raw/{name}.json: there is no suite"
    if not view.exists():
        yield f"{view.relative_to(PROJECT_ROOT)}: there is no staging view"
    if not sources.exists() or f"name: {name}\n" not in sources.read_text():
        yield f"{sources.relative_to(PROJECT_ROOT)}: {name} is not among the sources"


def readers(platform: Platform) -> Iterator[str]:
    read = f"ref('stg_{platform.name}__"
    if not any(read in path.read_text("utf-8") for path in sorted(MODELS.rglob("*.sql"))):
        folder = (MODELS / "intermediate" / platform.name).relative_to(PROJECT_ROOT)
        yield f"{folder}: no model takes its rows into a shape"


def test_there_are_platforms():
    assert len(platforms_by_name()) >= 6


@pytest.mark.parametrize("name", platforms_by_name())
def test_a_platform_lacks_nothing(name):
    found = missing(platforms_by_name()[name])

    assert found == [], "\n".join([f"{name} lacks:", *found])


KEY = "its key is not among its fields, or a field stands twice"
PLAIN = tuple(
    replace(field, kind="attribute")
    for field in platforms_by_name()["douyin"].stream("account_days").fields
)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"key": ()}, [KEY]),
        ({"key": ("day",)}, [KEY]),
        ({"fields": PLAIN * 2, "merge": "upsert_version"}, [KEY]),
        ({"fields": PLAIN}, ["no number says its kind (increment, snapshot, cumulative, …)"]),
        ({"deadline_at": time(10, 30)}, ["deadline_at is not after ready_at"]),
        ({"ready_at": time(10, 31)}, ["ready_at is after the schedule of its DAG"]),
        ({"lookback_days": 1}, ["a day that failed stays lost; set lookback_days to 2 or more"]),
        ({}, []),
    ],
    ids=[
        "no key",
        "strange key",
        "field twice",
        "kinds",
        "deadline",
        "schedule",
        "look-back",
        "good",
    ],
)
def test_a_declaration_that_cannot_be_is_told(changes, said):
    douyin = platforms_by_name()["douyin"]
    stream = replace(douyin.stream("account_days"), **changes)

    assert list(declaration(douyin, stream)) == [f"account_days: {text}" for text in said]
