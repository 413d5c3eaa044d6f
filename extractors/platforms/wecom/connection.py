"""WeCom: the app's token, and what its envelope says; a call is authorised as WeChat's are."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from extractors.core.envelope import errcode_answer, read_codes
from extractors.core.model import Call, Credential, Token

CODES = read_codes("wecom")


def fetch_token(
    send: Callable[[Call], Any], credential: Credential, token: Token | None, now: datetime
) -> Token:
    """Ask for the app's token; it stays the same until its end."""
    app = {"corpid": credential.login, "corpsecret": credential.password}
    data = send(Call("GET", "/cgi-bin/gettoken", app, authorised=False))
    return Token(data["access_token"], now + timedelta(seconds=int(data["expires_in"])))


def read_envelope(status: int, headers: Mapping[str, str], body: Any) -> Any:
    """Return the answer itself, or raise what its errcode means; success always says 0."""
    return errcode_answer(CODES, body, unsaid=None)
