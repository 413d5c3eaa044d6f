"""The launch world adds up to the worked example, day by day and to the last unit."""

import csv
from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest

from sandbox.world import load_world
from sandbox.worlds.launch.days import DAILY, split
from tests.conftest import SHARED
from tidemark.clock import SHANGHAI, business_date
from tidemark.errors import TidemarkError

EXAMPLE = SHARED / "spec" / "example" / "daily.csv"
COUNTERS = {"plays", "likes", "comments", "shares"}


def column(name):
    with DAILY.open() as source:
        rows = {date.fromisoformat(row["date"]): row[name] for row in csv.DictReader(source)}
    return {day: int(text) for day, text in rows.items() if text not in {"", "0"}}


def account(world):
    return world.douyin[0]


def paid_orders(world):
    return [order for order in world.shops[0].orders if order.paid_at]


def refunds(world):
    return [(r, o) for o in world.shops[0].orders for r in o.refunds if r.is_refunded]


def per_day(moments_and_values):
    found = Counter()
    for moment, value in moments_and_values:
        found[business_date(moment)] += value
    return dict(found)


def test_the_campaign_days_are_those_of_the_specification():
    if not EXAMPLE.exists():
        pytest.skip(f"{EXAMPLE} is not here")

    assert DAILY.read_bytes() == EXAMPLE.read_bytes()


@pytest.mark.parametrize("name", sorted(COUNTERS))
def test_account_days_are_the_campaign_days(launch_world, name):
    expected = column(name)
    found = {day: account(launch_world).days[day][name] for day in expected}

    assert len(expected) == 92
    assert found == expected


def test_new_followers_and_unfollows_move_the_total(launch_world):
    days = account(launch_world).days
    new, lost = column("new_followers"), column("unfollows")

    assert {day: days[day]["new_fans"] for day in new} == new
    assert days[date(2026, 3, 1)]["total_fans"] == 120_000 + 300 - 20
    assert days[date(2026, 5, 31)]["total_fans"] == 120_000 + 51_000 - 4_340
    assert sum(new.values()) == 51_000
    assert sum(new.values()) - sum(lost.values()) == 46_660


@pytest.mark.parametrize("name", sorted(COUNTERS))
def test_videos_add_up_to_the_account_on_every_day(launch_world, name):
    found = Counter()
    for video in account(launch_world).videos:
        for day, row in video.days.items():
            found[day] += row[name]

    assert dict(found) == {day: row[name] for day, row in account(launch_world).days.items()}


def test_only_videos_of_the_last_thirty_days_are_played(launch_world):
    ages = [
        (day - business_date(video.created_at)).days
        for video in account(launch_world).videos
        for day in video.days
    ]

    assert ages
    assert min(ages) == 0
    assert max(ages) <= 30


def test_one_or_two_videos_are_published_every_day(launch_world):
    published = Counter(business_date(v.created_at) for v in account(launch_world).videos)

    assert published[date(2026, 3, 1)] >= 1
    assert published.keys() == account(launch_world).days.keys()
    assert set(published.values()) == {1, 2}


def test_the_comment_list_holds_the_comments_of_every_day(launch_world):
    comments = [c for v in account(launch_world).videos for c in v.comments]
    found = per_day((c.created_at, 1) for c in comments if c.parent_id is None)
    expected = column("comments")

    assert {day: found[day] for day in expected} == expected
    assert len({c.comment_id for c in comments}) == len(comments)
    assert {len(c.comment_id) for c in comments} == {19}
    assert any(c.content == "😍👍" for c in comments)
    assert all(c.is_brand for c in comments if c.parent_id)
    assert all(
        c.created_at > v.created_at for v in account(launch_world).videos for c in v.comments[1:]
    )


