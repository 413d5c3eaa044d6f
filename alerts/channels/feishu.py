"""Feishu / Lark group bot: a signed interactive card; success is judged by the body.

Contract: key = timestamp + newline + secret, empty message; timestamp in seconds; at most 100
messages a minute and 5 a second per bot; body at most 20 KB.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import requests

from alerts.channels.model import Receipt
from extractors.core.model import Credential
from extractors.core.redact import keep_secrets_out_of_logs, redact

keep_secrets_out_of_logs()  # the HTTP library would log the bot's address

BASE_URL = "https://open.feishu.cn"
SECONDS_BETWEEN = 0.65  # stays below 100 a minute
TIMEOUT_SECONDS = 10.0
RETRYABLE = frozenset({11232})
TEMPLATES = {"🟢": "green", "🟡": "yellow", "🔴": "red", "⚪": "grey", "🛑": "red"}
ESCAPES = str.maketrans({c: f"&#{ord(c)};" for c in "<>*~[]`_"})


def sign(timestamp: str, secret: str) -> str:
    """Return the signature of a moment, as Feishu computes it."""
    digest = hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def card(text: str) -> dict[str, Any]:
    """Return an interactive card: the first line is its title, user text cannot break it."""
    title, *lines = text.split("\n")
    body = "\n".join(line.translate(ESCAPES) for line in lines)
    return {
        "config": {"wide_screen_mode": True},
        "header": {
            "template": TEMPLATES.get(title[:1], "blue"),
            "title": {"tag": "plain_text", "content": title},
        },
        "elements": [{"tag": "div", "text": {"tag": "lark_md", "content": body}}],
    }


def send(text: str, credential: Credential, now: datetime) -> Receipt:
    """Post one message; login is the bot's hook token, password its signing secret."""
    timestamp = str(int(now.timestamp()))
    signature = sign(timestamp, credential.password)
    message = {
        "timestamp": timestamp,
        "sign": signature,
        "msg_type": "interactive",
        "card": card(text),
    }
    url = f"{credential.base_url or BASE_URL}/open-apis/bot/v2/hook/{credential.login}"
    try:
        answer = requests.post(
            url,
            data=json.dumps(message, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json"},
            timeout=TIMEOUT_SECONDS,
        )
    except requests.RequestException as error:
        # a timeout is "unknown": the id in the text lets people recognise a repeat
        return Receipt("retry", type(error).__name__)
    receipt = judge(answer.status_code, answer.text)
    # what the bot answers is kept and published; it may repeat what it was sent
    hidden = (credential.login, credential.password, signature)
    return replace(receipt, response=redact(receipt.response, hidden))


def judge(status: int, body: str) -> Receipt:
    """Tell from the answer whether the message was taken, may be tried again, or never will be."""
    if status == 429 or status >= 500:
        return Receipt("retry", f"HTTP {status}")
    try:
        answer: Mapping[str, Any] = json.loads(body)
        code = answer.get("code", answer.get("StatusCode"))
    except (ValueError, AttributeError):
        return Receipt("retry", f"HTTP {status} without a JSON body")
    if code == 0:
        return Receipt("delivered", "ok")
    text = f"code {code}: {answer.get('msg', '')}"
    return Receipt("retry" if code in RETRYABLE else "failed", text)
