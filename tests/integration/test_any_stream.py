"""Whatever any stream of any platform tells: a release on its base equals one from nothing.

Rows are drawn from the schemas of the streams, with few ids, so that they meet; none is judged.
TIDEMARK_SEQUENCES says how many sequences are drawn (make bench: many, each run others).
"""

import os
import shutil
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from extractors.core import known
from extractors.core.model import Stream
from extractors.core.registry import every_stream
from tests.integration.test_release_rebuild import account_day, at, differing, on, release, site_of
from tests.warehouse_site import land
from tidemark.settings import PROJECT_ROOT

pytestmark = pytest.mark.slow
SEQUENCES = int(os.environ.get("TIDEMARK_SEQUENCES", "1"))
STREAMS = {f"{platform.name}/{stream.name}": stream for platform, stream in every_stream()}
#: accounts beside those of the project's configuration
KINDS = {
    **dict.fromkeys(("bilibili", "weibo", "wechat_channels", "qianchuan"), "social"),
    **dict.fromkeys(
        ("wechat_shop", "xiaohongshu_shop", "youzan", "shop_file", "shop_database"), "shop"
    ),
    "wecom": "community",
}
CONFIGURED = {"douyin_shop": "douyin_shop_main", "xiaohongshu": "xhs_acme", "sheet": "douyin_acme"}
TEXTS = ("1", "2", "3", "通过", "MERCHANT_REFUND_SUCCESS", "TRADE_SUCCESS", "finished")
NUMBERS = (0, 1, 2, 3, 5, 7, 20, 100, 5000)
AMOUNTS = (Decimal("0.00"), Decimal("19.99"), Decimal("80.00"))

Landing = tuple[str, dict[str, list[dict[str, Any]]]]
days = st.integers(1, 11).map(lambda n: f"05-{n:02d}")


def named(item: Any) -> Any:
    """Return what no two of a list share: the id of an order's line, where it has one."""
    ids = (item.get(name) for name in ("order_id", "oid")) if isinstance(item, dict) else ()
    return next((found for found in ids if found is not None), id(item))


def values(kind: pa.DataType, dates: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return what a field of a type may hold."""
    if pa.types.is_struct(kind):
        return st.fixed_dictionaries({f.name: values(f.type, dates) for f in kind})
    if pa.types.is_list(kind):
        return st.lists(values(kind.value_type, dates), max_size=2, unique_by=named)
    if pa.types.is_date(kind):
        return dates
    if pa.types.is_timestamp(kind):
        return st.builds(at, days, st.sampled_from(("00:00", "10:00", "23:30")))
    if pa.types.is_boolean(kind):
        return st.booleans()
    if pa.types.is_floating(kind):
        return st.sampled_from((0.0, 0.25, 1.0))
    if pa.types.is_decimal(kind):
        return st.sampled_from(AMOUNTS)
    return st.sampled_from(NUMBERS if pa.types.is_integer(kind) else TEXTS)


def rows_of(stream: Stream, day: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Return rows of a stream, of one day or, where newer ones replace older ones, of any."""
    is_loose = stream.merge == "upsert_version"
    dates = days.map(on) if is_loose else st.just(on(day))
    choices = {c.field: c.choices for c in stream.file.columns if c.choices} if stream.file else {}
    fields = {}
    for field in stream.schema:
        if field.name in ("account_key", "dt") or field.name.startswith("_"):
            continue
        drawn = st.sampled_from(choices.get(field.name, ())) if field.name in choices else None
        fields[field.name] = drawn or values(field.type, dates)
        may_lack = pa.types.is_temporal(field.type) and field.nullable
        if may_lack and field.name not in stream.key:
            fields[field.name] |= st.none()
    return st.lists(
        st.fixed_dictionaries(fields),
        max_size=3 if is_loose else 1,
        unique_by=lambda row: tuple(row.get(name) for name in stream.key),
    )


@st.composite
def landings(draw: st.DrawFn) -> Landing:
    """Draw a stream, and rows by the day they are filed under."""
    name, day = draw(st.sampled_from(sorted(STREAMS))), draw(days)
    stream = STREAMS[name]
    rows = draw(rows_of(stream, day))
    if stream.day is None or not rows:
        return name, {day: rows}
    filed = defaultdict(list)
    for row in rows:
        filed[f"{stream.day(row):%m-%d}"].append(row)
    return name, dict(filed)


def configured(folder: Path) -> Path:
    """Return a copy of the project's configuration with an account of every platform."""
    config = folder / "config"
    shutil.copytree(PROJECT_ROOT / "config", config)
    declared = yaml.safe_load((config / "accounts.yml").read_text())
    declared["accounts"] += [
        {"key": f"{platform}_acme", "platform": platform, "id": "1", "name": platform}
        | {"brand": "acme", "kind": kind, "active_from": "2026-03-01"}
        for platform, kind in KINDS.items()
    ]
    (config / "accounts.yml").write_text(yaml.safe_dump(declared, allow_unicode=True))
    return config


def put(site: Any, landing: Landing) -> None:
    name, filed = landing
    platform = name.partition("/")[0]
    for day, rows in filed.items():
        account = CONFIGURED.get(platform, f"{platform}_acme")
        land(site, name, account, {f"2026-{day}": rows or "empty"})


@pytest.fixture(scope="module")
def marks_are_settled():
    """Let what was written a moment ago be believed, so that plans read few days, not all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known, "SETTLED_NS", 0)
        yield


@settings(
    max_examples=SEQUENCES,
    deadline=None,
    derandomize=SEQUENCES <= 2,
    phases=[Phase.generate],  # a build is too slow for shrinking
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
@given(
    history=st.lists(landings(), min_size=40, max_size=60),
    rounds=st.lists(st.lists(landings(), min_size=1, max_size=14), min_size=1, max_size=3),
)
def test_a_release_after_anything_equals_one_from_nothing(
    tmp_path_factory, marks_are_settled, history, rounds
):
    home = tmp_path_factory.mktemp("lived")
    config = configured(home)
    site = site_of(home, "05-11", config)
    for landing in history:
        put(site, landing)
    for n in range(1, 11):
        day = f"05-{n:02d}"
        put(site, ("douyin/account_days", {day: [account_day(day, n, 1000 + n)]}))
    release(site)
    site = site_of(home, "05-12", config)
    for number, landed in enumerate(rounds):
        for landing in landed:
            put(site, landing)
        note(f"then {landed}")
        put(site, ("douyin/account_days", {"05-11": [account_day("05-11", number, 1000)]}))
        release(site)

    assert differing(site, tmp_path_factory.mktemp("fresh")) == {}
