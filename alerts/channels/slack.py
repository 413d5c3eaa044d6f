"""Slack incoming webhook: blocks; taken only on HTTP 200 with the body `ok`.

Contract: about one message a second; 429 says with Retry-After how long to wait.
"""

from datetime import datetime
from typing import Any

from alerts.channels.http import asked_seconds, is_passing, post, without
from alerts.channels.model import Notice, Receipt
from alerts.words import BOARD
from extractors.core.model import Credential

BASE_URL = "https://hooks.slack.com"
SECONDS_BETWEEN = 1.1
BLOCK_CHARACTERS = 3000
TITLE_CHARACTERS = 150
ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# a zero-width space keeps * _ ~ ` from being markup without being seen
MARKUP = str.maketrans({mark: f"{mark}\u200b" for mark in "*_~`"})


def render(notice: Notice) -> dict[str, Any]:
    """Return header, lines and link as blocks; text that people typed cannot mention anybody."""
    body = "\n".join(map(escape, notice.lines))[:BLOCK_CHARACTERS]
    mentions = " ".join(f"<@{who.translate(ESCAPES)}>" for who in notice.mentions)
    texts = [text for text in (body, mentions) if text]
    if notice.board_url:
        texts.append(f"<{notice.board_url}|{BOARD[notice.language]}>")
    title = {"type": "plain_text", "text": notice.title[:TITLE_CHARACTERS]}
    sections = [{"type": "section", "text": {"type": "mrkdwn", "text": text}} for text in texts]
    return {
        "text": escape(notice.title),  # what notifications show
        "blocks": [{"type": "header", "text": title}, *sections],
    }


def escape(text: str) -> str:
    """Return a text that is shown as it is."""
    return text.translate(ESCAPES).translate(MARKUP)


def send(notice: Notice, credential: Credential, now: datetime) -> Receipt:
    """Post one message; login is the hook's path after /services/."""
    base = credential.base_url or BASE_URL
    answer = post(f"{base}/services/{credential.login}", render(notice))
    if isinstance(answer, Receipt):
        return without(answer, credential.login)
    asked = asked_seconds(answer.headers, now)
    return without(judge(answer.status_code, answer.text, asked), credential.login)


def judge(status: int, body: str, asked_seconds: float = 0.0) -> Receipt:
    """Tell from the answer whether the message was taken, may be tried again, or never will be."""
    if status == 200 and body.strip() == "ok":
        return Receipt("delivered", "ok")
    text = f"HTTP {status}: {body.strip()[:100]}"
    if is_passing(status) or status == 200:  # 200 in other words: a proxy spoke, nobody knows
        return Receipt("retry", text, asked_seconds)
    return Receipt("failed", text)
