"""What must never be written down: secrets in texts, people in response bodies."""

import base64
import html
import json
import logging
import re
import traceback
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

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
# the address of a group bot is its password
HOOKS = re.compile(r"(/hook/)[^/?\s\"']+")
PHONES = re.compile(r"(?<!\d)(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)")

HTTP_LOGGERS = ("urllib3.connectionpool", "urllib3.util.retry", "urllib3.connection", "requests")

PEOPLE = re.compile(
    r"(?i)open_?id|union_?id|user_?id|^owner$|^follow_user$|nick|avatar|receiver|mask_|encrypt_"
    r"|addr|phone|tel$|mobile|coordinate|account_info|id_card|^content$|^text$|remark"
    r"|buyer_words|seller_words|^words$"
)


#: where platforms say what went wrong
ERROR_TEXTS = frozenset(
    {"description", "sub_description", "errmsg", "msg", "sub_msg", "message", "error"}
)
SECRET_CHARACTERS = 4  # what is shorter stands in other words too


def redact(text: str, secrets: tuple[str, ...] = ()) -> str:
    """Return a text without tokens, secrets in any usual form, signatures and phone numbers."""
    forms = {form for secret in secrets for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, HIDDEN)
    text = IN_QUERY.sub(rf"\1={HIDDEN}", text)
    text = IN_JSON.sub(rf"\1\2{HIDDEN}\2", text)
    text = IN_HEADER.sub(rf"\1 {HIDDEN}", text)
    text = HOOKS.sub(rf"\1{HIDDEN}", text)
    return PHONES.sub(HIDDEN, TOKENS.sub(HIDDEN, text))


def secrets_of(named: Any) -> tuple[str, ...]:
    """Return the values of a call's parameters that stand under the name of a secret."""
    pairs = named.items() if isinstance(named, dict) else ()
    return tuple(str(v) for k, v in pairs if v and re.fullmatch(SECRET_NAMES, str(k), re.I))


def redact_body(value: Any) -> Any:
    """Return a document with every text in it redacted; it stays a document."""
    if isinstance(value, dict):
        return {redact(str(name)): redact_body(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redact_body(inner) for inner in value]
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, int) and PHONES.fullmatch(str(value)):
        return HIDDEN
    return value


def _forms(secret: str) -> Iterator[str]:
    """Yield how a secret may come back: plain, in a URL, in JSON or HTML, inside Base64."""
    if len(secret) < SECRET_CHARACTERS:
        return
    yield from (secret, quote(secret, safe=""), quote_plus(secret), html.escape(secret))
    yield json.dumps(secret)[1:-1]
    for before, first in ((0, 0), (1, 2), (2, 3)):
        encoded = base64.b64encode(b"\0" * before + secret.encode()).decode()
        # the characters at the edges depend on what stands beside the secret
        inner = encoded.rstrip("=")[first : -1 if encoded.endswith("=") else None]
        if len(inner) >= SECRET_CHARACTERS:
            yield from (inner, inner.translate(str.maketrans("+/", "-_")))


def keep_secrets_out_of_logs(*loggers: logging.Logger) -> None:
    """Redact every line of these loggers and of the HTTP library, whose debug lines hold URLs."""
    for logger in (*loggers, *map(logging.getLogger, HTTP_LOGGERS)):
        if _redact_record not in logger.filters:
            logger.addFilter(_redact_record)


def _redact_record(record: logging.LogRecord) -> bool:
    text = record.getMessage()
    if record.exc_info:
        # formatted here: a handler would write it as it is
        text = f"{text}\n{''.join(traceback.format_exception(*record.exc_info))}".rstrip()
        record.exc_info = record.exc_text = None
    record.msg, record.args = redact(text), None
    return True


def without_people(body: Any) -> Any:
    """Return a decoded body in which every value that may speak of a person is blanked."""
    if isinstance(body, dict):
        return {
            key: HIDDEN
            if PEOPLE.search(str(key)) or (key not in ERROR_TEXTS and _is_words(value))
            else without_people(value)
            for key, value in body.items()
        }
    if isinstance(body, list):
        return [HIDDEN if _is_words(item) else without_people(item) for item in body]
    return body


def _is_words(value: Any) -> bool:
    """Tell whether a value is what people write, and no code, number or moment."""
    if not isinstance(value, str):
        return False
    return not value.isascii() or (" " in value and any(c.isalpha() for c in value))
