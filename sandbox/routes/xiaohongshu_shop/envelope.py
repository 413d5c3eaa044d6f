"""Xiaohongshu Ark: what every answer looks like."""

from datetime import datetime
from typing import Any

from starlette.responses import JSONResponse

Body = dict[str, Any]
BAD = -2000400


class Refused(Exception):
    """An error_code with its text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def answered(data: Body) -> JSONResponse:
    """Return the envelope of success."""
    return JSONResponse({"error_code": 0, "error_msg": "", "success": True, "data": data})


def refused(refusal: Refused) -> JSONResponse:
    """Return the envelope of an error: HTTP is 200 here too."""
    body = {"error_code": refusal.code, "error_msg": str(refusal), "success": False}
    return JSONResponse({**body, "data": None})


def milliseconds(moment: datetime | None, now: datetime) -> int:
    """Return a moment as answers write it, 0 where it has not come."""
    return int(moment.timestamp() * 1000) if moment is not None and moment <= now else 0
