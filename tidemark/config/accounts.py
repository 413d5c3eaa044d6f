"""Brands and accounts: config/accounts.yml."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractors.core.model import Account
from extractors.core.registry import platforms_by_name
from tidemark.config.document import Value, read_document
from tidemark.config.problems import Problem, nearest, raise_if_any
from tidemark.errors import WrongUsage

FILE = "accounts.yml"
OWNERSHIPS = ("own", "kol", "competitor")
KINDS = ("social", "shop", "community")
_BRAND_FIELDS = ("key", "name", "owner")
_ACCOUNT_FIELDS = (
    *("key", "platform", "id", "name", "brand", "ownership", "kind"),
    *("base_url", "credential", "active_from", "active_to", "options", "also"),
)


@dataclass(frozen=True)
class Brand:
    """A brand whose accounts are operated together."""

    key: str
    name: str
    owner: str


def load_accounts(config_dir: Path) -> tuple[Account, ...]:
    """Return every configured account; ConfigError names all problems of the file."""
    problems: list[Problem] = []
    _, accounts = read_accounts(config_dir, problems)
    raise_if_any(problems)
    return accounts


def own_accounts(
    config_dir: Path, platform: str, keys: Collection[str] | None = None
) -> list[Account]:
    """Return the brand's own accounts of a platform, or the named ones among them."""
    accounts = (a.on(platform) for a in load_accounts(config_dir) if a.ownership == "own")
    own = [account for account in accounts if account is not None]
    unknown = set(keys or ()) - {account.key for account in own}
    if unknown or not own:
        names = ", ".join(account.key for account in own) or "none"
        raise WrongUsage(
            f"{platform}: no own account {', '.join(sorted(unknown)) or 'at all'} in "
            f"{config_dir / FILE}; there are: {names}"
        )
    return [account for account in own if not keys or account.key in keys]


def pulled_accounts(config_dir: Path) -> dict[str, list[Account]]:
    """Return the brand's own accounts of every platform that is read through an API."""
    own = [account for account in load_accounts(config_dir) if account.ownership == "own"]
    return {
        name: [told for account in own if (told := account.on(name)) is not None]
        for name, platform in platforms_by_name().items()
        if platform.is_pulled
    }


def load_brands(config_dir: Path) -> tuple[Brand, ...]:
    """Return every configured brand; ConfigError names all problems of the file."""
    problems: list[Problem] = []
    brands, _ = read_accounts(config_dir, problems)
    raise_if_any(problems)
    return brands


def read_accounts(
    config_dir: Path, problems: list[Problem], platforms: Collection[str] | None = None
) -> tuple[tuple[Brand, ...], tuple[Account, ...]]:
    """Return what can be read of accounts.yml, adding every problem found.

    Platforms are checked where they are given: reading accounts needs no extractor.
    """
    root = read_document(config_dir / FILE, problems, f"config/{FILE}")
    if root is None:
        return (), ()
    file = root.section(("brands", "accounts"))
    brands = _unique([(item, _brand(item)) for item in file.items("brands")], "brand")
    known = {brand.key for brand in brands}
    accounts = [(item, _account(item, known)) for item in file.items("accounts")]
    for item, account in accounts:
        if platforms is not None and account.platform not in platforms:
            place = item.below("platform") or item
            place.report("unknown platform", nearest(account.platform, platforms))
        _check_also(item, account, platforms)
    return brands, _unique(accounts, "account")


def _check_also(item: Value, account: Account, platforms: Collection[str] | None) -> None:
    """Report platforms beside its own that cannot tell of an account."""
    for platform in account.also:
        place = (item.below("also") or item).below(platform) or item
        if platforms is not None and platform not in platforms:
            place.report("unknown platform", nearest(platform, platforms))
        elif platform == account.platform:
            place.report("is the account's own platform", "take it out of also")
        elif account.ownership != "own":
            place.report("only own accounts are read", "take also out, or correct ownership")


def _brand(item: Value) -> Brand:
    section = item.section(_BRAND_FIELDS)
    key = section.needed_text("key")
    return Brand(key, section.text("name", key), section.needed_text("owner"))


def _account(item: Value, brands: set[str]) -> Account:
    section = item.section(_ACCOUNT_FIELDS)
    brand = section.need("brand")
    active_from, active_to = section.day("active_from"), section.day("active_to")
    if active_from and active_to and active_to < active_from:
        section.entries["active_to"].report("is before active_from", "swap or correct the two days")
    options, also = section.get("options"), section.get("also")
    key = section.needed_text("key")
    return Account(
        key=key,
        platform=section.needed_text("platform"),
        external_id=section.needed_text("id"),
        name=section.text("name", key),
        brand=(brand.choice(brands, "brand") if brand else None) or "",
        ownership=section.choice("ownership", OWNERSHIPS, "own") or "own",
        kind=section.choice("kind", KINDS, "social") or "social",
        base_url=section.text("base_url") or None,
        credential=section.text("credential") or None,
        active_from=active_from,
        active_to=active_to,
        options=options.plain() if options else {},
        # ids stay as they are written: a number of 19 digits is no number
        also={name: value.text() or "" for name, value in also.section()} if also else {},
    )


def _unique(read: list[tuple[Value, Any]], what: str) -> tuple[Any, ...]:
    """Return the read entries, reporting a key that is given a second time."""
    lines: dict[str, int] = {}
    for item, entry in read:
        if entry.key and entry.key in lines:
            item.report(
                f"{what} {entry.key!r} is already defined in line {lines[entry.key]}",
                "give it another key or remove one of the two",
            )
        lines.setdefault(entry.key, item.line)
    return tuple(entry for _, entry in read)
