"""WeCom customer contact: groups by cursor, statistics by owner and by day, behaviour."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sandbox.routes.wecom.world import Corp
from sandbox.state import State
from tidemark.clock import SHANGHAI, business_date

Body = dict[str, Any]

READY_HOUR = 8
SPAN_DAYS, KEPT_DAYS = 30, 180
PAGE, FILTERED, SCOPE = 1000, 100, 1000
LATEST = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())  # beyond are milliseconds


class Refused(Exception):
    """An errcode with its text, and what else stands in the answer."""

    def __init__(self, code: int, text: str, **more: Any) -> None:
        super().__init__(text)
        self.code = code
        self.more = more


def group_list(state: State, corp: Corp, body: Body) -> Body:
    """POST groupchat/list: by cursor, which says how many were read."""
    known(body, "status_filter", "owner_filter", "cursor", "limit")
    owners, limit = owners_of(corp, body), whole(body, "limit", 1, PAGE)
    wanted = whole({"status_filter": 0, **body}, "status_filter", 0, 3)
    try:
        start = int(body.get("cursor") or 0)
    except ValueError:
        raise Refused(40058, "invalid cursor") from None
    there = [g for g in corp.groups if g.owner in owners and g.is_listed(state.now())]
    rows = [{"chat_id": g.chat_id, "status": 0} for g in there if wanted == 0]
    cursor = str(start + limit) if start + limit < len(rows) else ""
    return {"group_chat_list": rows[start : start + limit], "next_cursor": cursor}


def by_owner(state: State, corp: Corp, body: Body) -> Body:
    """POST groupchat/statistic: one row per owner; a span of days is summed as there."""
    paging = ("order_by", "order_asc", "offset", "limit")
    known(body, "day_begin_time", "day_end_time", "owner_filter", *paging)
    days = chat_days(state, body)
    offset = whole({"offset": 0, **body}, "offset", 0)
    limit = whole({"limit": 500, **body}, "limit", 1, PAGE)
    owners = [o for o in owners_of(corp, body) if corp.statistics((o,), days[-1])["chat_total"]]
    items = [{"owner": o, "data": summed(state, corp, (o,), days)} for o in owners]
    page = items[offset : offset + limit]
    return {"total": len(items), "next_offset": offset + len(page), "items": page}


def by_day(state: State, corp: Corp, body: Body) -> Body:
    """POST groupchat/statistic_group_by_day: all owners together, a row per day."""
    known(body, "day_begin_time", "day_end_time", "owner_filter")
    owners, days = owners_of(corp, body), chat_days(state, body)
    rows = [(midnight(day), summed(state, corp, owners, [day])) for day in days]
    return {"items": [{"stat_time": moment, "data": data} for moment, data in rows]}


def users(_state: State, corp: Corp, body: Body) -> Body:
    """GET get_follow_user_list."""
    known(body)
    return {"follow_user": list(corp.employees)}


def behaviour(state: State, corp: Corp, body: Body) -> Body:
    """POST get_user_behavior_data: several employees are one series."""
    known(body, "userid", "partyid", "start_time", "end_time")
    userids = body.get("userid")
    if not isinstance(userids, list) or not 0 < len(userids) <= FILTERED:
        raise Refused(40058, f"userid: 1 to {FILTERED}")
    days = days_of(state, body, "start_time", "end_time", "behavior_data")
    if set(userids) - set(corp.employees):
        raise Refused(60011, "no privilege to access/modify contact")
    if set(userids) & set(corp.without_customers):
        raise Refused(84061, "not external contact")
    return {"behavior_data": [together(state, corp, userids, day) for day in days]}


def together(state: State, corp: Corp, userids: list[str], day: date) -> Body:
    """Return the one row of some employees on a day."""
    each = [corp.behaviour(userid, day) for userid in userids]
    means = ("reply_percentage", "avg_reply_time")
    names = [name for name in each[0] if name not in means]
    row = {name: sum(one[name] for one in each) for name in names}
    found = {"stat_time": midnight(day), **counted(state, day, row)}
    answered = [one for one in each if means[0] in one and is_counted(state, day)]
    return found | {n: sum(a[n] for a in answered) / len(answered) for n in means if answered}


def summed(state: State, corp: Corp, owners: tuple[str, ...], days: list[date]) -> Body:
    """Return the figures of a span: what is new added up, what stands as on its last day."""
    each = [counted(state, day, corp.statistics(owners, day)) for day in days]
    return {
        name: sum(one[name] for one in each) if name.startswith("new_") else last
        for name, last in each[-1].items()
    }


def counted(state: State, day: date, figures: Mapping[str, Any]) -> Body:
    """Return figures as they are known: all zero until eight o'clock on the next day."""
    return dict(figures) if is_counted(state, day) else dict.fromkeys(figures, 0)


