"""The KPI board in a real browser, logged in to a real Airflow, in each of its states."""

import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import pytest
import requests

from alerts.evaluate import evaluate
from alerts.ledgers import ACKNOWLEDGEMENTS
from extractors.core.lake import open_lake
from tests.board_airflow import airflow_with_board, password
from tests.board_world import board_environ, build_world, make_late, publish, set_clock
from tests.chromium import browser
from tidemark.settings import PROJECT_ROOT, Settings
from warehouse.releases import current_id, link_path, point_to
from warehouse.site import open_site
from warehouse.status import status_path, write_status

pytestmark = pytest.mark.slow

AS_OF, AFTER = date(2026, 4, 15), date(2026, 6, 15)
FOLLOWERS = "acme/p2/new_followers/gross/platform=douyin"
SIZES = {"desktop": (1400, 1000), "phone": (390, 844)}
FIGURES = (
    *("actual", "target", "attainment", "expected_to_date", "pace", "gap"),
    *("required_per_day", "recent_per_day", "forecast", "numerator"),
)
ROUTES = """
import json
from tidemark.orchestration.board_app import make_app
print(json.dumps([[m, r.path] for r in make_app().routes for m in sorted(r.methods)]))
"""


@dataclass
class World:
    """An installation with three releases, and the Airflow that shows it."""

    settings: Settings
    server: object
    browser: object
    releases: dict
    pictures: Path

    def show(self, name):
        """Let readers see one release on the morning on which it was published."""
        point_to(self.settings, self.releases[name])
        day = (AFTER if name == "after" else AS_OF) + timedelta(days=1)
        set_clock(self.settings, datetime.fromisoformat(f"{day}T10:45:00+08:00"))
        self.status("published", "172 checks, 0 critical")

    def status(self, outcome, reason, **more):
        """Write down how the last attempt ended."""
        write_status(open_site(self.settings), outcome, reason, **more)

    def visit(self, path, *, name, language, size):
        """Return a page in a session that is logged in; its picture is kept under a name."""
        page = self.pages[size]
        page.goto(f"{self.server.board}{path}{'&' if '?' in path else '?'}lang={language}")
        page.screenshot(path=self.pictures / f"{name}-{language}-{size}.png", full_page=True)
        return page

    def query(self, sql, *values):
        """Return rows of the release that readers see, by column name."""
        with duckdb.connect(str(link_path(self.settings)), read_only=True) as release:
            return release.execute(sql, values).to_arrow_table().to_pylist()

    def acknowledgements(self):
        """Return what the ledger holds."""
        return open_lake(self.settings.lake_url).ledger(ACKNOWLEDGEMENTS)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("board")
    site = folder / "site"
    site.mkdir()
    database = build_world(site, ["acme"])
    settings = publish(database, AS_OF)
    releases = {"normal": current_id(settings)}
    evaluate(settings)
    make_late(database, "acme", date(2026, 4, 14))
    releases["late"] = current_id(publish(database, AS_OF))
    releases["after"] = current_id(publish(database, AFTER))
    with airflow_with_board(folder / "server", board_environ(site)) as server, browser() as running:
        found = World(settings, server, running, releases, folder)
        found.pages = {size: log_in(running, server, size) for size in SIZES}
        yield found


def log_in(running, server, size):
    width, height = SIZES[size]
    context = running.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{server.address}/auth/login")
    page.fill("input[name=username]", "ops")
    page.fill("input[name=password]", password("ops"))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server.address}/")
    return page


@contextmanager
def moved_away(path):
    aside = path.with_name(f"{path.name}.aside")
    path.rename(aside)
    try:
        yield
    finally:
        aside.rename(path)


def values(element):
    shown = element.eval_on_selector_all("data", "all => all.map(d => [d.className, d.value])")
    return {name: float(value) if value else None for name, value in shown}


def banners(page):
    found = page.query_selector_all(".banner")
    return {banner.get_attribute("data-kind"): banner.inner_text() for banner in found}


def assert_fits(page):
    """Nothing is wider than the screen, and nothing was fetched from elsewhere."""
    wide = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    fetched = page.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
    assert wide[0] <= wide[1]
    assert fetched == []
    assert page.query_selector_all("script, link, img, iframe") == []


every_view = pytest.mark.parametrize(
    ("language", "size"), [(language, size) for language in ("zh", "en") for size in SIZES]
)


