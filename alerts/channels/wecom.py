"""WeCom group robot: markdown of at most 4,096 bytes; success is judged by the body.

Contract: no signature, so the key in the address is the secret; 20 messages a minute.
"""

import re
from datetime import datetime
from typing import Any

from alerts.channels.http import deliver, judge_code
from alerts.channels.model import Notice, Receipt
from alerts.words import BOARD
from extractors.core.model import Credential

BASE_URL = "https://qyapi.weixin.qq.com"
SECONDS_BETWEEN = 3.1  # stays below 20 a minute
BYTES_AT_MOST = 4096
RETRY_SECONDS = {-1: 0.0, 45009: 60.0}  # too fast: counted per minute
COLOURS = {
    "warning": "warning",
    "critical": "warning",
    "resolved": "info",
    "data": "comment",
    "blocked": "warning",
}
MARKS = re.compile(r"([\\`*_\[\]()#~])")
ANGLES = str.maketrans({"<": "\uff1c", ">": "\uff1e"})  # wider ones open no tag and no mention


def render(notice: Notice) -> dict[str, Any]:
    """Return a markdown message that fits; lines that do not are left out at the end."""
    head = f'<font color="{COLOURS[notice.tone]}">{escape(notice.title)}</font>'
    ends = [" ".join(f"<@{who.translate(ANGLES)}>" for who in notice.mentions)]
    if notice.board_url:
        ends.append(f"[{BOARD[notice.language]}]({notice.board_url})")
    lines = [f">{escape(line)}" for line in notice.lines]
    while lines and _size([head, *lines, *ends]) > BYTES_AT_MOST:
        lines = [*lines[:-2], ">…"] if len(lines) > 1 else []
    return {
        "msgtype": "markdown",
        "markdown": {"content": "\n".join(filter(None, [head, *lines, *ends]))},
    }


def escape(text: str) -> str:
    """Return a text that is shown as it is."""
    return MARKS.sub(r"\\\1", text.translate(ANGLES))


def _size(lines: list[str]) -> int:
    return len("\n".join(filter(None, lines)).encode())


def send(notice: Notice, credential: Credential, now: datetime) -> Receipt:
    """Post one message; login is the robot's key."""
    del now
    base = credential.base_url or BASE_URL
    address = f"{base}/cgi-bin/webhook/send?key={credential.login}"
    return deliver(address, render(notice), judge, (credential.login, credential.password))


def judge(status: int, body: str) -> Receipt:
    """Tell from the answer whether the message was taken, may be tried again, or never will be."""
    return judge_code(status, body, ("errcode",), "errmsg", RETRY_SECONDS)
