"""The outbox: what is told together, when, to whom, how often it is tried, and never lost."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.acknowledgements import acknowledge
from alerts.box import AlertError, read_box
from alerts.channels import channel_module
from alerts.channels.model import Receipt
from alerts.ledgers import DELIVERIES, NOTICES, TRANSITIONS
from alerts.outbox import ask_again, deliver, wait_after
from extractors.core.lake import open_lake
from extractors.core.model import Credential
from tidemark.settings import Settings

START = datetime(2026, 4, 16, 3, tzinfo=UTC)  # 11:00 in Shanghai
CONFIG = """
board_url: http://board.example
channels:
  - {key: ops, kind: feishu, connection: c_ops}
  - {key: boss, kind: slack, connection: c_boss, language: en}
people:
  - {name: 小林, ids: {feishu: ou_lin}, next: 老王}
  - {name: 老王, ids: {slack: U1}}
routes:
  - match: {kind: goal}
    channels: [ops]
    group_from: 3
    quiet_hours: {from: "22:00", until: "08:00", except: [critical]}
    escalate: {after_hours: 2, channels: [boss]}
"""


class Clock:
    moment = START

    def __call__(self) -> datetime:
        return self.moment


class Channel:
    """Stands where the network would be: takes notices and answers as it is told."""

    def __init__(self, monkeypatch):
        self.taken, self.answers = [], []
        for kind in ("feishu", "slack"):
            monkeypatch.setattr(channel_module(kind), "send", self.send)

    def send(self, notice, credential, now):
        assert credential.connection_id.startswith("c_")
        self.taken.append(notice)
        answer = self.answers.pop(0) if self.answers else Receipt("delivered", "ok")
        if isinstance(answer, BaseException):
            raise answer
        return answer


@pytest.fixture
def site(tmp_path):
    config = tmp_path / "config"
    config.mkdir()
    (config / "alerts.yml").write_text(CONFIG)
    clock = Clock()
    return Settings(tmp_path, config, (tmp_path / "lake").as_uri(), clock), clock


def entry(number: int, severity="warning", transition="fire", **changes):
    """Return a transition as evaluate writes it."""
    code = f"NF{number}-0415F"
    text = f"🟡 goal {number}\nline\n编号 {code}"
    found = {
        **{"alert_id": f"a{number:03d}", "goal_key": f"g{number}", "transition": transition},
        **{"severity": severity, "as_of_date": "2026-04-15", "release_id": "r000001-20260415"},
        **{"created_at": START.isoformat(), "inhibited_by": None, "suppressed_by": None},
        **{"incident_opened_on": "2026-04-15", "code": code, "tone": "warning"},
        **{"messages": {"zh": text, "en": text}, "people": ["小林"], "attainment": number / 100},
        **{"lines": {"zh": f"goal {number}｜{code}", "en": f"goal {number}｜{code}"}},
        "labels": {"kind": "goal", "brand": "acme", "severity": severity},
    }
    return {**found, **changes}


def write(settings, *entries):
    lake = open_lake(settings.lake_url)
    for found in entries:
        lake.append(TRANSITIONS, found["alert_id"], found)
    return lake


def run(settings):
    return deliver(settings, connect=Credential, sleep=lambda _: None)


def test_a_message_is_sent_once_and_mentions_its_owner(site, monkeypatch):
    settings, _clock = site
    channel = Channel(monkeypatch)
    write(settings, entry(1))

    counts = [run(settings), run(settings)]

    assert counts == [1, 0]
    assert [(n.title, n.mentions) for n in channel.taken] == [("🟡 goal 1", ("ou_lin",))]


def test_a_message_leads_to_its_goal_on_the_board_and_one_about_many_to_the_board(
    site, monkeypatch
):
    settings, _clock = site
    elsewhere = replace(settings, board_url="https://airflow.example/tidemark/board")
    channel = Channel(monkeypatch)

    write(settings, entry(1))
    run(settings)
    write(settings, *(entry(number) for number in (2, 3, 4)))
    run(elsewhere)

    assert [notice.board_url for notice in channel.taken] == [
        "http://board.example/goal/g1",
        "https://airflow.example/tidemark/board",
    ]


def test_ten_at_once_are_one_message_of_the_worst_five(site, monkeypatch):
    settings, _clock = site
    channel = Channel(monkeypatch)
    write(settings, *(entry(n, "critical" if n == 7 else "warning") for n in range(10)))

    run(settings)

    (notice,) = channel.taken
    assert "【10 项变化】" in notice.title
    assert notice.lines[0] == "goal 7｜NF7-0415F"
    assert notice.lines[1:6] == (*(f"goal {n}｜NF{n}-0415F" for n in range(4)), "另有 5 项")
    assert len(notice.events) == 10


def test_a_thousand_at_once_are_one_message_within_the_limits_of_every_channel(site, monkeypatch):
    settings, _clock = site
    channel = Channel(monkeypatch)
    write(settings, *(entry(n) for n in range(1000)))

    run(settings)

    (notice,) = channel.taken
    sizes = {
        kind: len(json.dumps(channel_module(kind).render(notice), ensure_ascii=False).encode())
        for kind in ("feishu", "dingtalk", "wecom", "slack")
    }
    assert max(sizes.values()) < 4096


def test_quiet_hours_hold_what_is_not_critical_and_tell_it_together(site, monkeypatch):
    settings, clock = site
    channel = Channel(monkeypatch)
    clock.moment = START.replace(hour=15)  # 23:00 in Shanghai
    write(settings, *(entry(n) for n in (1, 2, 3)), entry(4, "critical"))
    run(settings)
    at_night = [n.title for n in channel.taken]
    clock.moment = START + timedelta(days=1)

    run(settings)

    assert at_night == ["🟡 goal 4"]
    news = [n for n in channel.taken[1:] if "⏫" not in n.title]
    assert [len(n.events) for n in news] == [3]


def test_what_is_held_back_or_silenced_is_not_sent(site, monkeypatch):
    settings, _clock = site
    channel = Channel(monkeypatch)
    write(settings, entry(1, inhibited_by="g2"), entry(2, suppressed_by="fair"))

    assert run(settings) == 0
    assert channel.taken == []


def test_attempts_wait_longer_and_longer_and_end(site, monkeypatch):
    settings, clock = site
    channel = Channel(monkeypatch)
    channel.answers = [Receipt("retry", "HTTP 502")] * 20
    lake = write(settings, entry(1))
    tried = []
    for _ in range(60 * 8):
        if run(settings) or len(channel.taken) > len(tried):
            tried.append(clock.moment)
        clock.moment += timedelta(minutes=1)

    outcomes = [e["outcome"] for e in sorted(lake.ledger(DELIVERIES), key=lambda e: e["entry_id"])]
    gaps = [(b - a).total_seconds() / 60 for a, b in pairwise(tried)]
    assert gaps == [1, 2, 4, 8, 16, 32, 60]
    assert outcomes == ["retry"] * 7 + ["failed"]


def test_a_channel_that_asks_for_ten_minutes_is_left_alone_for_ten_minutes(site, monkeypatch):
    settings, clock = site
    channel = Channel(monkeypatch)
    channel.answers = [Receipt("retry", "errcode 130101", 600.0)]
    write(settings, entry(1), entry(2))
    run(settings)
    at_once = len(channel.taken)
    clock.moment += timedelta(minutes=9)
    run(settings)
    too_early = [n.title for n in channel.taken]
    clock.moment += timedelta(minutes=1)
    run(settings)

    assert at_once == 1  # the second did not run into the block
    assert too_early == ["🟡 goal 1"]
    assert [n.title for n in channel.taken] == ["🟡 goal 1", "🟡 goal 1", "🟡 goal 2"]


def test_what_was_given_up_is_sent_again_on_request(site, monkeypatch):
    settings, clock = site
    channel = Channel(monkeypatch)
    channel.answers = [Receipt("failed", "code 19021")]
    write(settings, entry(1))
    run(settings)
    given_up = run(settings)
    clock.moment += timedelta(minutes=1)

    asked = ask_again(settings, "NF1-0415F")
    again = run(settings)

    assert (given_up, asked, again) == (0, 1, 1)
    assert ask_again(settings, "NF1-0415F") == 0


class Killed(BaseException):
    """The process ends."""


def test_a_crash_after_the_channel_took_it_sends_the_same_under_the_same_id(site, monkeypatch):
    settings, _clock = site
    channel = Channel(monkeypatch)
    channel.answers = [Killed()]
    lake = write(settings, entry(1))
    with pytest.raises(Killed):
        run(settings)
    write(settings, entry(2), entry(3))

    run(settings)
    run(settings)

    ids = [n.notice_id for n in channel.taken]
    assert ids[0] == ids[1]  # told apart by nobody as something new
    assert len(ids) == 4 and len(set(ids)) == 3
    assert len(lake.ledger(NOTICES)) == 3


def test_a_critical_that_nobody_acknowledges_goes_to_the_next_person_once(site, monkeypatch):
    settings, clock = site
    channel = Channel(monkeypatch)
    write(settings, entry(1, "critical"))
    run(settings)
    clock.moment += timedelta(hours=1)
    run(settings)
    before = len(channel.taken)
    clock.moment += timedelta(hours=1)
    run(settings)
    run(settings)

    assert before == 1
    (escalated,) = channel.taken[1:]
    assert escalated.title.startswith("⏫ [Nobody acknowledged]")
    assert escalated.mentions == ("U1",)


def test_an_acknowledged_critical_goes_to_nobody_else(site, monkeypatch):
    settings, clock = site
    channel = Channel(monkeypatch)
    write(settings, entry(1, "critical"))
    run(settings)

    acknowledge(settings, "NF1-0415F", by="小林", note="投放已加")
    clock.moment += timedelta(hours=5)
    run(settings)

    assert len(channel.taken) == 1
    assert read_box(open_lake(settings.lake_url)).acknowledgements[0]["by"] == "小林"


def test_an_unknown_id_is_named(site):
    with pytest.raises(AlertError, match="no alert has the id 'NF9'"):
        acknowledge(site[0], "NF9", by="小林", note="")


@given(st.integers(1, 8), st.floats(0, 7200))
def test_no_wait_is_shorter_than_the_channel_asked_for(attempts, asked):
    assert wait_after(attempts, asked) >= timedelta(seconds=asked)
    assert wait_after(attempts) <= timedelta(hours=1)


def test_two_runs_at_once_send_a_message_once(site, monkeypatch):
    from threading import Thread

    settings, _clock = site
    channel = Channel(monkeypatch)
    write(settings, *(entry(n) for n in (1, 2)))

    threads = [Thread(target=run, args=(replace(settings),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(n.title for n in channel.taken) == ["🟡 goal 1", "🟡 goal 2"]
