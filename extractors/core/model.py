"""The vocabulary of extraction: plain frozen data, no inheritance, no state."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, Protocol

import pyarrow as pa

from extractors.core.formats import FileFormat
from tidemark.clock import days_between

Row = Mapping[str, Any]
FieldKind = Literal["attribute", "snapshot", "increment", "cumulative", "window_total"]
MergeRule = Literal["replace_slice", "upsert_version"]
SliceStatus = Literal["ok", "empty", "suspect", "failed", "not_ready", "not_offered", "missing"]

#: slices of these hold rows that may count
READABLE: frozenset[SliceStatus] = frozenset({"ok", "empty"})
#: what the gate judges: a suspect slice too, so that whoever accepts it knows
JUDGED: frozenset[SliceStatus] = READABLE | {"suspect"}

#: columns the runtime adds to every raw row, after the declared fields
LOAD_FIELDS: tuple[tuple[str, pa.DataType], ...] = (
    ("account_key", pa.string()),
    ("dt", pa.date32()),
    ("_batch_id", pa.string()),
    ("_captured_at", pa.timestamp("us", tz="UTC")),
    ("_source_version", pa.timestamp("us", tz="UTC")),
)


@dataclass(frozen=True)
class Account:
    """One brand-owned account or shop, as configured in config/accounts.yml."""

    key: str
    platform: str
    external_id: str
    name: str
    brand: str
    ownership: str = "own"
    kind: str = "social"
    base_url: str | None = None
    credential: str | None = None
    active_from: date | None = None
    active_to: date | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    # other platforms that tell of it, with its id there (docs/decisions/0010)
    also: Mapping[str, str] = field(default_factory=dict)

    def on(self, platform: str) -> "Account | None":
        """Return the account as a platform knows it; None where that one does not tell of it."""
        if platform == self.platform:
            return self
        if platform not in self.also:
            return None
        return replace(
            self,
            platform=platform,
            external_id=self.also[platform],
            base_url=None,
            credential=f"tidemark_{self.key}_{platform}",
            options={},
            also={},
        )

    @property
    def connection_id(self) -> str:
        """The Airflow connection (or AIRFLOW_CONN_* variable) that holds its secrets."""
        return self.credential or f"tidemark_{self.key}"


@dataclass(frozen=True)
class Window:
    """A closed range of business days (Asia/Shanghai)."""

    since: date
    until: date

    def days(self) -> list[date]:
        """Return every day of the window, oldest first."""
        return days_between(self.since, self.until)

    def split(self, days: int) -> list["Window"]:
        """Cut the window into consecutive windows of at most that many days."""
        starts = range(0, (self.until - self.since).days + 1, days)
        return [
            Window(self.since + timedelta(n), min(self.until, self.since + timedelta(n + days - 1)))
            for n in starts
        ]


@dataclass(frozen=True)
class Field:
    """One landed column: its name is the platform's own, its type is ours."""

    name: str
    type: pa.DataType
    kind: FieldKind = "attribute"
    required: bool = False  # a row without it goes to quarantine
    optional: bool = False  # its absence from a payload is not drift
    personal: bool = False  # landed as a keyed hash only


@dataclass(frozen=True)
class DayOutcome:
    """What a stream yields in place of rows when the platform says so for one day."""

    day: date
    status: SliceStatus
    reason: str


@dataclass(frozen=True)
class Call:
    """One request before authorisation; path is relative to the base URL."""

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, Any] | None = None
    authorised: bool = True  # False for token calls


