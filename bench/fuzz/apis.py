"""Streams of APIs: their good answers are recorded, falsified and read again."""

import copy
import logging
import os
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from bench.fuzz.hostile import misshape, mutated
from bench.fuzz.tally import LAKE_READINGS, Reading, Tally, book
from extractors.core.asking import asked_days
from extractors.core.credentials import read_connection
from extractors.core.errors import ExtractError
from extractors.core.intake import AccountRead, land
from extractors.core.lake import open_lake
from extractors.core.model import Account, Api, DayOutcome, Platform, Stream, Window
from extractors.core.registry import platforms_by_name
from extractors.core.run import extract
from tidemark.clock import SHANGHAI
from tidemark.config.accounts import load_accounts
from tidemark.orchestration.demo import set_clock, start_sandbox
from tidemark.orchestration.local import Services
from tidemark.settings import Settings, load_settings

SINCE, UNTIL = date(2026, 5, 12), date(2026, 5, 14)
WINDOW = Window(SINCE, UNTIL)
EVENING = datetime(2026, 5, 14, 21, tzinfo=SHANGHAI)
ITEMS = 3  # kept of each list
CALLS = 8  # made for a list of items
ANSWERS_AT_MOST = 200


@dataclass(frozen=True)
class Recorded:
    """What one stream asks of a platform, and the good answers: by path, then by parameters."""

    platform: str
    stream: str
    account: Account
    now: datetime
    answers: Mapping[str, Mapping[str, Any]]


class _Recorder:
    """An Api that passes everything on and keeps the answers of each call."""

    def __init__(self, api: Api, answers: dict[str, dict[str, Any]]) -> None:
        self._api, self._answers = api, answers
        self.account, self.now = api.account, api.now

    def get(self, path: str, params: Any = None) -> Any:
        """Ask, and keep a copy."""
        return self._kept(path, params, lambda: self._api.get(path, params))

    def post(self, path: str, json: Any = None, params: Any = None, form: Any = None) -> Any:
        """Ask, and keep a copy."""
        said = (json, params, form)
        return self._kept(path, said, lambda: self._api.post(path, json, params, form))

    def each(self, read: Callable[[Any], Iterable[Any]], items: Sequence[Any]) -> Iterator[Any]:
        """Ask one after the other, of a few items: mutations then hit more of them."""
        for item in _few(items, CALLS):
            yield from read(item)

    def _kept(self, path: str, said: Any, ask: Callable[[], Any]) -> Any:
        try:
            answer = _cut(copy.deepcopy(ask()))
        except ExtractError as refusal:
            answer = refusal
        self._answers[path][repr(said)] = answer
        return _given(answer)


def _given(answer: Any) -> Any:
    """Return a copy of a recorded answer, or raise the error that it was."""
    if isinstance(answer, ExtractError):
        raise answer
    return copy.deepcopy(answer)


class _Liar:
    """An Api that answers from a recording; lie says what becomes of an answer."""

    def __init__(self, recorded: Recorded, lie: Callable[[int, str, str], Any]) -> None:
        self.account, self.now = recorded.account, recorded.now
        self._lie = lie
        self.answers = 0

    def get(self, path: str, params: Any = None) -> Any:
        """Answer something hostile, or something good that may not be what was asked."""
        self.answers += 1
        if self.answers > ANSWERS_AT_MOST:
            raise ExtractError(f"{path}: the reader never ends")
        return self._lie(self.answers, path, repr(params))

    def post(self, path: str, json: Any = None, params: Any = None, form: Any = None) -> Any:
        """Answer as get does."""
        return self.get(path, (json, params, form))

    def each(self, read: Callable[[Any], Iterable[Any]], items: Sequence[Any]) -> Iterator[Any]:
        """Ask one after the other."""
        for item in _few(items, CALLS):
            yield from list(read(item))


def _few(items: Sequence[Any], at_most: int = ITEMS) -> Sequence[Any]:
    return items if len(items) <= at_most else (*items[:1], *items[1 - at_most :])


def recordings(work: Path, services: Services) -> Iterator[Recorded]:
    """Read every API stream once from a sandbox, and keep what it answered."""
    settings, environ = _settings(work, services)
    for platform in platforms_by_name().values():
        if platform.authorize is None:
            continue
        account = replace(_account(settings, platform), options={"calls_per_second": 5000})
        for stream in platform.streams:
            if stream.read is None:
                continue
            answers: dict[str, dict[str, Any]] = defaultdict(dict)
            set_clock(work / "clock", UNTIL)
            if stream.every_minutes:  # of the day that runs
                (work / "clock").write_text(EVENING.isoformat())
            extract(
                replace(platform, streams=(_recorded(stream, answers),)),
                [account],
                WINDOW,
                lake=open_lake((work / "recorded").as_uri()),
                settings=settings,
                lookback=False,
                credentials=lambda account: read_connection(account.connection_id, environ),
            )
            yield Recorded(platform.name, stream.name, account, settings.clock(), dict(answers))


def _account(settings: Settings, platform: Platform) -> Account:
    """Return the configured account of a platform, else that of the sandbox's world."""
    configured = load_accounts(settings.config_dir)
    if own := [account for account in configured if account.platform == platform.name]:
        return own[0]
    from sandbox.routes import facets
    from sandbox.world import load_world

    found = load_world("launch").facets[platform.name]
    key, external_id = facets()[platform.name].account(found)
    return Account(key, platform.name, external_id, key, "acme")


