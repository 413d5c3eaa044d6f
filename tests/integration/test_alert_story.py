"""The worked example told: a first release as of 04-15, every day from 03-01, and without state.

Verdicts come from one build of the KPI models on the example's days: the history holds every as-of
day as it was. Each release, its alerts and all deliveries over HTTP and SMTP are lived through.
"""

import json
from datetime import date, datetime, timedelta
from html.parser import HTMLParser

import duckdb
import pytest
from typer.testing import CliRunner

from alerts.preview import write_previews
from tests.alert_site import ALL, config_text, start_alert_site
from tests.alert_story import (
    DAILY,
    FIRST_DAY,
    LAST_DAY,
    held_back,
    live,
    make_history,
    told,
)
from tidemark.cli.main import app
from tidemark.config.alerts import CHANNEL_KINDS

pytestmark = pytest.mark.slow

FIRST_AS_OF = date(2026, 4, 15)


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    return make_history(tmp_path_factory.mktemp("history"))


@pytest.fixture(scope="module")
def daily(history, launch_world, tmp_path_factory):
    """Every day from 03-01 on, lived through once for all tests that look at it."""
    site, stop = start_alert_site(launch_world, tmp_path_factory.mktemp("daily"))
    live(history, site, FIRST_DAY, LAST_DAY)
    yield site
    stop()


def codes_of(site, kind):
    """Return the ids in the order in which a channel took the messages."""
    texts = [text.replace("\\", "") for text in site.texts()[kind]]
    found = [
        code for text in texts for code in dict.fromkeys((*DAILY, "NF2-0415F")) if code in text
    ]
    assert len(found) == len(texts)
    return found


def test_a_first_release_as_of_april_15_tells_one_thing_in_every_channel(
    history, launch_world, tmp_path
):
    site, stop = start_alert_site(launch_world, tmp_path)

    live(history, site, FIRST_AS_OF, FIRST_AS_OF)

    assert told(site) == ["NF2-0415F"]
    assert held_back(site) == []
    counts = {kind: len(texts) for kind, texts in site.texts().items()}
    assert counts == dict.fromkeys(CHANNEL_KINDS, 1)
    assert site.texts()["webhook"][0].split("\n") == [
        "🟡【预警】抖音涨粉落后 · P2 挑战赛",
        "已涨 9,400，目标 2 万（47.0%）；按计划应到 10,000，进度 94.0%",
        "还差 10,600：剩 15 天需每天 707，近 7 天日均 714；照此预计 2.01 万（1.91–2.11 万）",
        "先做：看近 7 日转粉率，补投高转粉作品｜运营一组",
        "4/3 起落后｜@运营一组｜4/30 截止｜数据至 4/15",
        "看板 ↗ ｜编号 NF2-0415F",
    ]
    stop()


