"""WeCom (qyapi.weixin.qq.com), a corp's own app with customer contact: groups and behaviour.

https://developer.work.weixin.qq.com/document/path/92133 ; rights, quotas and terms:
docs/platforms/wecom.md. Days are kept for 180 days and are there from 08:00 on the next day:
asked earlier they come as zeros. What a `_total` or `_has_msg` counts runs since the beginning.

It cannot tell us: figures per group and day (only per owner of groups), who left, how many spoke
on a day, what was said.
"""

from datetime import date

import pyarrow as pa

from extractors.core.envelope import read_ignored
from extractors.core.model import Field, Platform, Row, Stream
from extractors.platforms.wechat.connection import authorize
from extractors.platforms.wecom import streams
from extractors.platforms.wecom.connection import fetch_token, read_envelope
from tidemark.clock import business_date

MOMENT = pa.timestamp("us", tz="UTC")
KEPT_DAYS = 180
# a call too early brings zeros that are corrected later
REVISED_DAYS = 3

GROUPS = (
    Field("chat_id", pa.string(), required=True),
    Field("status", pa.int64()),
)
STATISTICS = (
    Field("new_chat_cnt", pa.int64(), "increment"),
    Field("chat_total", pa.int64(), "snapshot"),
    Field("chat_has_msg", pa.int64(), "cumulative"),
    Field("new_member_cnt", pa.int64(), "increment"),
    Field("member_total", pa.int64(), "snapshot"),
    Field("member_has_msg", pa.int64(), "cumulative"),
    Field("msg_total", pa.int64(), "cumulative"),
)
OWNER_DAYS = (
    Field("stat_date", pa.date32(), required=True),  # of the call: the answer has none
    Field("owner", pa.string(), required=True, personal=True),
    *STATISTICS,
)
GROUP_DAYS = (Field("stat_time", MOMENT, required=True), *STATISTICS)
BEHAVIOUR_DAYS = (
    Field("stat_time", MOMENT, required=True),
    Field("userid", pa.string(), required=True, personal=True),  # of the call
    Field("chat_cnt", pa.int64(), "increment"),
    Field("message_cnt", pa.int64(), "increment"),
    # both only where there was a chat; a mean cannot be summed
    Field("reply_percentage", pa.float64(), "window_total", optional=True),
    Field("avg_reply_time", pa.float64(), "window_total", optional=True),  # minutes
    Field("negative_feedback_cnt", pa.int64(), "increment"),
    Field("new_apply_cnt", pa.int64(), "increment"),
    Field("new_contact_cnt", pa.int64(), "increment"),
)


def _stat_date(row: Row) -> date:
    found: date = row["stat_date"]
    return found


def _stat_day(row: Row) -> date:
    return business_date(row["stat_time"])


PLATFORM = Platform(
    name="wecom",
    label_zh="企业微信",
    label_en="WeCom",
    short_code="QW",
    base_url="https://qyapi.weixin.qq.com",
    # assumed: nobody publishes it; the option calls_per_second of an account overrides
    calls_per_second=10,
    authorize=authorize,
    fetch_token=fetch_token,
    read_envelope=read_envelope,
    schedule="30 8 * * *",
    streams=(
        Stream(
            name="groups",
            label_zh="客户群列表",
            label_en="Customer groups",
            fields=GROUPS,
            key=("chat_id",),
            merge="upsert_version",
            read=streams.groups,
            is_complete_listing=True,
        ),
        Stream(
            name="owner_days",
            label_zh="客户群统计（按群主）",
            label_en="Customer groups per owner",
            fields=OWNER_DAYS,
            key=("stat_date", "owner"),
            merge="replace_slice",
            read=streams.owner_days,
            day=_stat_date,
            ignored=read_ignored("wecom", "owner_days"),
            lookback_days=REVISED_DAYS,
            reach_days=KEPT_DAYS,
            max_window_days=1,  # a longer one is summed
            is_dense=True,
        ),
        Stream(
            name="group_days",
            label_zh="客户群统计（按日）",
            label_en="Customer groups per day",
            fields=GROUP_DAYS,
            key=("stat_time",),
            merge="replace_slice",
            read=streams.group_days,
            day=_stat_day,
            ignored=read_ignored("wecom", "group_days"),
            lookback_days=REVISED_DAYS,
            reach_days=KEPT_DAYS,
            max_window_days=30,
            is_dense=True,
        ),
        Stream(
            name="behaviour_days",
            label_zh="联系客户统计",
            label_en="Customer contact per employee",
            fields=BEHAVIOUR_DAYS,
            key=("stat_time", "userid"),
            # a later reading asks for those who are there then: who has left keeps their days
            merge="upsert_version",
            read=streams.behaviour_days,
            day=_stat_day,
            lookback_days=REVISED_DAYS,
            reach_days=KEPT_DAYS,
            max_window_days=1,
            is_dense=True,
        ),
    ),
)
