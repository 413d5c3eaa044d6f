"""A corp on WeCom in a world: its customer groups and the days of its employees."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from tidemark.clock import SHANGHAI

SUNDAY = 7


@dataclass(frozen=True)
class Group:
    """A customer group: 20 people at first, 3 more a day, and one goes every fifth day."""

    chat_id: str
    owner: str
    opened_on: date
    dissolved_on: date | None = None  # from that day on it counts nowhere

    def age(self, day: date) -> int:
        """Return which day of its life a day is; 0 where it does not exist."""
        is_there = self.opened_on <= day and (self.dissolved_on is None or day < self.dissolved_on)
        return (day - self.opened_on).days + 1 if is_there else 0

    def is_listed(self, now: datetime) -> bool:
        """Tell whether it exists at a moment; groups are opened at ten."""
        return self.age(now.astimezone(SHANGHAI).date()) > 0 and now >= datetime.combine(
            self.opened_on, time(10), SHANGHAI
        )


@dataclass(frozen=True)
class Corp:
    """A corp, its app's secret, who has customers, and the groups."""

    account_key: str
    corp_id: str
    secret: str
    employees: tuple[str, ...]
    without_customers: tuple[str, ...]
    groups: tuple[Group, ...]

    def statistics(self, owners: tuple[str, ...], day: date) -> dict[str, int]:
        """Return what the groups of some owners count on a day."""
        ages = [age for g in self.groups if g.owner in owners and (age := g.age(day))]
        return {
            "new_chat_cnt": ages.count(1),
            "chat_total": len(ages),
            "chat_has_msg": len(ages),
            "new_member_cnt": sum(3 for age in ages if age > 1),  # who opens it is not new
            "member_total": sum(17 + 3 * age - age // 5 for age in ages),
            "member_has_msg": sum(4 + age for age in ages),
            "msg_total": sum(_messages(age) for age in ages),
        }

    def behaviour(self, employee: str, day: date) -> dict[str, float]:
        """Return how an employee spoke with customers; nobody is at work on Sundays."""
        rank, is_off = self.employees.index(employee) + 1, day.isoweekday() == SUNDAY
        chats = 0 if is_off else 10 * rank + day.day % 5
        replied = {} if is_off else {"reply_percentage": 80.25, "avg_reply_time": 2 * rank}
        return {
            **{"chat_cnt": chats, "message_cnt": 4 * chats, **replied},
            **{"negative_feedback_cnt": day.day % 2, "new_apply_cnt": rank + 1},
            "new_contact_cnt": rank,
        }


def _messages(age: int) -> int:
    """Return the messages since a group was opened: 11 to 16 and then 10, over and over."""
    return sum(10 + number % 7 for number in range(1, age + 1))


def facet(name: str, _shared: Path | None) -> Corp | None:
    """Return the corp of the launch."""
    if name != "launch":
        return None
    anna, bo, chen = "service.anna", "service.bo", "service.chen"
    first = date(2026, 3, 1)
    groups = (
        Group("wrLaunch0001", anna, first),
        Group("wrLaunch0002", anna, first + timedelta(14)),
        Group("wrLaunch0003", bo, first + timedelta(7)),
        Group("wrLaunch0004", bo, first + timedelta(20), dissolved_on=date(2026, 4, 15)),
        Group("wrLaunch0005", chen, date(2026, 4, 14)),
        Group("wrLaunch0006", chen, date(2026, 6, 1)),
    )
    staff = (anna, bo, chen, "service.dora")
    return Corp("wecom_acme", "ww-acme", "ww-secret-acme", staff, staff[3:], groups)


def connections(corp: Corp) -> Mapping[str, tuple[str, str, dict[str, str]]]:
    """Return login, password and extra of the corp's account."""
    return {corp.account_key: (corp.corp_id, corp.secret, {})}


def account(corp: Corp) -> tuple[str, str]:
    """Return key and platform id of the account, as a configuration has them."""
    return corp.account_key, corp.corp_id
