"""Hostile payloads for every parser: nothing may crash, and no row may be lost in silence.

Good answers of the sandbox are recorded per endpoint, mutated, and read by the streams' own
generators into a lake; workbooks are mutated cell by cell. A slice may fail with an error of the
declared tree; of a slice that did not, every row that the generator gave was landed, quarantined
with its rule, dropped as a repetition, or outside of the asked days.
"""

import copy
import io
import math
import os
import random
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from rich.console import Console
from rich.table import Table

from extractors.core.credentials import read_connection
from extractors.core.errors import ExtractError, FileRefused
from extractors.core.exports import parse_file
from extractors.core.intake import AccountRead, Landed, land
from extractors.core.lake import open_lake
from extractors.core.model import Account, Api, DayOutcome, Platform, Stream, Window
from extractors.core.registry import platforms_by_name
from extractors.core.run import extract
from tidemark.config.accounts import own_accounts
from tidemark.orchestration.demo import drop_sheets, set_clock, start_sandbox
from tidemark.orchestration.local import Services, running_services
from tidemark.settings import Settings, load_settings

PAYLOADS = 10_000
SINCE, UNTIL = date(2026, 5, 12), date(2026, 5, 14)
MUTATIONS_AT_MOST = 3
LONG = 20_000

STOPPED = frozenset({"failed", "not_ready", "not_offered"})  # nothing of these is landed

Answer = Callable[[Any], Any]
Recording = Mapping[str, Sequence[Any]]


def _nested(depth: int) -> Any:
    found: Any = 1
    for _ in range(depth):
        found = [{"list": found}]
    return found


HOSTILE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**63, -(2**63) - 1, 2**64, 10**30, 0.5, 1e308, 1e18),
    *(math.nan, math.inf, -math.inf, "", " ", "nan", "-", "１２", "1,234", "1e5", "0x10", "NULL"),
    *("\x00", "a\x00b", "\ud800", "\u202e", "x" * LONG, "9" * 400, "<html>", "{}", "[]"),
    *("2026-02-30", "0000-00-00", "9999-12-31", "20260514", "2026-05-14T25:00:00", "1778716800"),
    *([], {}, [[]], [None], [1, "a", {}], {"list": None}, {"a": {"b": []}}, _nested(120)),
)


NOTE: Mapping[str, Any] = {
    "笔记标题": "一条笔记",
    "首次发布时间": "2026年05月12日17时33分05秒",
    "体裁": "图文",
    "曝光": 10,
    "观看量": 6174,
    "封面点击率": "6.50%",
    "点赞": 15,
    "评论": 41,
    "收藏": 5,
    "涨粉": 1,
    "分享": 14,
    "人均观看时长": "15.2秒",
}


@dataclass
class Tally:
    """What became of the payloads of one parser."""

    parser: str
    payloads: int = 0
    given: int = 0
    landed: int = 0
    quarantined: int = 0
    repeated: int = 0
    outside: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def run(seed: int, payloads: int = PAYLOADS) -> int:
    """Fuzz every parser with that many payloads each; return the number of problems."""
    started = time.monotonic()
    os.environ.setdefault("TIDEMARK_HASH_SECRET", "bench-only-secret")
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder, running_services() as services:
        tallies = [*_fuzz_apis(Path(folder), services, seed, payloads)]
        tallies += _fuzz_files(Path(folder), seed, payloads)
    Console(width=130).print(_summary(tallies, time.monotonic() - started))
    for tally in tallies:
        for problem in tally.problems[:5]:
            print(f"{tally.parser} (seed {seed}): {problem}")
    return sum(len(tally.problems) for tally in tallies)


def mutated(dice: random.Random, document: Any) -> Any:
    """Return a copy of a document in which up to three places are hostile."""
    found = copy.deepcopy(document)
    for _ in range(dice.randint(1, MUTATIONS_AT_MOST)):
        found = _mutate(dice, found)
    return found


def _mutate(dice: random.Random, document: Any) -> Any:
    places = list(_places(document))
    if not places:
        return copy.deepcopy(dice.choice(HOSTILE))
    holder, key = dice.choice(places)
    what = dice.random()
    if what < 0.15:
        del holder[key]
    elif what < 0.25:
        holder[key] = [holder[key]] * dice.randint(0, 3)
    elif what < 0.35 and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    elif what < 0.45 and isinstance(holder, dict):
        holder[dice.choice(("new_field", "", "list", "\x00", "é"))] = copy.deepcopy(
            dice.choice(HOSTILE)
        )
    elif what < 0.55:
        holder[key] = _flipped(holder[key])
    else:
        holder[key] = copy.deepcopy(dice.choice(HOSTILE))
    return document