def _settings(work: Path, services: Services) -> tuple[Settings, dict[str, str]]:
    """Start a sandbox; return the settings and connections of a pipeline beside it."""
    from sandbox.world import connections

    clock = work / "clock"
    set_clock(clock, UNTIL)
    base = {**os.environ, "TIDEMARK_HOME": str(work), "TIDEMARK_CLOCK_FILE": str(clock)}
    url = start_sandbox(services, work, clock, base)
    return load_settings(base), connections(url)


def _recorded(stream: Stream, answers: dict[str, dict[str, Any]]) -> Stream:
    read = stream.read
    assert read is not None
    return replace(
        stream,
        read=lambda api, account, window: read(_Recorder(api, answers), account, window),
    )


def _cut(document: Any) -> Any:
    """Return a document with a few items in each list; what is counted beside it stays whole."""
    if isinstance(document, list):
        return [_cut(item) for item in _few(document)]
    if not isinstance(document, dict) or any("total" in name for name in document):
        return document
    return {name: _cut(value) for name, value in document.items()}


def fuzz_stream(recorded: Recorded, seed: int, payloads: int) -> Tally:
    logging.disable(logging.CRITICAL)
    os.environ.setdefault("TIDEMARK_HASH_SECRET", "bench-only-secret")
    tally = Tally(f"{recorded.platform}/{recorded.stream}")
    dice = random.Random(f"{seed} {tally.parser}")
    honest = _honest(recorded)
    while tally.payloads < payloads:
        with tempfile.TemporaryDirectory(prefix="fuzz-lake-") as folder:
            for number in range(LAKE_READINGS):
                if tally.payloads >= payloads:
                    break
                if number % 2:
                    lie = _any_lie(recorded, dice)
                else:
                    lie = _one_wrong_shape(recorded, dice, honest.answers)
                reading = _read(recorded, lie, Path(folder))
                tally.payloads += max(reading.answers, 1)
                book(tally, reading)
                if number % 2 == 0 and reading.is_silent and reading.booked < honest.booked:
                    told = f"{reading.booked} rows of {honest.booked}, and nothing said"
                    tally.problems.append(f"{told}; the answer lies: {lie.told}")
    return tally


@dataclass
class Lie:
    """How answers are falsified; told is what was done, for a report."""

    answer: Callable[["Lie", int, str, str], Any]
    told: str = ""

    def __call__(self, number: int, path: str, said: str) -> Any:
        """Return what is answered to a call."""
        return self.answer(self, number, path, said)


def _honest(recorded: Recorded) -> Reading:
    """Read the good answers as they are; a stream of which nothing comes could lose nothing."""
    with tempfile.TemporaryDirectory(prefix="fuzz-lake-") as folder:
        found = _read(
            recorded, Lie(lambda _lie, _n, path, said: _good(recorded, path, said)), Path(folder)
        )
    assert found.landed is not None, found.crash
    assert not found.landed.errors, found.landed.errors
    return found


def _good(recorded: Recorded, path: str, said: str) -> Any:
    return _given(recorded.answers.get(path, {}).get(said, {}))


def _any_lie(recorded: Recorded, dice: random.Random) -> Lie:
    def answer(_lie: Lie, _number: int, path: str, _said: str) -> Any:
        known = list(recorded.answers.get(path, {}).values()) or [{}]
        found = _given(dice.choice(known))
        return mutated(dice, found) if dice.random() < 0.7 else found

    return Lie(answer)


def _one_wrong_shape(recorded: Recorded, dice: random.Random, answers: int) -> Lie:
    chosen = dice.randint(1, answers)

    def answer(lie: Lie, number: int, path: str, said: str) -> Any:
        found = _good(recorded, path, said)
        if number == chosen:
            lie.told = f"{path}: {misshape(dice, found)}"
        return found

    return Lie(answer)


def _read(recorded: Recorded, lie: Callable[[int, str, str], Any], home: Path) -> Reading:
    platform = platforms_by_name()[recorded.platform]
    stream = platform.stream(recorded.stream)
    settings = Settings(home, home, (home / "lake").as_uri(), lambda: recorded.now)
    api, given = _Liar(recorded, lie), Counter[str]()
    assert stream.read is not None
    read = stream.read
    account = recorded.account
    windows, refused = asked_days(stream, account, WINDOW, recorded.now)
    rows = ((window, _counted(partial(read, api, account, window), given)) for window in windows)
    asked = AccountRead(account, tuple(rows), refused)
    try:
        lake = open_lake(settings.lake_url, settings.copies_dir)
        landed = land(platform, stream, [asked], lake=lake, settings=settings)
    except Exception as error:
        return Reading(api.answers, 0, None, f"{type(error).__name__}: {error}"[:300])
    return Reading(api.answers, given["rows"], landed)


def _counted(read: Callable[[], Iterable[Any]], given: Counter[str]) -> Iterator[Any]:
    """Read lazily, as the runtime does, and count the rows."""
    for row in read():
        if not isinstance(row, DayOutcome):
            given["rows"] += 1
        yield row