@dataclass(frozen=True)
class Prepared:
    """What goes over the wire; body is sent byte for byte."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True)
class Credential:
    """Secrets of one connection. Never logged: its repr shows the id only."""

    connection_id: str
    login: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    base_url: str | None = field(default=None, repr=False)
    conn_type: str = ""
    host: str = field(default="", repr=False)
    port: int | None = None
    database: str = field(default="", repr=False)  # what Airflow calls schema
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Token:
    """An access token and what is needed to renew it."""

    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str | None = field(default=None, repr=False)
    refresh_expires_at: datetime | None = None


class Api(Protocol):
    """What a stream's generator may use. Retries, limits and tokens happen behind it."""

    account: Account
    now: datetime  # the moment the run started, with zone

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Return the payload that the platform's envelope carried."""

    def post(
        self,
        path: str,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the payload that the platform's envelope carried."""

    def each(self, read: Callable[[Any], Iterable[Any]], items: Sequence[Any]) -> Iterator[Any]:
        """Run read(item) concurrently within the rate limit; what the items yield may mix."""


@dataclass(frozen=True)
class Stream:
    """One kind of rows of one platform.

    read yields the platform's own item dicts (plus keys the module adds), or DayOutcome. The
    runtime keeps the declared fields, coerces their types, hashes personal ones, and reports
    keys that are neither declared nor ignored as drift.
    """

    name: str
    label_zh: str
    label_en: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]  # natural key within one account (and day, for replace_slice)
    merge: MergeRule
    # reads through an Api, or what the platform's connect returns; None: arrives as a file
    read: Callable[[Any, Account, Window], Iterator[Any]] | None
    day: Callable[[Row], date] | None = None  # slice day of a row; None: the window's last day
    version: Callable[[Row], datetime] | None = None  # source version; None: captured_at
    ignored: frozenset[str] = frozenset()  # known payload keys that are not landed, on purpose
    lookback_days: int = 0  # a daily run re-reads this many days before its own
    reach_days: int | None = None  # the platform keeps no more than this; older is not_offered
    max_window_days: int | None = None  # longest window of one call of read
    ready_at: time = time(8, 0)  # on the day after the stat date, Asia/Shanghai
    deadline_at: time = time(12, 0)  # on the day after the stat date: late from here on
    is_dense: bool = False  # exactly one or more rows a day: a day without rows is not_ready
    is_snapshot: bool = False  # reads "now": runs only within its tolerance of the stat date
    snapshot_tolerance_hours: float = 10.0  # after the end of the stat date (1 h before it)
    # a snapshot of the day that runs, taken this often (docs/decisions/0010)
    every_minutes: int | None = None
    is_complete_listing: bool = False  # absence from the newest read means deleted
    is_required: bool = False  # the as-of day waits for it (until its deadline)
    file: FileFormat | None = None  # how it looks as a dropped file (read is None)

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of its raw files: declared fields, then the load columns."""
        required = {f.name for f in self.fields if f.required} | set(self.key)
        declared = [pa.field(f.name, f.type, f.name not in required) for f in self.fields]
        return pa.schema(declared + [pa.field(name, kind) for name, kind in LOAD_FIELDS])


@dataclass(frozen=True)
class Platform:
    """One platform: how to speak to it, and its streams. A module's one public name."""

    name: str
    label_zh: str
    label_en: str
    streams: tuple[Stream, ...]
    short_code: str = ""  # in ids of messages, as in SRC-DY-0415; its name where there is none
    base_url: str | None = None
    calls_per_second: float = 5.0  # per credential; account option calls_per_second overrides
    workers: int = 4  # concurrent calls per credential
    # sign one call; raises nothing
    authorize: Callable[[Call, Credential, Token | None, datetime], Prepared] | None = None
    # get or renew a token; `send` performs one unauthorised Call and returns its payload
    fetch_token: (
        Callable[[Callable[[Call], Any], Credential, Token | None, datetime], Token] | None
    ) = None
    # (HTTP status, headers, decoded JSON body) -> payload, or raise from extractors.core.errors
    read_envelope: Callable[[int, Mapping[str, str], Any], Any] | None = None
    schedule: str = "30 8 * * *"  # Asia/Shanghai, on the day after the stat date
    # what its streams read through in place of HTTP: (account, credential, now) -> their `api`
    connect: Callable[[Account, Credential, datetime], Any] | None = None
    # the account option that says how its one stream's rows read (extractors/core/mapping.py)
    mapping: Literal["file", "table"] | None = None

    @property
    def is_pulled(self) -> bool:
        """Tell whether runs read it by themselves; else it arrives as files only."""
        return any(stream.read is not None for stream in self.streams)

    def stream(self, name: str) -> Stream:
        """Return the stream of that name."""
        return {stream.name: stream for stream in self.streams}[name]
