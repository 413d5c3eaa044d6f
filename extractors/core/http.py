"""The one place that talks HTTP and waits: limits, retries, tokens, envelopes, redaction."""

import itertools
import json
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any

import requests

from extractors.core.auth import TokenStore
from extractors.core.errors import (
    ApiChanged,
    AuthError,
    ExtractError,
    QuotaExhausted,
    RateLimited,
    TokenExpired,
    Transient,
)
from extractors.core.landing import Landing
from extractors.core.limits import RateLimit
from extractors.core.model import Account, Call, Credential, Platform, Prepared, Token
from extractors.core.redact import redact
from tidemark.clock import Clock

logger = logging.getLogger(__name__)

TRIES = 5
TIMEOUT_SECONDS = (5.0, 30.0)  # to connect, to read
BACKOFF_SECONDS = 0.5
BACKOFF_AT_MOST = 60.0
SHOWN_CHARACTERS = 200


class ApiClient:
    """The Api of one account. Threads of `each` share its limit, its token and its quota."""

    def __init__(
        self,
        platform: Platform,
        account: Account,
        credential: Credential,
        tokens: TokenStore,
        limit: RateLimit,
        clock: Clock,
        *,
        landing: Landing | None = None,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.account = account
        self.now: datetime = clock()
        self._platform = platform
        self._credential = credential
        self._tokens = tokens
        self._limit = limit
        self._clock = clock
        self._landing = landing
        self._sleep = sleep
        self._jitter = jitter
        self._sessions = threading.local()
        self._exhausted: QuotaExhausted | None = None
        base_url = credential.base_url or account.base_url or platform.base_url
        if not base_url:
            raise ApiChanged(f"{platform.name}: no base URL; set one on the account {account.key}")
        self._base_url = base_url.rstrip("/")

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Return the payload of a GET."""
        return self._authorised(Call("GET", path, params or {}))

    def post(
        self,
        path: str,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the payload of a POST."""
        return self._authorised(Call("POST", path, params or {}, json, form))

    def each(self, read: Callable[[Any], Iterable[Any]], items: Sequence[Any]) -> Iterator[Any]:
        """Yield what read(item) yields, in item order, with a few items read at once."""
        workers = self._platform.workers
        if workers <= 1 or len(items) <= 1:
            for item in items:
                yield from read(item)
            return
        waiting: deque[Future[list[Any]]] = deque()
        source = iter(items)
        with ThreadPoolExecutor(workers) as pool:
            try:
                # never far ahead of the reader, so that memory does not grow with the items
                for item in itertools.islice(source, workers * 2):
                    waiting.append(pool.submit(_collect, read, item))
                while waiting:
                    yield from waiting.popleft().result()
                    for item in itertools.islice(source, 1):
                        waiting.append(pool.submit(_collect, read, item))
            finally:
                for future in waiting:
                    future.cancel()

    # -- one call --------------------------------------------------------------------------

    def _authorised(self, call: Call) -> Any:
        if self._exhausted is not None:
            raise self._exhausted
        token = self._tokens.current(self._plain)
        try:
            return self._with_retries(call, token)
        except TokenExpired as refusal:
            if token is None:
                raise AuthError(str(refusal)) from None
            logger.info("%s: token refused, refreshing once", self._name(call))
        token = self._tokens.replace(token, self._plain)
        try:
            return self._with_retries(call, token)
        except TokenExpired as refusal:
            raise AuthError(f"{refusal}; a fresh token was refused too: authorise again") from None

    def _plain(self, call: Call) -> Any:
        """Send a call that needs no token: the token endpoints themselves."""
        return self._with_retries(call, None)

    def _with_retries(self, call: Call, token: Token | None) -> Any:
        for attempt in range(1, TRIES + 1):
            self._limit.acquire()
            try:
                return self._once(call, token)
            except QuotaExhausted as error:
                self._exhausted = error
                raise
            except (RateLimited, Transient) as error:
                if attempt == TRIES:
                    raise
                wait = self._wait(error, attempt)
                logger.info("%s, trying again in %.1f s", error, wait)
                if isinstance(error, RateLimited):
                    self._limit.pause(wait)
                self._sleep(wait)
        raise AssertionError("the loop returns or raises")

    def _wait(self, error: ExtractError, attempt: int) -> float:
        if isinstance(error, RateLimited) and error.retry_after is not None:
            return min(error.retry_after, BACKOFF_AT_MOST)
        backoff: float = BACKOFF_SECONDS * 2**attempt * (0.5 + self._jitter())
        return min(backoff, BACKOFF_AT_MOST)

    def _once(self, call: Call, token: Token | None) -> Any:
        prepared = self._prepare(call, token)
        try:
            answer = self._session().request(
                prepared.method,
                self._base_url + prepared.path,
                params=dict(prepared.params),
                headers=dict(prepared.headers),
                data=prepared.body,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            # the text of the error holds the URL, and the URL may hold a token
            raise Transient(f"{self._name(call)}: {type(error).__name__}") from None
        return self._payload(call, answer)

    def _prepare(self, call: Call, token: Token | None) -> Prepared:
        authorize = self._platform.authorize
        if authorize is None:
            raise ApiChanged(f"{self._platform.name}: the platform has no API, only files")
        return authorize(call, self._credential, token, self._clock())

    def _payload(self, call: Call, answer: requests.Response) -> Any:
        try:
            body = self._decoded(call, answer)
            read = self._platform.read_envelope
            payload = read(answer.status_code, answer.headers, body) if read else body
        except ExtractError as error:
            self._keep(call, answer)
            # the same kind of error, with where it happened and without secrets
            text = self._clean(f"{self._name(call)}: {error}")
            if isinstance(error, RateLimited):
                raise RateLimited(text, error.retry_after) from None
            raise type(error)(text) from None
        if self._landing is not None:
            self._landing.sample(call.path, body)
        return payload

    def _decoded(self, call: Call, answer: requests.Response) -> Any:
        status = answer.status_code
        if status == 429:
            raise RateLimited("HTTP 429", _seconds(answer.headers.get("Retry-After")))
        if status >= 500:
            raise Transient(f"HTTP {status}")
        if status == 404:
            raise ApiChanged("HTTP 404: there is no such endpoint; compare path and base URL")
        if not answer.content:
            raise Transient(f"HTTP {status} with an empty body")
        try:
            return json.loads(answer.content.decode("utf-8-sig"))
        except ValueError:
            shown = answer.text[:SHOWN_CHARACTERS]
            raise Transient(f"HTTP {status} without a JSON body: {shown!r}") from None

    def _keep(self, call: Call, answer: requests.Response) -> None:
        if self._landing is not None:
            self._landing.keep_error(call.path, answer.status_code, self._clean(answer.text))

    def _clean(self, text: str) -> str:
        credential = self._credential
        extra = tuple(str(value) for value in credential.extra.values())
        return redact(text, (credential.password, *extra))

    def _name(self, call: Call) -> str:
        return f"{self._platform.name}/{self.account.key} {call.method} {call.path}"

    def _session(self) -> requests.Session:
        if not hasattr(self._sessions, "session"):
            self._sessions.session = requests.Session()
            # reading proxies and netrc from the environment costs a quarter of a call
            self._sessions.session.trust_env = False
        session: requests.Session = self._sessions.session
        return session


def _collect(read: Callable[[Any], Iterable[Any]], item: Any) -> list[Any]:
    return list(read(item))


def _seconds(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
