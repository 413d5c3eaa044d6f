"""What a world holds: plain data that the routes read, every fact with its own moment.

Nothing here knows of a platform's spelling; nothing is visible before its moment on the clock.
"""

import importlib
import json
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sandbox import worlds
from tidemark.errors import WrongUsage

WORLDS = tuple(sorted(module.name for module in pkgutil.iter_modules(worlds.__path__)))

Counts = dict[str, int | None]


@dataclass(frozen=True)
class Comment:
    """A comment below a video or article; replies have a parent."""

    comment_id: str
    item_id: str
    created_at: datetime
    user_id: str
    content: str
    parent_id: str | None = None
    likes: int = 0
    is_brand: bool = False


@dataclass(frozen=True)
class Video:
    """A Douyin video with its increments per day (plays, likes, comments, shares)."""

    item_id: str
    title: str
    created_at: datetime
    media_type: int = 4
    is_top: bool = False
    days: dict[date, Counts] = field(default_factory=dict)
    totals: Counts | None = None  # where only totals are known
    comments: tuple[Comment, ...] = ()
    play_seconds: float | None = None


@dataclass(frozen=True)
class DouyinAccount:
    """A Douyin account: its authorisation, its days and its videos."""

    account_key: str
    open_id: str
    client_key: str
    client_secret: str
    name: str
    days: dict[date, Counts] = field(default_factory=dict)
    videos: tuple[Video, ...] = ()


@dataclass(frozen=True)
class Article:
    """A WeChat article; days hold distinct readers and counts new on that day."""

    msg_data_id: str
    index: int  # 1-based, as in msgid
    article_id: str
    title: str
    published_at: datetime
    url: str
    days: dict[date, Counts] = field(default_factory=dict)
    comments: tuple[Comment, ...] = ()

    @property
    def msgid(self) -> str:
        """The id that the statistics use."""
        return f"{self.msg_data_id}_{self.index}"


@dataclass(frozen=True)
class WeChatAccount:
    """A WeChat Official Account: followers by source, articles, messages."""

    account_key: str
    appid: str
    secret: str
    followers_before: int
    follows: dict[date, dict[int, tuple[int, int]]] = field(default_factory=dict)
    messages: dict[date, dict[int, tuple[int, int]]] = field(default_factory=dict)
    articles: tuple[Article, ...] = ()


@dataclass(frozen=True)
class Refund:
    """An after-sale of an order line."""

    aftersale_id: str
    applied_at: datetime
    settled_at: datetime
    amount_fen: int
    is_refunded: bool = True  # False: withdrawn by the buyer
    kind: int = 1

    def updated_at(self, now: datetime) -> datetime:
        """Return when it last changed, seen from now."""
        return self.settled_at if self.settled_at <= now else self.applied_at


@dataclass(frozen=True)
class Order:
    """A shop order with one line, and the moments of its life."""

    order_id: str
    created_at: datetime
    buyer: str
    amount_fen: int
    paid_at: datetime | None = None
    shipped_at: datetime | None = None
    finished_at: datetime | None = None
    cancelled_at: datetime | None = None
    room_id: str = ""
    video_id: str = ""
    author_id: str = ""
    refunds: tuple[Refund, ...] = ()

    def updated_at(self, now: datetime) -> datetime:
        """Return when it last changed, seen from now; an after-sale changes its order too."""
        moments = [self.created_at, self.paid_at, self.shipped_at, self.finished_at]
        moments.append(self.cancelled_at)
        for refund in self.refunds:
            moments += [refund.applied_at, refund.settled_at]
        return max(moment for moment in moments if moment is not None and moment <= now)


@dataclass(frozen=True)
class Shop:
    """A Douyin shop with its orders."""

    account_key: str
    app_key: str
    app_secret: str
    shop_id: str
    name: str
    orders: tuple[Order, ...] = ()


@dataclass(frozen=True)
class LiveSession:
    """A live room as the operators' back office shows it."""

    live_id: str
    title: str
    started_at: datetime
    ended_at: datetime
    viewers: int
    clicks: int
    buyers: int
    orders: int
    paid_fen: int


@dataclass(frozen=True)
class Bot:
    """A group robot of a messenger; with a keyword it takes only messages that hold it."""

    connection_key: str
    token: str
    secret: str
    keyword: str = ""
    kind: str = "feishu"


@dataclass(frozen=True)
class World:
    """Everything a sandbox serves."""

    name: str
    douyin: tuple[DouyinAccount, ...] = ()
    wechat: tuple[WeChatAccount, ...] = ()
    shops: tuple[Shop, ...] = ()
    lives: tuple[LiveSession, ...] = ()
    history: dict[date, Counts] = field(default_factory=dict)  # the back office's own days
    bots: tuple[Bot, ...] = ()
    facets: Mapping[str, Any] = field(default_factory=dict)  # by platform, see sandbox/routes


def load_world(name: str, shared: Path | None = None) -> World:
    """Return a world by name; those of real data need the folder that holds it."""
    if name not in WORLDS:
        raise WrongUsage(f"sandbox: unknown world {name!r}; there are {', '.join(WORLDS)}")
    from sandbox import routes

    found: World = importlib.import_module(f"sandbox.worlds.{name}").world(shared)
    facets = {platform: module.facet(name, shared) for platform, module in routes.facets().items()}
    there = {platform: facet for platform, facet in facets.items() if facet is not None}
    return replace(found, facets=there)


def connections(base_url: str, world: World | None = None) -> dict[str, str]:
    """Return the AIRFLOW_CONN_ variables by which a pipeline reaches the world's accounts."""
    from sandbox import routes

    world = world or load_world("launch")
    found = {}
    for account in world.douyin:
        extra = {"open_id": account.open_id, "refresh_token": f"rft.{account.open_id}"}
        found[account.account_key] = _connection(
            f"{base_url}/douyin", account.client_key, account.client_secret, extra
        )
    for official in world.wechat:
        found[official.account_key] = _connection(
            f"{base_url}/wechat", official.appid, official.secret, {}
        )
    for shop in world.shops:
        found[shop.account_key] = _connection(
            f"{base_url}/douyin_shop", shop.app_key, shop.app_secret, {"shop_id": shop.shop_id}
        )
    for bot in world.bots:
        found[bot.connection_key] = _connection(f"{base_url}/{bot.kind}", bot.token, bot.secret, {})
    modules = routes.facets()
    for platform, facet in world.facets.items():
        for key, (login, password, extra) in modules[platform].connections(facet).items():
            found[key] = _connection(f"{base_url}/{platform}", login, password, extra)
    return {f"AIRFLOW_CONN_TIDEMARK_{key.upper()}": text for key, text in found.items()}


def _connection(host: str, login: str, password: str, extra: dict[str, str]) -> str:
    body = {"conn_type": "http", "host": host, "login": login, "password": password, "extra": extra}
    return json.dumps(body)
