"""Whatever changes, in whatever order: a release on its base equals one from nothing.

TIDEMARK_SEQUENCES says how many sequences are drawn (make bench: many, each run others).
"""

import os
import shutil

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from extractors.core import known
from tests.integration.test_release_rebuild import (
    account_day,
    at,
    comment,
    differing,
    land_history,
    on,
    order,
    put,
    release,
    site_of,
)
from tests.integration.test_release_rebuild import note as export
from warehouse.build import build_candidate
from warehouse.errors import BuildError
from warehouse.plan import make_plan

pytestmark = pytest.mark.slow
SEQUENCES = int(os.environ.get("TIDEMARK_SEQUENCES", "2"))

days = st.integers(1, 11).map(lambda n: f"05-{n:02d}")
orders = st.integers(1, 10).map(str)
counts = st.integers(0, 500)


def played(day, plays):
    return ("douyin/account_days", day, account_day(day, plays, 1000 + plays))


def followed(day, count):
    return ("wechat/user_cumulate", day, {"ref_date": on(day), "cumulate_user": count})


def watched(day, play):
    return ("douyin/video_days", day, {"item_id": "v1", "date": on(day), "play": play})


def counted(day, total):
    return ("douyin/video_totals", day, {"item_id": "v1", "play_count": total})


def listed(day, video, created):
    return ("douyin/videos", day, {"item_id": video, "create_time": at(created)})


def ordered(number, created, updated, is_paid, room):
    paid = max(created, updated) if is_paid else None
    return ("douyin_shop/orders", updated, order(number, created, updated, paid=paid, room=room))


def refunded(number, day, cents):
    row = {"aftersale_id": f"a{number}", "shop_order_id": number, "related_id": f"{number}9"}
    moments = {"apply_time": at(day), "update_time": at(day, "12:00")}
    more = {"refund_status": 3, "refund_amount": cents}
    return ("douyin_shop/after_sales", day, {**row, **moments, **more})


def aired(day, viewers):
    room = {"live_id": "room1", "started_at": at(day, "20:00"), "session_buyers": 1}
    return ("sheet/live_sessions", day, {**room, "session_viewers": viewers})


def emptied(name, day):
    return (name, day)


CHANGES = st.one_of(
    st.builds(played, days, counts),
    st.builds(followed, days, counts),
    st.builds(watched, days, counts),
    st.builds(counted, days, counts),
    st.builds(listed, days, st.sampled_from(("v1", "v2")), days),
    st.builds(ordered, orders, days, days, st.booleans(), st.sampled_from((None, "room1"))),
    st.builds(refunded, orders, days, counts),
    st.builds(aired, days, counts),
    st.builds(lambda n, day: ("douyin/comments", day, comment(f"c{n}", day)), orders, days),
    st.builds(
        lambda n, day: ("douyin/comments", day, comment(f"r{n}", day, f"c{n}")), orders, days
    ),
    st.builds(
        lambda day, views: ("xiaohongshu/note_export", day, export(day, views)), days, counts
    ),
    st.builds(emptied, st.sampled_from(("douyin/account_days", "wechat/user_cumulate")), days),
    st.just(played("04-29", 7)),
)
#: how a round of changes ends: published, built and left, or failed half-way
ENDS = st.sampled_from(("released", "only built", "failed"))
ROUNDS = st.lists(
    st.tuples(st.lists(CHANGES, min_size=1, max_size=8), ENDS), min_size=1, max_size=3
)


def end(site, how):
    if how == "released":
        return release(site)
    plan = make_plan(site)
    if plan is not None and how == "only built":
        build_candidate(site, plan.plan_id)
    elif plan is not None:
        with pytest.raises(BuildError):
            build_candidate(site, plan.plan_id, transform=_fail)
    return site


def _fail(*_arguments, **_named):
    raise BuildError("a model does not compile")


@pytest.fixture(scope="module")
def marks_are_settled():
    """Let what was written a moment ago be believed, so that plans read few days, not all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known, "SETTLED_NS", 0)
        yield


@pytest.fixture(scope="module")
def history(tmp_path_factory, marks_are_settled):
    """A home with ten days of history and a release of them, and a copy to go back to."""
    home = tmp_path_factory.mktemp("lived")
    land_history(site_of(home, "05-11"))
    release(site_of(home, "05-11"))
    kept = tmp_path_factory.mktemp("kept") / "home"
    shutil.copytree(home, kept, symlinks=True)
    return home, kept


@settings(
    max_examples=SEQUENCES,
    deadline=None,
    derandomize=SEQUENCES <= 2,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    print_blob=True,
)
@given(rounds=ROUNDS)
def test_a_release_after_any_changes_equals_one_from_nothing(history, tmp_path_factory, rounds):
    home, kept = history
    shutil.rmtree(home)
    shutil.copytree(kept, home, symlinks=True)
    site = site_of(home, "05-12")

    for changes, how in rounds:
        for name, day, *rows in changes:
            put(site, name, day, *rows)
        note(f"{how}: {changes}")
        end(site, how)
    put(site, *played("05-11", 1234))
    release(site)

    assert differing(site, tmp_path_factory.mktemp("fresh")) == {}
