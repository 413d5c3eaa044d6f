"""The outbox: transitions become notices, and each attempt to deliver one is a row.

A notice is written down, with its text, before it is sent, so that after a crash the same one is
sent again under the same id: at least once, and a repeat can be recognised.
"""

import fcntl
import logging
import time
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import ModuleType

from alerts.box import Box, read_box
from alerts.channels import channel_module
from alerts.channels.model import Notice, Receipt
from alerts.escalation import escalations
from alerts.facts import read_curves
from alerts.ledgers import DELIVERIES, NOTICES, RESENDS, Entry
from alerts.notices import as_notice, compose
from alerts.pace import Pace
from extractors.core.credentials import read_connection
from extractors.core.errors import AuthError
from extractors.core.lake import Lake, open_lake
from extractors.core.model import Credential
from tidemark.config.alerts import AlertConfig, Channel, load_alerts
from tidemark.settings import Settings

logger = logging.getLogger(__name__)

ATTEMPTS_AT_MOST = 8
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)

Connect = Callable[[str], Credential]


def deliver(
    settings: Settings,
    *,
    connect: Connect = read_connection,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Send every notice that is due; return how many were accepted.

    One process at a time, so that nothing is sent twice and rates hold.
    """
    with _alone(settings):
        lake = open_lake(settings.lake_url, settings.copies_dir)
        config = load_alerts(settings.config_dir, settings.board_url)
        now = settings.clock()
        box = read_box(lake)
        _write_down(lake, box, compose(box, config, now))
        accepted = _send_due(settings, lake, config, connect, sleep)
        box = read_box(lake)
        _write_down(lake, box, escalations(box, config, settings.clock()))
        return accepted + _send_due(settings, lake, config, connect, sleep)


def _write_down(lake: Lake, box: Box, notices: Iterable[Entry]) -> None:
    for number, notice in enumerate(notices, start=len(box.notices)):
        lake.append(NOTICES, notice["notice_id"], {**notice, "number": number})


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "alerts.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def due(box: Box, now: datetime) -> list[tuple[Entry, int]]:
    """Return the notices to be sent now, oldest first, with the number of the attempt."""
    found = []
    left_alone = {channel for channel, until in box.left_alone.items() if now < until}
    for notice in box.notices:
        attempts = box.attempts(notice["notice_id"])
        if box.is_settled(notice["notice_id"]) or notice["channel"] in left_alone:
            continue
        if attempts:
            last = attempts[-1]
            tried_at = datetime.fromisoformat(last["attempted_at"])
            if now - tried_at < wait_after(len(attempts), last.get("wait_seconds", 0.0)):
                continue
        found.append((notice, len(attempts) + 1))
    return found


def wait_after(attempts: int, asked_seconds: float = 0.0) -> timedelta:
    """Return how long to wait after so many attempts; longer where the channel asks for it."""
    backoff: timedelta = min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT)
    return max(backoff, timedelta(seconds=asked_seconds))


def _send_due(
    settings: Settings,
    lake: Lake,
    config: AlertConfig,
    connect: Connect,
    sleep: Callable[[float], None],
) -> int:
    box = read_box(lake)
    curves = read_curves(settings)
    kinds = {channel.key: channel_module(channel.kind) for channel in config.channels}
    pace = Pace({key: module.SECONDS_BETWEEN for key, module in kinds.items()}, sleep)
    accepted = 0
    now = settings.clock()
    for entry, attempt in pace.in_turn(_with_channel(lake, due(box, now), kinds, now)):
        channel = config.channel(entry["channel"])
        notice = as_notice(entry, box.transitions, config, curves)
        receipt = _hand_over(kinds[channel.key], notice, channel, connect, settings.clock())
        outcome = receipt.outcome
        if outcome == "retry" and attempt >= ATTEMPTS_AT_MOST:
            outcome = "failed"
        is_fault = receipt.outcome == "retry"
        pace.note(channel.key, is_fault=is_fault, asks_for_rest=receipt.wait_seconds > 0)
        _book(lake, entry, attempt, receipt, outcome, settings.clock())
        logger.info("%s to %s: %s (%s)", entry["title"], channel.key, outcome, receipt.response)
        accepted += outcome == "delivered"
    return accepted


def _hand_over(
    module: ModuleType, notice: Notice, channel: Channel, connect: Connect, now: datetime
) -> Receipt:
    """Send a notice; what goes wrong with one keeps nobody else from hearing."""
    try:
        receipt: Receipt = module.send(notice, connect(channel.connection), now)
    except AuthError as error:
        return Receipt("retry", str(error))
    except Exception as error:
        logger.exception("%s to %s could not be sent", notice.title, channel.key)
        return Receipt("failed", f"{type(error).__name__}; the log of this delivery has more")
    return receipt


def _with_channel(
    lake: Lake, work: Iterable[tuple[Entry, int]], known: Container[str], now: datetime
) -> Iterator[tuple[Entry, int]]:
    """Yield what has a channel; the rest is given up, visibly."""
    for entry, attempt in work:
        if entry["channel"] in known:
            yield entry, attempt
        else:
            why = f"config/alerts.yml has no channel {entry['channel']!r} any more"
            _book(lake, entry, attempt, Receipt("failed", why), "failed", now)


def _book(
    lake: Lake, notice: Entry, attempt: int, receipt: Receipt, outcome: str, at: datetime
) -> None:
    lake.append(
        DELIVERIES,
        f"{notice['notice_id']}.{at:%Y%m%dT%H%M%S}.{attempt:02d}",
        {
            "notice_id": notice["notice_id"],
            "channel": notice["channel"],
            "attempted_at": at.isoformat(),
            "outcome": outcome,
            "response": receipt.response,
            "wait_seconds": receipt.wait_seconds,
            "rows": [{"alert_id": alert_id} for alert_id in notice["alert_ids"]],
        },
    )


def ask_again(settings: Settings, code: str) -> int:
    """Ask for another round of attempts of what was given up; return how many notices that is."""
    lake = open_lake(settings.lake_url, settings.copies_dir)
    box = read_box(lake)
    meant = {entry["alert_id"] for entry in box.meant_by(code)}
    at = settings.clock().isoformat()
    found = [
        notice
        for notice in box.notices
        if meant & set(notice["alert_ids"])
        and [e["outcome"] for e in box.attempts(notice["notice_id"])][-1:] == ["failed"]
    ]
    for notice in found:
        lake.append(
            RESENDS, f"{notice['notice_id']}.{at}", {"notice_id": notice["notice_id"], "at": at}
        )
    return len(found)
