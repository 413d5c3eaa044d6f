"""Douyin OAuth: an access token lives 15 days, a refresh token 30 and can be renewed five times.

The refresh token of the connection counts from its first use: that is when the account agreed.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.routes.douyin.envelope import Answer, Refused, raise_fault
from sandbox.state import IssuedToken, State
from sandbox.world import DouyinAccount

PLATFORM = "douyin"
ACCESS_LIFE = timedelta(days=15)
REFRESH_LIFE = timedelta(days=30)
RENEWALS_AT_MOST = 5
SCOPE = "data.external.user,data.external.item,video.list.bind,item.comment,renew_refresh_token"

Form = dict[str, str]


def routes(state: State) -> list[Route]:
    """Return the token endpoints; all take a form."""

    def form_post(read: Callable[[State, Form], Answer]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> JSONResponse:
            form = {name: str(value) for name, value in (await request.form()).items()}
            try:
                raise_fault(state, request.url.path)
                data = read(state, form)
            except Refused as refusal:
                error = {"error_code": refusal.code, "description": str(refusal)}
                return JSONResponse({"data": error, "message": "error"})
            success = {"error_code": 0, "description": "", "captcha": "", "desc_url": ""}
            return JSONResponse({"data": {**data, **success}, "message": "success"})

        return endpoint

    endpoints = {
        "access_token": exchange_code,
        "refresh_token": refresh_token,
        "renew_refresh_token": renew_refresh_token,
    }
    return [
        Route(f"/douyin/oauth/{name}/", form_post(read), methods=["POST"])
        for name, read in endpoints.items()
    ]


def exchange_code(state: State, form: Form) -> Answer:
    """Hand out the first pair for the code that the account's owner brought back."""
    authorised = apps(state, form)
    require(form, "grant_type", "authorization_code")
    if form.get("client_secret") != authorised[0].client_secret:
        raise Refused(10013, "client_secret is wrong")
    account = next((a for a in authorised if form.get("code") == f"code.{a.open_id}"), None)
    if account is None:
        raise Refused(10007, "the authorisation code has expired")
    refresh = state.issue_refresh(PLATFORM, account.open_id, REFRESH_LIFE, "rft.")
    return pair(state, account, refresh)


def refresh_token(state: State, form: Form) -> Answer:
    """Extend the access token; the refresh token keeps its end."""
    authorised = apps(state, form)
    require(form, "grant_type", "refresh_token")
    return pair(state, *standing(state, authorised, form))


def renew_refresh_token(state: State, form: Form) -> Answer:
    """Exchange the refresh token for one of 30 more days, five times in all."""
    _account, old = standing(state, apps(state, form), form)
    if old.renewals >= RENEWALS_AT_MOST:
        raise Refused(10020, "the refresh token was renewed five times already")
    new = state.issue_refresh(PLATFORM, old.owner, REFRESH_LIFE, "rft.")
    new.renewals = old.renewals + 1
    return {"refresh_token": new.value, "expires_in": str(int(REFRESH_LIFE.total_seconds()))}


def apps(state: State, form: Form) -> list[DouyinAccount]:
    """Return the accounts that authorised an app; several may have."""
    found = [a for a in state.world.douyin if a.client_key == form.get("client_key")]
    if not found:
        raise Refused(10003, "client_key is wrong")
    return found


def require(form: Form, name: str, value: str) -> None:
    """Refuse a form in which a parameter is not what it must be."""
    if form.get(name) != value:
        raise Refused(10005, f"{name} must be {value}")


def standing(
    state: State, authorised: list[DouyinAccount], form: Form
) -> tuple[DouyinAccount, IssuedToken]:
    """Return the account and token of the refresh token in a form, while it lives."""
    value = form.get("refresh_token", "")
    if not value:
        raise Refused(10005, "refresh_token is missing")
    for account in authorised:
        token = state.refresh.get(value)
        if token is None and value == f"rft.{account.open_id}":
            until = state.now() + REFRESH_LIFE
            token = IssuedToken(PLATFORM, account.open_id, value, until)
            state.refresh[value] = token
        if token is not None and token.owner == account.open_id and token.expires_at > state.now():
            return account, token
    raise Refused(10010, "refresh_token has expired")


def pair(state: State, account: DouyinAccount, refresh: IssuedToken) -> Answer:
    """Return a new access token beside a refresh token; spans of time are strings."""
    access = state.issue(PLATFORM, account.open_id, ACCESS_LIFE, "act.")
    left = refresh.expires_at - state.now()
    return {
        "access_token": access.value,
        "expires_in": str(int(ACCESS_LIFE.total_seconds())),
        "refresh_token": refresh.value,
        "refresh_expires_in": str(int(left.total_seconds())),
        "open_id": account.open_id,
        "scope": SCOPE,
        "log_id": "202604160000000002",
    }
