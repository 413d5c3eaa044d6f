"""What a release owes, given what people have heard: silence when nothing true is new."""

from datetime import date

import pytest

from alerts.facts import Facts, Goal
from alerts.incidents import Message, Verdict
from alerts.run import heard_messages, transitions
from alerts.text import Labels
from tests.unit.test_alert_text import FIRE

GOAL_KEY = "dy/p2/new_followers/gross/platform=douyin"
FIGURES = FIRE | {
    **{"level": "phase", "brand_key": "acme", "campaign_key": "dy", "platform": "douyin"},
    **{"metric": "new_followers", "basis": "gross", "account_key": None},
}
STATUS = {"on": "on_track", "risk": "at_risk", "none": "no_data", "met": "met"}


def april(day: int) -> date:
    return date(2026, 4, day)


def facts(said: str, *, first: int = 15) -> Facts:
    """Return a release after these verdicts, one a day from a first day of April."""
    verdicts = tuple(
        Verdict(april(first + n), STATUS[word], "warning" if word == "risk" else None)
        for n, word in enumerate(said.split())
    )
    newest = verdicts[-1]
    figures = FIGURES | {"as_of_date": newest.as_of, "status": newest.status}
    return Facts("r000009-20260420", newest.as_of, (Goal(GOAL_KEY, figures, verdicts),))


def owed(said: str, heard: list[Message]) -> list[str]:
    """Return the transitions that a release after these verdicts owes."""
    labels = Labels("抖音", "涨粉", "已涨", "NF")
    entries = transitions(facts(said), april(15), {GOAL_KEY: heard}, lambda _figures: labels)
    return [entry["transition"] for entry in entries]


TOLD = [Message(april(15), "fire", "warning")]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("risk none", []),
        ("risk none none", []),
        ("risk risk risk", []),
        ("risk on risk", []),
        ("risk on on", ["resolve"]),
        ("risk none on", []),
        ("risk on none on", ["resolve"]),
        ("risk met none", []),
    ],
    ids=[
        "silent-source",
        "two-silent-days",
        "came-back-at-risk",
        "one-good-day-among-late-ones",
        "came-back-good",
        "one-good-day-after-silence",
        "silence-does-not-break-two-good-days",
        "newest-day-is-silent",
    ],
)
def test_a_told_incident_is_held_until_the_truth_closes_it(said, expected):
    assert owed(said, TOLD) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("on none none", []),
        ("on none risk", ["fire"]),
        ("on risk risk risk", ["fire"]),
        ("on risk on on", []),
    ],
    ids=["silent-source", "came-back-at-risk", "late-days-at-risk", "came-and-went-meanwhile"],
)
def test_after_a_silence_at_most_one_message_goes_out(said, expected):
    assert owed(said, []) == expected


def test_turning_readers_back_to_an_older_release_tells_nothing():
    told_of_newer = [*TOLD, Message(april(18), "resolve", "warning")]

    assert owed("risk risk", told_of_newer) == []


def test_what_was_heard_is_ordered_by_release_whatever_the_clock_said():
    entry = {"goal_key": GOAL_KEY, "as_of_date": "2026-04-18", "severity": "warning"}
    told = {"inhibited_by": None, "alert_id": "a"}
    fire = entry | told | {"transition": "fire", "release_id": "r000003-20260418"}
    resolve = entry | told | {"transition": "resolve", "release_id": "r000004-20260418"}
    clock = {"created_at": "2026-04-19T02:45:09"}, {"created_at": "2026-04-19T02:45:05"}

    heard = heard_messages([resolve | clock[1], fire | clock[0]])

    assert [message.transition for message in heard[GOAL_KEY]] == ["fire", "resolve"]