@every_view
def test_numbers_of_the_board_are_those_of_the_release(world, language, size):
    world.show("normal")
    goals = {row["goal_key"]: row for row in world.query("from kpi.goal_status")}

    page = world.visit("", name="board", language=language, size=size)
    shown = {
        element.get_attribute("data-goal"): values(element)
        for element in page.query_selector_all("main [data-goal]")
    }

    assert set(shown) == set(goals)
    assert len(shown) == 12
    for key, found in shown.items():
        assert {name: goals[key][name] for name in found} == found
        assert set(found) <= set(FIGURES)
    assert {"required_per_day", "forecast", "pace", "gap"} <= set(shown[FOLLOWERS])
    assert "2026-04-15" in page.inner_text(".dated")
    assert world.releases["normal"] in page.inner_text(".dated")
    assert banners(page) == {}
    assert_fits(page)


def test_phases_and_the_whole_campaign_stand_apart(world):
    world.show("normal")

    page = world.visit("", name="board", language="zh", size="desktop")
    levels = {
        kind: {
            element.get_attribute("data-level")
            for section in page.query_selector_all(f"section[data-kind={kind}]")
            for element in section.query_selector_all("[data-goal]")
        }
        for kind in ("active", "whole", "closed", "upcoming")
    }

    assert levels == {"active": {"phase"}, "whole": {"campaign"}} | {
        "closed": {"phase"},
        "upcoming": {"phase"},
    }
    assert page.inner_text(".counts").split() == ["P2", "挑战赛", "1", "项预警", "2", "项正常"]


def test_a_card_says_what_people_ask_for(world):
    world.show("normal")

    zh = world.visit("", name="board", language="zh", size="phone")
    card = zh.inner_text(f"[data-goal='{FOLLOWERS}']")
    en = world.visit("", name="board", language="en", size="phone")

    for text in (
        "新增粉丝（毛增）",
        "预警",
        "9,400",
        "目标 20,000",
        "10,600",
        "707",
        "714",
        "94.0%",
    ):
        assert text in card
    for text in ("20,114（19,127–21,102）", "护栏正常", "告警自 4/3", "无人确认", "数据至 4/15"):
        assert text in card
    assert "运营一组" in card
    assert "at risk" in en.inner_text(f"[data-goal='{FOLLOWERS}']")
    assert "NF2-0415F" in en.inner_text("#incidents")


def test_the_navigation_of_airflow_leads_to_the_board_and_on_to_a_goal(world):
    world.show("normal")
    page = world.pages["desktop"]

    page.goto(world.server.address)
    page.get_by_text("KPI 看板").first.click()
    page.wait_for_selector("iframe")
    framed = page.frame_locator("iframe")
    framed.locator(f"[data-goal='{FOLLOWERS}'] h4 a").click()
    framed.locator("#incident").wait_for()
    page.screenshot(path=world.pictures / "in-airflow.png")

    assert framed.locator("h1").inner_text().startswith("新增粉丝")
    page.reload()
    page.wait_for_selector("iframe")
    assert page.frame_locator("iframe").locator("h1, h2").first.inner_text()


@every_view
def test_a_goal_has_a_page_of_its_own(world, language, size):
    world.show("normal")
    points = world.query("select count(*) as n from kpi.goal_curve where goal_key = ?", FOLLOWERS)
    read = world.query(
        "select count(*) as n from kpi.goal_curve where goal_key = ? and "
        "actual_cumulative is not null",
        FOLLOWERS,
    )

    page = world.visit(f"/goal/{FOLLOWERS}", name="goal", language=language, size=size)
    drawn = page.query_selector_all(".chart:visible")
    path = drawn[0].query_selector(".actual").get_attribute("d")

    assert len(drawn) == 1
    assert (points[0]["n"], read[0]["n"]) == (30, 15)
    assert len(re.findall("[ML]", path)) == 15
    assert len(page.query_selector_all(".trail li")) == 30
    assert page.inner_text("#incident h2").endswith("NF2-0415F")
    assert_fits(page)


@every_view
def test_a_failed_gate_leaves_the_old_release_dated_and_says_why(world, language, size):
    world.show("normal")
    set_clock(world.settings, datetime.fromisoformat("2026-04-17T10:50:00+08:00"))
    world.status(
        "gate_failed",
        "r000009: 1 critical",
        failures=["marts.fct_account_day: volume [critical]: 播放低于近 7 日均值 / plays fell"],
    )

    page = world.visit("", name="gate-failed", language=language, size=size)
    told = banners(page)

    assert set(told) == {"gate_failed"}
    said = {
        "zh": ("4/17 10:50", "播放低于近 7 日均值", "仍是 4/15 的数据（4/16 10:45 发布）"),
        "en": ("Apr 17 10:50", "plays fell", "data to Apr 15 (published Apr 16 10:45)"),
    }
    for text in said[language]:
        assert text in told["gate_failed"]
    assert "2026-04-15" in page.inner_text(".dated")
    assert page.query_selector_all("main [data-goal]")
    assert_fits(page)


