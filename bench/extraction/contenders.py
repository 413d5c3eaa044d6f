"""Who reads the comments: Tidemark, dlt in several settings, and the floor.

Each runs in a process of its own and is timed without its imports; what it does is timed to the
end: Parquet files that a reader could query, for Tidemark with manifests and verdicts.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import requests

from bench.extraction.server import COMMENTS, DAYS, PAGE, UNTIL, VIDEOS, Load

FLOOR_THREADS = 32
HEADERS = {"access-token": "t"}
NOW = UNTIL + timedelta(days=1, hours=11)
WINDOW = (UNTIL.date() - timedelta(days=DAYS), UNTIL.date() - timedelta(days=1))

Contender = Callable[[str, Load, Path], int]


def accounts(load: Load) -> list[str]:
    """Return the open_id of every account."""
    return [f"open-{n}" for n in range(load.accounts)]


# -- the floor ---------------------------------------------------------------------------------


def floor(url: str, load: Load, folder: Path) -> int:
    """The same requests from a pool of threads, all rows in memory, and one write."""
    with ThreadPoolExecutor(FLOOR_THREADS) as pool:
        listed = pool.map(lambda owner: _videos(url, owner), accounts(load))
        chains = [(owner, video) for owner, videos in listed for video in videos]
        found = pool.map(lambda chain: list(_comments(url, *chain)), chains)
        rows = [row for page in found for row in page]
    pq.write_table(pa.Table.from_pylist(rows), folder / "comments.parquet")
    return len(rows)


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers.update(HEADERS)
    return session


def _videos(url: str, owner: str) -> tuple[str, list[str]]:
    with _session() as session:
        answer = session.get(url + VIDEOS, params={"open_id": owner, "count": 20, "cursor": 0})
        return owner, [row["item_id"] for row in answer.json()["data"]["list"]]


def _comments(url: str, owner: str, video: str) -> Iterator[dict[str, Any]]:
    params: dict[str, Any] = {"open_id": owner, "item_id": video, "count": PAGE, "cursor": 0}
    with _session() as session:
        has_more = True
        while has_more:
            data = session.get(url + COMMENTS, params=params).json()["data"]
            yield from data["list"]
            params["cursor"], has_more = data["cursor"], data["has_more"]


# -- Tidemark ----------------------------------------------------------------------------------


def tidemark(url: str, load: Load, folder: Path) -> int:
    """Extraction by the runtime into a lake, and the gate over what came."""
    rows = tidemark_extraction(url, load, folder)
    assert tidemark_gate(url, load, folder) == rows
    return rows


def tidemark_extraction(url: str, load: Load, folder: Path) -> int:
    """The first of its two processes: a lake with manifests and no verdict yet."""
    from extractors.core.model import Account, Credential, Window
    from extractors.core.run import extract
    from extractors.platforms.douyin import PLATFORM

    settings, lake = _site(folder)
    options = {"calls_per_second": load.calls_per_second}
    own = [Account(o, "douyin", o, o, "acme", options=options) for o in accounts(load)]
    alive = {"access_token": "t", "refresh_token": "r", "expires_at": "2026-12-31T00:00:00+08:00"}
    report = extract(
        PLATFORM,
        own,
        Window(*WINDOW),
        lake=lake,
        settings=settings,
        streams=["comments"],
        credentials=lambda a: Credential(
            a.key, base_url=url, extra={**alive, "open_id": a.external_id}
        ),
    )
    assert report.error() is None, report.error()
    return report.landed[0].rows


def tidemark_gate(_url: str, _load: Load, folder: Path) -> int:
    """The second: every batch judged."""
    from expectations.runner import gate_lake

    settings, lake = _site(folder)
    judged = gate_lake(lake, settings)
    assert judged.passed, judged.failures
    return sum(record.rows for m in lake.manifests() for record in m.slices)


def _site(folder: Path) -> tuple[Any, Any]:
    from extractors.core.lake import open_lake
    from tidemark.settings import Settings

    settings = Settings(folder, folder / "config", (folder / "lake").as_uri(), lambda: NOW)
    return settings, open_lake(settings.lake_url, settings.copies_dir)


# -- dlt ---------------------------------------------------------------------------------------


def dlt_default(url: str, load: Load, folder: Path) -> int:
    """Its REST source as its documentation writes it."""
    return _dlt_rest(url, load, folder, is_parallel=False)


def dlt_parallel(url: str, load: Load, folder: Path) -> int:
    """The same with every resource parallelised and as many workers as there are accounts."""
    os.environ["EXTRACT__WORKERS"] = str(FLOOR_THREADS)
    os.environ["EXTRACT__MAX_PARALLEL_ITEMS"] = str(FLOOR_THREADS)
    os.environ["NORMALIZE__WORKERS"] = "2"
    os.environ["DATA_WRITER__FILE_MAX_ITEMS"] = "20000"
    return _dlt_rest(url, load, folder, is_parallel=True)


def _dlt_rest(url: str, load: Load, folder: Path, *, is_parallel: bool) -> int:
    from dlt.sources.rest_api import rest_api_source

    source = rest_api_source(
        {
            "client": {"base_url": url, "headers": HEADERS},
            "resources": [
                resource
                for owner in accounts(load)
                for resource in _dlt_resources(owner, is_parallel=is_parallel)
            ],
        }
    )
    return _dlt_run(source, folder)


def _dlt_resources(owner: str, *, is_parallel: bool) -> list[dict[str, Any]]:
    from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator

    name = owner.replace("-", "_")
    videos = {
        "name": f"videos_{name}",
        "selected": False,
        "endpoint": {
            "path": VIDEOS,
            "params": {"open_id": owner, "count": 20, "cursor": 0},
            "data_selector": "data.list",
            "paginator": "single_page",
        },
    }
    comments = {
        "name": f"comments_{name}",
        "table_name": "comments",
        "parallelized": is_parallel,
        "endpoint": {
            "path": COMMENTS,
            "params": {
                "open_id": owner,
                "item_id": f"{{resources.videos_{name}.item_id}}",
                "count": PAGE,
                "cursor": 0,
            },
            "data_selector": "data.list",
            "paginator": JSONResponseCursorPaginator(
                cursor_path="data.cursor", cursor_param="cursor", has_more_path="data.has_more"
            ),
        },
    }
    return [videos, comments]


def dlt_arrow(url: str, load: Load, folder: Path) -> int:
    """Its pipeline fed with Arrow tables from the floor's reader: no normalisation of JSON."""
    import dlt

    os.environ["EXTRACT__WORKERS"] = str(FLOOR_THREADS)
    os.environ["EXTRACT__MAX_PARALLEL_ITEMS"] = str(FLOOR_THREADS)

    @dlt.resource(parallelized=True)
    def videos() -> Iterator[tuple[str, str]]:
        for owner in accounts(load):
            for video in _videos(url, owner)[1]:
                yield owner, video

    @dlt.transformer(parallelized=True, table_name="comments")
    def comments(chain: tuple[str, str]) -> Any:
        yield pa.Table.from_pylist(list(_comments(url, *chain)))

    return _dlt_run(videos | comments, folder)


