"""The launch campaign: every day's totals are those of daily.csv, to the last unit.

Deterministic and without randomness: shares of a day go to videos by fixed weights, and the rest of
an integer division goes to the first ones.
"""

import csv
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from sandbox.world import (
    Article,
    Comment,
    Counts,
    DouyinAccount,
    LiveSession,
    Order,
    Refund,
    Shop,
    Video,
    WeChatAccount,
    World,
)
from tidemark.clock import SHANGHAI

DAILY = Path(__file__).parent / "daily.csv"
COUNTERS = ("plays", "likes", "comments", "shares")
AGE_WEIGHTS = (40, 25, 14, 9, 6, 4, 2)  # of a day's plays, by the video's age in days
QUIET: Counts = {
    "plays": 6_500,
    "likes": 180,
    "comments": 30,
    "shares": 40,
    "new_followers": 300,
    "unfollows": 40,
}
OPENING_FANS = 120_000
ORDER_FEN = 8_000
BUYERS_IN_PHASE = 760
BRAND_USER = "brand-open-id"
REPLY_EVERY = 20
EMOJI_EVERY = 9
TITLES = ("开箱", "成分讲解", "上班路上的一天", "三步上手", "用户来信", "幕后花絮", "挑战赛 ✨")
WECHAT_SOURCES = {0: 6, 1: 9, 30: 4, 57: 3}
WECHAT_FOLLOWERS = 52_000


def launch() -> World:
    """Return the world of the worked example."""
    daily = read_daily()
    lives = tuple(live_sessions(daily))
    return World(
        "launch",
        douyin=(douyin_account(daily),),
        wechat=(wechat_account(daily),),
        shops=(shop(daily, lives),),
        lives=lives,
        history=daily,
        feishu=(
            ("feishu_ops", "ops-hook", "ops-signing-secret"),
            ("feishu_data", "data-hook", "data-signing-secret"),
        ),
    )


def read_daily() -> dict[date, Counts]:
    """Return the campaign's days: column name to number, None where the file is blank.

    After the campaign, where the file says nothing of the account, it goes on quietly.
    """
    with DAILY.open() as source:
        days = {
            date.fromisoformat(row.pop("date")): {k: int(v) if v else None for k, v in row.items()}
            for row in csv.DictReader(source)
        }
    return {day: row if row["plays"] is not None else {**row, **QUIET} for day, row in days.items()}


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Share out an integer by weights so that the parts add up to it exactly."""
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    for index in range(total - sum(parts)):
        parts[index % len(parts)] += 1
    return parts


def at(day: date, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """Return a moment of a Shanghai day."""
    return datetime.combine(day, time(hour, minute, second), SHANGHAI)


def number(day: date, nth: int, kind: int) -> str:
    """Return a 19-digit id: kind, day and running number."""
    return f"7{kind}{day:%y%m%d}{nth:011d}"


# -- Douyin ----------------------------------------------------------------------------------


def douyin_account(daily: dict[date, Counts]) -> DouyinAccount:
    """Return the account whose days and videos carry the campaign's counters."""
    return DouyinAccount(
        "douyin_acme",
        "acme_official",
        "dykey-acme",
        "dysecret-acme",
        "艾可美官方旗舰",
        account_days(daily),
        tuple(videos(daily)),
    )


def account_days(daily: dict[date, Counts]) -> dict[date, Counts]:
    """Return the account's daily figures; they go on after the campaign."""
    days: dict[date, Counts] = {}
    fans, posts = OPENING_FANS, 0
    for day, row in daily.items():
        new, lost = row["new_followers"] or 0, row["unfollows"] or 0
        fans += new - lost
        published = len(publishing_times(day, daily))
        posts += published
        days[day] = {
            "new_fans": new,
            "total_fans": fans,
            "new_issue": published,
            "total_issue": posts,
            "profile_uv": (row["plays"] or 0) // 50,
            **{name: row[name] or 0 for name in COUNTERS},
        }
    return days


def publishing_times(day: date, daily: dict[date, Counts]) -> list[datetime]:
    """One video at noon, a second one on Friday and Saturday evenings, none after the campaign."""
    if not daily[day]["plays"]:
        return []
    return [at(day, 12)] + ([at(day, 20, 5)] if day.isoweekday() in (5, 6) else [])


