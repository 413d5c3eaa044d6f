"""Some of the hostile payloads that `make bench` has ten thousand of per parser."""

import random

import pytest

from bench.fuzz import run
from bench.fuzz.hostile import mutated


def test_no_hostile_payload_crashes_a_parser_or_loses_a_row(monkeypatch):
    monkeypatch.setenv("TIDEMARK_HASH_SECRET", "test-secret")

    assert run(seed=20260415, payloads=40) == 0


@pytest.mark.parametrize("document", [{"list": [{"a": 1}]}, [], "text"], ids=str)
def test_a_mutation_leaves_its_original_alone_and_changes_the_copy(document):
    before = repr(document)
    found = [mutated(random.Random(seed), document) for seed in range(50)]

    assert repr(document) == before
    assert sum(repr(each) != before for each in found) > 40
