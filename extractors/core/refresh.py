"""Refresh tokens: which one is traded in when the store and the connection hold different ones."""

import logging
from collections.abc import Callable, Iterable

from extractors.core.errors import AuthError
from extractors.core.model import Token

logger = logging.getLogger(__name__)


def refresh_newest(refresh: Callable[[str], Token], known: Iterable[str | None]) -> Token:
    """Trade in the first refresh token that still works; the last one's error is the answer.

    After a new authorisation the connection, which comes last, holds a younger token than the
    store. A token is tried once, even if both hold it.
    """
    tokens = list(dict.fromkeys(filter(None, known)))
    if not tokens:
        raise AuthError("no refresh_token in the connection; authorise the account and store it")
    for refresh_token in tokens[:-1]:
        try:
            return refresh(refresh_token)
        except AuthError as error:
            logger.warning("the stored token is of no use (%s); using the connection's", error)
    return refresh(tokens[-1])
