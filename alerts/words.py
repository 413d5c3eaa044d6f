"""The phrases of messages, one set per language."""

from collections.abc import Mapping
from dataclasses import dataclass

BOARD = {"zh": "打开看板", "en": "Open the board"}  # the link that every channel offers


@dataclass(frozen=True)
class Words:
    """Every phrase that a message is made of; names in braces are filled in."""

    head: Mapping[str, str]  # by level
    behind: Mapping[str, str]
    too_high: Mapping[str, str]  # the same where less is better
    subject: str
    fire: str
    resolve: str
    correction: str
    reminder: str
    phase: str
    whole_campaign: str
    met: str
    back_on_plan: str
    count: str
    quotient: str
    items: str
    target: str
    at_most: str
    plan: str
    steady: str
    gap: str
    still: str
    recent: str
    forecast: str
    forecast_short: str
    step: str
    since_behind: str
    since_high: str
    lasted: str
    somebody: str
    ends: str
    data_to: str
    provisional: str
    board: str
    cny: str
    seconds: str
    minutes: str
    hours: str
    many: str  # title of a message about many goals
    more: str
    escalated: str
    level: Mapping[str, str]


WORDS: Mapping[str, Words] = {
    "zh": Words(
        head={"warning": "🟡【预警】", "critical": "🔴【严重】", "missed": "🔴【未达成】"},
        behind={"warning": "落后", "critical": "将无法达成", "missed": "未达成"},
        too_high={"warning": "偏高", "critical": "将超出上限", "missed": "超出上限"},
        subject="{scope}{metric}",
        fire="{marks}{subject}{behind} · {where}",
        resolve="🟢【恢复】{subject} · {where} {how}",
        correction="更正·",
        reminder="提醒·",
        phase="P{no} {name}",
        whole_campaign="全活动",
        met="已达成",
        back_on_plan="回到计划内",
        count="{done} {actual}，{target}（{share}）",
        quotient="{done} {actual}（{counted}），{target}",
        items="{n} 条",
        target="目标 {target}",
        at_most="目标不高于 {target}",
        plan="；按计划应到 {plan}，进度 {pace}",
        steady="；进度 {pace}，已连续 2 天不低于 95%",
        gap="还差 {gap}：剩 {days} 天需每天 {needed}",
        still="仍差 {gap}：剩 {days} 天需每天 {needed}",
        recent="，近 7 天日均 {n}",
        forecast="；照此预计 {forecast}（{low}–{high}）",
        forecast_short="；预计 {forecast}",
        step="先做：{text}｜{person}",
        since_behind="{day} 起落后",
        since_high="{day} 起偏高",
        lasted="{since} 告警，历时 {days} 天",
        somebody="@负责人",
        ends="{day} 截止",
        data_to="数据至 {day}",
        provisional="（暂定）",
        board="看板 ↗ ｜编号 {code}",
        cny="{value:,.2f} 元",
        seconds="{n} 秒",
        minutes="{n} 分",
        hours="{hours} 小时 {minutes} 分",
        many="【{n} 项变化】{subject} · 数据至 {day}",
        more="另有 {n} 项",
        escalated="⏫【无人确认】",
        level={"warning": "预警", "critical": "严重", "missed": "未达成"},
    ),
    "en": Words(
        head={"warning": "🟡 [Warning] ", "critical": "🔴 [Critical] ", "missed": "🔴 [Missed] "},
        behind={"warning": "behind", "critical": "will miss", "missed": "missed"},
        too_high={"warning": "too high", "critical": "will exceed", "missed": "exceeded"},
        subject="{scope} {metric}",
        fire="{marks}{subject} {behind} · {where}",
        resolve="🟢 [Resolved] {subject} · {where} {how}",
        correction="Corrected: ",
        reminder="Reminder: ",
        phase="P{no} {name}",
        whole_campaign="whole campaign",
        met="met",
        back_on_plan="back on plan",
        count="{actual}, {target} ({share})",
        quotient="{actual} ({counted}), {target}",
        items="{n} items",
        target="target {target}",
        at_most="limit {target}",
        plan="; plan {plan}, pace {pace}",
        steady="; pace {pace}, 2 days at 95% or more",
        gap="{gap} to go: {needed} a day for {days} days",
        still="{gap} to go: {needed} a day for {days} days",
        recent=", last 7 days {n}",
        forecast="; heading for {forecast} ({low}–{high})",
        forecast_short="; heading for {forecast}",
        step="First: {text}｜{person}",
        since_behind="since {day}",
        since_high="since {day}",
        lasted="alert of {since}, {days} days",
        somebody="@owner",
        ends="ends {day}",
        data_to="data to {day}",
        provisional=" (provisional)",
        board="Board ↗ ｜{code}",
        cny="¥{value:,.2f}",
        seconds="{n} s",
        minutes="{n} min",
        hours="{hours} h {minutes} min",
        many="[{n} changes] {subject} · data to {day}",
        more="and {n} more",
        escalated="⏫ [Nobody acknowledged] ",
        level={"warning": "warning", "critical": "critical", "missed": "missed"},
    ),
}

#: how people say that so many are there
DONE: Mapping[str, str] = {"涨粉": "已涨", "净增粉": "已涨"}
