"""WeChat stable token: the same one until five minutes before its end, unless it is forced."""

from datetime import timedelta

from sandbox.routes.wechat.envelope import Body, Refused
from sandbox.state import State
from tidemark.clock import business_date

LIFE = timedelta(hours=2)
RENEW_BEFORE = timedelta(minutes=5)
FORCED_PER_DAY = 20
BETWEEN_FORCED = timedelta(seconds=30)


def stable_token(state: State, body: Body) -> Body:
    """POST /cgi-bin/stable_token."""
    account = next((a for a in state.world.wechat if a.appid == body.get("appid")), None)
    if account is None:
        raise Refused(40013, "invalid appid")
    if body.get("secret") != account.secret:
        raise Refused(40125, "invalid appsecret")
    if body.get("grant_type") != "client_credential":
        raise Refused(40002, "invalid grant_type")
    is_forced = body.get("force_refresh") is True and may_force(state, account.appid)
    token = None if is_forced else state.standing(account.appid, for_at_least=RENEW_BEFORE)
    token = token or state.issue("wechat", account.appid, LIFE)
    left = token.expires_at - state.now()
    return {"access_token": token.value, "expires_in": int(left.total_seconds())}


def may_force(state: State, appid: str) -> bool:
    """Tell whether a forced refresh is due; closer than 30 seconds it is ignored."""
    now, earlier = state.now(), state.forced[appid]
    if sum(business_date(at) == business_date(now) for at in earlier) >= FORCED_PER_DAY:
        raise Refused(45009, "reach max api daily quota limit")
    if earlier and now - earlier[-1] < BETWEEN_FORCED:
        return False
    earlier.append(now)
    return True
