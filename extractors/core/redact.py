"""What must never be written down: secrets in texts, people in response bodies."""

import logging
import re
from typing import Any

HIDDEN = "***"

SECRET_NAMES = (
    r"access[_-]?token|refresh[_-]?token|client[_-]?secret|app[_-]?secret|corpsecret|secret"
    r"|password|authorization|appsecret|sign|signature|ticket|session"
)
# in a query "code" is what OAuth exchanges for a token; in a body it says what went wrong
IN_QUERY = re.compile(rf"(?i)\b({SECRET_NAMES}|code)=([^&\s\"']+)")
# a document inside a document has its quotes escaped
QUOTE = r"\\*[\"']"
IN_JSON = re.compile(
    rf"(?i)((?:{QUOTE})?\b(?:{SECRET_NAMES})\b(?:{QUOTE})?\s*:\s*)({QUOTE})(.*?)\2"
)
IN_HEADER = re.compile(r"(?i)\b(bearer|oauth2)\s+\S+")
TOKENS = re.compile(r"\b(?:act|rft|clt)\.[\w.-]+")
PHONES = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")

HTTP_LOGGERS = ("urllib3.connectionpool", "urllib3.util.retry", "urllib3.connection", "requests")

PEOPLE = re.compile(
    r"(?i)open_?id|union_?id|user_id|nick|avatar|receiver|mask_|encrypt_|addr|phone|tel$|mobile"
    r"|coordinate|account_info|id_card|^content$|^text$|remark|buyer_words|seller_words|^words$"
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


def keep_secrets_out_of_logs(*loggers: logging.Logger) -> None:
    """Redact every line of these loggers and of the HTTP library, whose debug lines hold URLs."""
    for logger in (*loggers, *map(logging.getLogger, HTTP_LOGGERS)):
        if _redact_record not in logger.filters:
            logger.addFilter(_redact_record)


def _redact_record(record: logging.LogRecord) -> bool:
    record.msg, record.args = redact(record.getMessage()), None
    return True


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
