"""Every channel over HTTP or SMTP: what each answer of its contract ends as, and at what rate."""

from dataclasses import replace

import pytest

from alerts.channels import channel_module, http, mail
from alerts.ledgers import TRANSITIONS
from sandbox.world import Bot
from tests.alert_site import ALL, NAMES, config_text, start_alert_site
from tests.channel_notices import notice
from tests.unit.test_outbox import entry
from tidemark.config.alerts import CHANNEL_KINDS

ROBOTS = ("feishu", "dingtalk", "wecom", "slack")
PATHS = {
    "feishu": "/feishu/",
    "dingtalk": "/dingtalk/robot",
    "wecom": "/wecom/cgi-bin/webhook",
    "slack": "/slack/",
    "alertmanager": "/alertmanager/",
    "webhook": "/webhook",
}
KEYWORD = "库存"


@pytest.fixture(scope="module")
def world(launch_world):
    picky = [
        replace(bot, connection_key=f"{bot.kind}_picky", token=f"picky-{bot.kind}", keyword=KEYWORD)
        for bot in launch_world.bots
        if bot.kind in ("feishu", "dingtalk")
    ]
    assert all(isinstance(bot, Bot) for bot in picky)
    return replace(launch_world, bots=(*launch_world.bots, *picky))


@pytest.fixture(scope="module")
def started(world, tmp_path_factory):
    site, stop = start_alert_site(world, tmp_path_factory.mktemp("channels"))
    yield site
    stop()


@pytest.fixture
def site(started, tmp_path):
    """The running site, two hours later, with a lake and a configuration of its own."""
    started.sandbox.clear_faults()
    started.wait(7200)
    config = tmp_path / "config"
    config.mkdir()
    for path in started.settings.config_dir.iterdir():
        (config / path.name).write_text(path.read_text())
    lake = (tmp_path / "lake").as_uri()
    settings = replace(started.settings, home=tmp_path, config_dir=config, lake_url=lake)
    return replace(started, settings=settings)


def send(site, kind, **changes):
    given = replace(site.credential(kind), **changes)
    receipt = channel_module(kind).send(notice(), given, site.settings.clock())
    return receipt.outcome, receipt.wait_seconds


def taken(site):
    return {kind: len(texts) for kind, texts in site.texts().items()}


@pytest.mark.parametrize("kind", ROBOTS)
def test_a_message_of_any_length_keeps_the_limits_and_its_link(site, kind):
    lines = ("*<@all>_`&~[落后](x)" * 40,) * 60
    long = notice(title="🟡 <at id=all></at> " + "名" * 180, lines=lines)

    receipt = channel_module(kind).send(long, site.credential(kind), site.settings.clock())

    assert receipt.outcome == "delivered"
    body = str(site.sandbox.messages()[-1]["body"])
    assert long.board_url in body
    assert "<@all>" not in body


@pytest.mark.parametrize("kind", CHANNEL_KINDS)
def test_a_message_is_taken_and_shows_its_id(site, kind):
    before = taken(site)

    assert send(site, kind) == ("delivered", 0)

    assert taken(site) == before | {kind: before[kind] + 1}
    if kind != "alertmanager":  # it shows one line; the rest are annotations
        assert "已涨 9,940" in site.texts()[kind][-1].replace("\\", "")


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("feishu", {"password": "another"}),
        ("dingtalk", {"password": "another"}),
        ("alertmanager", {"password": "another"}),
        ("webhook", {"password": "another"}),
        ("feishu", {"login": "nobody"}),
        ("dingtalk", {"login": "nobody"}),
        ("dingtalk", {"login": ""}),
        ("wecom", {"login": "nobody"}),
        ("slack", {"login": "nobody"}),
        ("feishu", {"login": "picky-feishu"}),
        ("dingtalk", {"login": "picky-dingtalk"}),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(map("=".join, value.items())),
)
def test_a_wrong_signature_token_or_keyword_is_given_up_at_once(site, kind, changes):
    before = taken(site)

    assert send(site, kind, **changes) == ("failed", 0)
    assert taken(site) == before


@pytest.mark.parametrize(
    ("kind", "fault", "outcome", "wait"),
    [
        ("feishu", "error_code:11232", "retry", 0),
        ("feishu", "error_code:19021", "failed", 0),
        ("feishu", "error_code:19022", "failed", 0),
        ("feishu", "error_code:19024", "failed", 0),
        ("feishu", "error_code:9499", "failed", 0),
        ("dingtalk", "error_code:130101", "retry", 600),
        ("dingtalk", "error_code:-1", "retry", 0),
        ("dingtalk", "error_code:310000", "failed", 0),
        ("dingtalk", "error_code:300005", "failed", 0),
        ("dingtalk", "error_code:40035", "failed", 0),
        ("wecom", "error_code:45009", "retry", 60),
        ("wecom", "error_code:-1", "retry", 0),
        ("wecom", "error_code:93000", "failed", 0),
        ("slack", "error_code:429", "retry", 1),
        ("slack", "error_code:500", "retry", 0),
        ("slack", "error_code:400", "failed", 0),
        ("slack", "error_code:403", "failed", 0),
        ("slack", "error_code:404", "failed", 0),
        ("slack", "error_code:410", "failed", 0),
        ("alertmanager", "error_code:503", "retry", 0),
        ("alertmanager", "error_code:400", "failed", 0),
        ("webhook", "error_code:410", "failed", 0),
        ("webhook", "error_code:429", "retry", 0),
        *((kind, "http_500", "retry", 0) for kind in PATHS),
        *((kind, "html_502", "retry", 0) for kind in PATHS),
        *((kind, "empty_body", "retry", 0) for kind in ROBOTS),
        *((kind, "empty_object", "retry", 0) for kind in ROBOTS),
        *((kind, "truncated", "retry", 0) for kind in ROBOTS),
        *((kind, "http_429", "retry", {"slack": 1, "webhook": 1}.get(kind, 0)) for kind in PATHS),
    ],
)
def test_an_answer_ends_as_its_contract_says(site, kind, fault, outcome, wait):
    site.sandbox.fault(PATHS[kind], fault)

    assert send(site, kind) == (outcome, wait)
    site.wait(60)
    assert send(site, kind) == ("delivered", 0)