def videos(daily: dict[date, Counts]) -> list[Video]:
    """Return the videos, each day's counters shared out among those of the last seven days."""
    published = {day: publishing_times(day, daily) for day in daily}
    counters: dict[tuple[date, int], dict[date, Counts]] = {
        (day, nth): {} for day, times in published.items() for nth in range(len(times))
    }
    for day, row in daily.items():
        young = [
            ((day - timedelta(days=age), nth), weight)
            for age, weight in enumerate(AGE_WEIGHTS)
            for nth in range(len(published.get(day - timedelta(days=age), ())))
        ]
        if not row["plays"]:
            continue
        parts = {name: split(row[name] or 0, [w for _, w in young]) for name in COUNTERS}
        for index, (key, _weight) in enumerate(young):
            counters[key][day] = {name: parts[name][index] for name in COUNTERS}
    return [video(day, nth, published[day][nth], days) for (day, nth), days in counters.items()]


def video(day: date, nth: int, created_at: datetime, days: dict[date, Counts]) -> Video:
    """Return one video with its comments."""
    item_id = f"@{number(day, nth, 3)}=="
    title = f"{TITLES[day.toordinal() % len(TITLES)]} {day:%m%d}-{nth + 1}"
    comments = [c for d, row in days.items() for c in comments_of(item_id, created_at, d, row)]
    return Video(
        item_id,
        title,
        created_at,
        duration_seconds=20 + day.day,
        days=days,
        comments=tuple(comments),
        play_seconds=8.5 + day.day % 5,
    )


def comments_of(item_id: str, created_at: datetime, day: date, row: Counts) -> list[Comment]:
    """Return a day's comments of a video, some answered by the brand within two hours."""
    found = []
    first = max(created_at, at(day, 0, 0, 1))
    total = row["comments"] or 0
    step = (at(day, 23, 59, 50) - first) / max(total, 1)
    stem = f"{created_at:%m%d}{created_at.hour // 20}"
    for nth in range(total):
        comment_id = f"7{day:%m%d}{stem}{nth:09d}"
        content = "😍👍" if nth % EMOJI_EVERY == 0 else f"第{nth + 1}条：请问多少钱？"
        moment = (first + step * nth).replace(microsecond=0)
        found.append(
            Comment(comment_id, item_id, moment, f"fan-{stem}-{nth % 40}", content, None, nth % 7)
        )
        if nth % REPLY_EVERY == REPLY_EVERY - 1:
            answered = moment + timedelta(minutes=45)
            found.append(
                Comment(
                    f"8{comment_id[1:]}",
                    item_id,
                    answered,
                    BRAND_USER,
                    "已私信您～",
                    comment_id,
                    is_brand=True,
                )
            )
    return found


# -- shop ------------------------------------------------------------------------------------


def live_sessions(daily: dict[date, Counts]) -> list[LiveSession]:
    """Return one room each evening that has viewers."""
    return [
        LiveSession(
            number(day, 1, 5),
            f"新品直播 {day:%m月%d日}",
            at(day, 19),
            at(day, 22, 30),
            row["live_viewers"] or 0,
            row["product_clicks"] or 0,
            row["buyers"] or 0,
            row["orders"] or 0,
            (row["paid_cny"] or 0) * 100,
        )
        for day, row in daily.items()
        if row["live_viewers"]
    ]


def shop(daily: dict[date, Counts], lives: Sequence[LiveSession]) -> Shop:
    """Return the shop whose orders, buyers and refunds add up to the campaign's days."""
    rooms = {live.started_at.date(): live.live_id for live in lives}
    buyers = buyers_by_day(daily)
    refunds = refunds_by_order(daily)
    orders: list[Order] = []
    for day, row in daily.items():
        for nth in range(row["orders"] or 0):
            who = buyers[day][nth % len(buyers[day])]
            created = order_time(day, nth, row["orders"] or 1)
            orders.append(
                Order(
                    number(day, nth, 6),
                    created,
                    created + timedelta(seconds=3),
                    f"#{who}==",
                    ORDER_FEN,
                    room_id=rooms[day],
                    author_id="324234453",
                    refunds=tuple(refunds.get((day, nth), ())),
                )
            )
        if row["orders"]:
            orders += unpaid_orders(day, rooms[day])
    return Shop(
        "douyin_shop_main",
        "6844048284663924231",
        "shop-secret-acme",
        "10010001",
        "艾可美抖音小店",
        tuple(orders),
    )


def order_time(day: date, nth: int, orders: int) -> datetime:
    """Spread a day's orders over all of it: the first just after, the last just before midnight."""
    if nth == 0:
        return at(day, 0, 0, 2)
    if nth == orders - 1:
        return at(day, 23, 59, 55)
    return at(day, 19, 5) + timedelta(minutes=3 * nth)


