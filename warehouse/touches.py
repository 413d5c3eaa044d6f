"""Which days a changed row touches, per stream: the one table behind incremental builds.

Conservative is right and costs a moment; a missed day is a wrong number that nobody sees.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from extractors.core.model import LOAD_FIELDS, Stream

#: the domains of the incremental models; metric_day is made of all others
DOMAINS = ("account_day", "post_day", "interaction_day", "order_day", "metric_day")

RUNNING_KINDS = frozenset({"cumulative", "snapshot"})


@dataclass(frozen=True)
class Touch:
    """The days of a changed row, as SQL over its columns, and who else is judged with it."""

    domains: tuple[str, ...]
    days: tuple[str, ...]
    # a running total is a difference to the next observation, whenever that is, and a stock is
    # carried forward: everything from the first touched day on is built anew
    is_running: bool = False
    # SQL of a list: the entities the row belongs to; changed entities touch the days of all
    # their rows, in this stream and in the named ones
    family: str | None = None
    relatives: Mapping[str, str] = field(default_factory=dict)


def shanghai(column: str) -> str:
    """Return the SQL of a moment's business day."""
    return f"cast(timezone('Asia/Shanghai', {column}) as date)"


_ORDER_DAYS = (shanghai("create_time"), shanghai("pay_time"))
_REFUND_DAYS = (shanghai("apply_time"), shanghai("create_time"), shanghai("update_time"))
_THREAD = "[coalesce(nullif(nullif(parent_comment_id, ''), '0'), comment_id)]"
_ORDER_VIDEOS = "list_transform(sku_order_list, lambda line: line.video_id)"
_ORDER_ROOMS = "list_transform(sku_order_list, lambda line: line.room_id)"

TOUCHES: Mapping[str, Touch] = {
    "douyin/account_days": Touch(("account_day",), ("date",), is_running=True),
    "douyin/videos": Touch(
        ("post_day",),
        (shanghai("create_time"),),
        is_running=True,
        family="[item_id]",
        relatives={"douyin_shop/orders": _ORDER_VIDEOS},
    ),
    "douyin/video_totals": Touch(("post_day",), ("dt",), is_running=True),
    "douyin/video_days": Touch(("post_day",), ("date",)),
    "douyin/comments": Touch(
        ("interaction_day",),
        (shanghai("create_time"),),
        family=_THREAD,
        relatives={"douyin/comments": _THREAD},
    ),
    "wechat/user_summary": Touch(("account_day",), ("ref_date",)),
    "wechat/user_cumulate": Touch(("account_day",), ("ref_date",), is_running=True),
    "wechat/biz_summary": Touch(("account_day",), ("ref_date",)),
    "wechat/article_reads": Touch(("post_day",), ("ref_date",)),
    "wechat/article_shares": Touch(("post_day",), ("ref_date",)),
    "wechat/article_totals": Touch(("post_day",), ("stat_date",), is_running=True),
    "wechat/upstream_messages": Touch(("interaction_day",), ("ref_date",)),
    # the listing only describes posts; no figure of any day is read from it
    "wechat/published_articles": Touch(("post_day",), (shanghai("update_time"),)),
    "wechat/comments": Touch(
        ("interaction_day",), (shanghai("create_time"), shanghai("reply_create_time"))
    ),
    "douyin_shop/orders": Touch(
        ("order_day",),
        _ORDER_DAYS,
        family="[order_id]",
        relatives={"douyin_shop/after_sales": "[shop_order_id]"},
    ),
    "douyin_shop/after_sales": Touch(
        ("order_day",),
        _REFUND_DAYS,
        family="[shop_order_id]",
        relatives={"douyin_shop/orders": "[order_id]"},
    ),
    "xiaohongshu/note_export": Touch(
        ("post_day",), ("exported_on", shanghai("published_at")), is_running=True
    ),
    "sheet/account_days": Touch(("account_day",), ("stat_date",), is_running=True),
    "sheet/live_sessions": Touch(
        ("order_day",),
        (shanghai("started_at"), shanghai("ended_at")),
        family="[live_id]",
        relatives={"douyin_shop/orders": _ORDER_ROOMS},
    ),
}


def touch_of(name: str, stream: Stream) -> Touch:
    """Return the declared touch of a stream; a stream without one touches all it might."""
    return TOUCHES.get(name) or _derived(stream)


def _derived(stream: Stream) -> Touch:
    """Return the widest touch that a stream's own declaration allows."""
    load_columns = {name for name, _ in LOAD_FIELDS}
    columns = [column for column in stream.schema if column.name not in load_columns]
    days = [f'"{c.name}"' for c in columns if pa.types.is_date(c.type)]
    moments = [shanghai(f'"{c.name}"') for c in columns if pa.types.is_timestamp(c.type)]
    is_running = any(f.kind in RUNNING_KINDS for f in stream.fields) or stream.is_snapshot
    # where rows are versions, dt is only a filing day: good enough when there is no other
    filed = () if stream.merge == "upsert_version" and [*days, *moments] else ("dt",)
    return Touch(DOMAINS, (*filed, *days, *moments), is_running=is_running)
