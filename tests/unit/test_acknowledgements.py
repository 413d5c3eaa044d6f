"""Who is at an incident: taken by a message's id, for as long as the incident is open."""

from datetime import timedelta

import pytest

from alerts.acknowledgements import acknowledge, open_incidents
from alerts.box import AlertError
from alerts.ledgers import TRANSITIONS
from alerts.past import read_past
from extractors.core.lake import open_lake
from tests.unit.test_outbox import Channel, entry, run, site, write

__all__ = ["site"]


def resolve(number, **changes):
    code = f"NF{number}-0418S"
    after = {"alert_id": f"b{number:03d}", "as_of_date": "2026-04-18", "code": code}
    return entry(number, "critical", "resolve", **after, **changes)


def test_an_acknowledgement_says_who_what_and_when(site):
    settings, clock = site
    write(settings, entry(1, "critical"), entry(2))

    keys = acknowledge(settings, " NF1-0415F ", by="小林", note="投放\n已加")

    assert keys == ("g1",)
    found = {i.code: i.acknowledgement for i in open_incidents(settings)}
    assert found["NF2-0415F"] is None
    taken = found["NF1-0415F"]
    assert (taken.by, taken.note, taken.at) == ("小林", "投放 已加", clock.moment)
    assert taken.holds(clock.moment + timedelta(days=6))
    assert not taken.holds(clock.moment + timedelta(days=7))


def test_the_id_of_a_group_stands_for_everything_in_it(site, monkeypatch):
    settings, _clock = site
    channel = Channel(monkeypatch)
    write(settings, *(entry(n) for n in (1, 2, 3)))
    run(settings)
    shown = channel.taken[0].lines[-1].rpartition(" ")[2]

    assert shown.startswith("G-")
    assert acknowledge(settings, shown, by="小林") == ("g1", "g2", "g3")


@pytest.mark.parametrize(
    ("code", "by", "note", "told"),
    [
        ("NF9-0415F", "小林", "", "no alert has the id 'NF9-0415F'"),
        ("", "小林", "", "no alert has the id ''"),
        ("NF1-0415F", " ", "", "by is empty"),
        ("NF1-0415F", "x" * 65, "", "by has 65 characters: write at most 64"),
        ("NF1-0415F", "小林", "x" * 501, "note has 501 characters: write at most 500"),
    ],
)
def test_what_cannot_be_taken_is_named_and_leaves_no_trace(site, code, by, note, told):
    settings, _clock = site
    lake = write(settings, entry(1))

    with pytest.raises(AlertError, match=told):
        acknowledge(settings, code, by=by, note=note)

    assert lake.ledger("acknowledgements") == []


def test_what_is_over_cannot_be_acknowledged_and_is_not_open(site):
    settings, _clock = site
    write(settings, entry(1, "critical"), resolve(1))

    with pytest.raises(AlertError, match="NF1-0415F is over, as NF1-0418S told"):
        acknowledge(settings, "NF1-0415F", by="小林")

    assert open_incidents(settings) == []


def test_what_nobody_was_told_of_is_not_shown_as_open(site):
    settings, _clock = site
    write(settings, entry(1, inhibited_by="g2"), entry(2), entry(3, suppressed_by="fair"))

    assert [i.incident for i in open_incidents(settings)] == ["g2"]
    assert open_incidents(settings)[0].titles["zh"] == "🟡 goal 2"


def test_an_acknowledgement_ends_with_its_incident(site, monkeypatch):
    settings, clock = site
    channel = Channel(monkeypatch)
    lake = write(settings, entry(1, "critical"))
    run(settings)
    acknowledge(settings, "NF1-0415F", by="小林")
    again = {"alert_id": "c001", "as_of_date": "2026-04-19", "code": "NF1-0419F"}
    lake.append(TRANSITIONS, "b001", resolve(1))
    lake.append(TRANSITIONS, "c001", entry(1, "critical", **again))
    run(settings)
    clock.moment += timedelta(hours=3)

    run(settings)

    assert not read_past(open_lake(settings.lake_url)).is_acknowledged("g1", clock.moment)
    assert channel.taken[-1].title.startswith("⏫")


def test_what_no_channel_took_goes_to_the_next_person_too(site, monkeypatch):
    from alerts.channels.model import Receipt

    settings, clock = site
    channel = Channel(monkeypatch)
    channel.answers = [Receipt("failed", "code 19021")]
    write(settings, entry(1, "critical"))
    run(settings)
    clock.moment += timedelta(hours=2)

    run(settings)

    assert channel.taken[-1].title.startswith("⏫")
