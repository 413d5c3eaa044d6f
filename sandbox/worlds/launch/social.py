"""The Douyin account of the launch: its days, its videos, what people write below them."""

from datetime import date, datetime, timedelta

from sandbox.world import Comment, Counts, DouyinAccount, Video
from sandbox.worlds.launch.days import COUNTERS, at, number, split

AGE_WEIGHTS = (40, 25, 14, 9, 6, 4, 2)  # of a day's plays, by the video's age in days
OPENING_FANS = 120_000
BRAND_USER = "brand-open-id"
REPLY_EVERY, EMOJI_EVERY = 20, 9
TITLES = ("开箱", "成分讲解", "上班路上的一天", "三步上手", "用户来信", "幕后花絮", "挑战赛 ✨")


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
    """Return the account's daily figures; fans fall by unfollows, which the API does not tell."""
    days: dict[date, Counts] = {}
    fans, posts = OPENING_FANS, 0
    for day, row in daily.items():
        new, lost = row["new_followers"] or 0, row["unfollows"] or 0
        fans += new - lost
        published = len(publishing_times(day))
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


def publishing_times(day: date) -> list[datetime]:
    """One video at noon, a second one on Friday and Saturday evenings."""
    return [at(day, 12)] + ([at(day, 20, 5)] if day.isoweekday() in (5, 6) else [])


def videos(daily: dict[date, Counts]) -> list[Video]:
    """Return the videos, each day's counters shared out among those of the last seven days."""
    published = {day: publishing_times(day) for day in daily}
    counters: dict[tuple[date, int], dict[date, Counts]] = {
        (day, nth): {} for day, times in published.items() for nth in range(len(times))
    }
    for day, row in daily.items():
        young = [
            ((day - timedelta(days=age), nth), weight)
            for age, weight in enumerate(AGE_WEIGHTS)
            for nth in range(len(published.get(day - timedelta(days=age), ())))
        ]
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
        days=days,
        comments=tuple(comments),
        play_seconds=8.5 + day.day % 5,
    )


def comments_of(item_id: str, created_at: datetime, day: date, row: Counts) -> list[Comment]:
    """Return a day's comments of a video; the brand's answers come on top, 45 minutes later."""
    found = []
    first = max(created_at, at(day, 0, 0, 1))
    total = row["comments"] or 0
    step = (at(day, 23, 59, 50) - first) / max(total, 1)
    stem = f"{created_at:%m%d}{created_at.hour // 20}"
    for nth in range(total):
        comment_id = f"7{day:%m%d}{stem}{nth:09d}"
        content = "😍👍" if nth % EMOJI_EVERY == 0 else f"第{nth + 1}条：请问多少钱？"
        moment = (first + step * nth).replace(microsecond=0)
        user = f"fan-{stem}-{nth % 40}"
        found.append(Comment(comment_id, item_id, moment, user, content, None, nth % 7))
        if nth % REPLY_EVERY == REPLY_EVERY - 1:
            found.append(brand_reply(found[-1]))
    return found


def brand_reply(comment: Comment) -> Comment:
    """Return the brand's answer to a comment."""
    return Comment(
        f"8{comment.comment_id[1:]}",
        comment.item_id,
        comment.created_at + timedelta(minutes=45),
        BRAND_USER,
        "已私信您～",
        comment.comment_id,
        is_brand=True,
    )
