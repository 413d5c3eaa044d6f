"""A dozen points of the campaign that `make bench` runs with two hundred."""

import pytest

from bench.kills import STEPS, draw, run

SEED = 20260415


@pytest.mark.slow
def test_whatever_is_killed_the_next_run_ends_as_if_nothing_had_happened():
    assert run(SEED, points=12) == 0


def test_a_long_campaign_begins_with_a_short_one_and_covers_every_step():
    long = draw(SEED, 200)

    assert long[:12] == draw(SEED, 12)
    assert {point.step for point in long} == set(range(len(STEPS)))
    assert {point.by for point in long} == {"moment", "time"}