def _flipped(value: Any) -> Any:
    """Return a value as another type that says the same, as platforms do."""
    if isinstance(value, str):
        return int(value) if value.isdecimal() and value.isascii() else [value]
    if isinstance(value, list):
        return {str(n): inner for n, inner in enumerate(value)}
    if isinstance(value, dict):
        return list(value.values())
    return str(value)


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place of a document as its holder and key."""
    pending = [document]
    while pending:
        holder = pending.pop()
        keys: Iterable[Any] = ()
        if isinstance(holder, dict):
            keys = list(holder)
        elif isinstance(holder, list):
            keys = range(len(holder))
        for key in keys:
            yield holder, key
            if isinstance(holder[key], dict | list):
                pending.append(holder[key])


# -- APIs --------------------------------------------------------------------------------------


class _Recorder:
    """An Api that passes everything on and keeps the answers by path."""

    def __init__(self, api: Api, answers: dict[str, list[Any]]) -> None:
        self._api, self._answers = api, answers
        self.account, self.now = api.account, api.now

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Ask, and keep a copy."""
        return self._kept(path, self._api.get(path, params))

    def post(self, path: str, *arguments: Any, **named: Any) -> Any:
        """Ask, and keep a copy."""
        return self._kept(path, self._api.post(path, *arguments, **named))

    def each(self, read: Callable[[Any], Iterable[Any]], items: Sequence[Any]) -> Iterator[Any]:
        """Ask one after the other."""
        for item in items:
            yield from read(item)

    def _kept(self, path: str, answer: Any) -> Any:
        self._answers[path].append(copy.deepcopy(answer))
        return answer


class _Liar:
    """An Api that answers from a recording, some of it mutated."""

    def __init__(
        self, account: Account, now: datetime, recording: Recording, dice: random.Random
    ) -> None:
        self.account, self.now = account, now
        self._recording, self._dice = recording, dice
        self.answers = 0

    def get(self, path: str, _params: Mapping[str, Any] | None = None) -> Any:
        """Answer something hostile, or something good that may not be what was asked."""
        self.answers += 1
        if self.answers > 200:
            raise ExtractError(f"{path}: the reader never ends")
        known = self._recording.get(path) or [{}]
        answer = self._dice.choice(known)
        return mutated(self._dice, answer) if self._dice.random() < 0.7 else copy.deepcopy(answer)

    def post(self, path: str, *_arguments: Any, **_named: Any) -> Any:
        """Answer as get does."""
        return self.get(path)

    def each(self, read: Callable[[Any], Iterable[Any]], items: Sequence[Any]) -> Iterator[Any]:
        """Ask one after the other."""
        for item in items:
            yield from list(read(item))


def _fuzz_apis(work: Path, services: Services, seed: int, payloads: int) -> Iterator[Tally]:
    settings, environ = _settings(work, services)
    window = Window(SINCE, UNTIL)
    for platform in platforms_by_name().values():
        if platform.authorize is None:
            continue
        accounts = own_accounts(settings.config_dir, platform.name, None)[:1]
        recording: dict[str, list[Any]] = defaultdict(list)
        streams = tuple(_recorded(stream, recording) for stream in platform.streams)
        extract(
            replace(platform, streams=streams),
            accounts,
            window,
            lake=open_lake((work / "recorded").as_uri()),
            settings=settings,
            lookback=False,
            credentials=lambda account: read_connection(account.connection_id, environ),
        )
        for stream in platform.streams:
            yield _fuzz_stream(
                platform, stream, accounts[0], _short(recording), settings, seed, payloads
            )


def _settings(work: Path, services: Services) -> tuple[Settings, dict[str, str]]:
    """Start a sandbox; return the settings and connections of a pipeline beside it."""
    from sandbox.world import connections

    clock = work / "clock"
    set_clock(clock, UNTIL)
    base = {**os.environ, "TIDEMARK_HOME": str(work), "TIDEMARK_CLOCK_FILE": str(clock)}
    url = start_sandbox(services, work, clock, base)
    return load_settings(base), connections(url)


def _recorded(stream: Stream, recording: dict[str, list[Any]]) -> Stream:
    read = stream.read
    if read is None:
        return stream
    return replace(
        stream,
        read=lambda api, account, window: read(_Recorder(api, recording), account, window),
    )


def _short(recording: Mapping[str, list[Any]]) -> Recording:
    """Return a few answers of each endpoint with a few items each: mutations hit more of them."""
    return {path: [_cut(answer) for answer in answers[:5]] for path, answers in recording.items()}


def _cut(document: Any) -> Any:
    if isinstance(document, dict):
        return {key: _cut(value) for key, value in document.items()}
    return [_cut(item) for item in document[:3]] if isinstance(document, list) else document


