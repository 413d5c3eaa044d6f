"""Hostile payloads for every parser: nothing may crash, and no row may be lost in silence.

Good answers of the sandbox are recorded per call, mutated, and read by the streams' own generators
into a lake; files are mutated cell by cell. Two questions are asked in turn:

- anything may be hostile: a slice may fail with an error of the declared tree; of a slice that did
  not, every row that the generator gave was landed, quarantined with its rule, dropped as a
  repetition, or outside of the asked days;
- one place of one good answer is of another shape: then the reading ends in an error, another
  outcome, a quarantined row or drift, or it brought no row less than the good answers did.
"""

import os
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.fuzz.apis import fuzz_stream, recordings
from bench.fuzz.files import fuzz_file, originals
from bench.fuzz.tally import Tally
from tidemark.orchestration.local import running_services

PAYLOADS = 10_000


def run(seed: int, payloads: int = PAYLOADS) -> int:
    """Fuzz every parser with that many payloads each; return the number of problems."""
    started = time.monotonic()
    os.environ.setdefault("TIDEMARK_HASH_SECRET", "bench-only-secret")
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        with running_services() as services:
            recorded = list(recordings(Path(folder), services))
        files = originals(Path(folder))
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
            waiting = [pool.submit(fuzz_stream, one, seed, payloads) for one in recorded]
            waiting += [pool.submit(fuzz_file, *one, seed, payloads) for one in files.items()]
            tallies = [future.result() for future in waiting]
    Console(width=130).print(_summary(tallies, time.monotonic() - started))
    for tally in tallies:
        for problem in tally.problems[:5]:
            print(f"{tally.parser} (seed {seed}): {problem}")
    return sum(len(tally.problems) for tally in tallies)


def _summary(tallies: Sequence[Tally], seconds: float) -> Table:
    table = Table(
        *("parser", "payloads", "rows", "landed", "quarantined", "repeated", "outside", "refused"),
        "problems",
        title=f"Hostile payloads, {seconds:.0f} s",
    )
    for tally in tallies:
        figures = [tally.payloads, tally.given, tally.landed, tally.quarantined]
        figures += [tally.repeated, tally.outside, tally.refused.total(), len(tally.problems)]
        table.add_row(tally.parser, *(f"{figure:,}" for figure in figures))
    return table
