"""A day of a bench's world, told by Weibo's contract."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.history import NOON, World, columns_of
from tidemark.clock import SHANGHAI

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def make_app(world: World, day: date) -> Starlette:
    """Return a server of every account at the end of a day; a token is an account's key."""
    told = {
        name: _by_account(columns) for name, columns in columns_of(world, day).items() if columns
    }
    statuses = {
        account: [_status(world, int(row["id"])) for row in reversed(rows)]
        for account, rows in told["post_counts"].items()
    }

    async def counts(request: Request) -> Response:
        return JSONResponse([_plain(row) for row in told["account_counts"][_caller(request)]])

    async def timeline(request: Request) -> Response:
        own, until = statuses[_caller(request)], int(request.query_params.get("max_id", 2**62))
        size = int(request.query_params["count"])
        page = [status for status in own if int(status["idstr"]) <= until][:size]
        return JSONResponse({"statuses": page, "total_number": len(own)})

    async def counters(request: Request) -> Response:
        asked = set(request.query_params["ids"].split(","))
        own = told["post_counts"][_caller(request)]
        return JSONResponse([_plain(row) for row in own if row["id"] in asked])

    async def comments(_request: Request) -> Response:
        return JSONResponse({"comments": [], "total_number": 0})

    paths = {
        "users/counts": counts,
        "statuses/user_timeline": timeline,
        "statuses/count": counters,
        "comments/to_me": comments,
    }
    return Starlette(routes=[Route(f"/2/{path}.json", read) for path, read in paths.items()])


def _caller(request: Request) -> str:
    return request.headers["Authorization"].removeprefix("OAuth2 ")


def _by_account(columns: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    names = list(columns)
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for values in zip(*(columns[name].to_pylist() for name in names), strict=True):
        row = dict(zip(names, values, strict=True))
        found[row["account_key"]].append(row)
    return found


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "account_key"}


def _status(world: World, number: int) -> dict[str, Any]:
    day = world.first + timedelta(days=int(world.day_of(np.array(number))))
    moment = datetime.combine(day, NOON, SHANGHAI)
    written = f"{DAYS[moment.weekday()]} {MONTHS[moment.month - 1]} {moment:%d %H:%M:%S %z %Y}"
    return {"created_at": written, "idstr": str(number), "text": str(number)}
