"""At most N calls in any second, and nearly all of them used."""

from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.core.limits import RateLimit


class Time:
    """A clock that only sleeping and the test move."""

    def __init__(self):
        self.now = 1000.0

    def sleep(self, seconds):
        self.now += seconds


def starts(limit_per_second, delays):
    """Return when each call of one caller started, who comes back after these delays."""
    time = Time()
    limit = RateLimit(limit_per_second, now=lambda: time.now, sleep=time.sleep)
    found = []
    for delay in delays:
        time.now += delay
        limit.acquire()
        found.append(time.now)
    return found


def most_in_a_second(found):
    return max(sum(t <= other < t + 1 for other in found[n:]) for n, t in enumerate(found))


@given(
    st.integers(1, 300),
    st.lists(
        st.sampled_from([0.0, 0.0, 0.0, 0.001, 0.015, 0.03, 0.4, 1.3]), min_size=2, max_size=900
    ),
)
@settings(max_examples=80, deadline=None)
def test_no_second_ever_holds_more_than_the_limit(limit_per_second, delays):
    assert most_in_a_second(starts(limit_per_second, delays)) <= limit_per_second


def test_eager_callers_use_nearly_all_of_it():
    found = starts(200, [0.0] * 2000)

    assert 1999 / (found[-1] - found[0]) / 200 >= 0.95


def test_a_caller_who_is_late_for_a_moment_loses_nothing():
    hiccups = [0.02 if n % 100 == 0 else 0.0 for n in range(2000)]

    late, eager = starts(200, hiccups), starts(200, [0.0] * 2000)

    assert late[-1] - late[0] < (eager[-1] - eager[0]) + 0.05


def test_a_long_silence_is_not_made_up_for():
    found = starts(10, [0.0] * 5 + [30.0] + [0.0] * 20)

    assert most_in_a_second(found[5:]) <= 10


def test_a_pause_holds_back_everybody():
    time = Time()
    limit = RateLimit(100, now=lambda: time.now, sleep=time.sleep)
    limit.acquire()

    limit.pause(5)
    limit.acquire()

    assert time.now >= 1005
