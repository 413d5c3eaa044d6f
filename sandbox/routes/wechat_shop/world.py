"""WeChat Shop: the launch's small shop."""

from pathlib import Path

from sandbox.shop_orders import SmallShop, small_shop


def facet(name: str, shared: Path | None) -> SmallShop | None:
    """Return the shop of the launch."""
    if name != "launch":
        return None
    return small_shop("wechat_shop_main", "wx-shop-acme", "wx-shop-acme", 3704612354559743232)


def connections(facet: SmallShop) -> dict[str, tuple[str, str, dict[str, str]]]:
    """Return login, password and extra of the shop's account."""
    return {facet.account_key: (facet.login, facet.secret, {})}


def account(facet: SmallShop) -> tuple[str, str]:
    """Return key and platform id of the account, as a configuration has them."""
    return facet.account_key, facet.shop_id
