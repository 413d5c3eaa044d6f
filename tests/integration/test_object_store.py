"""The lake in an S3-compatible store: a local server, the ordinary variables of its clients."""

import logging
import os
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import boto3
import duckdb
import pyarrow as pa
import pytest
from moto.server import ThreadedMotoServer

from expectations.runner import gate_lake
from extractors.core.lake import open_lake
from extractors.core.model import Window
from extractors.core.registry import platforms_by_name
from extractors.core.run import extract
from tests.integration.test_release_rebuild import published
from tests.parsed import seed_parsed
from tests.warehouse_site import DAYS, land, make_site, plays
from tidemark.config.accounts import own_accounts
from tidemark.settings import PROJECT_ROOT
from warehouse.publishers.parquet import publish_parquet, read_current
from warehouse.release import release
from warehouse.site import open_site

URL = "s3://acme/tidemark"
MOMENT = datetime(2026, 4, 16, tzinfo=UTC)
ROW = {
    **{"account_key": "alpha_acme", "dt": date(2026, 4, 15), "_batch_id": "b1"},
    **{"_captured_at": MOMENT, "_source_version": MOMENT, "date": date(2026, 4, 15), "plays": 7},
}


@pytest.fixture(scope="module")
def server():
    """Serve an empty store to this module."""
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    yield "http://{}:{}".format(*running.get_host_and_port())
    running.stop()


