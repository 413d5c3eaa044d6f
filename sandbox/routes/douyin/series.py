"""Douyin statistics: 7, 15 or 30 finished days of an account or of a young video, as strings."""

from collections.abc import Callable
from datetime import date, timedelta

from starlette.requests import Request

from sandbox.routes.douyin.envelope import Answer, Refused
from sandbox.state import State
from sandbox.world import DouyinAccount, Video
from tidemark.clock import SHANGHAI, business_date

READY_HOUR = 10
REACH_DAYS = 30
DATE_TYPES = {"7", "15", "30"}

USER_SERIES: dict[str, dict[str, str]] = {
    "item": {"new_issue": "new_issue", "new_play": "plays", "total_issue": "total_issue"},
    "fans": {"new_fans": "new_fans", "total_fans": "total_fans"},
    "like": {"new_like": "likes"},
    "comment": {"new_comment": "comments"},
    "share": {"new_share": "shares"},
    "profile": {"profile_uv": "profile_uv"},
}
ITEM_SERIES = {"like": "likes", "comment": "comments", "play": "plays", "share": "shares"}

Read = Callable[[State, DouyinAccount, Request], Answer]


def offered_days(state: State, request: Request) -> list[date]:
    """Return the days of a date_type: so many, ending with the newest finished one."""
    date_type = request.query_params.get("date_type")
    if date_type not in DATE_TYPES:
        raise Refused(28001007, f"date_type must be 7, 15 or 30, not {date_type}")
    now = state.now().astimezone(SHANGHAI)
    last = now.date() - timedelta(days=1)
    days = [last - timedelta(days=n) for n in reversed(range(int(date_type)))]
    return days[:-1] if now.hour < READY_HOUR else days


def user_series(name: str) -> Read:
    """Return the endpoint of one account series."""

    def read(state: State, account: DouyinAccount, request: Request) -> Answer:
        fields = USER_SERIES[name]
        rows = [
            {"date": str(day), **{key: str(account.days[day][of]) for key, of in fields.items()}}
            for day in offered_days(state, request)
            if day in account.days
        ]
        return {"result_list": rows}

    return read


def item_series(name: str) -> Read:
    """Return the endpoint of one per-video series."""

    def read(state: State, account: DouyinAccount, request: Request) -> Answer:
        video = young_video(state, account, request)
        days = offered_days(state, request)
        if video.totals is not None:
            return {"result_list": []}  # only totals are known of it; zeros would be invented
        born, key = business_date(video.created_at), ITEM_SERIES[name]
        counts = [(day, video.days.get(day, {})) for day in days if day >= born]
        return {"result_list": [{"date": str(d), name: str(c.get(key) or 0)} for d, c in counts]}

    return read


def item_base(state: State, account: DouyinAccount, request: Request) -> Answer:
    """GET /data/external/item/base/: totals as of now, in an object."""
    video = young_video(state, account, request)
    totals = totals_of(state, video)
    result = {f"total_{name}": totals[key] for name, key in ITEM_SERIES.items()}
    return {"result": {**result, "avg_play_duration": video.play_seconds}}


def own_video(state: State, account: DouyinAccount, request: Request) -> Video:
    """Return the video that item_id names, once it is published."""
    item_id = request.query_params.get("item_id")
    if not item_id:
        raise Refused(10005, "item_id is missing")
    for found in account.videos:
        if found.item_id == item_id and found.created_at <= state.now():
            return found
    raise Refused(2111007, "failed to get the video")


def young_video(state: State, account: DouyinAccount, request: Request) -> Video:
    """Return a video that the statistics still know: created within 30 days."""
    found = own_video(state, account, request)
    age = business_date(state.now()) - business_date(found.created_at)
    if age.days > REACH_DAYS:
        raise Refused(28001007, "item was created more than 30 days ago")
    return found


def totals_of(state: State, video: Video) -> dict[str, int | None]:
    """Return the counters of a video up to the end of yesterday: nothing is known by the hour."""
    if video.totals is not None:
        return video.totals
    today = business_date(state.now())
    return {
        key: sum((row.get(key) or 0) for day, row in video.days.items() if day < today)
        for key in ITEM_SERIES.values()
    }
