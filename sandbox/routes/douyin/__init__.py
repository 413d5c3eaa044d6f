"""Douyin open platform: OAuth, account days, videos, per-video series, comments.

HTTP is 200 even on errors; the same code stands in data and extra; counters are strings.
"""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.routes.douyin import tokens
from sandbox.routes.douyin.envelope import Refused, answered, caller, refused
from sandbox.routes.douyin.listings import comment_list, reply_list, video_list
from sandbox.routes.douyin.series import (
    ITEM_SERIES,
    USER_SERIES,
    Read,
    fans_data,
    item_base,
    item_series,
    user_series,
)
from sandbox.state import State


def routes(state: State) -> list[Route]:
    """Return the paths that exist; data calls take GET."""

    def guarded(read: Read) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> JSONResponse:
            try:
                return answered(state, read(state, caller(state, request), request))
            except Refused as refusal:
                return refused(refusal)

        return endpoint

    reads: dict[str, Read] = {
        **{f"data/external/user/{name}/": user_series(name) for name in USER_SERIES},
        **{f"data/external/item/{name}/": item_series(name) for name in ITEM_SERIES},
        "data/external/item/base/": item_base,
        "api/douyin/v1/user/fans_data/": fans_data,
        "api/douyin/v1/video/video_list/": video_list,
        "item/comment/list/": comment_list,
        "item/comment/reply/list/": reply_list,
    }
    data = [Route(f"/douyin/{path}", guarded(read)) for path, read in reads.items()]
    return tokens.routes(state) + data