@pytest.fixture
def bucket(server, monkeypatch):
    """Offer one bucket, empty again afterwards."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "pipeline")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-secret-of-the-store")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-north-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    store = boto3.resource("s3")
    made = store.create_bucket(
        Bucket="acme", CreateBucketConfiguration={"LocationConstraint": "cn-north-1"}
    )
    yield made
    made.objects.all().delete()
    made.delete()


def read_and_release(settings):
    """Read two days, let the gate judge them, publish them; return the site."""
    seed_parsed(settings.home)
    lake = open_lake(settings.lake_url, settings.copies_dir)
    for name in ("douyin", "wechat", "douyin_shop"):
        extract(
            platforms_by_name()[name],
            own_accounts(settings.config_dir, name, None),
            Window(date(2026, 4, 13), date(2026, 4, 14)),
            lake=lake,
            settings=settings,
            lookback=False,
        )
    assert gate_lake(lake, settings).passed
    assert release(settings) is not None
    return open_site(settings)


@pytest.mark.slow
def test_releases_from_a_store_equal_those_from_a_folder(bucket, sandbox, tmp_path):
    local = sandbox.settings
    remote = replace(local, home=tmp_path / "remote", lake_url=URL)
    sandbox.set_clock("2026-04-15T10:45:00+08:00")

    expected = dict(published(read_and_release(local)))
    found = dict(published(read_and_release(remote)))

    assert {name for name, rows in expected.items() if found[name] != rows} == set()
    assert len(expected["marts.fct_account_day"]) > 0
    assert not (remote.home / "lake").exists()
    kinds = {item.key.split("/")[1] for item in bucket.objects.all()}
    assert {"raw", "_manifests", "_verdicts", "_ledger"} <= kinds
    secret = os.environ["AWS_SECRET_ACCESS_KEY"].encode()
    assert not [i.key for i in bucket.objects.all() if secret in i.get()["Body"].read()]


def test_what_a_killed_writer_left_in_a_store_does_not_exist(bucket, tmp_path):
    lake = open_lake(URL, tmp_path / "copies")
    path = lake.part_path("alpha", "days", date(2026, 4, 15), "b1")
    rows = pa.Table.from_pylist([ROW], schema=DAYS.schema)

    killed = lake.open_part(path, DAYS.schema)
    killed.write_table(rows)
    in_the_middle = lake.list_files("raw")
    killed.close()

    assert in_the_middle == []
    assert lake.list_files("raw") == [path]
    assert (lake.manifests(), lake.admitted()) == ([], [])


def test_of_two_writers_of_a_day_in_a_store_the_later_commit_counts(bucket, tmp_path):
    one, _clock = make_site(tmp_path / "one")
    site = replace(one, lake=open_lake(URL, tmp_path / "one" / "copies"))
    other = replace(one, lake=open_lake(URL, tmp_path / "two" / "copies"))

    land(site, "alpha/days", "alpha_acme", plays("2026-04-15", 7))
    land(other, "alpha/days", "alpha_acme", plays("2026-04-15", 9))

    current = site.lake.current(DAYS, "alpha")
    assert [(s.batch_id, s.rows) for s in current] == [("b00001", 1)]
    assert current == other.lake.current(DAYS, "alpha")


def test_a_copy_of_a_rewritten_or_deleted_file_is_gone(bucket, tmp_path):
    lake = open_lake(URL, tmp_path / "copies")
    lake.write_bytes("raw/a.parquet", b"with a person")
    lake.write_bytes("raw/b.parquet", b"deleted later")
    copies = [lake.address("raw/a.parquet"), lake.address("raw/b.parquet")]
    assert [Path(copy).read_bytes() for copy in copies] == [b"with a person", b"deleted later"]

    lake.write_bytes("raw/a.parquet", b"without")
    lake.delete("raw/b.parquet")

    assert [Path(copy).exists() for copy in copies] == [False, False]
    assert Path(lake.address("raw/a.parquet")).read_bytes() == b"without"


def test_copies_that_no_release_needs_are_deleted(bucket, tmp_path):
    lake = open_lake(URL, tmp_path / "copies")
    for name in ("old", "new"):
        lake.write_bytes(f"raw/{name}.parquet", b"rows")
        lake.address(f"raw/{name}.parquet")

    lake.keep_copies({"raw/new.parquet"})

    assert [p.name for p in (tmp_path / "copies").rglob("*") if p.is_file()] == ["new.parquet"]


def release_file(folder, release_id, paid):
    """Write a release of one table whose old month never changes."""
    path = folder / f"{release_id}.duckdb"
    with duckdb.connect(str(path)) as made:
        made.execute("create schema marts; create schema ops")
        made.execute(
            f"create table ops.release as select '{release_id}' as release_id, "
            "date '2026-04-15' as as_of_date, timestamptz '2026-04-16 08:00:00+08' as published_at"
        )
        made.execute("create table marts.dim_brand as select '阿珂美' as brand_name")
        made.execute(f"create table marts.fct_order as select {paid}::decimal(18, 2) as paid_cny")
    return path


def test_a_parquet_release_in_a_store_is_pointed_to_last_and_shares_what_is_unchanged(
    bucket, tmp_path, caplog
):
    root = open_lake("s3://acme/published")
    old = release_file(tmp_path, "r000001-20260415", 7)
    new = release_file(tmp_path, "r000002-20260415", 9)
    publish_parquet(root, old, kept=())
    first = root.list_files("files")
    bucket.Object("published/files/left-by-a-killed-run.parquet").put(Body=b"PAR1")

    with caplog.at_level(logging.INFO, "werkzeug"):
        caplog.clear()
        publish_parquet(root, new, kept=("r000001-20260415",))

    writes = [
        found[1]
        for line in caplog.messages
        if (found := re.search(r"(?:PUT|POST) /acme/published/(\S+\.(?:json|parquet))", line))
    ]
    manifest = read_current(root)
    [file] = manifest["tables"]["marts.fct_order"]["files"]
    [brand] = manifest["tables"]["marts.dim_brand"]["files"]
    assert manifest["release_id"] == "r000002-20260415"
    assert brand["path"] in first
    assert brand["path"] not in writes
    assert file["path"] in writes
    assert sorted(set(writes), key=writes.index)[-2:] == [
        "releases/r000002-20260415/manifest.json",
        "current.json",
    ]
    assert len(root.list_files("files")) == 5
    assert "files/left-by-a-killed-run.parquet" not in root.list_files("files")


def test_the_recipe_for_a_store_reads_the_current_release(bucket, tmp_path):
    root = open_lake("s3://acme/published")
    old, new = (
        release_file(tmp_path, f"r00000{n}-20260415", paid) for n, paid in ((1, 7), (2, "9.25"))
    )
    publish_parquet(root, old, kept=())
    publish_parquet(root, new, kept=(old.stem,))
    page = (PROJECT_ROOT / "docs" / "bi.md").read_text(encoding="utf-8")
    names = {}

    exec(re.search(r"### An object store.*?```python\n(.*?)```", page, re.DOTALL)[1], names)

    assert names["paid"] == Decimal("9.25")
