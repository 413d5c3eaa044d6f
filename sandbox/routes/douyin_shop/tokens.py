"""Douyin Shop tokens: one pair of 7 and 14 days, replaced in its last hour, not before."""

from datetime import timedelta

from starlette.requests import Request

from sandbox.routes.douyin_shop.envelope import Body, Refused
from sandbox.state import IssuedToken, State
from sandbox.world import Shop

PLATFORM = "douyin_shop"
ACCESS_LIFE = timedelta(days=7)
REFRESH_LIFE = timedelta(days=14)
LAST_HOUR = timedelta(hours=1)


def check_token(state: State, shop: Shop, request: Request) -> None:
    """Raise when the access token is missing, unknown, expired, or the caller asks too much."""
    value = request.query_params.get("access_token")
    if not value:
        raise Refused(40001, "isv.access-token-missing", "access_token is missing")
    owner = state.owner_of(value)
    if owner == "":
        raise Refused(40003, "isv.access-token-expired", "access_token has expired")
    if owner != shop.shop_id:
        raise Refused(40003, "isv.access-token-no-existed", "access_token is unknown")
    if state.is_too_fast(owner) or state.is_over_quota(owner):
        raise Refused(60000, "isv.traffic-limited", "too many calls")


def token_create(state: State, shop: Shop, body: Body) -> Body:
    """token.create for a self-use app: code is there and empty."""
    if "code" not in body:
        raise Refused(40002, "isv.parameter-missing", "code is missing")
    if body.get("grant_type") != "authorization_self" or body["code"] != "":
        raise Refused(40004, "isv.parameter-invalid", "self-use apps send an empty code")
    if str(body.get("shop_id")) != shop.shop_id:
        raise Refused(30001, "dop.authorization-no-existed", "the shop did not authorise the app")
    return pair(state, shop)


def token_refresh(state: State, shop: Shop, body: Body) -> Body:
    """token.refresh: more than an hour before its end the same pair comes back."""
    if body.get("grant_type") != "refresh_token":
        raise Refused(40004, "isv.parameter-invalid", "grant_type must be refresh_token")
    token = state.refresh.get(str(body.get("refresh_token")))
    if token is None or token.owner != shop.shop_id or token.expires_at <= state.now():
        raise Refused(50001, "dop.token-generate-failed:token-expired", "refresh_token expired")
    return pair(state, shop)


def pair(state: State, shop: Shop) -> Body:
    """Return the standing pair, or a new one in its last hour, when the old lives an hour more."""
    access = state.standing(shop.shop_id, for_at_least=LAST_HOUR)
    refresh = standing_refresh(state, shop)
    if access is None or refresh is None:
        old = state.standing(shop.shop_id)
        if old is not None:
            old.expires_at = state.now() + LAST_HOUR
        access = state.issue(PLATFORM, shop.shop_id, ACCESS_LIFE)
        refresh = state.issue_refresh(PLATFORM, shop.shop_id, REFRESH_LIFE)
    left = access.expires_at - state.now()
    return {
        "access_token": access.value,
        "expires_in": int(left.total_seconds()),
        "refresh_token": refresh.value,
        "scope": "SCOPE",
        "shop_id": int(shop.shop_id),
        "shop_name": shop.name,
        "authority_id": "",
        "auth_subject_type": "",
    }


def standing_refresh(state: State, shop: Shop) -> IssuedToken | None:
    """Return the refresh token of a shop while it lives."""
    owned = [token for token in state.refresh.values() if token.owner == shop.shop_id]
    return next((token for token in owned if token.expires_at > state.now()), None)
