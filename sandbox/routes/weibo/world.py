"""A Weibo account in a world: posts with their counters by age, comments received."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from tidemark.clock import SHANGHAI

_FIRST = date(2026, 3, 1)
_DAYS = 122  # March to June
TIMES = (time(8, 30), time(12, 15), time(19, 45))  # the three windows of a day


@dataclass(frozen=True)
class Post:
    """A post; its counters grow by the same figures every day for two weeks."""

    post_id: int
    created_at: datetime
    text: str
    a_day: tuple[int, int, int]  # comments, reposts, attitudes

    def counted(self, now: datetime) -> tuple[int, ...]:
        """Return comments, reposts and attitudes as they stand."""
        age = min((now - self.created_at).days + 1, 14)
        return tuple(figure * age for figure in self.a_day)


@dataclass(frozen=True)
class Comment:
    """A comment that the account received."""

    comment_id: int
    post_id: int
    created_at: datetime
    user_id: str
    text: str


@dataclass(frozen=True)
class WeiboAccount:
    """An account with its token, posts and comments, newest first."""

    account_key: str
    uid: str
    app_key: str
    access_token: str
    posts: tuple[Post, ...]
    comments: tuple[Comment, ...]

    def followers(self, now: datetime) -> int:
        """Return the followers as they stand."""
        return 50_000 + 12 * (now.astimezone(SHANGHAI).date() - _FIRST).days


def facet(name: str, _shared: Path | None) -> WeiboAccount | None:
    """Return the account of a world; None where it has none."""
    return _hand_made() if name == "launch" else None


def connections(account: WeiboAccount) -> Mapping[str, tuple[str, str, dict[str, Any]]]:
    """Return login, password and extra of the account by its key."""
    return {account.account_key: (account.app_key, "", {"access_token": account.access_token})}


def _hand_made() -> WeiboAccount:
    posts, comments = [], []
    for number in range(_DAYS * len(TIMES)):
        day = _FIRST + timedelta(number // len(TIMES))
        moment = datetime.combine(day, TIMES[number % len(TIMES)], SHANGHAI)
        post = Post(5_100_000_000_000_000 + number * 1000, moment, f"微博 {number}", (2, 1, 9))
        posts.append(post)
        if number % 2 == 0:
            at = moment + timedelta(hours=1)
            comments.append(
                Comment(post.post_id + 7, post.post_id, at, f"fan{number % 40}", "喜欢" * 5)
            )
    return WeiboAccount(
        "weibo_acme",
        "2000001",
        "weibo-app",
        "2.00launch",
        tuple(posts[::-1]),
        tuple(comments[::-1]),
    )


def account(found: WeiboAccount) -> tuple[str, str]:
    """Return key and platform id of the account, as a configuration has them."""
    return found.account_key, found.uid
