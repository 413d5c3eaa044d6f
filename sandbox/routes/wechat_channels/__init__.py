"""WeChat Channels: the sessions of a day, the board of a session.

Whether the parts of a board are objects or JSON text changed over time: sessions with an odd number
of new followers have text here.
"""

from datetime import UTC, datetime

from starlette.routing import Route

from sandbox.routes.wechat.app import app_routes
from sandbox.routes.wechat.envelope import Body, Refused
from sandbox.routes.wechat_channels.board import board
from sandbox.routes.wechat_channels.world import Channel
from sandbox.state import State
from tidemark.clock import SHANGHAI, business_date

PAGE = 50  # assumed: the contract names neither a size nor a way to a second page
NOT_FOUND = 10020051  # assumed: the contract names no code


def routes(state: State) -> list[Route]:
    """Return the paths that exist; all take POST."""
    board_of = "/channels/livedashboard"
    reads = {f"{board_of}/getlivelist": live_list, f"{board_of}/getlivedata": live_data}
    return app_routes(state, "wechat_channels", reads)


def live_list(state: State, channel: Channel, body: Body) -> Body:
    """getlivelist: the sessions that were made on a day."""
    try:
        digits = body["ds"] if isinstance(body["ds"], int) and len(body) == 1 else ""
        day = datetime.strptime(str(digits), "%Y%m%d").replace(tzinfo=UTC).date()
    except (KeyError, ValueError):
        raise Refused(47001, "ds is the day as a whole number, and nothing else is taken") from None
    made = [
        {"export_id": live.export_id, "create_time": int(live.created_at.timestamp())}
        for live in channel.lives
        if live.created_at <= state.now() and business_date(live.created_at) == day
    ]
    return {"live_items": made[:PAGE], "has_more": len(made) > PAGE}


def live_data(state: State, channel: Channel, body: Body) -> Body:
    """getlivedata: one session as it stands now."""
    now = state.now().astimezone(SHANGHAI)
    for live in channel.lives:
        if live.export_id == body.get("export_id") and live.created_at <= now:
            return {"trace_id": "t", **board(live, now)}
    raise Refused(NOT_FOUND, "live not exist")
