"""WeChat Channels: the live sessions of a day, then the board of each by its id."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from extractors.core.envelope import flag_of, list_of
from extractors.core.errors import ApiChanged
from extractors.core.model import Account, Api, Window

MOMENT = pa.timestamp("us", tz="UTC")
LIST, DATA = "/channels/livedashboard/getlivelist", "/channels/livedashboard/getlivedata"

_COUNT = pa.int64()
AUDIENCE = ("new_watch_uv", "max_online_watch_uv", "average_watch_seconds_per_audience")
DASHBOARD = pa.struct(
    {
        "start_time": MOMENT,
        "live_duration": _COUNT,
        "live_dashboard_data": pa.struct(
            {"summary": pa.struct(dict.fromkeys((*AUDIENCE, "new_follow_uv"), _COUNT))}
        ),
    }
)
PROGRESS = pa.struct({"is_living": pa.bool_()})
SALES = pa.struct(
    dict.fromkeys(
        ("total_gmv", "total_pay_pv", "total_pay_uv", "total_clk_pv", "total_clk_uv"), _COUNT
    )
    | {"new_comment_count": _COUNT}
)
PARTS = ("live_dashboard_data", "live_comparison_index", "live_ec_data_summary")


def live_sessions(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Every live session of the window with its board, as it stands now."""

    def read(item: Any) -> Iterator[Any]:
        yield _with_board(api, item)

    for day in window.days():
        answer = api.post(LIST, {"ds": int(f"{day:%Y%m%d}")})
        listed = list_of(answer, "live_items")
        if flag_of(answer, "has_more"):
            raise ApiChanged(
                f"live_items of {day}: there are more than the {len(listed)} that came, and the "
                "contract names no way to ask for them"
            )
        yield from api.each(read, listed)


def _with_board(api: Api, item: Any) -> Any:
    """Return a listed session with its board; an item without an id is left to quarantine."""
    if not isinstance(item, Mapping) or not isinstance(item.get("export_id"), str):
        return item
    answer = api.post(DATA, {"export_id": item["export_id"]})
    parts = {name: _parsed(answer[name]) for name in PARTS if name in answer}
    return {**answer, **parts, **item}


def _parsed(part: Any) -> Any:
    """Return a part of the board: older answers hold it as JSON text."""
    if not isinstance(part, str):
        return part
    try:
        return json.loads(part) if part.strip() else None
    except ValueError:
        return part  # no object: the row goes to quarantine
