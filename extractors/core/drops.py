"""File drops: claim, archive, recognise, land; or refuse with the reason. Nothing is lost.

    archive/<account>/<sha256>.<ext>             the file as it came; people are in it only if the
                                                 operators wrote them there: see forget.py
    quarantine/files/<account>/<sha256>.<ext>    what could not be landed
    _ledger/drops/                               what became of every drop

The same content for the same account is one batch, however often it is dropped. The order of
steps makes a crash harmless: the claimed file goes last, and a batch that was begun is redone
under the same id.
"""

import fcntl
import hashlib
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Literal

from extractors.core.inbox import CLAIMED, STABLE_SECONDS, Claim, claim, left_over
from extractors.core.redact import keep_secrets_out_of_logs, redact

if TYPE_CHECKING:
    from extractors.core.exports import ParsedFile
    from extractors.core.intake import Landed
    from extractors.core.lake import Lake
    from extractors.core.model import Account
    from tidemark.settings import Settings

logger = logging.getLogger(__name__)
keep_secrets_out_of_logs(logger)

LEDGER = "drops"
NO_ACCOUNT = "_"  # the archive folder of files that lay outside any account's folder

Outcome = Literal["landed", "duplicate", "refused"]
OUTCOMES: tuple[Outcome, ...] = ("landed", "duplicate", "refused")


@dataclass(frozen=True)
class FileOutcome:
    """What became of one dropped file. days are those whose slices it brought."""

    account_key: str
    name: str
    outcome: Outcome
    platform: str = ""
    stream: str = ""
    days: tuple[date, ...] = ()
    rows: int = 0
    reason: str = ""


@dataclass(frozen=True)
class DropReport:
    """What became of every file that was in the inbox."""

    files: tuple[FileOutcome, ...] = ()

    def partition_keys(self) -> list[str]:
        """Return the days for which something new was landed, oldest first."""
        return sorted({str(day) for file in self.files for day in file.days})

    def counts(self) -> dict[str, int]:
        """Return the number of files by outcome."""
        found = Counter(file.outcome for file in self.files)
        return {outcome: found[outcome] for outcome in OUTCOMES}

    def refusals(self) -> list[str]:
        """Return why files were refused, one text each."""
        return [file.reason for file in self.files if file.outcome == "refused"]


@dataclass(frozen=True)
class _Drop:
    """One claimed file with its content and identity."""

    claim: Claim
    content: bytes
    claimed_at: datetime
    is_left_over: bool = False  # claimed by a run that did not end

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def entry_id(self) -> str:
        return f"{self.claim.account_key or NO_ACCOUNT}.{self.sha256}"

    @property
    def stored_name(self) -> str:
        suffix = PurePath(self.claim.name).suffix.lower() or ".bin"
        return f"{self.claim.account_key or NO_ACCOUNT}/{self.sha256}{suffix}"


def process_drops(
    settings: "Settings",
    lake: "Lake",
    accounts: Sequence["Account"],
    *,
    stable_seconds: float = STABLE_SECONDS,
) -> DropReport:
    """Land every file of the inbox that stands still; refuse what cannot be landed."""
    by_key = {account.key: account for account in accounts}
    with _one_at_a_time(settings.inbox):
        left = {found.path for found in left_over(settings.inbox)}
        claims = claim(settings.inbox, stable_seconds=stable_seconds)
        known = {entry["entry_id"]: entry for entry in lake.ledger(LEDGER)} if claims else {}
        files = []
        for taken in claims:
            content, is_left_over = taken.path.read_bytes(), taken.path in left
            drop = _Drop(taken, content, settings.clock(), is_left_over)
            files.append(_process(drop, settings, lake, by_key, known))
            taken.path.unlink(missing_ok=True)
    return DropReport(tuple(files))


@contextmanager
def _one_at_a_time(inbox: Path) -> Iterator[None]:
    """Keep a second process from sweeping up what this one has just claimed."""
    folder = inbox / CLAIMED
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _process(
    drop: _Drop,
    settings: "Settings",
    lake: "Lake",
    accounts: Mapping[str, "Account"],
    known: dict[str, dict[str, Any]],
) -> FileOutcome:
    from extractors.core.errors import FileRefused

    if (landed := known.get(drop.entry_id)) is not None:
        if drop.is_left_over and drop.claim.name == landed["file_name"]:
            return _landed_before(drop, landed)
        return _record_duplicate(drop, lake, landed)
    begun = known.get(f"{drop.entry_id}.begun")
    is_erased = f"{drop.entry_id}.erased" in known  # it names someone who is forgotten
    if begun is not None:
        drop = replace(drop, claimed_at=datetime.fromisoformat(begun["claimed_at"]))
    try:
        account = _account(drop, accounts)
        parsed = _parsed(drop, account)
        _refuse_other_platform(drop, account, parsed, accounts)
    except FileRefused as error:
        return _refuse(drop, lake, redact(str(error)), is_kept=not is_erased)
    lake.write_bytes(f"archive/{drop.stored_name}", drop.content)
    outcome, entry = _land(drop, account, parsed, begun, settings=settings, lake=lake)
    known[drop.entry_id] = entry
    return outcome


def _account(drop: _Drop, accounts: Mapping[str, "Account"]) -> "Account":
    from extractors.core.errors import FileRefused

    key = drop.claim.account_key
    if key in accounts:
        return accounts[key]
    where = f"folder {key!r} is no account" if key else "it lies outside any account's folder"
    raise FileRefused(
        f"{drop.claim.name}: {where}; put it into inbox/<account key>/, one of "
        f"{', '.join(sorted(accounts))} (or add the account to config/accounts.yml)"
    )


