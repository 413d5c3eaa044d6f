"""WeChat Shop: errors in HTTP 200."""

from typing import Any

from starlette.responses import JSONResponse

Body = dict[str, Any]


class Refused(Exception):
    """An errcode with its text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def refused(refusal: Refused) -> JSONResponse:
    """Return an error in HTTP 200."""
    return JSONResponse({"errcode": refusal.code, "errmsg": f"{refusal} rid: 6172-6126f6f9-040f"})
