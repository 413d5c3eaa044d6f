"""Xiaohongshu Ark: the launch's small shop."""

from pathlib import Path

from sandbox.shop_orders import SmallShop, small_shop


def facet(name: str, shared: Path | None) -> SmallShop | None:
    """Return the shop of the launch."""
    if name != "launch":
        return None
    return small_shop("xiaohongshu_shop_main", "ark-acme", "seller-acme", 768291112062421411)


def connections(facet: SmallShop) -> dict[str, tuple[str, str, dict[str, str]]]:
    """Return login, password and extra of the shop's account."""
    return {facet.account_key: (facet.login, facet.secret, {"code": f"code-{facet.shop_id}"})}


def account(facet: SmallShop) -> tuple[str, str]:
    """Return key and platform id of the account, as a configuration has them."""
    return facet.account_key, facet.shop_id