class Page(HTMLParser):
    """The texts of a page by section, and every element that it holds."""

    def __init__(self, text):
        super().__init__()
        self.sections, self.elements, self.frames = [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        if tag == "section":
            self.sections.append("")
        if tag == "iframe":
            self.frames.append(dict(attrs)["srcdoc"])

    def handle_data(self, data):
        if self.sections:
            self.sections[-1] += data


def test_a_preview_shows_every_channel_s_message_and_no_name_breaks_it(
    history, launch_world, tmp_path
):
    site, stop = start_alert_site(launch_world, tmp_path)
    live(history, site, FIRST_AS_OF, FIRST_AS_OF)
    sent = len(site.sandbox.messages())
    with duckdb.connect(str(site.settings.published_dir / "tidemark.duckdb")) as database:
        name = "<img src=x> *@all*"
        database.execute("update marts.dim_phase set phase_name = ? where phase_no = 2", [name])

    page = Page(write_previews(site.settings, tmp_path / "preview").read_text())

    assert len(page.sections) == len(CHANNEL_KINDS)
    (mail,) = page.frames
    for kind, text in zip(CHANNEL_KINDS, page.sections, strict=True):
        shown = Page(f"<section>{mail}").sections[0] if kind == "mail" else text
        assert text.startswith(f"{kind} · {kind}")
        assert "P2 <img src=x> *" in shown.replace("＜", "<").replace("＞", ">")
        assert "9,400" in shown
    assert "img" not in page.elements
    assert mail.count("<img") == 1 and 'src="data:image/png;base64,' in mail
    assert len(site.sandbox.messages()) == sent
    stop()


ROUTES = f"""routes:
  - {{match: {{brand: other}}, channels: [slack]}}
  - match: {{kind: goal}}
    channels: {ALL}
    quiet_hours: {{from: "22:00", until: "08:00"}}
silences:
  - {{key: fair, match: {{metric: plays}}, until: 2026-06-20T09:00, reason: trade fair}}
"""


def test_what_people_type_explains_shows_acknowledges_and_sends_again(
    history, launch_world, tmp_path, monkeypatch
):
    site, stop = start_alert_site(launch_world, tmp_path)
    (site.settings.config_dir / "alerts.yml").write_text(config_text(ROUTES))
    site.sandbox.fault("/feishu/", "error_code:19024")
    live(history, site, FIRST_AS_OF, FIRST_AS_OF)
    site.sandbox.set_clock("2026-04-16T23:00:00+08:00")
    environ = {**site.sandbox.environ, "TIDEMARK_CONFIG": str(site.settings.config_dir)}
    mail = {"conn_type": "smtp", **site.mailbox.connection()}
    environ["AIRFLOW_CONN_TIDEMARK_MAIL_OPS"] = json.dumps(mail)
    for name, value in {**environ, "COLUMNS": "400"}.items():
        monkeypatch.setenv(name, value)

    def type_in(*words):
        done = CliRunner().invoke(app, ["alerts", *words])
        assert done.exit_code == 0, done.output
        return done.output

    route, silent = (type_in("test", "--route", part) for part in ("p2/new_followers", "p2/plays"))
    before = type_in("log")
    acknowledged = type_in("ack", "NF2-0415F", "--by", "小林", "--note", "投放已加")
    counts = [type_in(*words).split()[0] for words in (("resend", "NF2-0415F"), ("deliver",))]
    after = type_in("log")

    assert "route 1 does not: brand is not other" in route
    assert "route 2 takes it -> feishu, dingtalk, wecom" in route
    assert "quiet hours hold it until 08:00" in route
    assert "silence fair keeps it until 2026-06-20 09:00:00+08:00: trade fair" in silent
    assert "feishu: failed (code 19024: fault on order)" in before
    assert "slack: delivered (ok)" in before
    key = "dy_newprod/p2/new_followers/gross/platform=douyin"
    assert acknowledged == f"{key} is acknowledged\n"
    assert counts == ["1", "1"]
    assert "feishu: delivered (ok)" in after
    assert "acknowledged by 小林: 投放已加" in after
    assert [len(texts) for texts in site.texts().values()] == [1] * len(CHANNEL_KINDS)
    stop()


def test_a_shut_gate_is_told_and_goals_wait_until_it_opens(history, launch_world, tmp_path):
    site, stop = start_alert_site(launch_world, tmp_path)
    reason = "r000047-20260416 (as of 2026-04-16) failed its gate: plays"
    shut = {"outcome": "gate_failed", "reason": reason, "as_of_date": "2026-04-15"}
    folder = site.settings.published_dir
    folder.mkdir(parents=True)
    (folder / "status.json").write_text(json.dumps({**shut, "failures": ["marts.fct_order: gone"]}))

    live(history, site, FIRST_AS_OF, FIRST_AS_OF)
    while_shut = told(site)
    (folder / "status.json").write_text(json.dumps({**shut, "outcome": "published"}))
    live(history, site, FIRST_AS_OF, FIRST_AS_OF)

    assert while_shut == ["GATE-0416"]
    assert sorted(told(site)) == ["GATE-0416", "GATE-0416S", "NF2-0415F"]
    stop()


def test_every_day_from_march_1_tells_exactly_what_the_rules_imply(daily):
    assert sorted(told(daily)) == sorted(DAILY)
    assert held_back(daily) == ["NFA-0303F", "PLA-0303F", "NFA-0405F"]


@pytest.mark.parametrize("kind", [kind for kind in CHANNEL_KINDS if kind != "alertmanager"])
def test_every_channel_took_every_message_once_and_in_order(daily, kind):
    days = [code.partition("-")[2][:4] for code in codes_of(daily, kind)]

    assert sorted(codes_of(daily, kind)) == sorted(DAILY)
    assert days == sorted(days)


def test_alertmanager_was_told_of_every_beginning_and_end(daily):
    taken = [m for m in daily.sandbox.messages() if m["bot"] == "alertmanager"]

    assert sorted(m["body"][0]["annotations"]["code"] for m in taken) == sorted(DAILY)
    ended = {
        m["body"][0]["annotations"]["code"]
        for m in taken
        if datetime.fromisoformat(m["body"][0]["endsAt"]) <= datetime.fromisoformat(m["at"])
    }
    assert ended == {code for code in DAILY if code.endswith("S")}


def test_every_text_is_short_and_a_mail_has_its_curve(daily):
    texts = daily.texts()["webhook"]
    assert len(texts) == len(DAILY)

    assert max(map(len, texts)) <= 220
    assert max(text.count("\n") for text in texts) <= 5
    for mail in daily.mailbox.mails():
        assert "image/png" in {part.get_content_type() for part in mail.walk()}


def test_a_rule_without_state_would_have_sent_ten_times_as_much(history):
    with duckdb.connect(str(history), read_only=True) as database:
        late = "select count(*) from kpi.goal_history where status in ('at_risk', 'missed')"
        (every_day,) = database.execute(late).fetchone()
        (first,) = database.execute(f"{late} and as_of_date <= '{FIRST_AS_OF}'").fetchone()

    assert (every_day, len(DAILY)) == (388, 38)
    assert first == 156  # what a first connection with its history would have poured out, for one


def test_the_tables_and_the_messages_agree_on_when_an_incident_began(daily, history):
    from alerts.facts import read_facts
    from alerts.incidents import fold

    with duckdb.connect(str(history), read_only=True) as database:
        opened = {
            (key, day): since
            for key, day, since in database.execute(
                "select goal_key, as_of_date, incident_opened_on from kpi.goal_history"
            ).fetchall()
        }
    facts = read_facts(daily.settings.published_dir / "tidemark.duckdb")
    assert len(facts.goals) == 12

    for goal in facts.goals:
        for n, verdict in enumerate(goal.verdicts, start=1):
            state = fold(goal.verdicts[:n])
            since = state.opened_on if state.is_open else None
            assert opened[goal.goal_key, verdict.as_of] == since, (goal.goal_key, verdict)


def test_a_replay_of_the_last_day_alone_tells_only_what_is_still_news(
    history, launch_world, tmp_path
):
    site, stop = start_alert_site(launch_world, tmp_path)

    live(history, site, LAST_DAY - timedelta(days=2), LAST_DAY)

    assert told(site) == []
    stop()
