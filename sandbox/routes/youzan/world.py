"""Youzan: the launch's small shop."""

from pathlib import Path

from sandbox.shop_orders import SmallShop, small_shop


def facet(name: str, shared: Path | None) -> SmallShop | None:
    """Return the shop of the launch."""
    if name != "launch":
        return None
    return small_shop("youzan_main", "yz-client-acme", "90010001", 2026071100100000000)


def connections(facet: SmallShop) -> dict[str, tuple[str, str, dict[str, str]]]:
    """Return login, password and extra of the shop's account."""
    return {facet.account_key: (facet.login, facet.secret, {"grant_id": facet.shop_id})}


def account(facet: SmallShop) -> tuple[str, str]:
    """Return key and platform id of the account, as a configuration has them."""
    return facet.account_key, facet.shop_id
