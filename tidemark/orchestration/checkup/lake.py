"""The lake: whether it can be read, how new it is, and what in it waits for a person."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from extractors.core.lake import KNOWN_URLS, Lake, LakeError, Manifest, SliceKey, open_lake
from extractors.core.model import Account, Platform, Stream
from tidemark.clock import business_date, system_clock
from tidemark.errors import TidemarkError
from tidemark.orchestration.checkup.findings import Finding, ok, problem, warning
from tidemark.orchestration.checkup.time import NTP, SKEW_ALLOWED
from tidemark.settings import Settings
from warehouse.asof import deadline, is_active
from warehouse.site import Site
from warehouse.slices import LakeState, Source, read_lake_state
from warehouse.source_day import ENDED

SHOWN_AT_MOST = 5
Read = TypeVar("Read")
DROPS = "drops"


def check_lake(settings: Settings) -> Iterator[Finding]:
    """Read every manifest and verdict; look at what they say only when all can be read."""
    try:
        lake = open_lake(settings.lake_url, settings.copies_dir)
        paths = lake.list_files("_manifests")
    except (TidemarkError, OSError) as error:
        remedy = f"set TIDEMARK_LAKE to {KNOWN_URLS}; give this user the right to read it"
        yield problem("lake unreadable", f"{settings.lake_url}: {error}", remedy)
        return
    manifests, broken = _read(lake.manifest, paths)
    broken += _read(lake.verdicts, lake.list_files("_verdicts"))[1]
    yield from broken
    if broken:
        return
    yield ok("lake", f"{settings.lake_url}: {len(paths)} manifests")
    yield from _from_the_future(manifests)
    yield from _rows(manifests)
    try:
        yield from [*_drops(lake), *_slices(settings, lake)]
    except LakeError as error:
        yield _broken(error)


def _read(read: Callable[[str], Read], paths: Iterable[str]) -> tuple[list[Read], list[Finding]]:
    """Return what was read, and what is wrong with the files that could not be."""
    found, broken = [], []
    for path in paths:
        try:
            found.append(read(path))
        except LakeError as error:
            broken.append(_broken(error))
        except OSError as error:
            remedy = "give this user the right to read it"
            broken.append(problem("lake unreadable", f"{path}: {error}", remedy))
    return found, broken


def _broken(error: LakeError) -> Finding:
    found, _, remedy = str(error).partition("; ")
    return problem("lake file broken", found, remedy)


def _from_the_future(manifests: list[Manifest]) -> Iterator[Finding]:
    """Compare with other moments and machines: commits are signed with wall time, always."""
    newest = max(manifests, key=lambda m: datetime.fromisoformat(m.committed_at), default=None)
    limit = system_clock() + SKEW_ALLOWED
    if newest is not None and datetime.fromisoformat(newest.committed_at) > limit:
        found = (
            f"{newest.platform}/{newest.stream} {newest.batch_id} landed at {newest.committed_at}, "
            "which is still to come: the clock is behind, or was ahead then"
        )
        yield problem("clock skew", found, NTP)


def _rows(manifests: list[Manifest]) -> Iterator[Finding]:
    """Count what the newest reading of each slice could not land."""
    left: dict[SliceKey, int] = {}
    for manifest in sorted(manifests, key=lambda m: (m.committed_at, m.batch_id)):
        left |= {manifest.key(record): record.quarantined for record in manifest.slices}
    by_stream: dict[str, list[tuple[date, int]]] = {}
    for key, count in left.items():
        if count:
            by_stream.setdefault(f"{key.platform}/{key.stream}", []).append((key.dt, count))
    for stream, days in sorted(by_stream.items()):
        found = (
            f"{stream}: {sum(count for _, count in days)} rows of {len(days)} slices, the newest "
            f"of {max(days)[0]}; they and their rules lie in quarantine/{stream}/"
        )
        remedy = (
            "mend what the rule names (the declaration, or the source), then tidemark gate replay"
        )
        yield warning("quarantined rows waiting", found, remedy)


def _drops(lake: Lake) -> Iterator[Finding]:
    """Find refused files that were not dropped again and are still kept."""
    # where a virtual clock stands still, the corrected file came after the refused one
    rows = sorted(lake.ledger(DROPS), key=lambda r: (r["claimed_at"], r["outcome"] != "refused"))
    waiting: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        name = (row["account_key"], row["file_name"])
        if row["outcome"] == "refused":
            waiting[name] = row
        elif row["outcome"] != "begun":
            waiting.pop(name, None)
    for row in waiting.values():
        if lake.exists(row["kept"]):
            found = f"{row['account_key'] or 'no account'}/{row['file_name']}: {row['reason']}"
            remedy = f"drop the corrected file under its name, or delete {row['kept']}"
            yield warning("quarantined drops waiting", found, remedy)


def _slices(settings: Settings, lake: Lake) -> Iterator[Finding]:
    from extractors.core.registry import platforms_by_name
    from tidemark.config.accounts import load_accounts

    try:
        accounts, now = load_accounts(settings.config_dir), settings.clock()
    except TidemarkError:
        return  # configuration and clock have lines of their own
    platforms = tuple(platforms_by_name().values())
    site = Site(settings, lake, accounts, platforms, "", dict)
    state = read_lake_state(site)
    yield from _suspects(state)
    if state.is_empty:
        yield ok("sources", "nothing has landed yet")
    else:
        yield from _sources(site, state.newest_days(ENDED), now)


def _suspects(state: LakeState) -> Iterator[Finding]:
    waiting = state.suspects()
    for key, attempt in waiting[:SHOWN_AT_MOST]:
        stream = f"{key.platform}/{key.stream}"
        found = f"{stream} {key.account_key} {key.dt}: {attempt.error}"
        command = f"tidemark lake accept {stream} {key.account_key} {key.dt} --reason …"
        yield warning("suspect slices waiting", found, f"read it again, or {command}")
    if (more := len(waiting) - SHOWN_AT_MOST) > 0:
        yield warning("suspect slices waiting", f"and {more} more", "see tidemark lake ls")


@dataclass(frozen=True)
class _Behind:
    """A stream of an account that lacks days whose deadline is past."""

    stream: Stream
    newest: date | None
    due: date

    def __str__(self) -> str:
        newest = f"newest {self.newest}" if self.newest else "never read"
        return f"{self.stream.name} ({newest}, {self.due} is due)"


def _sources(site: Site, newest: Mapping[Source, date], now: datetime) -> Iterator[Finding]:
    """Compare the newest day of every stream of an API with the newest whose deadline is past."""
    stale = False
    for platform in site.platforms:
        for account in site.own_accounts:
            if account.on(platform.name) is None:
                continue
            behind = list(_behind(platform, account, newest, now))
            if behind:
                stale = True
                tell = problem if any(each.stream.is_required for each in behind) else warning
                found = f"{platform.name} {account.key}: {', '.join(map(str, behind))}"
                remedy = (
                    f"look at DAG extract_{platform.name}, then tidemark extract {platform.name} "
                    f"--account {account.key} --since … --until …"
                )
                yield tell("source stale", found, remedy)
    if not stale:
        yield ok("sources", "every stream of every account is as new as its deadline asks")


def _behind(
    platform: Platform,
    account: Account,
    newest: Mapping[Source, date],
    now: datetime,
) -> Iterator[_Behind]:
    yesterday = business_date(now) - timedelta(days=1)
    for stream in platform.streams:
        is_past = now >= deadline(stream, yesterday)
        due = yesterday if is_past else yesterday - timedelta(days=1)
        seen = newest.get((platform.name, stream.name, account.key))
        is_behind = seen is None or seen < due
        if stream.read is not None and is_active(account, due) and is_behind:
            yield _Behind(stream, seen, due)
