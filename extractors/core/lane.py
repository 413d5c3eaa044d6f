"""What all calls of one credential share: its rate, its token, and the reasons to stop."""

from collections.abc import Callable

from extractors.core.auth import SendCall, TokenStore
from extractors.core.errors import AuthError, ExtractError
from extractors.core.limits import RateLimit
from extractors.core.model import Token

TRIES = 5
# so many calls in a row got no answer after all tries: from then on one try each is enough
UNANSWERED_AT_MOST = 3


class Lane:
    """The road of one credential: closed for the rest of the run once nothing more can come."""

    def __init__(self, limit: RateLimit, tokens: TokenStore) -> None:
        self.limit = limit
        self._tokens = tokens
        self._closed_by: ExtractError | None = None
        self._unanswered = 0

    def check(self) -> None:
        """Raise why no further call is made, if the road is closed."""
        if self._closed_by is not None:
            raise type(self._closed_by)(str(self._closed_by))

    def close(self, reason: ExtractError) -> None:
        """Make no further call in this run: the quota is used up or the credential refused."""
        self._closed_by = reason

    def tries(self) -> int:
        """Return how often the next call may be tried."""
        return TRIES if self._unanswered < UNANSWERED_AT_MOST else 1

    def note(self, *, is_answered: bool) -> None:
        """Remember whether the last call got an answer in the end."""
        self._unanswered = 0 if is_answered else self._unanswered + 1

    def token(self, send: SendCall) -> Token | None:
        """Return a good token; a credential that gets none closes the road."""
        return self._or_close(lambda: self._tokens.current(send))

    def other_token(self, refused: Token, send: SendCall) -> Token | None:
        """Return another token in place of a refused one."""
        return self._or_close(lambda: self._tokens.replace(refused, send))

    def _or_close(self, fetch: Callable[[], Token | None]) -> Token | None:
        try:
            return fetch()
        except AuthError as error:
            self.close(error)
            raise
