"""What holds for any days, releases, orders, silences and crashes."""

import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.channels import channel_module
from alerts.channels.model import Receipt
from alerts.evaluate import record, transitions
from alerts.facts import Facts, Goal
from alerts.incidents import Verdict, fold, told
from alerts.ledgers import DELIVERIES, TRANSITIONS, heard_messages
from alerts.outbox import deliver
from alerts.past import Past
from alerts.text import Labels
from extractors.core.lake import Lake, open_lake
from extractors.core.model import Credential
from tests.unit.test_alert_transitions import FIGURES
from tests.unit.test_outbox import CONFIG, entry
from tidemark.config.alerts import AlertConfig, Silence
from tidemark.settings import Settings

FIRST = date(2026, 4, 1)
DAYS = 12
WORDS = {
    "on": ("on_track", None),
    "warning": ("at_risk", "warning"),
    "critical": ("at_risk", "critical"),
    "met": ("met", None),
    "missed": ("missed", "critical"),
    "none": ("no_data", None),
}
KEYS = ("c/all/plays", "c/p1/plays", "c/p1/likes")


@dataclass(frozen=True)
class Life:
    """What some goals went through, and on which days a release came out."""

    words: tuple[tuple[str, ...], ...]  # by goal, then by day
    releases: tuple[int, ...]
    silent: tuple[int, int]  # days on which a silence holds everything back

    def facts(self, day: int) -> Facts:
        """Return the release of a day."""
        goals = tuple(
            self._goal(key, words[: day + 1]) for key, words in zip(KEYS, self.words, strict=True)
        )
        return Facts(f"r{day:06d}", FIRST + timedelta(day), goals)

    def _goal(self, key, words):
        verdicts = tuple(
            Verdict(FIRST + timedelta(n), *WORDS[word], is_final=word == "missed" and n > 9)
            for n, word in enumerate(words)
        )
        _, phase, metric = key.split("/")
        figures = FIGURES | {
            **{"as_of_date": verdicts[-1].as_of, "status": verdicts[-1].status, "metric": metric},
            **{"level": "campaign" if phase == "all" else "phase", "phase_state": "active"},
            **{"phase_no": None if phase == "all" else 1, "ends_on": date(2026, 4, 30)},
        }
        return Goal(key, figures, verdicts)

    def config(self, day: int) -> AlertConfig:
        """Return the configuration of a day."""
        since, until = self.silent
        end = datetime(2026, 4, 1, tzinfo=UTC) + timedelta(days=until)
        held = since <= day < until
        return AlertConfig(silences=(Silence("fair", {}, end, "fair"),) if held else ())


LIVES = st.builds(
    Life,
    st.tuples(*(st.tuples(*[st.sampled_from(sorted(WORDS))] * DAYS) for _ in KEYS)),
    st.sets(st.integers(0, DAYS - 1), min_size=1).map(sorted).map(tuple),
    st.tuples(st.integers(0, DAYS), st.integers(0, DAYS)),
)


def owed(life, day, entries, *, order=None):
    """Return what the release of a day owes after the ledger's entries."""
    release = life.facts(day)
    if order:
        release = replace(release, goals=tuple(release.goals[n] for n in order))
    past = Past(heard_messages(entries))
    name = lambda figures, language: Labels("抖音", figures["metric"], "已有", figures["metric"])  # noqa: E731
    now = datetime(2026, 4, 1, tzinfo=UTC) + timedelta(days=day)
    return transitions(release, FIRST, past, life.config(day), name, now)


def live(life, **how):
    """Return the ledger after all releases, by the public way of writing it down."""
    with tempfile.TemporaryDirectory() as folder:
        lake = open_lake(Path(folder).as_uri())
        for day in life.releases:
            for found in owed(life, day, lake.ledger(TRANSITIONS), **how):
                record(lake, found, datetime(2026, 4, 1, tzinfo=UTC))
        return lake.ledger(TRANSITIONS)


def spoken(entries):
    """Return what makes entries the same news, by goal and day."""
    names = ("goal_key", "as_of_date", "transition", "severity", "inhibited_by", "suppressed_by")
    return sorted(tuple(str(e[name]) for name in names) for e in entries)


@settings(max_examples=25, deadline=None)
@given(LIVES)
def test_nothing_resolves_untold_and_no_goal_has_two_open_incidents(life):
    for messages in heard_messages(live(life)).values():
        is_open = False
        for message in messages:
            if message.inhibited_by or message.suppressed_by:
                continue
            assert is_open or message.transition in ("fire", "remind")
            assert not (is_open and message.transition == "fire")
            is_open = message.transition != "resolve"


@settings(max_examples=25, deadline=None)
@given(LIVES)
def test_a_goal_is_spoken_of_once_a_release_and_running_again_says_nothing(life):
    entries = live(life)
    days = [(e["goal_key"], e["as_of_date"], bool(e["suppressed_by"])) for e in entries]

    assert len(days) == len(set(days))
    assert owed(life, life.releases[-1], entries) == []


