"""WeChat Channels: the board of one session, in the platform's spelling."""

import json
from datetime import datetime
from typing import Any

from sandbox.routes.wechat_channels.world import Live

Body = dict[str, Any]


def board(live: Live, now: datetime) -> Body:
    """Return a session as it stands at a moment."""
    is_living = now < live.ended_at
    length = (live.ended_at - live.started_at).total_seconds()
    seconds = max(0, int((min(now, live.ended_at) - live.started_at).total_seconds()))
    share = seconds / length
    parts = {
        "live_dashboard_data": {
            "live_dashboard_data": {
                "summary": summary(live, share),
                "source": {"channels": []},
                "portrait": {"gender": []},
            },
            "live_duration": seconds,
            "start_time": int(live.started_at.timestamp()),
        },
        "live_comparison_index": {
            "is_living": is_living,
            "on_air": {"n": 10} if is_living else {},
            "ended": {} if is_living else {"median_7_days": 0},
        },
        "live_ec_data_summary": sales(live, share) if live.has_goods else {},
        "live_ec_conversion_metric": {},
        "live_ec_profile": {},
        "live_distribution_channel": {},
        "single_live_ec_spu_data_page_v2": {"spu_data_list": [], "total_cnt": 0, "data_key": []},
    }
    if live.followers % 2:  # the older page
        return {name: json.dumps(part) for name, part in parts.items()}
    return parts


def summary(live: Live, share: float) -> Body:
    """Return who watched; one figure comes as text."""
    viewers = int(live.viewers * share)
    return {
        "new_watch_uv": str(viewers),
        "max_online_watch_uv": int(live.peak * share),
        "impression_uv": viewers * 4,
        "average_watch_seconds_per_audience": 75,
        "new_follow_uv": int(live.followers * share),
        "new_fans_club_uv": 0,
        "comment_uv": viewers // 20,
        "reward_uv": 0,
        "sharing_uv": viewers // 50,
        "hot_quota": viewers * 3,
    }


def sales(live: Live, share: float) -> Body:
    """Return what was sold, in fen."""
    buyers, viewers = int(live.buyers * share), int(live.viewers * share)
    return {
        "total_gmv": int(live.paid_fen * share),
        "total_pay_pv": buyers + buyers // 8,
        "total_pay_uv": buyers,
        "total_create_pv": buyers * 2,
        "total_create_uv": buyers * 2,
        "total_clk_pv": viewers // 3,
        "total_clk_uv": viewers // 4,
        "total_exp_pv": viewers * 2,
        "total_exp_uv": viewers,
        "online_audience_count": 0,
        "cumulative_audience_count": viewers,
        "new_comment_count": viewers // 10,
        "refund_amount": 0,
        "refund_rate": 0.0,
    }
