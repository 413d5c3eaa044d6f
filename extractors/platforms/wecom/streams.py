"""WeCom: one generator per stream."""

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from functools import partial
from typing import Any

from extractors.core.envelope import count_of, list_of
from extractors.core.errors import ItemNotOffered, Transient
from extractors.core.model import Account, Api, Window
from tidemark.clock import SHANGHAI

logger = logging.getLogger(__name__)

CONTACT = "/cgi-bin/externalcontact"
LIST = f"{CONTACT}/groupchat/list"
BY_OWNER = f"{CONTACT}/groupchat/statistic"
BY_DAY = f"{CONTACT}/groupchat/statistic_group_by_day"
USERS = f"{CONTACT}/get_follow_user_list"
BEHAVIOUR = f"{CONTACT}/get_user_behavior_data"
PAGE, FILTERED = 1000, 100

Filter = Mapping[str, Any]


def groups(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Every customer group in the app's scope, as it is now."""
    yield from _of_all_owners(api, partial(_groups, api))


def owner_days(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """What the groups of each owner brought and hold, one day a call: a longer span is summed."""
    for day in window.days():
        yield from _of_all_owners(api, partial(_owner_day, api, day))


def group_days(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """What all groups together brought and hold, per day."""
    span = {"day_begin_time": _midnight(window.since), "day_end_time": _midnight(window.until)}
    yield from map(_flat, list_of(api.post(BY_DAY, span), "items"))


def behaviour_days(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """How each employee spoke with customers; several in one call would be one series."""
    users = _users(api)
    for day in window.days():
        yield from api.each(partial(_behaviour, api, day), users)


def _of_all_owners(api: Api, read: Callable[[Filter], list[Any]]) -> list[Any]:
    """Read all owners in one go, or a hundred at a time where the platform finds them too many."""
    try:
        return read({})
    except ItemNotOffered as error:
        users = _users(api)
        if not users:
            raise
        logger.info("wecom: owners are asked for by name: %s", error)
    some = [users[first : first + FILTERED] for first in range(0, len(users), FILTERED)]
    return list(api.each(lambda ids: read({"owner_filter": {"userid_list": ids}}), some))


def _groups(api: Api, owners: Filter) -> list[Any]:
    found: list[Any] = []
    cursor, seen = "", set[str]()
    while cursor not in seen:
        seen.add(cursor)
        body = {"status_filter": 0, **owners, "cursor": cursor, "limit": PAGE}
        page = api.post(LIST, body)
        items = list_of(page, "group_chat_list")
        found += items
        cursor = str(page.get("next_cursor") or "")
        if not cursor:
            return found
        if not items:
            raise Transient(f"{LIST}: an empty page, and it is not the last; ask again")
    raise Transient(f"{LIST}: the cursor does not move on after {len(found)} groups; ask again")


def _owner_day(api: Api, day: date, owners: Filter) -> list[Any]:
    span = {"day_begin_time": _midnight(day), "day_end_time": _midnight(day)}
    found: dict[str, Any] = {}  # a row that comes twice counts once against the total
    while True:
        page = api.post(BY_OWNER, {**span, **owners, "offset": len(found), "limit": PAGE})
        total, before = count_of(page, "total"), len(found)
        found |= {repr(item): item for item in list_of(page, "items")}
        if len(found) >= total:
            return [_flat(item, stat_date=day) for item in found.values()]
        if len(found) == before:
            raise Transient(f"{BY_OWNER}: {before} of {total} owners on {day}; ask again")


def _behaviour(api: Api, day: date, user: str) -> list[Any]:
    span = {"start_time": _midnight(day), "end_time": _midnight(day)}
    try:
        rows = list_of(api.post(BEHAVIOUR, {"userid": [user], **span}), "behavior_data")
    except ItemNotOffered:
        logger.info("wecom: an employee without customers is skipped on %s", day)
        return []
    if not rows:
        raise Transient(f"{BEHAVIOUR}: nothing about an employee on {day}; ask again")
    return [{**row, "userid": user} if isinstance(row, Mapping) else row for row in rows]


def _users(api: Api) -> list[str]:
    """Return who may have customers; a name twice would be read twice."""
    return list(dict.fromkeys(list_of(api.get(USERS), "follow_user")))


def _flat(item: Any, **more: Any) -> Any:
    """Return a row with its figures beside its key; one of another shape goes to quarantine."""
    if not isinstance(item, Mapping) or not isinstance(item.get("data"), Mapping):
        return item
    rest = {name: value for name, value in item.items() if name != "data"}
    return {**item["data"], **rest, **more}


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), SHANGHAI).timestamp())