def _fuzz_stream(
    platform: Platform,
    stream: Stream,
    account: Account,
    recording: Recording,
    settings: Settings,
    seed: int,
    payloads: int,
) -> Tally:
    tally = Tally(f"{platform.name}/{stream.name}")
    dice = random.Random(f"{seed} {tally.parser}")
    read = stream.read
    assert read is not None
    with tempfile.TemporaryDirectory(prefix="fuzz-lake-") as folder:
        lake = open_lake(Path(folder).as_uri())
        while tally.payloads < payloads:
            api = _Liar(account, settings.clock(), recording, dice)
            given: Counter[str] = Counter()
            rows = _counted(lambda api=api: read(api, account, Window(SINCE, UNTIL)), given)
            asked = AccountRead(account, ((Window(SINCE, UNTIL), rows),))
            try:
                landed = land(platform, stream, [asked], lake=lake, settings=settings)
            except Exception as error:
                tally.problems.append(f"crash: {type(error).__name__}: {error}"[:300])
            else:
                _book(tally, landed, given["rows"])
            tally.payloads += max(api.answers, 1)
    return tally


def _counted(read: Callable[[], Iterable[Any]], given: Counter[str]) -> Iterator[Any]:
    """Read lazily, as the runtime does, and count the rows."""
    for row in read():
        if not isinstance(row, DayOutcome):
            given["rows"] += 1
        yield row


def _book(tally: Tally, landed: Landed, given: int) -> None:
    """Add a reading to the tally; what is neither landed nor accounted for is a problem."""
    for error in landed.errors:
        tally.refused[type(error).__name__] += 1
    tally.given += given
    tally.landed += landed.rows
    tally.quarantined += landed.quarantined
    tally.repeated += landed.duplicates
    tally.outside += landed.outside
    stopped = any(
        record.status in {"failed", "not_ready", "not_offered"} for record in landed.slices
    )
    booked = landed.rows + landed.quarantined + landed.duplicates + landed.outside
    if not stopped and booked != given:
        tally.problems.append(f"{given} rows given, {booked} accounted for")


# -- files -------------------------------------------------------------------------------------


def _fuzz_files(work: Path, seed: int, payloads: int) -> Iterator[Tally]:
    now = datetime(2026, 5, 15, 2, 45, tzinfo=UTC)
    settings = Settings(work, load_settings().config_dir, (work / "files").as_uri(), lambda: now)
    account = Account("douyin_acme", "douyin", "x", "A", "acme")
    for name, sheets in _originals(work, now).items():
        yield _fuzz_file(name, sheets, account, settings, random.Random(f"{seed} {name}"), payloads)


def _originals(work: Path, now: datetime) -> dict[str, list[list[Any]]]:
    """Return one good workbook per kind of file, as the cells of its first sheet."""
    drop_sheets(work / "originals", date(2026, 3, 30), UNTIL)
    found = {}
    for path in sorted((work / "originals").rglob("*.xlsx")):
        book = load_workbook(path)
        found[path.name] = [[cell.value for cell in row][:40] for row in book.worksheets[0].rows][
            :14
        ]
    found[f"笔记列表明细表_{now:%Y%m%d}.xlsx"] = [list(NOTE), [*NOTE.values()], [*NOTE.values()]]
    return found


def _fuzz_file(
    name: str,
    cells: list[list[Any]],
    account: Account,
    settings: Settings,
    dice: random.Random,
    payloads: int,
) -> Tally:
    tally = Tally(name)
    while tally.payloads < payloads:
        tally.payloads += 1
        content = _workbook(mutated(dice, cells))
        try:
            parsed = parse_file(name, content, settings.clock())
        except FileRefused:
            tally.refused["FileRefused"] += 1
            continue
        except Exception as error:
            tally.problems.append(f"crash: {type(error).__name__}: {error}"[:300])
            continue
        read = AccountRead(account, ((parsed.window, iter(parsed.rows)),), (), parsed.exported_at)
        landed = land(
            parsed.platform,
            parsed.stream,
            [read],
            lake=open_lake(settings.lake_url),
            settings=settings,
        )
        _book(tally, landed, len(parsed.rows))
    return tally


def _workbook(cells: Any) -> bytes:
    """Return a workbook of these cells; what no cell can hold is written as its text."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for number, row in enumerate(cells if isinstance(cells, list) else [[cells]], 1):
        for column, value in enumerate(row if isinstance(row, list) else [row], 1):
            sheet.cell(number, column, _cell(value))
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def _cell(value: Any) -> Any:
    """Return what a cell can hold: a value, or the printable part of its text."""
    is_number = isinstance(value, int | float) and abs(value) < 2**63
    if value is None or is_number or isinstance(value, date):
        return value
    text = str(value).encode("utf-8", "replace").decode()
    return "".join(character for character in text if character.isprintable())[:LONG]


def _summary(tallies: Sequence[Tally], seconds: float) -> Table:
    table = Table(
        *("parser", "payloads", "rows", "landed", "quarantined", "repeated", "outside", "refused"),
        "problems",
        title=f"Hostile payloads, {seconds:.0f} s",
    )
    for tally in tallies:
        figures = (tally.payloads, tally.given, tally.landed, tally.quarantined)
        figures += (tally.repeated, tally.outside, tally.refused.total(), len(tally.problems))
        table.add_row(tally.parser, *(f"{figure:,}" for figure in figures))
    return table
