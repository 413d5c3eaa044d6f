"""An Api that answers from recorded payloads and remembers what was asked."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from extractors.core.model import Account

Answer = Callable[[Mapping[str, Any]], Any]


class FakeApi:
    """answers maps a path to a function of the parameters; an error it returns is raised."""

    def __init__(self, account: Account, now: datetime, answers: Mapping[str, Answer]) -> None:
        self.account = account
        self.now = now
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self._answers = answers

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return self._answer(path, params or {})

    def post(
        self,
        path: str,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
    ) -> Any:
        return self._answer(path, {**(params or {}), **(json or {}), **(form or {})})

    def each(self, read: Callable[[Any], Iterable[Any]], items: Sequence[Any]) -> Iterator[Any]:
        for item in items:
            yield from list(read(item))

    def asked(self, path: str) -> list[Mapping[str, Any]]:
        return [params for called, params in self.calls if called == path]

    def _answer(self, path: str, params: Mapping[str, Any]) -> Any:
        self.calls.append((path, dict(params)))
        answer = self._answers[path](params)
        if isinstance(answer, Exception):
            raise answer
        return answer
