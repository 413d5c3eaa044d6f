"""The orders of a small shop, as several shop platforms serve them: facts in nobody's spelling."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sandbox.world import Order, Refund

EVENING_ORDERS = 105  # more than a page of any platform


@dataclass(frozen=True)
class SmallShop:
    """A shop with its app and its orders."""

    account_key: str
    login: str
    secret: str
    shop_id: str
    orders: tuple[Order, ...]


def small_shop(account_key: str, login: str, shop_id: str, first_id: int) -> SmallShop:
    """Return a shop whose order ids count up from the first."""
    orders = tuple(
        replace(order, order_id=str(first_id + number)) for number, order in enumerate(_orders())
    )
    return SmallShop(account_key, login, f"{login}-secret", shop_id, orders)


def _orders() -> Iterator[Order]:
    yield _order("2026-03-01T10:00:00", 5000)
    yield _order("2026-04-10T10:00:00", 9900, refunds=(_refund("1", True),))
    yield _order("2026-04-10T11:00:00", 9900, refunds=(_refund("2", False),))
    yield _order("2026-04-14T23:59:50", 6600, paid_after=9)
    yield _order("2026-04-15T00:00:00", 7700)
    unpaid = _order("2026-04-15T09:00:00", 8800)
    yield replace(unpaid, paid_at=None, cancelled_at=_at("2026-04-15T09:30:00"))
    for number in range(EVENING_ORDERS):
        created = _at("2026-04-15T20:00:00") + timedelta(seconds=10 * number)
        yield _order(created.isoformat(), 10_000 + number, room_id="live-0415")
    yield _order("2026-06-30T12:00:00", 5000)


def _order(
    created: str,
    amount_fen: int,
    *,
    paid_after: int = 30,
    room_id: str = "",
    refunds: tuple[Refund, ...] = (),
) -> Order:
    at = _at(created)
    paid_at = at + timedelta(seconds=paid_after)
    return Order(
        "",
        at,
        f"buyer-{amount_fen % 40}",
        amount_fen,
        paid_at=paid_at,
        shipped_at=paid_at + timedelta(hours=40),
        finished_at=paid_at + timedelta(days=12),
        room_id=room_id,
        author_id="finder-acme" if room_id else "",
        refunds=refunds,
    )


def _refund(number: str, is_refunded: bool) -> Refund:
    applied_at = _at("2026-04-14T11:00:00")
    settled_at = applied_at + timedelta(hours=28)
    return Refund(f"70000000000000000{number}", applied_at, settled_at, 3000, is_refunded)


def _at(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else datetime.fromisoformat(f"{text}+08:00")
