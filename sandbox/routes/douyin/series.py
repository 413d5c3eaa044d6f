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


#: how followers are spread, in parts of a hundred: the platform's list, its items
AUDIENCE = {
    "gender_distributions": {"1": 28, "2": 72},
    "age_distributions": {"1-23": 22, "24-30": 41, "31-40": 27, "41-50": 8, "50-": 2},
    "geographical_distributions": {"上海": 18, "浙江": 15, "广东": 14, "江苏": 12, "其他": 41},
    "active_days_distributions": {"0~4": 9, "5~8": 14, "9~12": 19, "13~16": 21, "17~": 37},
    "device_distributions": {"苹果": 46, "华为": 24, "小米": 12, "其他": 18},
    "interest_distributions": {"美妆": 38, "穿搭": 24, "美食": 21, "亲子": 17},
}
FLOWS = {"message": (12, 40), "follow": (180, 240), "search": (35, 160), "others": (60, 560)}
FANS_AT_LEAST, FANS_READY_DAYS = 100, 2


def fans_data(state: State, account: DouyinAccount, request: Request) -> Answer:
    """GET /api/douyin/v1/user/fans_data/: distributions of the followers of two days ago."""
    until = business_date(state.now()) - timedelta(days=FANS_READY_DAYS)
    known = max((day for day in account.days if day <= until), default=None)
    followers = (account.days[known].get("total_fans") or 0) if known else 0
    if followers <= FANS_AT_LEAST:
        lists = {name: [] for name in (*AUDIENCE, "flow_contributions")}
        return {"fans_data": {"all_fans_num": followers, **lists}}
    spread = {
        name: [{"item": item, "value": followers * part // 100} for item, part in parts.items()]
        for name, parts in AUDIENCE.items()
    }
    flows = [{"flow": name, "fans_sum": own, "all_sum": n} for name, (own, n) in FLOWS.items()]
    return {"fans_data": {"all_fans_num": followers, **spread, "flow_contributions": flows}}


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