def is_counted(state: State, day: date) -> bool:
    """Tell whether the platform has counted a day."""
    return state.now() >= datetime.combine(day + timedelta(1), time(READY_HOUR), SHANGHAI)


def chat_days(state: State, body: Body) -> list[date]:
    """Return the days of a statistics call; its end is its beginning where it is left out."""
    return days_of(
        state,
        {"day_end_time": body.get("day_begin_time"), **body},
        *("day_begin_time", "day_end_time", "items"),
    )


def days_of(state: State, body: Body, since: str, until: str, rows: str) -> list[date]:
    """Return the days of a span; moments are rounded down to midnight."""
    moments = [whole(body, name, 0) for name in (since, until)]
    if max(moments) > LATEST:
        raise Refused(600018, "invalid start endtime: seconds, not milliseconds", **{rows: []})
    first, last = (business_date(datetime.fromtimestamp(m, UTC)) for m in moments)
    today = business_date(state.now())
    is_kept = today - timedelta(KEPT_DAYS) <= first <= last < today
    if not is_kept or (last - first).days > SPAN_DAYS:
        raise Refused(600018, "invalid start endtime", **{rows: []})
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def owners_of(corp: Corp, body: Body) -> tuple[str, ...]:
    """Return the owners that are asked for; too many are not all answered at once."""
    if "owner_filter" not in body:
        if len(corp.employees) > SCOPE:
            raise Refused(81017, "too many owners; pass owner_filter")
        return corp.employees
    asked = body["owner_filter"]
    userids = asked.get("userid_list") if isinstance(asked, dict) else None
    if not isinstance(userids, list) or not 0 < len(userids) <= FILTERED:
        raise Refused(40058, f"userid_list: 1 to {FILTERED}")
    return tuple(userid for userid in corp.employees if userid in userids)


def known(body: Body, *names: str) -> None:
    """Refuse what the contract does not have."""
    if unknown := sorted(body.keys() - set(names)):
        raise Refused(40058, f"the sandbox does not know {unknown}")


def whole(body: Body, name: str, least: int, most: int | None = None) -> int:
    """Return a whole number of a body, within its bounds."""
    found = body.get(name)
    if found is None:
        raise Refused(40063, f"{name} is missing")
    is_whole = isinstance(found, int) and not isinstance(found, bool)
    if not is_whole or found < least or (most is not None and found > most):
        raise Refused(40058, f"invalid {name}")
    return int(found)


def midnight(day: date) -> int:
    """Return the first second of a day."""
    return int(datetime.combine(day, time(), SHANGHAI).timestamp())


READS: Mapping[tuple[str, str], Callable[[State, Corp, Body], Body]] = {
    ("POST", "groupchat/list"): group_list,
    ("POST", "groupchat/statistic"): by_owner,
    ("POST", "groupchat/statistic_group_by_day"): by_day,
    ("GET", "get_follow_user_list"): users,
    ("POST", "get_user_behavior_data"): behaviour,
}
