"""The shop of the launch: live rooms, orders, who bought, what was given back."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sandbox.world import Counts, LiveSession, Order, Refund, Shop
from sandbox.worlds.launch.days import at, number, split

ORDER_FEN = 8_000
BUYERS_IN_PHASE = 760
AUTHOR_ID = "324234453"
UNTIL_PAID = timedelta(seconds=3)
UNTIL_SHIPPED = timedelta(hours=20)
UNTIL_FINISHED = timedelta(days=10)


def live_sessions(daily: dict[date, Counts]) -> list[LiveSession]:
    """Return one room on each evening that has viewers."""
    return [
        LiveSession(
            number(day, 1, 5),
            f"新品直播 {day:%m月%d日}",
            at(day, 19),
            at(day, 22, 30),
            row["live_viewers"] or 0,
            row["product_clicks"] or 0,
            row["buyers"] or 0,
            row["orders"] or 0,
            (row["paid_cny"] or 0) * 100,
        )
        for day, row in daily.items()
        if row["live_viewers"]
    ]


def shop(daily: dict[date, Counts], lives: Sequence[LiveSession]) -> Shop:
    """Return the shop whose orders, buyers and refunds add up to the campaign's days."""
    rooms = {live.started_at.date(): live.live_id for live in lives}
    buyers = buyers_by_day(daily)
    refunds = refunds_by_order(daily)
    orders: list[Order] = []
    for day, row in daily.items():
        total = row["orders"] or 0
        for nth in range(total):
            buyer = buyers[day][nth % len(buyers[day])]
            created_at = order_time(day, nth, total)
            refunded = tuple(refunds.get((day, nth), ()))
            orders.append(paid_order(number(day, nth, 6), created_at, buyer, rooms[day], refunded))
        if total:
            orders += unpaid_orders(day, rooms[day])
    return Shop(
        "douyin_shop_main",
        "6844048284663924231",
        "shop-secret-acme",
        "10010001",
        "艾可美抖音小店",
        tuple(orders),
    )


def order_time(day: date, nth: int, orders: int) -> datetime:
    """Spread a day's orders: the first is paid just after, the last just before midnight."""
    if nth == 0:
        return at(day, 0, 0, 2)
    if nth == orders - 1:
        return at(day, 23, 59, 52)
    return at(day, 19, 5) + timedelta(minutes=3 * nth)


def paid_order(
    order_id: str, created_at: datetime, buyer: str, room_id: str, refunds: tuple[Refund, ...]
) -> Order:
    """Return an order that is paid, shipped and finished in its time."""
    paid_at = created_at + UNTIL_PAID
    shipped_at = paid_at + UNTIL_SHIPPED
    return Order(
        order_id,
        created_at,
        f"#{buyer}==",
        ORDER_FEN,
        paid_at=paid_at,
        shipped_at=shipped_at,
        finished_at=shipped_at + UNTIL_FINISHED,
        room_id=room_id,
        author_id=AUTHOR_ID,
        refunds=refunds,
    )


def unpaid_orders(day: date, room_id: str) -> list[Order]:
    """Return orders that must not count: one never paid, one cancelled half an hour later."""
    waiting = Order(
        number(day, 900, 6), at(day, 20, 1), "#window-shopper==", ORDER_FEN, room_id=room_id
    )
    cancelled = Order(
        number(day, 901, 6),
        at(day, 20, 2),
        "#regretful==",
        ORDER_FEN,
        cancelled_at=at(day, 20, 32),
        room_id=room_id,
    )
    return [waiting, cancelled]


def buyers_by_day(daily: dict[date, Counts]) -> dict[date, list[str]]:
    """Return who buys on each day: as many as the column says, 760 people in all.

    Returning buyers are those of the first day, so that nobody is counted twice a day.
    """
    days = [day for day, row in daily.items() if row["buyers"]]
    visits = sum(daily[day]["buyers"] or 0 for day in days)
    returning = visits - BUYERS_IN_PHASE
    back = dict(zip(days[1:], split(returning, [1] * (len(days) - 1)), strict=True))
    first_day = [f"buyer-{n:04d}" for n in range(daily[days[0]]["buyers"] or 0)]
    found, next_new = {days[0]: first_day}, len(first_day)
    for day in days[1:]:
        new = (daily[day]["buyers"] or 0) - back[day]
        newcomers = [f"buyer-{n:04d}" for n in range(next_new, next_new + new)]
        found[day] = first_day[: back[day]] + newcomers
        next_new += new
    return found


def refunds_by_order(daily: dict[date, Counts]) -> dict[tuple[date, int], list[Refund]]:
    """Return the refunds: issued in May against orders of 10 days before, in June of 15.

    Every fifth live day has one that the buyer withdrew: its money never moved.
    """
    found: dict[tuple[date, int], list[Refund]] = {}
    for day, row in daily.items():
        left = (row["refunds_cny"] or 0) * 100
        ordered_on = day - timedelta(days=10 if day.month == 5 else 15)
        nth = 1 if day.month == 5 else 6
        while left:
            amount = min(left, ORDER_FEN)
            applied_at, settled_at = at(day, 9), at(day, 15, nth)
            refund = Refund(number(day, nth, 9), applied_at, settled_at, amount, kind=nth % 2)
            found.setdefault((ordered_on, nth), []).append(refund)
            left -= amount
            nth += 1
        if row["orders"] and day.day % 5 == 0:
            withdrawn = Refund(number(day, 999, 9), at(day, 20), at(day, 23), ORDER_FEN, False)
            found.setdefault((day, 2), []).append(withdrawn)
    return found
