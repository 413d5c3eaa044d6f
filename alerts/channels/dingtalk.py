"""DingTalk group robot: signed markdown; success is judged by the body.

Contract: key = secret, message = timestamp + newline + secret, timestamp in milliseconds, in the
query; 20 messages a minute, then the robot is blocked for ten minutes.
"""

import base64
import hashlib
import hmac
import re
from datetime import datetime
from typing import Any
from urllib.parse import quote

from alerts.channels.http import deliver, judge_code
from alerts.channels.model import Notice, Receipt
from alerts.words import BOARD
from extractors.core.model import Credential

BASE_URL = "https://oapi.dingtalk.com"
SECONDS_BETWEEN = 3.1  # stays below 20 a minute
BODY_CHARACTERS = 4000
RETRY_SECONDS = {-1: 0.0, 130101: 600.0}  # too fast: blocked for ten minutes
MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~])")
AT = "\uff20"  # a full-width sign looks the same and mentions nobody


def sign(timestamp: str, secret: str) -> str:
    """Return the signature of a moment in milliseconds, ready for a query."""
    digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    return quote(base64.b64encode(digest).decode(), safe="")


def render(notice: Notice) -> dict[str, Any]:
    """Return a markdown message; text that people typed cannot mark up or mention."""
    title = escape(notice.title)
    body = "\n\n".join(map(escape, notice.lines))[:BODY_CHARACTERS]
    parts = [f"#### {title}", body, " ".join(f"@{who}" for who in notice.mentions)]
    if notice.board_url:
        parts.append(f"[{BOARD[notice.language]}]({notice.board_url})")
    return {
        "msgtype": "markdown",
        "markdown": {"title": notice.title, "text": "\n\n".join(filter(None, parts))},
        "at": {"atMobiles": list(notice.mentions), "isAtAll": False},
    }


def escape(text: str) -> str:
    """Return a text that is shown as it is."""
    return MARKS.sub(r"\\\1", text).replace("@", AT)


def send(notice: Notice, credential: Credential, now: datetime) -> Receipt:
    """Post one message; login is the robot's access token, password its signing secret."""
    timestamp = str(int(now.timestamp() * 1000))
    signature = sign(timestamp, credential.password)
    address = f"{credential.base_url or BASE_URL}/robot/send?access_token={credential.login}"
    address += f"&timestamp={timestamp}&sign={signature}"
    secrets = (credential.login, credential.password, signature)
    return deliver(address, render(notice), judge, secrets)


def judge(status: int, body: str) -> Receipt:
    """Tell from the answer whether the message was taken, may be tried again, or never will be."""
    return judge_code(status, body, ("errcode",), "errmsg", RETRY_SECONDS)
