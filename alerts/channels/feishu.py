"""Feishu / Lark group bot: a signed interactive card; success is judged by the body.

Contract: key = timestamp + newline + secret, empty message; timestamp in seconds; at most 100
messages a minute and 5 a second per bot; body at most 20 KB.
"""

import base64
import hashlib
import hmac
import re
from datetime import datetime
from typing import Any

from alerts.channels.http import deliver, judge_code
from alerts.channels.model import Notice, Receipt
from alerts.words import BOARD
from extractors.core.model import Credential

BASE_URL = "https://open.feishu.cn"
SECONDS_BETWEEN = 0.65  # stays below 100 a minute
BODY_CHARACTERS = 3500  # five bytes each where escaped: below 20 KB with all around it
RETRY_SECONDS = {11232: 0.0}
TEMPLATES = {
    "warning": "yellow",
    "critical": "red",
    "resolved": "green",
    "data": "grey",
    "blocked": "red",
}
NOT_IN_IDS = re.compile(r"[^0-9A-Za-z_-]")
ESCAPES = str.maketrans({c: f"&#{ord(c)};" for c in "<>*~[]`_"})


def sign(timestamp: str, secret: str) -> str:
    """Return the signature of a moment, as Feishu computes it."""
    digest = hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def render(notice: Notice) -> dict[str, Any]:
    """Return an interactive card: the first line is its title, user text cannot break it."""
    body = "\n".join(notice.lines)[:BODY_CHARACTERS].translate(ESCAPES)
    mentions = "".join(f'<at id="{NOT_IN_IDS.sub("", who)}"></at>' for who in notice.mentions)
    elements: list[dict[str, Any]] = [
        {
            "tag": "div",
            "text": {"tag": "lark_md", "content": "\n".join(filter(None, (body, mentions)))},
        }
    ]
    if notice.board_url:
        button = {"tag": "lark_md", "content": BOARD[notice.language]}
        elements.append(
            {
                "tag": "action",
                "actions": [
                    {"tag": "button", "type": "primary", "text": button, "url": notice.board_url}
                ],
            }
        )
    return {
        "config": {"wide_screen_mode": True},
        "header": {
            "template": TEMPLATES[notice.tone],
            "title": {"tag": "plain_text", "content": notice.title},
        },
        "elements": elements,
    }


def send(notice: Notice, credential: Credential, now: datetime) -> Receipt:
    """Post one message; login is the bot's hook token, password its signing secret."""
    timestamp = str(int(now.timestamp()))
    signature = sign(timestamp, credential.password)
    message = {
        "timestamp": timestamp,
        "sign": signature,
        "msg_type": "interactive",
        "card": render(notice),
    }
    url = f"{credential.base_url or BASE_URL}/open-apis/bot/v2/hook/{credential.login}"
    return deliver(url, message, judge, (credential.login, credential.password, signature))


def judge(status: int, body: str) -> Receipt:
    """Tell from the answer whether the message was taken, may be tried again, or never will be."""
    return judge_code(status, body, ("code", "StatusCode"), "msg", RETRY_SECONDS)
