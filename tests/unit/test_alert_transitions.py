"""What a release owes, given what people have heard: silence when nothing true is new."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.acknowledgements import Acknowledgement
from alerts.evaluate import transitions
from alerts.facts import Facts, Goal
from alerts.incidents import Incident, Message, Verdict, fold
from alerts.ledgers import heard_messages
from alerts.past import Past
from alerts.text import Labels
from tests.unit.test_alert_text import FIRE
from tidemark.config.alerts import AlertConfig, Silence

NOW = datetime(2026, 4, 19, 2, tzinfo=UTC)
NOBODY = AlertConfig()
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
    return [entry["transition"] for entry in entries_of(facts(said), heard)]


def entries_of(release, heard, config=NOBODY, acknowledged=None, now=NOW):
    """Return the ledger entries that a release owes."""
    labels = Labels("抖音", "涨粉", "已涨", "NF")
    past = Past({GOAL_KEY: heard}, {GOAL_KEY: acknowledged} if acknowledged else {})
    return transitions(release, april(15), past, config, lambda *_: labels, now)


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


SILENCE = AlertConfig(
    silences=(Silence("fair", {"brand": ("acme",)}, datetime(2026, 4, 20, tzinfo=UTC), "fair"),)
)


def message(entry) -> Message:
    return Message(
        date.fromisoformat(entry["as_of_date"]),
        entry["transition"],
        entry["severity"],
        entry["inhibited_by"],
        entry["suppressed_by"],
    )


def test_a_silence_records_a_change_once_and_its_end_reminds_once():
    (fired,) = entries_of(facts("on risk"), [], SILENCE)
    heard = [message(fired)]
    during = entries_of(facts("on risk risk"), heard, SILENCE)
    (after,) = entries_of(facts("on risk risk"), heard)
    heard.append(message(after))
    later = entries_of(facts("on risk risk"), heard)

    assert (fired["transition"], fired["suppressed_by"]) == ("fire", "fair")
    assert during == []
    assert (after["transition"], after["suppressed_by"]) == ("remind", None)
    assert later == []


def test_what_ends_within_a_silence_was_never_heard_and_is_not_told():
    heard = [
        Message(april(15), "fire", "warning", None, "fair"),
        Message(april(17), "resolve", "warning", None, "fair"),
    ]

    assert owed("risk on on", heard) == []


def test_who_was_told_before_a_silence_is_told_after_it_that_it_is_over():
    heard = [*TOLD, Message(april(17), "resolve", "warning", None, "fair")]

    assert owed("risk on on", heard) == ["resolve"]


def test_an_acknowledged_incident_is_not_reminded_of_for_seven_days():
    week = " ".join(["risk"] * 8)

    reminded = entries_of(facts(week), TOLD, now=datetime(2026, 4, 23, 2, tzinfo=UTC))
    kept = entries_of(
        facts(week),
        TOLD,
        acknowledged=Acknowledgement("小林", "", datetime(2026, 4, 20, 2, tzinfo=UTC)),
        now=datetime(2026, 4, 23, 2, tzinfo=UTC),
    )

    assert [entry["transition"] for entry in reminded] == ["remind"]
    assert kept == []


def test_goals_of_the_same_code_have_different_ids():
    release = facts("risk")
    twin = replace(release.goals[0], goal_key=GOAL_KEY + "2")
    labels = Labels("抖音", "涨粉", "已涨", "NF")
    both = replace(release, goals=(*release.goals, twin))

    entries = transitions(both, april(15), Past(), AlertConfig(), lambda *_: labels, NOW)

    codes = {entry["code"] for entry in entries}
    assert len(codes) == 2
    assert all(entry["code"].startswith("NF2.") for entry in entries)
    assert all(entry["code"] in entry["message"] for entry in entries)


STATUSES = st.lists(st.sampled_from(["on", "risk", "none", "met"]), min_size=1, max_size=14)


@given(STATUSES, st.lists(st.booleans(), min_size=14, max_size=14))
def test_for_any_days_and_releases_nothing_resolves_untold_and_a_release_says_one_thing(
    words, is_released
):
    heard: list[Message] = []
    open_told = False
    for n in range(1, len(words) + 1):
        if not is_released[n - 1]:
            continue
        entries = entries_of(facts(" ".join(words[:n])), heard)
        again = entries_of(facts(" ".join(words[:n])), [*heard, *map(message, entries)])
        assert len(entries) <= 1
        assert again == []
        for entry in entries:
            assert (entry["transition"] == "fire") != open_told or entry["transition"] in (
                "resolve",
                "remind",
                "escalate",
            )
            assert entry["transition"] == "fire" or open_told
            open_told = entry["transition"] != "resolve"
        heard += map(message, entries)


@given(STATUSES)
def test_days_lived_through_end_in_the_state_of_days_folded_at_once(words):
    verdicts = facts(" ".join(words)).goals[0].verdicts
    state = Incident()
    for n in range(1, len(verdicts) + 1):
        state = fold(verdicts[:n])

    assert state == fold(verdicts)


def test_a_restatement_from_met_to_missed_is_told_as_a_correction():
    release = facts("met met")
    turned = Verdict(april(17), "missed", "critical", restated_from="met")
    goal = release.goals[0]
    figures = goal.figures | {"as_of_date": april(17), "status": "missed", "phase_state": "closed"}
    later = replace(
        release,
        as_of=april(17),
        goals=(replace(goal, figures=figures, verdicts=(*goal.verdicts, turned)),),
    )

    (entry,) = entries_of(later, [])

    assert (entry["rule"], entry["transition"], entry["severity"]) == ("S6", "fire", "missed")
    assert entry["message"].startswith("🔴【未达成】更正·抖音涨粉未达成 · P2 挑战赛")
    assert "数据至 4/17（暂定）" in entry["message"]


def campaign_beside(phase_words, campaign_words):
    """Return a release with a phase goal and the campaign goal of the same metric."""
    phase, campaign = facts(phase_words), facts(campaign_words)
    phase_figures = {**phase.goals[0].figures, "phase_state": "active"}
    figures = {**campaign.goals[0].figures, "level": "campaign", "phase_no": None}
    return replace(
        phase,
        goals=(
            replace(campaign.goals[0], goal_key="dy/all/new_followers", figures=figures),
            replace(phase.goals[0], figures=phase_figures),
        ),
    )


def test_a_campaign_is_held_back_once_while_its_active_phase_speaks_for_it():
    def owed_after(words, heard):
        past = Past(heard)
        labels = Labels("抖音", "涨粉", "已涨", "NF")
        return transitions(campaign_beside(*words), april(15), past, NOBODY, lambda *_: labels, NOW)

    first = owed_after(("risk", "risk"), {})
    heard = {e["goal_key"]: [message(e)] for e in first}
    during = owed_after(("risk risk", "risk risk"), heard)
    after = owed_after(("risk on on", "risk risk risk"), heard)

    said = {e["goal_key"]: (e["transition"], e["inhibited_by"]) for e in first}
    assert said == {"dy/all/new_followers": ("fire", GOAL_KEY), GOAL_KEY: ("fire", None)}
    assert during == []
    assert {e["goal_key"]: e["transition"] for e in after} == {
        "dy/all/new_followers": "fire",
        GOAL_KEY: "resolve",
    }
