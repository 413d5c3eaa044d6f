"""Which refresh token is traded in when the store and the connection hold different ones."""

from datetime import UTC, datetime

import pytest

from extractors.core.errors import AuthError
from extractors.core.model import Credential, Token
from extractors.platforms.bilibili import connection as bilibili
from extractors.platforms.douyin import connection as douyin
from extractors.platforms.qianchuan import connection as qianchuan

NOW = datetime(2026, 4, 16, tzinfo=UTC)
PLATFORMS = pytest.mark.parametrize("platform", [bilibili, douyin, qianchuan])


def trade(platform, stored, given, refuses=()):
    """Fetch a token; return it and the refresh tokens that were tried, in order."""
    tried = []

    def send(call):
        body = {**call.params, **(call.json or {}), **(call.form or {})}
        tried.append(body["refresh_token"])
        if tried[-1] in refuses:
            raise AuthError("refused")
        spans = {"expires_in": 86400, "refresh_expires_in": 90 * 86400}
        return {"access_token": "a", "refresh_token": "next", **spans}

    credential = Credential("c", "app", "secret", extra={"refresh_token": given} if given else {})
    token = Token("old", NOW, stored) if stored else None
    try:
        return platform.fetch_token(send, credential, token, NOW), tried
    except AuthError:
        return None, tried


@PLATFORMS
def test_the_stored_token_goes_first_and_the_connections_when_it_is_refused(platform):
    token, tried = trade(platform, "stored", "given", refuses={"stored"})

    assert token.refresh_token == "next"
    assert tried == ["stored", "given"]


@PLATFORMS
def test_a_refresh_token_that_both_hold_is_tried_once(platform):
    assert trade(platform, "same", "same", refuses={"same"}) == (None, ["same"])


@PLATFORMS
def test_without_any_refresh_token_nothing_is_asked(platform):
    assert trade(platform, None, None) == (None, [])
