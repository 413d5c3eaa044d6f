"""Several iterators read at once by threads, as one: a few items wait, however many there are."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, TypeVar

T = TypeVar("T")

CHUNK = 100  # items that change threads together
WAITING = 2  # chunks per thread
LOOK_AROUND_SECONDS = 0.1
_ENDED = object()


class _Over(Exception):
    """Nobody takes the items any more."""


def merged(
    sources: Sequence[Callable[[], Iterable[T]]], threads: int, chunk: int = CHUNK
) -> Iterator[T]:
    """Yield what the sources yield, each source in its own order, some sources at a time.

    chunk is how many items change threads together: each change costs both of them time. The
    first error of a source is raised here and ends the others. One source, or one thread, is read
    by the caller's own.
    """
    threads = min(threads, len(sources))
    if threads <= 1:
        for source in sources:
            yield from source()
        return
    waiting: queue.Queue[Any] = queue.Queue(threads * WAITING)
    over = threading.Event()
    todo = iter(sources)
    work = [
        threading.Thread(target=_read, args=(todo, waiting, over, chunk)) for _ in range(threads)
    ]
    for thread in work:
        thread.start()
    try:
        yield from _taken(waiting, threads)
    finally:
        over.set()
        for thread in work:
            thread.join()


def _taken(waiting: "queue.Queue[Any]", threads: int) -> Iterator[Any]:
    while threads:
        entry = waiting.get()
        if entry is _ENDED:
            threads -= 1
        elif isinstance(entry, BaseException):
            raise entry
        else:
            yield from entry


def _read(
    todo: Iterator[Callable[[], Iterable[Any]]],
    waiting: "queue.Queue[Any]",
    over: threading.Event,
    size: int,
) -> None:
    try:
        # taking the next one from a list's iterator is one step of the interpreter
        for source in todo:
            items = iter(source())
            while chunk := list(islice(items, size)):
                _put(chunk, waiting, over)
        _put(_ENDED, waiting, over)
    except _Over:
        return
    except BaseException as error:
        with suppress(_Over):
            _put(error, waiting, over)


def _put(entry: Any, waiting: "queue.Queue[Any]", over: threading.Event) -> None:
    while not over.is_set():
        try:
            waiting.put(entry, timeout=LOOK_AROUND_SECONDS)
        except queue.Full:
            continue
        return
    raise _Over
