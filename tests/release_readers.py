"""Readers of a published database, as threads of this process or of a process of its own.

python -m tests.release_readers <tidemark.duckdb> <stop file> <readers>
"""

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import duckdb

HELD_FOR = 20  # questions that a long-held connection answers before it is opened anew
PAUSE_SECONDS = 0.4  # between two questions of a reader, so that the publisher gets a core too

WHOLE = """
select
    (select max(release_id) from ops.release),
    (select min(release_id) from kpi.goal_status),
    (select cast(sum(plays) as double) from marts.fct_play_day),
    (select max(actual) from kpi.goal_status)
"""
PARTS = (
    "select max(release_id) from ops.release",
    "select max(release_id) from kpi.goal_status",
    "select max(release_id) from ops.release",
)


@dataclass
class Seen:
    """What a reader saw; problems is empty when all was well."""

    questions: int = 0
    releases: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def note(self, release_id: str, is_whole: bool, what: object) -> None:
        """Take one answer."""
        self.questions += 1
        self.releases.add(release_id)
        if not is_whole:
            self.problems.append(f"mixed: {what}")


def read_until(link: Path, stop: Callable[[], bool], seen: Seen, *, holds: bool) -> None:
    """Ask again and again, on a new connection each time or on one that is held for a while."""
    newest = ""
    while not stop():
        try:
            with duckdb.connect(str(link), read_only=True) as release:
                first = _ask(release, seen)
                for _ in range(HELD_FOR if holds and not stop() else 0):
                    if _ask(release, seen) != first:
                        seen.problems.append(f"a held connection left {first}")
        except duckdb.Error as error:
            seen.problems.append(str(error))
            return
        if first < newest:
            seen.problems.append(f"{first} after {newest}")
        newest = first


def _ask(release: duckdb.DuckDBPyConnection, seen: Seen) -> str:
    time.sleep(PAUSE_SECONDS)
    own, judged, plays, actual = release.execute(WHOLE).fetchone() or ("", "", 0, 0)
    seen.note(own, own == judged and plays == actual, (own, judged, plays, actual))
    parts = {release.execute(query).fetchall()[0][0] for query in PARTS}
    seen.note(own, parts == {own}, parts)
    return str(own)


def start_readers(
    link: Path, stop: Callable[[], bool], count: int
) -> tuple[list[threading.Thread], list[Seen]]:
    """Start that many readers, every second one with connections that it holds."""
    seen = [Seen() for _ in range(count)]
    threads = [
        threading.Thread(
            target=read_until, args=(link, stop, each), kwargs={"holds": n % 2 == 0}, daemon=True
        )
        for n, each in enumerate(seen)
    ]
    for thread in threads:
        thread.start()
    return threads, seen


def summary(seen: list[Seen]) -> dict[str, object]:
    """Return what all readers saw together."""
    pairs = Counter(release for each in seen for release in each.releases)
    whole = Seen(
        sum(each.questions for each in seen),
        set(pairs),
        [problem for each in seen for problem in each.problems],
    )
    return {**asdict(whole), "releases": sorted(whole.releases), "pairs": pairs.total()}


def main() -> None:
    """Read until the stop file is there; print what was seen as JSON."""
    link, stop_file, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    threads, seen = start_readers(link, stop_file.exists, count)
    print("reading", flush=True)
    for thread in threads:
        thread.join()
    print(json.dumps(summary(seen)), flush=True)


if __name__ == "__main__":
    main()