def test_orders_and_payments_are_those_of_the_campaign_days(launch_world):
    orders = paid_orders(launch_world)

    assert {order.amount_fen for order in orders} == {8_000}
    assert per_day((o.paid_at, 1) for o in orders) == column("orders")
    assert per_day((o.paid_at, o.amount_fen // 100) for o in orders) == column("paid_cny")
    assert len(orders) == 900


def test_every_day_has_an_order_just_after_and_just_before_midnight(launch_world):
    times = defaultdict(list)
    for order in paid_orders(launch_world):
        local = order.paid_at.astimezone(SHANGHAI)
        times[local.date()].append(f"{local:%H:%M:%S}")

    assert len(times) == 31
    assert {min(moments) for moments in times.values()} == {"00:00:05"}
    assert {max(moments) for moments in times.values()} == {"23:59:55"}


def test_buyers_of_a_day_are_distinct_and_760_people_buy_in_all(launch_world):
    buyers = defaultdict(set)
    for order in paid_orders(launch_world):
        buyers[business_date(order.paid_at)].add(order.buyer)
    people = set().union(*buyers.values())

    assert {day: len(who) for day, who in buyers.items()} == column("buyers")
    assert sum(len(who) for who in buyers.values()) == 806
    assert len(people) == 760


def test_orders_of_a_day_are_sold_in_its_live_room(launch_world):
    rooms = {business_date(live.started_at): live.live_id for live in launch_world.lives}

    assert len(rooms) == 31
    assert {(business_date(o.created_at), o.room_id) for o in launch_world.shops[0].orders} == set(
        rooms.items()
    )


def test_orders_that_were_never_paid_stand_beside(launch_world):
    unpaid = [order for order in launch_world.shops[0].orders if not order.paid_at]

    assert sum(1 for order in unpaid if order.cancelled_at) == 31
    assert sum(1 for order in unpaid if not order.cancelled_at) == 31


def test_refunds_of_a_day_are_those_of_the_campaign(launch_world):
    found = per_day((r.settled_at, r.amount_fen) for r, _ in refunds(launch_world))

    assert {day: fen // 100 for day, fen in found.items()} == column("refunds_cny")
    assert sum(found.values()) == 800_000


def test_refunds_are_against_orders_ten_days_before_in_may_and_fifteen_in_june(launch_world):
    lags = {
        (business_date(r.settled_at).month, business_date(r.settled_at) - business_date(o.paid_at))
        for r, o in refunds(launch_world)
    }

    assert lags == {(5, timedelta(days=10)), (6, timedelta(days=15))}


def test_refunds_are_partial_too_and_never_more_than_was_paid(launch_world):
    per_order = Counter()
    for refund, order in refunds(launch_world):
        per_order[order.order_id] += refund.amount_fen

    assert max(per_order.values()) == 8_000
    assert {r.amount_fen for r, _ in refunds(launch_world)} == {2_000, 4_000, 8_000}


def test_withdrawn_after_sales_stand_beside(launch_world):
    withdrawn = [r for o in launch_world.shops[0].orders for r in o.refunds if not r.is_refunded]

    assert len(withdrawn) == 6


def test_live_rooms_hold_the_figures_that_no_api_gives(launch_world):
    lives = {business_date(live.started_at): live for live in launch_world.lives}

    assert {day: live.viewers for day, live in lives.items()} == column("live_viewers")
    assert {day: live.clicks for day, live in lives.items()} == column("product_clicks")
    assert {day: live.buyers for day, live in lives.items()} == column("buyers")


def test_every_id_is_of_nineteen_digits_and_given_once(launch_world):
    ids = [o.order_id for o in launch_world.shops[0].orders]
    ids += [r.aftersale_id for o in launch_world.shops[0].orders for r in o.refunds]
    ids += [live.live_id for live in launch_world.lives]
    ids += [v.item_id.strip("@=") for v in account(launch_world).videos]

    assert len(set(ids)) == len(ids)
    assert all(len(text) == 19 and text.isdigit() for text in ids)


def test_the_world_is_the_same_every_time(launch_world):
    assert load_world("launch") == launch_world


@pytest.mark.parametrize(
    ("total", "weights"), [(0, [1, 2]), (1, [1, 1, 1]), (4_000, [40, 25, 14]), (7, [1] * 10)]
)
def test_a_total_is_shared_out_without_a_rest(total, weights):
    parts = split(total, weights)

    assert sum(parts) == total
    assert min(parts) >= 0


def test_an_order_changes_when_it_is_shipped_refunded_and_finished(launch_world):
    refund, order = refunds(launch_world)[0]
    moments = [order.paid_at, order.shipped_at, refund.applied_at, refund.settled_at]

    assert [order.updated_at(moment) for moment in moments] == moments
    assert order.updated_at(order.created_at) == order.created_at


def test_an_unknown_world_is_named_with_those_that_exist():
    with pytest.raises(TidemarkError, match=r"'moon'; there are .*, launch"):
        load_world("moon")
