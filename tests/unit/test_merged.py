"""Several iterators read by threads, as one."""

import threading
import time
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.core.merged import CHUNK, WAITING, merged


@given(st.lists(st.integers(0, 40), max_size=6), st.integers(1, 8), st.integers(1, 7))
@settings(max_examples=60, deadline=None)
def test_every_item_comes_once_and_in_its_sources_order(sizes, threads, chunk):
    sources = [partial(iter, [(n, i) for i in range(size)]) for n, size in enumerate(sizes)]

    found = list(merged(sources, threads, chunk))

    assert len(found) == sum(sizes)
    for n, size in enumerate(sizes):
        assert [i for m, i in found if m == n] == list(range(size))


def test_sources_are_read_at_once():
    barrier = threading.Barrier(3, timeout=5)

    def source(name):
        barrier.wait()
        yield name

    assert sorted(merged([partial(source, name) for name in "abc"], 3)) == ["a", "b", "c"]


def endless(read):
    while True:
        read.append(1)
        yield 1


def test_a_source_is_not_read_far_ahead_of_who_takes():
    read = []
    items = merged([partial(endless, read)] * 2, 2)

    next(items)
    time.sleep(0.3)  # as long as the threads would need for millions
    items.close()

    assert CHUNK <= len(read) <= CHUNK * (2 * WAITING + 2 * 2)


def test_an_error_of_one_source_is_raised_and_ends_the_others():
    def broken():
        yield 0
        raise LookupError("gone")

    before = threading.active_count()

    with pytest.raises(LookupError, match="gone"):
        list(merged([broken, partial(endless, [])], 2))
    assert threading.active_count() == before


def test_who_stops_taking_leaves_no_thread_behind():
    before = threading.active_count()
    items = merged([partial(endless, [])] * 4, 4)
    next(items)

    items.close()

    assert threading.active_count() == before