@every_view
def test_a_late_source_leaves_its_goals_without_a_verdict(world, language, size):
    world.show("late")
    stale = world.query("select goal_key from kpi.goal_status where reason = 'stale_source'")

    page = world.visit("", name="late", language=language, size=size)
    told = banners(page)
    card = page.inner_text(f"[data-goal='{FOLLOWERS}']")

    assert len(stale) == 5
    assert set(told) == {"late"}
    said = {
        "zh": ("抖音 account_days", "4/13", "5 个目标"),
        "en": ("Douyin", "Apr 13", "verdict: 5"),
    }
    for text in said[language]:
        assert text in told["late"]
    assert {"zh": "数据未到", "en": "data has not arrived"}[language] in card
    assert {"zh": "最近判定：严重", "en": "last verdict:"}[language][:4] in card
    assert values(page.query_selector(f"[data-goal='{FOLLOWERS}']"))["actual"] is None
    assert page.query_selector("#freshness tr.late")
    assert_fits(page)


@every_view
def test_without_a_running_campaign_the_board_says_so_and_shows_the_others(world, language, size):
    world.show("after")

    page = world.visit("", name="no-campaign", language=language, size=size)

    assert "2026-06-15" in page.inner_text(".empty")
    assert page.query_selector_all("main [data-goal]") == []
    assert_fits(page)
    page.click(".others a")
    assert len(page.query_selector_all("main [data-goal]")) == 12


@every_view
def test_before_the_first_release_the_board_says_what_to_do(world, language, size):
    world.show("normal")
    world.status("waiting", "douyin waits", waiting_for=["douyin/account_days douyin_acme"])

    with moved_away(link_path(world.settings)):
        page = world.visit("", name="no-release", language=language, size=size)

        assert "tidemark release" in page.inner_text(".empty")
        assert "douyin/account_days" in banners(page)["waiting"]
        assert page.query_selector_all("data") == []
        assert_fits(page)


@every_view
def test_a_damaged_status_file_hides_no_number(world, language, size):
    world.show("normal")
    status_path(world.settings).write_text('{"outcome": "publ')

    page = world.visit("", name="damaged-status", language=language, size=size)

    assert set(banners(page)) == {"damaged"}
    assert "line 1" in banners(page)["damaged"]
    assert len(page.query_selector_all("main [data-goal]")) == 12
    assert_fits(page)


