"""Rules S1 to S7: what people are told, and what they are not."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.incidents import Incident, Message, Told, Verdict, fold, is_announced, owed, told

START = date(2026, 4, 1)


def days(*statuses: str) -> list[Verdict]:
    severities = {"warning": ("at_risk", "warning"), "critical": ("at_risk", "critical")}
    found = []
    for offset, word in enumerate(statuses):
        status, severity = severities.get(word, (word, None))
        found.append(Verdict(START + timedelta(offset), status, severity))
    return found


def live(verdicts: list[Verdict], releases: set[int]) -> list[Message]:
    """Return the messages of living through the days, releasing on some of them."""
    messages: list[Message] = []
    for index in range(len(verdicts)):
        if index not in releases:
            continue
        state = fold(verdicts[: index + 1])
        kind = owed(state, told(messages), verdicts[index])
        if kind:
            messages.append(Message(verdicts[index].as_of, kind, state.level or "warning"))
    return messages


def kinds(messages: list[Message]) -> list[str]:
    return [f"{message.as_of.day}{message.transition[0]}" for message in messages]


def test_an_incident_opens_on_the_first_day_at_risk():
    verdicts = days("on_track", "warning", "warning")

    state = fold(verdicts)

    assert state == Incident(True, date(2026, 4, 2), "warning")


def test_one_day_on_track_does_not_close_an_incident():
    assert fold(days("warning", "on_track")).is_open
    assert not fold(days("warning", "on_track", "on_track")).is_open


def test_met_closes_at_once():
    assert not fold(days("warning", "met")).is_open


def test_no_data_neither_breaks_nor_counts_towards_closing():
    assert fold(days("warning", "on_track", "no_data")).is_open
    assert not fold(days("warning", "on_track", "no_data", "on_track")).is_open


def test_first_release_sends_one_message_however_long_the_goal_is_late():
    verdicts = days(*["warning"] * 20)

    assert kinds(live(verdicts, {19})) == ["20f"]


def test_the_launch_story_fires_once_and_resolves_on_the_second_good_day():
    verdicts = days(*["warning"] * 16, "on_track", "on_track")

    assert kinds(live(verdicts, {14, 15, 16, 17})) == ["15f", "18r"]


def test_running_again_on_the_same_release_owes_nothing():
    verdicts = days("warning")
    messages = live(verdicts, {0})

    assert owed(fold(verdicts), told(messages), verdicts[-1]) is None


def test_a_graver_level_escalates_and_a_milder_one_is_silent():
    verdicts = days("warning", "critical", "warning", "critical")

    assert kinds(live(verdicts, set(range(4)))) == ["1f", "2e"]


def test_a_reminder_comes_seven_days_after_the_last_message_on_a_day_at_risk():
    verdicts = days("warning", *["warning"] * 6, "no_data", "warning")

    assert kinds(live(verdicts, set(range(9)))) == ["1f", "9r"]


def test_an_incident_that_came_and_went_between_releases_is_never_told():
    verdicts = days("on_track", "warning", "on_track", "on_track")

    assert live(verdicts, {0, 3}) == []


def test_a_missed_goal_stays_open_and_closes_silently_when_final():
    missed = Verdict(START, "missed", "critical")
    final = Verdict(START + timedelta(9), "missed", "critical", is_final=True)

    messages = live([missed, final], {0, 1})

    assert kinds(messages) == ["1f"]
    assert not fold([missed, final]).is_open


def test_a_message_held_back_was_not_heard():
    messages = [Message(START, "fire", "warning", inhibited_by="other")]

    assert told(messages) == Told()


def test_phases_closed_before_the_first_release_are_not_announced():
    assert not is_announced(date(2026, 3, 31), date(2026, 4, 15))
    assert is_announced(date(2026, 4, 30), date(2026, 4, 15))


STATUSES = st.lists(
    st.sampled_from(["on_track", "warning", "critical", "met", "no_data"]), min_size=1, max_size=40
)


@given(STATUSES, st.data())
def test_no_incident_resolves_untold_and_none_is_told_twice(statuses, data):
    verdicts = days(*statuses)
    releases = data.draw(st.sets(st.integers(0, len(verdicts) - 1)))

    messages = live(verdicts, releases)

    is_open = False
    for message in messages:
        assert is_open == (message.transition != "fire")
        is_open = message.transition != "resolve"
    assert len({message.as_of for message in messages}) == len(messages)


@given(STATUSES)
def test_state_now_does_not_depend_on_which_days_were_released(statuses):
    verdicts = days(*statuses)
    every_day = live(verdicts, set(range(len(verdicts))))
    last_day = live(verdicts, {len(verdicts) - 1})

    if verdicts[-1].status != "no_data":
        assert told(every_day).is_open == told(last_day).is_open == fold(verdicts).is_open


def test_what_is_first_missed_on_its_final_day_is_told_and_then_closes_silently():
    met = Verdict(START, "met")
    turned, carried = (
        Verdict(START + timedelta(n), "missed", is_final=True, restated_from="met") for n in (1, 2)
    )

    messages = live([met, turned, carried], {0, 1, 2})

    assert kinds(messages) == ["2f"]
    assert not fold([met, turned, carried]).is_open
    assert not fold([met, turned, carried, carried]).is_open
