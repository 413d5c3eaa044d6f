"""The board's routes: each one asks Airflow who calls and whether they may, the app as a whole.

Looking needs the view `Tidemark board`; acknowledging needs, besides, the right to edit the DAG
that sends the messages.
"""

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlsplit

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep
from airflow.configuration import conf
from fastapi import Depends, FastAPI, Form, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from itsdangerous import BadData, URLSafeTimedSerializer

from alerts.acknowledgements import acknowledge
from alerts.box import AlertError
from alerts.links import incident_path
from board.page import Place, board_page, goal_page, incident_page, message_page
from board.words import LANGUAGES
from tidemark.settings import load_settings

RESOURCE = "Tidemark board"
SENDING_DAG = "kpi_alerts"
TOKEN_SECONDS = 8 * 3600
#: nothing is fetched from anywhere, nothing runs, and only Airflow itself may frame a page
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
Campaign = Annotated[str | None, Query(max_length=200)]


def may_look(user: GetUserDep) -> Any:
    """Return who calls; 401 without a login, 403 without the view."""
    if not get_auth_manager().is_authorized_custom_view(
        method="GET", resource_name=RESOURCE, user=user
    ):
        raise HTTPException(403, "Forbidden")
    return user


def may_acknowledge(user: Annotated[Any, Depends(may_look)]) -> Any:
    """Return who calls; 403 for somebody who may only look."""
    if not can_acknowledge(user):
        raise HTTPException(403, "Forbidden")
    return user


def can_acknowledge(user: Any) -> bool:
    """Tell whether somebody may answer for an incident."""
    manager = get_auth_manager()
    is_allowed: bool = manager.is_authorized_custom_view(
        method="POST", resource_name=RESOURCE, user=user
    ) and manager.is_authorized_dag(method="PUT", details=DagDetails(id=SENDING_DAG), user=user)
    return is_allowed


User = Annotated[Any, Depends(may_look)]
Responsible = Annotated[Any, Depends(may_acknowledge)]


def make_app() -> FastAPI:
    """Return the app; without documentation routes, which would be public."""
    app = FastAPI(
        title="Tidemark board",
        dependencies=[Depends(may_look)],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.get("/board", response_class=HTMLResponse)(show_board)
    app.get("/board/goal/{key:path}", response_class=HTMLResponse)(show_goal)
    app.get("/board/incident/{key:path}", response_class=HTMLResponse)(show_incident)
    app.post("/board/incident/{key:path}", response_class=HTMLResponse)(take_acknowledgement)
    app.exception_handler(401)(ask_to_log_in)
    app.exception_handler(403)(refuse)
    return app


def show_board(request: Request, user: User, campaign: Campaign = None) -> Response:
    """Return the board."""
    return _page(board_page(load_settings(), _place(request, user), campaign=campaign))


def show_goal(request: Request, user: User, key: str) -> Response:
    """Return a goal's page, where a message's link leads."""
    place = _place(request, user, key)
    return _found(goal_page(load_settings(), key, place), place, key)


def show_incident(request: Request, user: User, key: str) -> Response:
    """Return the page of an incident of the pipeline, or of a goal."""
    place = _place(request, user, key)
    return _found(incident_page(load_settings(), key, place), place, key)


def take_acknowledgement(
    request: Request,
    user: Responsible,
    key: str,
    token: Annotated[str, Form()] = "",
    code: Annotated[str, Form(max_length=100)] = "",
    note: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Record that the one who is logged in is at an incident, and show it."""
    place = _place(request, user, key)
    back = f"{place.base}{incident_path(key)}?lang={place.language}"
    if not (_is_same_site(request) and _is_ours(token, user, key)):
        return _refused(place, "expired", back, 403)
    try:
        acknowledge(load_settings(), code, by=user.get_name(), note=note)
    except AlertError as error:
        return _refused(place, str(error), back, 409)
    return RedirectResponse(f"{back}#incident", 303, HEADERS)


def ask_to_log_in(request: Request, _error: Exception) -> Response:
    """Return 401 with the way to the login and back."""
    link = get_auth_manager().get_url_login(next_url=str(request.url))
    return _page(message_page(_nowhere(request), "log_in", link=link), 401)


def refuse(request: Request, _error: Exception) -> Response:
    """Return 403 as a page."""
    return _page(message_page(_nowhere(request), "forbidden"), 403)


def _found(page: str | None, place: Place, key: str) -> Response:
    if page is not None:
        return _page(page)
    missing: Callable[..., str] = message_page
    return _page(missing(place, "unknown_goal", link=place.base, name=key), 404)


def _refused(place: Place, text: str, back: str, code: int) -> Response:
    from board.words import WORDS

    said = WORDS[place.language].get(text, text)
    return _page(message_page(place, "refused", text=said, link=back), code)


def _page(text: str, code: int = 200) -> Response:
    return HTMLResponse(text, code, HEADERS)


def _nowhere(request: Request) -> Place:
    return Place(_language(request), _base(request))


def _place(request: Request, user: Any, key: str = "") -> Place:
    token = _signer().dumps([user.get_id(), key]) if key and can_acknowledge(user) else ""
    return Place(_language(request), _base(request), user.get_name(), token)


def _base(request: Request) -> str:
    return f"{request.scope.get('root_path', '').rstrip('/')}/board"


def _language(request: Request) -> str:
    """Return the language that is asked for, or the one that the browser prefers."""
    if (asked := request.query_params.get("lang")) in LANGUAGES:
        return str(asked)
    preferred = request.headers.get("accept-language", "").lower()
    return "en" if preferred.startswith("en") else "zh"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(conf.get("api", "secret_key"), salt="tidemark-acknowledge")


def _is_ours(token: str, user: Any, key: str) -> bool:
    """Tell whether a form was written on this page, for this person, not long ago."""
    try:
        return bool(_signer().loads(token, max_age=TOKEN_SECONDS) == [user.get_id(), key])
    except BadData:
        return False


def _is_same_site(request: Request) -> bool:
    """Tell whether a browser sent a form from here; where it says nothing, the token decides."""
    if (site := request.headers.get("sec-fetch-site")) is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