def routes_of(server):
    command = [sys.executable, "-c", ROUTES]
    done = subprocess.run(
        command, env=dict(server.environ), cwd=PROJECT_ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_every_route_wants_a_login_and_the_permission(world):
    world.show("normal")
    routes = routes_of(world.server)
    tokens = {name: world.server.token(name) for name in ("guest", "stranger")}

    answers = {}
    for method, path in routes:
        url = f"{world.server.address}/tidemark{path.replace('{key:path}', FOLLOWERS)}"
        for who in ("nobody", "forged", "stranger", "guest"):
            token = {"forged": "a.b.c", **tokens}.get(who)
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            answer = requests.request(method, url, headers=headers, timeout=30, data={"note": "x"})
            answers[method, path, who] = answer.status_code
            assert who == "guest" or "9,400" not in answer.text

    assert len(routes) >= 4
    for method, path in routes:
        assert answers[method, path, "nobody"] == 401
        assert answers[method, path, "forged"] in (401, 403)
        assert answers[method, path, "stranger"] == 403
        assert answers[method, path, "guest"] == (403 if method == "POST" else 200)
    for path in ("/docs", "/openapi.json", "/redoc"):
        assert requests.get(f"{world.server.address}/tidemark{path}", timeout=30).status_code == 404


def test_people_without_a_session_are_led_to_the_login_and_back(world):
    world.show("normal")
    page = world.browser.new_context(locale="zh-CN").new_page()

    answer = page.goto(f"{world.server.board}/goal/{FOLLOWERS}?lang=zh")
    page.screenshot(path=world.pictures / "log-in.png")
    page.click("a.button")
    page.fill("input[name=username]", "ops")
    page.fill("input[name=password]", password("ops"))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/tidemark/board/goal/"))

    assert answer.status == 401
    assert page.inner_text("h1").startswith("新增粉丝")


def test_a_page_allows_nothing_from_elsewhere(world):
    world.show("normal")
    headers = {"Authorization": f"Bearer {world.server.token('guest')}"}

    answer = requests.get(f"{world.server.board}/goal/{FOLLOWERS}", headers=headers, timeout=30)

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "form-action 'self'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r"https?://", answer.text)
    assert "<form" not in answer.text


def hidden_token(text):
    return re.search(r'name="token" value="([^"]+)"', text)[1]


def test_nobody_acknowledges_in_the_name_of_another(world):
    world.show("normal")
    url = f"{world.server.board}/incident/{FOLLOWERS}"
    ops = {"Authorization": f"Bearer {world.server.token('ops')}"}
    page = requests.get(f"{world.server.board}/goal/{FOLLOWERS}", headers=ops, timeout=30).text
    form = {"code": "NF2-0415F", "note": "x"}
    attempts = {
        "without the page": (ops, form),
        "with a forged token": (ops, form | {"token": "a.b.c"}),
        "for another incident": (ops, form | {"token": hidden_token(page), "key": "x"}),
        "from another site": (
            ops | {"Sec-Fetch-Site": "cross-site"},
            form | {"token": hidden_token(page)},
        ),
        "from another origin": (
            ops | {"Origin": "http://evil.example"},
            form | {"token": hidden_token(page)},
        ),
    }
    before = world.acknowledgements()

    codes = {}
    for name, (headers, data) in attempts.items():
        there = f"{url}x" if name == "for another incident" else url
        codes[name] = requests.post(there, data=data, headers=headers, timeout=30).status_code

    assert codes == dict.fromkeys(attempts, 403)
    assert world.acknowledgements() == before


def test_an_owner_acknowledges_on_the_board(world):
    world.show("normal")
    note = "<script>alert(1)</script> 已补投"
    page = world.visit(f"/goal/{FOLLOWERS}", name="goal", language="zh", size="phone")

    page.fill("textarea", note)
    page.click("form.ack button")
    page.wait_for_selector("#incident blockquote")
    page.screenshot(path=world.pictures / "acknowledged.png", full_page=True)
    entry = world.acknowledgements()[-1]
    board = world.visit("", name="board-acknowledged", language="en", size="desktop")

    assert (entry["goal_key"], entry["by"], entry["note"]) == (FOLLOWERS, "ops", note)
    assert page.inner_text("#incident blockquote") == note
    assert page.query_selector_all("script") == []
    assert "ops is at it since Apr 16" in board.inner_text(f"[data-goal='{FOLLOWERS}']")
    log = tidemark(world, "alerts", "log")
    assert "acknowledged by ops" in " ".join(log.split())


def test_what_is_over_or_unknown_is_told(world):
    world.show("normal")
    headers = {"Authorization": f"Bearer {world.server.token('ops')}"}
    page = requests.get(f"{world.server.board}/goal/{FOLLOWERS}", headers=headers, timeout=30).text
    before = world.acknowledgements()

    answers = [
        requests.post(
            f"{world.server.board}/incident/{FOLLOWERS}?lang=en",
            data={"token": hidden_token(page), "code": code, "note": note},
            headers=headers,
            timeout=30,
        )
        for code, note in (("XX9-0101F", "x"), ("NF2-0415F", "x" * 501))
    ]
    missing = requests.get(
        f"{world.server.board}/goal/no/such?lang=en", headers=headers, timeout=30
    )

    assert [answer.status_code for answer in answers] == [409, 409]
    assert "XX9-0101F" in answers[0].text
    assert "500" in answers[1].text
    assert missing.status_code == 404
    assert "no/such" in missing.text
    assert world.acknowledgements() == before


def tidemark(world, *arguments):
    environ = os.environ | board_environ(world.settings.home) | {"COLUMNS": "300"}
    command = [str(Path(sys.executable).parent / "tidemark"), *arguments]
    done = subprocess.run(command, env=environ, cwd=PROJECT_ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("size", SIZES)
def test_a_report_is_one_file_with_the_pictures_of_the_board(world, size):
    world.show("normal")
    out = world.pictures / "report.html"
    tidemark(world, "report", "--out", str(out))
    board = world.visit("", name="board", language="zh", size=size)
    pictures = [e.inner_html() for e in board.query_selector_all(".chart")]
    width, height = SIZES[size]
    context = world.browser.new_context(viewport={"width": width, "height": height}, offline=True)
    page = context.new_page()

    page.goto(out.as_uri())
    page.screenshot(path=world.pictures / f"report-{size}.png", full_page=True)

    assert len(pictures) == 5
    assert [e.inner_html() for e in page.query_selector_all("#zh .chart")] == pictures
    assert len(page.query_selector_all("#en [data-goal]")) == 12
    assert page.query_selector_all("form, [href^='/']") == []
    assert not [a for a in page.query_selector_all("a") if urlsplit(a.get_attribute("href")).path]
    assert_fits(page)
