"""Comments of many accounts and videos by Douyin's contract, from a process of its own.

The sandbox holds a world in memory and is strict; this one makes its pages up as they are asked
for, so that the time of a call is the caller's, and five million comments cost no memory.
"""

import asyncio
import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tidemark.clock import SHANGHAI

PAGE = 50
DAYS = 30
UNTIL = datetime(2026, 3, 31, tzinfo=SHANGHAI)  # the newest comment is just before
TIMES = "/_times"  # when each call came, seconds
VIDEOS, COMMENTS = "/api/douyin/v1/video/video_list/", "/item/comment/list/"
WORDS = (
    "颜色很正",
    "什么时候补货呀",
    "[赞][赞]",
    "已经下单了，期待",
    "跟主播买的不踩雷",
    "质地不错",
)
PEOPLE = 9973  # a prime: people and texts do not repeat together


@dataclass(frozen=True)
class Load:
    """How much there is to read, and how long a call takes at least."""

    accounts: int
    videos: int
    pages: int  # of one video
    latency_seconds: float = 0.0
    calls_per_second: float = 100_000.0  # that a caller allows itself, per account

    @property
    def rows(self) -> int:
        """All comments of all accounts."""
        return self.accounts * self.videos * self.pages * PAGE

    @property
    def calls(self) -> int:
        """All calls that a complete reading takes."""
        return self.accounts * (1 + self.videos * self.pages)


def make_app(load: Load) -> Starlette:
    """Return the server of a load."""
    newest = int(UNTIL.timestamp()) - 1
    per_video = load.pages * PAGE
    step = DAYS * 86_400 / per_video

    def comment(video: str, number: int) -> dict[str, Any]:
        return {
            "comment_id": f"{video}.{number}",
            "comment_user_id": f"user-{number % PEOPLE}",
            "content": WORDS[number % len(WORDS)],
            "create_time": newest - int(number * step),
            "digg_count": number % 97,
            "reply_comment_total": 0,
            "top": False,
        }

    arrivals: list[float] = []

    async def times(_request: Request) -> Response:
        return Response(json.dumps(arrivals), media_type="application/json")

    async def videos(request: Request) -> Response:
        arrivals.append(time.monotonic())
        await asyncio.sleep(load.latency_seconds)
        owner = request.query_params["open_id"]
        created = newest - DAYS * 86_400
        rows = [
            {
                "item_id": f"{owner}.{n}",
                "title": "新品",
                "create_time": created,
                "is_top": False,
                "is_reviewed": True,
                "video_status": 1,
                "media_type": 4,
                "share_url": "",
                "statistics": {"comment_count": per_video},
            }
            for n in range(load.videos)
        ]
        return _answer(request, rows)

    async def comments(request: Request) -> Response:
        arrivals.append(time.monotonic())
        await asyncio.sleep(load.latency_seconds)
        video = request.query_params["item_id"]
        start = int(request.query_params["cursor"])
        end = min(start + int(request.query_params["count"]), per_video)
        rows = [comment(video, number) for number in range(start, end)]
        return _answer(request, rows, end, has_more=end < per_video)

    routes = [Route(VIDEOS, videos), Route(COMMENTS, comments), Route(TIMES, times)]
    return Starlette(routes=routes)


def _answer(
    request: Request, rows: list[dict[str, Any]], cursor: int = 0, *, has_more: bool = False
) -> Response:
    if "access-token" not in request.headers:
        return Response(status_code=401)
    data = {"cursor": cursor, "has_more": has_more, "list": rows, "error_code": 0}
    body = json.dumps({"data": data, "extra": {"error_code": 0}}, ensure_ascii=False)
    return Response(body, media_type="application/json")