@pytest.mark.parametrize(
    ("kind", "count", "outcome", "wait"),
    [
        ("feishu", 5, "retry", 0),
        ("dingtalk", 20, "retry", 600),
        ("wecom", 20, "retry", 60),
        ("slack", 1, "retry", 1),
    ],
)
def test_one_message_more_than_the_rate_is_put_off(site, kind, count, outcome, wait):
    within = {send(site, kind) for _ in range(count)}

    assert within == {("delivered", 0)}
    assert send(site, kind) == (outcome, wait)


def test_a_robot_of_dingtalk_that_was_called_too_often_is_deaf_for_ten_minutes(site):
    for _ in range(21):
        send(site, "dingtalk")
    site.wait(599)
    deaf = send(site, "dingtalk")
    site.wait(1)

    assert (deaf[0], send(site, "dingtalk")[0]) == ("retry", "delivered")


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(http, "TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(mail, "TIMEOUT_SECONDS", 0.2)


@pytest.mark.parametrize("kind", PATHS)
def test_a_timeout_after_acceptance_is_sent_again_and_recognised_by_its_id(site, kind, impatient):
    site.lake.append(TRANSITIONS, "a001", entry(1))
    text = config_text(f"routes: [{{match: {{}}, channels: [{kind}]}}]")
    (site.settings.config_dir / "alerts.yml").write_text(text)
    site.sandbox.fault(PATHS[kind], "delay", value=0.5)
    before = len(site.texts()[kind])

    first = site.deliver()
    site.wait(60)
    second = site.deliver()

    assert (first, second) == (0, 1)
    assert [e["outcome"] for e in site.attempts()] == ["retry", "delivered"]
    twice = [text.replace("\\", "") for text in site.texts()[kind][before:]]
    assert len(twice) == 2 and twice[0] == twice[1]
    assert "NF1-0415F" in twice[0]


def test_a_fault_of_every_channel_delays_it_and_nobody_hears_twice(site):
    site.lake.append(TRANSITIONS, "a001", entry(1))
    before = taken(site)
    for path in PATHS.values():
        site.sandbox.fault(path, "error_code:503" if "alertmanager" in path else "rate_limit")
    site.mailbox.handler.data = "451 later"

    counts = [site.deliver()]
    site.mailbox.handler.data = "250 OK"
    for _ in range(3):
        site.wait(601)
        counts.append(site.deliver())

    assert counts == [0, 7, 0, 0]
    assert taken(site) == {kind: count + 1 for kind, count in before.items()}


SECONDS = {kind: channel_module(kind).SECONDS_BETWEEN for kind in CHANNEL_KINDS}
BRANDS = 40


def many_goals():
    for n in range(1000):
        labels = {"kind": "goal", "brand": f"b{n % BRANDS}", "severity": "warning"}
        yield entry(n, labels=labels)


def write_routes(site):
    routes = [f"  - {{match: {{brand: b{n}}}, channels: {ALL}}}" for n in range(BRANDS)]
    text = config_text("\n".join(("routes:", *routes)))
    (site.settings.config_dir / "alerts.yml").write_text(text)


def test_a_thousand_goals_at_once_go_out_grouped_at_the_rate_of_every_channel(site):
    for found in many_goals():
        site.lake.append(TRANSITIONS, found["alert_id"], found)
    write_routes(site)
    before, began = taken(site), site.settings.clock()

    count = site.deliver()

    lasted = (site.settings.clock() - began).total_seconds()
    assert count == BRANDS * len(CHANNEL_KINDS)
    assert {e["outcome"] for e in site.attempts()} == {"delivered"}
    told = {kind: site.texts()[kind][before[kind] :] for kind in CHANNEL_KINDS}
    assert {kind: len(texts) for kind, texts in told.items()} == dict.fromkeys(told, BRANDS)
    assert all("25 项变化" in t.replace("\\", "") for t in told["dingtalk"] + told["wecom"])
    # the slowest takes 20 a minute: two full minutes for 40, and no channel waits for another
    assert 117 <= lasted <= BRANDS * max(SECONDS.values()) + 1


def test_the_same_thousand_without_pauses_are_refused_by_the_rates(site):
    for found in many_goals():
        site.lake.append(TRANSITIONS, found["alert_id"], found)
    write_routes(site)

    site.deliver(sleep=lambda _: None)

    outcomes = {kind: set() for kind in NAMES}
    for attempt in site.attempts():
        outcomes.setdefault(attempt["channel"], set()).add(attempt["outcome"])
    assert {kind for kind, found in outcomes.items() if "retry" in found} == set(ROBOTS)
