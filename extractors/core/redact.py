"""What must never be written down: secrets in texts, people in response bodies."""

import re
from typing import Any

HIDDEN = "***"

SECRET_NAMES = (
    r"access[_-]?token|refresh[_-]?token|client[_-]?secret|app[_-]?secret|corpsecret|secret"
    r"|password|authorization|appsecret|sign|signature|code|ticket|session"
)
IN_QUERY = re.compile(rf"(?i)\b({SECRET_NAMES})=([^&\s\"']+)")
IN_JSON = re.compile(rf"(?i)([\"']?\b(?:{SECRET_NAMES})\b[\"']?\s*:\s*)([\"'])(.*?)\2")
IN_HEADER = re.compile(r"(?i)\b(bearer|oauth2)\s+\S+")
TOKENS = re.compile(r"\b(?:act|rft|clt)\.[\w.-]+")
PHONES = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")

PEOPLE = re.compile(
    r"(?i)open_?id|union_?id|user_id|nick|avatar|receiver|mask_|encrypt_|addr|phone|tel$|mobile|coordinate|account_info|id_card"
    r"|^content$|^text$|remark|buyer_words|seller_words|^words$"
)


def redact(text: str, secrets: tuple[str, ...] = ()) -> str:
    """Return a text without tokens, secrets, signatures and phone numbers."""
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, HIDDEN)
    text = IN_QUERY.sub(rf"\1={HIDDEN}", text)
    text = IN_JSON.sub(rf"\1\2{HIDDEN}\2", text)
    text = IN_HEADER.sub(rf"\1 {HIDDEN}", text)
    return PHONES.sub(HIDDEN, TOKENS.sub(HIDDEN, text))


def without_people(body: Any) -> Any:
    """Return a decoded body in which every value that may speak of a person is blanked."""
    if isinstance(body, dict):
        return {
            key: HIDDEN if PEOPLE.search(str(key)) else without_people(value)
            for key, value in body.items()
        }
    if isinstance(body, list):
        return [without_people(item) for item in body]
    return body
