"""The words of a message: at most six lines and 220 characters, numbers people can check."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

WAN = 10_000
EXACT_BELOW = 100_000
NAME_CHARACTERS = 16

HEAD = {"warning": "🟡【预警】", "critical": "🔴【严重】", "missed": "🔴【未达成】"}
BEHIND = {"warning": "落后", "critical": "将无法达成", "missed": "未达成"}
DONE = {"涨粉": "已涨", "净增粉": "已涨"}  # how people say that so many are there
LETTERS = {"fire": "F", "escalate": "E", "remind": "M", "resolve": "S"}


@dataclass(frozen=True)
class Labels:
    """How a goal's metric and scope are called in messages."""

    scope: str  # 抖音, or 抖音「艾可美官方旗舰」 where a goal is one account's
    metric: str  # 涨粉
    done: str  # 已涨
    code: str  # NF
    board_url: str = ""


def alert_code(labels: Labels, figures: Mapping[str, Any], as_of: date, transition: str) -> str:
    """Return the short id people quote, such as NF2-0415F."""
    return f"{labels.code}{figures['phase_no'] or 'A'}-{as_of:%m%d}{LETTERS[transition]}"


def number(value: float, *, wan_from: int = EXACT_BELOW, up: bool = False) -> str:
    """Write a count: exact below the limit, above it in 万 with at most two decimals."""
    if abs(value) < wan_from:
        return f"{math.ceil(value - 1e-9) if up else round(value):,}"
    return f"{value / WAN:.2f}".rstrip("0").rstrip(".") + " 万"


def percent(value: float) -> str:
    """Write a share with one decimal, as in 47.0%."""
    return f"{value * 100:.1f}%"


def day(value: date) -> str:
    """Write a day as people say it, as in 4/15."""
    return f"{value.month}/{value.day}"


def shortened(name: str) -> str:
    """Write a name so that a message keeps its length."""
    return name if len(name) <= NAME_CHARACTERS else f"{name[: NAME_CHARACTERS - 1]}…"


def render(
    transition: str,
    level: str,
    figures: Mapping[str, Any],
    labels: Labels,
    *,
    since: date,
    is_correction: bool = False,
) -> str:
    """Return the message's text; since is the day the incident opened or was told."""
    as_of: date = figures["as_of_date"]
    code = alert_code(labels, figures, as_of, transition)
    where = f"P{figures['phase_no']} {figures['phase_name']}" if figures["phase_no"] else "全活动"
    subject = f"{labels.scope}{labels.metric}"
    owner = f"@{figures['owner_name']}" if figures["owner_name"] else "@负责人"
    dates = f"数据至 {day(as_of)}" + (
        "" if figures["is_final"] else "（暂定）" if _is_closed(figures) else ""
    )
    if transition == "resolve":
        head = f"🟢【恢复】{subject} · {where} {_recovery(figures)}"
        body = [_progress(figures, labels, with_plan=False) + _steady(figures)]
        lasted = (as_of - since).days
        tail = f"{day(since)} 告警，历时 {lasted} 天｜{owner}｜{dates}"
    else:
        again = "提醒·" if transition == "remind" else ""
        corrected = "更正·" if is_correction else ""
        head = f"{HEAD[level]}{corrected}{again}{subject}{BEHIND[level]} · {where}"
        body = [_progress(figures, labels, with_plan=True)]
        tail = f"{day(since)} 起落后｜{owner}｜{day(figures['ends_on'])} 截止｜{dates}"
    lines = [head, *body, _needed(figures, transition), tail, f"看板 ↗ ｜编号 {code}"]
    return "\n".join(line for line in lines if line)


def _is_closed(figures: Mapping[str, Any]) -> bool:
    return bool(figures["phase_state"] == "closed")


def _recovery(figures: Mapping[str, Any]) -> str:
    return "已达成" if figures["status"] == "met" else "回到计划内"


def _steady(figures: Mapping[str, Any]) -> str:
    if figures["status"] == "met" or figures["pace"] is None:
        return ""
    return f"；进度 {percent(figures['pace'])}，已连续 2 天不低于 95%"


def _progress(figures: Mapping[str, Any], labels: Labels, *, with_plan: bool) -> str:
    actual, target = figures["actual"], figures["target"]
    if figures["aggregation"] == "ratio":
        parts = f"{number(figures['numerator'])} / {number(figures['denominator'])}"
        text = f"{labels.done} {actual * 100:.2f}%（{parts}），目标 {target * 100:.2f}%"
        return text
    if not with_plan:
        return f"{number(actual)} / {number(target, wan_from=WAN)}"
    text = f"{labels.done} {number(actual)}，目标 {number(target, wan_from=WAN)}"
    text += f"（{percent(figures['attainment'])}）"
    if _is_closed(figures) or figures["pace"] is None:
        return text
    plan = number(figures["expected_to_date"])
    return f"{text}；按计划应到 {plan}，进度 {percent(figures['pace'])}"


def _needed(figures: Mapping[str, Any], transition: str) -> str:
    if figures["required_per_day"] is None or figures["status"] == "met":
        return ""
    gap = figures["target"] - figures["actual"]
    verb = "仍差" if transition == "resolve" else "还差"
    text = f"{verb} {number(gap, up=True)}：剩 {figures['days_left']} 天需每天 "
    text += number(figures["required_per_day"], up=True)
    if figures["recent_per_day"] is not None:
        text += f"，近 7 天日均 {number(figures['recent_per_day'])}"
    if figures["forecast"] is None:
        return text
    forecast = number(figures["forecast"], wan_from=WAN)
    if transition == "resolve":
        return f"{text}；预计 {forecast}"
    low = number(figures["forecast_low"], wan_from=WAN).removesuffix(" 万")
    high = number(figures["forecast_high"], wan_from=WAN)
    return f"{text}；照此预计 {forecast}（{low}–{high}）"
