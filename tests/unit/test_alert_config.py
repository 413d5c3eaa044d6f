"""config/alerts.yml and config/playbooks.yml: read whole, and every problem by its place."""

import shutil
from datetime import UTC, datetime

import pytest

from tidemark.config.alerts import QuietHours, load_alerts
from tidemark.config.loader import check_config
from tidemark.config.problems import ConfigError, raise_if_any
from tidemark.settings import PROJECT_ROOT

GOOD = """
channels:
  - {key: ops, kind: dingtalk, connection: c, language: en}
people:
  - {name: 小林, ids: {dingtalk: "13800000000"}, next: 老王}
  - {name: 老王}
routes:
  - match: {severity: [critical, missed]}
    channels: [ops]
    group_from: 2
    quiet_hours: {from: "22:00", until: "08:00", except: [critical]}
    escalate: {after_hours: 1.5, channels: [ops]}
silences:
  - {key: fair, match: {brand: acme}, until: 2026-04-20T09:00, reason: trade fair}
"""


def load(tmp_path, alerts, playbooks=None):
    (tmp_path / "alerts.yml").write_text(alerts)
    if playbooks:
        (tmp_path / "playbooks.yml").write_text(playbooks)
    return load_alerts(tmp_path)


def test_everything_that_is_written_is_read(tmp_path):
    found = load(
        tmp_path,
        GOOD,
        "playbooks: [{match: {metric: plays}, first_step: {zh: 看, en: look}, person: 小林}]",
    )

    (route,) = found.routes
    assert found.channel("ops").language == "en"
    assert found.person("小林").next == "老王"
    assert (route.group_from, route.escalation.after.total_seconds()) == (2, 5400)
    assert found.silences[0].until == datetime(2026, 4, 20, 1, tzinfo=UTC)
    assert found.playbook_of({"metric": "plays"}).first_step["en"] == "look"
    assert found.playbook_of({"metric": "reads"}) is None


def test_the_project_s_own_files_are_good():
    assert load_alerts(PROJECT_ROOT / "config").playbooks


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("kind: dingtalk", "kind: dingtok", "dingtalk"),
        ("language: en", "language: fr", "unknown language"),
        ("next: 老王", "next: 老李", "unknown person"),
        ("channels: [ops]\n    group", "channels: [opps]\n    group", "ops"),
        ("group_from: 2", "group_from: 1", "group_from is below 2"),
        ("group_from: 2", "group_from: 2.5", "or not whole"),
        ('until: "08:00"', 'until: "22:00"', "from and until are the same"),
        ("after_hours: 1.5", "after_hours: 0", "after_hours is not above 0"),
        ("routes:", "on_duti: 小林\nroutes:", "on_duty"),
        ('from: "22:00"', "from: late", "is not a time of the day"),
        ("except: [critical]", "except: [bad]", "unknown severity"),
        ("after_hours: 1.5, ", "", "after_hours is missing"),
        ("until: 2026-04-20T09:00", "until: soon", "is not a moment"),
        (", reason: trade fair", "", "is missing"),
        ("- {name: 老王}", "- {name: 小林}", "is defined twice"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path, old, new, told):
    assert old in GOOD

    with pytest.raises(ConfigError) as caught:
        load(tmp_path, GOOD.replace(old, new))

    assert told in str(caught.value)
    assert "config/alerts.yml" in str(caught.value)


@pytest.mark.parametrize(
    ("hour", "severity", "is_held"),
    [
        (21, "warning", False),
        (22, "warning", True),
        (3, "warning", True),
        (8, "warning", False),
        (23, "critical", False),
    ],
)
def test_quiet_hours_go_over_midnight_and_their_end_is_open(hour, severity, is_held):
    from datetime import time

    quiet = QuietHours(time(22), time(8), ("critical",))
    moment = datetime(2026, 4, 16, (hour - 8) % 24, tzinfo=UTC)

    assert quiet.holds(moment, severity) is is_held


def test_what_no_message_will_ever_match_is_warned_of_with_its_place(tmp_path):
    shutil.copytree(PROJECT_ROOT / "config", tmp_path, dirs_exist_ok=True)
    path = tmp_path / "alerts.yml"
    path.write_text(
        path.read_text().replace("kind: goal, brand: acme", "kind: goal, metric: [plays, playz]")
        + "silences:\n"
        "  - {key: s, match: {campaign: dy_old}, until: 2026-04-20T09:00, reason: over}\n"
    )

    _config, problems = check_config(tmp_path)

    warned = [str(p) for p in problems if "matches nothing" in str(p)]
    assert len(warned) == 2
    assert "config/alerts.yml" in warned[0]
    assert "unknown metric 'playz': matches nothing; did you mean 'plays'?" in warned[0]
    assert "unknown campaign 'dy_old'" in warned[1]
    raise_if_any(problems)