def _parsed(drop: _Drop, account: "Account") -> "ParsedFile":
    """Read the file; one that breaks the reader itself must not stop the files behind it."""
    from extractors.core.errors import FileRefused, MappingWrong
    from extractors.core.exports import parse_file
    from extractors.core.mapping import kinds_of

    try:
        kinds = kinds_of(account)
        return parse_file(drop.claim.name, drop.content, drop.claimed_at, kinds)
    except MappingWrong as error:
        raise FileRefused(f"{drop.claim.name}: {error}") from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        logger.exception("%s: the reader failed", drop.claim.name)
        raise FileRefused(
            f"{drop.claim.name}: cannot be read ({type(error).__name__}: {error}); save it anew "
            "as .xlsx and drop it again, or hand the kept file to the engineers"
        ) from error


def _refuse_other_platform(
    drop: _Drop, account: "Account", parsed: "ParsedFile", accounts: Mapping[str, "Account"]
) -> None:
    from extractors.core.errors import FileRefused

    wanted = parsed.stream.file.account_platform if parsed.stream.file else None
    if wanted is None or account.platform == wanted:
        return
    right = [key for key, other in accounts.items() if other.platform == wanted]
    raise FileRefused(
        f"{drop.claim.name}: {parsed.stream.label_zh} belongs to a {wanted} account, and "
        f"{account.key} is a {account.platform} account; drop it into inbox/"
        f"{' or inbox/'.join(right) or '<a ' + wanted + ' account>'}"
    )


def _land(
    drop: _Drop,
    account: "Account",
    parsed: "ParsedFile",
    begun: Mapping[str, Any] | None,
    *,
    settings: "Settings",
    lake: "Lake",
) -> tuple[FileOutcome, dict[str, Any]]:
    from extractors.core.intake import AccountRead, land

    entry = _landing_entry(drop, parsed, begun)
    lake.append(LEDGER, f"{drop.entry_id}.begun", {**entry, "outcome": "begun"})
    read = AccountRead(account, ((parsed.window, parsed.rows),), version=parsed.exported_at)
    landed = land(
        parsed.platform,
        parsed.stream,
        [read],
        lake=lake,
        settings=replace(settings, clock=lambda: drop.claimed_at),
        batch_id=entry["batch_id"],
    )
    if landed.errors:
        raise landed.errors[0]
    done = {**entry, "outcome": "landed", "rows": landed.rows}
    lake.append(LEDGER, drop.entry_id, done)
    logger.info("%s: %d rows from a file for %s", landed.stream, landed.rows, account.key)
    return _landed_outcome(drop, parsed, landed), done


def _landed_outcome(drop: _Drop, parsed: "ParsedFile", landed: "Landed") -> FileOutcome:
    return FileOutcome(
        drop.claim.account_key,
        drop.claim.name,
        "landed",
        parsed.platform.name,
        parsed.stream.name,
        tuple(parsed.window.days()),
        landed.rows,
        _remark(landed.drift, parsed.examples_skipped),
    )


def _landed_before(drop: _Drop, entry: Mapping[str, Any]) -> FileOutcome:
    """Return what the run that landed the file did not live to say: its days are news."""
    from extractors.core.model import Window

    since, until = (date.fromisoformat(entry[name]) for name in ("covers_from", "covers_to"))
    return FileOutcome(
        drop.claim.account_key,
        drop.claim.name,
        "landed",
        entry["platform"],
        entry["stream"],
        tuple(Window(since, until).days()),
        entry["rows"],
    )


def _landing_entry(
    drop: _Drop, parsed: "ParsedFile", begun: Mapping[str, Any] | None
) -> dict[str, Any]:
    from extractors.core.lake import new_batch_id

    return _entry(drop) | {
        "batch_id": begun["batch_id"] if begun else new_batch_id(drop.claimed_at),
        "platform": parsed.platform.name,
        "stream": parsed.stream.name,
        "exported_at": parsed.exported_at.isoformat(),
        "covers_from": str(parsed.window.since),
        "covers_to": str(parsed.window.until),
        "kept": f"archive/{drop.stored_name}",
    }


def _remark(drift: Sequence[str], examples_skipped: int) -> str:
    examples = [f"{examples_skipped} example row left out"] if examples_skipped else []
    return "; ".join([*drift, *examples])


def _refuse(drop: _Drop, lake: "Lake", reason: str, *, is_kept: bool) -> FileOutcome:
    path = f"quarantine/files/{drop.stored_name}" if is_kept else None
    if path:
        lake.write_bytes(path, drop.content)
    entry = _entry(drop) | {"outcome": "refused", "reason": reason, "kept": path}
    lake.append(LEDGER, f"{drop.entry_id}.refused-{drop.claimed_at:%Y%m%dT%H%M%S}", entry)
    logger.warning("drop refused, kept at %s: %s", path or "no place", reason)
    return FileOutcome(drop.claim.account_key, drop.claim.name, "refused", reason=reason)


def _record_duplicate(drop: _Drop, lake: "Lake", first: Mapping[str, Any]) -> FileOutcome:
    entry = _entry(drop) | {"outcome": "duplicate", "batch_id": first["batch_id"]}
    lake.append(LEDGER, f"{drop.entry_id}.duplicate-{drop.claimed_at:%Y%m%dT%H%M%S}", entry)
    return FileOutcome(
        drop.claim.account_key,
        drop.claim.name,
        "duplicate",
        first["platform"],
        first["stream"],
        reason=f"the same content was landed as {first['file_name']}, batch {first['batch_id']}",
    )


def _entry(drop: _Drop) -> dict[str, Any]:
    return {
        "account_key": drop.claim.account_key,
        "file_name": drop.claim.name,
        "sha256": drop.sha256,
        "claimed_at": drop.claimed_at.isoformat(),
    }
