"""The launch campaign: every day's totals are those of daily.csv, to the last unit.

Deterministic and without randomness: shares of a day go to videos by fixed weights, and the rest of
an integer division goes to the first ones.
"""

from pathlib import Path

from sandbox.world import Bot, World
from sandbox.worlds.launch.days import read_daily
from sandbox.worlds.launch.official import wechat_account
from sandbox.worlds.launch.sales import live_sessions, shop
from sandbox.worlds.launch.social import douyin_account


def world(_shared: Path | None = None) -> World:
    """Return the world of the worked example."""
    daily = read_daily()
    lives = tuple(live_sessions(daily))
    return World(
        "launch",
        douyin=(douyin_account(daily),),
        wechat=(wechat_account(daily),),
        shops=(shop(daily, lives),),
        lives=lives,
        history=daily,
        bots=(
            Bot("feishu_ops", "ops-hook", "ops-signing-secret"),
            Bot("feishu_data", "data-hook", "data-signing-secret"),
            Bot("dingtalk_ops", "ops-robot-token", "ops-robot-secret", kind="dingtalk"),
            Bot("wecom_ops", "ops-robot-key", "no-robot-of-wecom-signs", kind="wecom"),
            Bot("slack_ops", "T0ACME/B0OPS/hook", "no-hook-of-slack-signs", kind="slack"),
            Bot("alertmanager_ops", "tidemark", "alertmanager-password", kind="alertmanager"),
            Bot("webhook_ops", "any", "webhook-signing-secret", kind="webhook"),
        ),
    )