def unpaid_orders(day: date, room_id: str) -> list[Order]:
    """Return orders that must not count: one never paid, one cancelled."""
    return [
        Order(number(day, 900, 6), at(day, 20, 1), None, "#window-shopper==", ORDER_FEN, room_id),
        Order(
            number(day, 901, 6),
            at(day, 20, 2),
            None,
            "#regretful==",
            ORDER_FEN,
            room_id,
            is_cancelled=True,
        ),
    ]


def buyers_by_day(daily: dict[date, Counts]) -> dict[date, list[str]]:
    """Return who buys on each day: as many as the column says, 760 people in all.

    Returning buyers are those of the first days, one a day, so that nobody is counted twice a day.
    """
    days = [day for day, row in daily.items() if row["buyers"]]
    visits = sum(daily[day]["buyers"] or 0 for day in days)
    returning = visits - BUYERS_IN_PHASE
    back = dict(zip(days[1:], split(returning, [1] * (len(days) - 1)), strict=True))
    first_day = [f"buyer-{n:04d}" for n in range(daily[days[0]]["buyers"] or 0)]
    found, next_new = {days[0]: first_day}, len(first_day)
    for day in days[1:]:
        new = (daily[day]["buyers"] or 0) - back[day]
        found[day] = first_day[: back[day]] + [
            f"buyer-{n:04d}" for n in range(next_new, next_new + new)
        ]
        next_new += new
    return found


def refunds_by_order(daily: dict[date, Counts]) -> dict[tuple[date, int], list[Refund]]:
    """Return the refunds: issued in May against orders of 10 days before, in June of 15."""
    found: dict[tuple[date, int], list[Refund]] = {}
    for day, row in daily.items():
        left = (row["refunds_cny"] or 0) * 100
        ordered_on = day - timedelta(days=10 if day.month == 5 else 15)
        nth = 1 if day.month == 5 else 6
        while left:
            amount = min(left, ORDER_FEN)
            refund = Refund(
                number(day, nth, 9), at(day, 9), at(day, 15, nth), amount, kind=1 if nth % 2 else 0
            )
            found.setdefault((ordered_on, nth), []).append(refund)
            left -= amount
            nth += 1
        if row["orders"] and day.day % 5 == 0:
            withdrawn = Refund(number(day, 999, 9), at(day, 20), at(day, 23), ORDER_FEN, False)
            found.setdefault((day, 2), []).append(withdrawn)
    return found


# -- WeChat ----------------------------------------------------------------------------------


def wechat_account(daily: dict[date, Counts]) -> WeChatAccount:
    """Return a plausible official account beside: three articles a week."""
    follows, messages = {}, {}
    for day in daily:
        wave = day.toordinal() % 7
        follows[day] = {source: (n + wave, wave // 2) for source, n in WECHAT_SOURCES.items()}
        messages[day] = {1: (12 + wave, 20 + 2 * wave), 2: (2, 3)}
    start = min(daily) - timedelta(days=10)
    days = [start + timedelta(n) for n in range((max(daily) - start).days + 1)]
    articles = [article(day, max(daily)) for day in days if day.isoweekday() in (1, 3, 5)]
    return WeChatAccount(
        "wechat_acme",
        "wx-acme",
        "wx-secret-acme",
        WECHAT_FOLLOWERS,
        follows,
        messages,
        tuple(articles),
    )


def article(day: date, last: date) -> Article:
    """Return an article whose readers fall off over 30 days."""
    base = 900 + day.toordinal() % 5 * 60
    days: dict[date, Counts] = {}
    for age in range(31):
        if day + timedelta(days=age) > last:
            break
        readers = base // (1 + age * age)
        days[day + timedelta(days=age)] = {
            "read_user": readers,
            "share_user": readers // 20,
            "zaikan_user": readers // 40,
            "like_user": readers // 25,
            "comment_count": 3 if age == 0 else 0,
            "collection_user": readers // 30,
        }
    msg_data_id = f"22{day:%Y%m%d}"
    url = f"https://mp.weixin.qq.com/s?mid={msg_data_id}&idx=1"
    comments = tuple(
        Comment(str(n + 1), msg_data_id, at(day, 9, 10 * n), f"reader-{n}", "写得真好", None)
        for n in range(3)
    )
    replies = (Comment("9001", msg_data_id, at(day, 10), BRAND_USER, "谢谢", "1", is_brand=True),)
    return Article(
        msg_data_id,
        1,
        f"article-{day:%Y%m%d}",
        f"深度｜{day:%m月%d日} 配方手记",
        at(day, 8, 30),
        url,
        days,
        comments + replies,
    )