def _dlt_run(data: Any, folder: Path) -> int:
    import dlt

    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=str(folder / "state"),
        destination=dlt.destinations.filesystem((folder / "lake").as_uri()),
        dataset_name="raw",
    )
    pipeline.run(data, loader_file_format="parquet")
    files = (folder / "lake" / "raw" / "comments").rglob("*.parquet")
    return sum(pq.ParquetFile(path).metadata.num_rows for path in files)


CONTENDERS: dict[str, Contender] = {
    "floor": floor,
    "tidemark": tidemark,
    "tidemark extraction": tidemark_extraction,
    "tidemark gate": tidemark_gate,
    "dlt": dlt_default,
    "dlt, parallel": dlt_parallel,
    "dlt, Arrow": dlt_arrow,
}


def _load_modules(name: str) -> None:
    """Import what a contender needs before the clock starts."""
    if name.startswith("dlt"):
        import_module("dlt.destinations.impl.filesystem.filesystem")
        import_module("dlt.sources.rest_api")
    if name in ("tidemark", "tidemark extraction"):
        import_module("extractors.core.run")
    if name in ("tidemark", "tidemark gate"):
        import_module("expectations.raw")
        import_module("expectations.library")


def main() -> None:
    """Run the contender that the arguments name; print what it took as one line of JSON."""
    name, url, folder, figures = sys.argv[1:]
    load = Load(**json.loads(figures))
    _load_modules(name)
    started = time.perf_counter()
    rows = CONTENDERS[name](url, load, Path(folder))
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": rows, "seconds": seconds, "peak_mib": peak}))


if __name__ == "__main__":
    main()