@settings(max_examples=25, deadline=None)
@given(LIVES, st.permutations(range(len(KEYS))))
def test_the_order_in_which_goals_are_looked_at_is_irrelevant(life, order):
    assert spoken(live(life, order=order)) == spoken(live(life))


@settings(max_examples=25, deadline=None)
@given(LIVES)
def test_days_replayed_in_order_give_what_living_through_them_gave(life):
    entries = live(life)

    for day in life.releases:
        today = str(life.facts(day).as_of)
        before = [e for e in entries if e["as_of_date"] < today]
        lived = [e for e in entries if e["as_of_date"] == today]
        assert spoken(owed(life, day, before)) == spoken(lived)


@settings(max_examples=25, deadline=None)
@given(LIVES)
def test_what_people_believe_is_what_is_so_whenever_a_release_has_a_verdict(life):
    heard = heard_messages(live(life))
    last = life.releases[-1]
    is_silent = bool(life.config(last).silences)

    for goal in life.facts(last).goals:
        incident = fold(goal.verdicts)
        messages = heard.get(goal.goal_key, [])
        if goal.newest.status == "no_data" or is_silent or incident.is_silent:
            continue
        last_said = messages[-1] if messages else None
        is_held_back = last_said is not None and last_said.inhibited_by is not None
        is_kept_by_silence = (
            last_said is not None and last_said.suppressed_by and incident.on_track_days
        )
        if not is_held_back and not is_kept_by_silence:
            assert told(messages).is_open == incident.is_open


@settings(max_examples=25, deadline=None)
@given(LIVES, st.integers(0, 6))
def test_a_crash_or_a_rival_while_writing_down_neither_loses_nor_doubles_a_transition(
    life, survives
):
    with tempfile.TemporaryDirectory() as folder:
        lake = open_lake(Path(folder).as_uri())
        for day in life.releases:
            moment = datetime(2026, 4, 1, tzinfo=UTC)
            found_before = owed(life, day, lake.ledger(TRANSITIONS))
            for found in found_before[:survives]:
                record(lake, found, moment)
            found_after = owed(life, day, lake.ledger(TRANSITIONS))
            for found in (*found_after, *found_before):
                record(lake, found, moment)
        crashed = lake.ledger(TRANSITIONS)

    assert spoken(crashed) == spoken(live(life))


class Killed(BaseException):
    """The process ends."""


class Fate:
    """Ends the process before or after some of the steps that leave the machine changed."""

    def __init__(self, monkeypatch, ends):
        self.ends, self.steps = set(ends), 0
        self.taken = []
        append, fate = Lake.append, self

        def dying_append(lake, *args):
            fate.step()
            done = append(lake, *args)
            fate.step()
            return done

        monkeypatch.setattr(Lake, "append", dying_append)
        for kind in ("feishu", "slack"):
            monkeypatch.setattr(channel_module(kind), "send", self.send)

    def send(self, notice, credential, now):
        self.step()
        self.taken.append(notice)
        self.step()
        return Receipt("delivered", "ok")

    def step(self):
        self.steps += 1
        if self.steps in self.ends:
            raise Killed


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 4), st.sets(st.integers(1, 30), max_size=4))
def test_a_crash_at_any_point_of_delivery_loses_nothing_and_doubles_only_under_the_same_id(
    count, ends
):
    import pytest

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkeypatch:
        home = Path(folder)
        (home / "config").mkdir()
        (home / "config" / "alerts.yml").write_text(CONFIG)
        clock = [datetime(2026, 4, 16, 3, tzinfo=UTC)]
        site = Settings(home, home / "config", (home / "lake").as_uri(), lambda: clock[-1])
        lake = open_lake(site.lake_url)
        for n in range(count):
            lake.append(TRANSITIONS, f"a{n:03d}", entry(n))
        fate = Fate(monkeypatch, ends)

        crashes = late = 0
        for _ in range(len(ends) + 2):
            try:
                deliver(site, connect=Credential, sleep=lambda _: None)
            except Killed:
                crashes += 1
                fate.ends = {step for step in fate.ends if step > fate.steps + 2}
                lake.append(TRANSITIONS, f"a{count + late:03d}", entry(count + late))
                late += 1
            clock.append(clock[-1] + timedelta(minutes=90))
        delivered = [e["notice_id"] for e in lake.ledger(DELIVERIES)]

    told_of = {alert.alert_id for notice in fate.taken for alert in notice.events}
    texts = {}
    for notice in fate.taken:
        assert texts.setdefault(notice.notice_id, notice.text) == notice.text
    assert told_of == {f"a{n:03d}" for n in range(count + late)}
    assert sorted(set(delivered)) == sorted(texts)
    assert len(fate.taken) - len(texts) <= crashes
    covered = [
        alert.alert_id for n in {n.notice_id: n for n in fate.taken}.values() for alert in n.events
    ]
    assert len(covered) == len(set(covered))
