"""The one place that talks HTTP and waits: limits, retries, tokens, envelopes, redaction."""

import itertools
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests

from extractors.core.answers import decoded
from extractors.core.errors import (
    SHAPE_ERRORS,
    ApiChanged,
    AuthError,
    ExtractError,
    QuotaExhausted,
    RateLimited,
    TokenExpired,
    Transient,
)
from extractors.core.landing import Landing
from extractors.core.lane import Lane
from extractors.core.merged import merged
from extractors.core.model import Account, Call, Credential, Platform, Prepared, Token
from extractors.core.redact import keep_secrets_out_of_logs, redact, secrets_of
from tidemark.clock import Clock

T = TypeVar("T")

logger = logging.getLogger(__name__)
keep_secrets_out_of_logs(logger)

TIMEOUT_SECONDS = (5.0, 30.0)  # to connect, to read
BACKOFF_SECONDS = 0.5
BACKOFF_AT_MOST = 60.0
# a longer wait is the scheduler's: the task ends and is tried again later
RETRY_AFTER_AT_MOST = 60.0
BAD_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
)


class ApiClient:
    """The Api of one account. Threads of `each` share its lane: rate, token and quota."""

    def __init__(
        self,
        platform: Platform,
        account: Account,
        credential: Credential,
        lane: Lane,
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
        self._lane = lane
        self._clock = clock
        self._landing = landing
        self._sleep = sleep
        self._jitter = jitter
        self._idle: deque[requests.Session] = deque()
        own = credential.base_url or account.base_url
        base_url = own or platform.base_url
        if not base_url:
            raise ApiChanged(f"{platform.name}: no base URL; set one on the account {account.key}")
        self._base_url = base_url.rstrip("/")
        self._is_elsewhere = own is not None

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

    def each(self, read: Callable[[Any], Iterable[T]], items: Sequence[Any]) -> Iterator[T]:
        """Yield what read(item) yields, with a few items read at once; their rows mix."""
        return merged([partial(read, item) for item in items], self._platform.workers)

    def close(self) -> None:
        """Close the connections that are kept open between calls."""
        while self._idle:
            self._idle.pop().close()

    # -- one call --------------------------------------------------------------------------

    def _authorised(self, call: Call) -> Any:
        self._lane.check()
        token = self._lane.token(self._plain)
        try:
            return self._with_retries(call, token)
        except TokenExpired as refusal:
            if token is None:
                raise AuthError(str(refusal)) from None
            logger.info("%s: token refused, refreshing once", self._name(call))
        token = self._lane.other_token(token, self._plain)
        try:
            return self._with_retries(call, token)
        except TokenExpired as refusal:
            error = AuthError(f"{refusal}; a fresh token was refused too: authorise again")
            self._lane.close(error)
            raise error from None

    def _plain(self, call: Call) -> Any:
        """Send a call that needs no token: the token endpoints themselves."""
        return self._with_retries(call, None)

    def _with_retries(self, call: Call, token: Token | None) -> Any:
        for attempt in itertools.count(1):
            self._lane.limit.acquire()
            try:
                payload = self._once(call, token)
            except QuotaExhausted as error:
                self._lane.close(error)
                raise
            except (RateLimited, Transient) as error:
                wait = self._wait(error, attempt)
                if wait is None:
                    self._lane.note(is_answered=False)
                    raise
                logger.info("%s, trying again in %.1f s", error, wait)
                if isinstance(error, RateLimited):
                    self._lane.limit.pause(wait)
                self._sleep(wait)
            else:
                self._lane.note(is_answered=True)
                return payload

    def _wait(self, error: ExtractError, attempt: int) -> float | None:
        """Return the seconds to wait before the next try; None when there is none."""
        if attempt >= self._lane.tries():
            return None
        if isinstance(error, RateLimited) and error.retry_after is not None:
            if error.retry_after > RETRY_AFTER_AT_MOST:
                return None
            return min(error.retry_after, BACKOFF_AT_MOST)
        backoff: float = BACKOFF_SECONDS * 2**attempt * (0.5 + self._jitter())
        return min(backoff, BACKOFF_AT_MOST)

    def _once(self, call: Call, token: Token | None) -> Any:
        prepared = self._prepare(call, token)
        failure: ExtractError
        try:
            with self._session() as session:
                answer = session.request(
                    prepared.method,
                    self._url(prepared.path),
                    params=dict(prepared.params),
                    headers=dict(prepared.headers),
                    data=prepared.body,
                    timeout=TIMEOUT_SECONDS,
                    allow_redirects=False,
                )
        except BAD_ADDRESS as error:
            name = type(error).__name__
            failure = ApiChanged(f"{self._name(call)}: {name}; correct the base URL")
        except requests.RequestException as error:
            failure = Transient(f"{self._name(call)}: {type(error).__name__}")
        else:
            return self._payload(call, answer, token)
        # raised out here: the error above holds the URL, the URL may hold a token, and what is
        # raised while an error is handled carries it along
        raise failure

    def _url(self, path: str) -> str:
        """Return where a call goes; a path may name another host of the platform's own."""
        if not path.startswith("https://"):
            return self._base_url + path
        return self._base_url + urlsplit(path).path if self._is_elsewhere else path

    def _prepare(self, call: Call, token: Token | None) -> Prepared:
        authorize = self._platform.authorize
        if authorize is None:
            raise ApiChanged(f"{self._platform.name}: the platform has no API, only files")
        return authorize(call, self._credential, token, self._clock())

    def _payload(self, call: Call, answer: requests.Response, token: Token | None) -> Any:
        try:
            body = decoded(answer.status_code, answer.headers, answer.content, self._clock())
            read = self._platform.read_envelope
            payload = read(answer.status_code, answer.headers, body) if read else body
        except ExtractError as error:
            refusal = error
        except SHAPE_ERRORS as error:
            refusal = ApiChanged(f"the envelope is not the contract's ({type(error).__name__})")
        else:
            if self._landing is not None and call.authorised:
                self._landing.sample(call.path, body)
            return payload
        # raised out here, so that it does not carry the error with the platform's own words along
        raise self._refused(call, answer, token, refusal)

    def _refused(
        self, call: Call, answer: requests.Response, token: Token | None, refusal: ExtractError
    ) -> ExtractError:
        """Keep the body; return the same kind of error, with its place and without secrets."""
        if self._landing is not None:
            kept = self._clean(answer.text, call, token)
            self._landing.keep_error(call.path, answer.status_code, kept)
        text = self._clean(f"{self._name(call)}: {refusal}", call, token)
        if isinstance(refusal, RateLimited):
            return RateLimited(text, refusal.retry_after)
        return type(refusal)(text)

    def _clean(self, text: str, call: Call, token: Token | None) -> str:
        credential = self._credential
        held = (token.access_token, token.refresh_token or "") if token else ()
        extra = tuple(str(value) for value in credential.extra.values())
        sent = (*secrets_of(call.form), *secrets_of(call.json), *secrets_of(call.params))
        return redact(text, (credential.password, *held, *extra, *sent))

    def _name(self, call: Call) -> str:
        return f"{self._platform.name}/{self.account.key} {call.method} {call.path}"

    @contextmanager
    def _session(self) -> Iterator[requests.Session]:
        """Lend a session to one thread at a time; its connection outlives the call."""
        try:
            session = self._idle.pop()
        except IndexError:
            session = requests.Session()
            # reading proxies and netrc from the environment costs a quarter of a call
            session.trust_env = False
        try:
            yield session
        finally:
            self._idle.append(session)
