"""The board's words, figures, curves and addresses, without a release."""

import re
from datetime import date, timedelta

import pytest

from alerts.links import board_link, incident_path
from board.charts import CARD, chart, without_silence
from board.figures import figure, gap, verdict
from board.release import Curve
from board.words import EN, VERDICTS, WORDS, ZH
from tidemark.config.alerts import load_alerts
from tidemark.settings import PROJECT_ROOT

GOAL = "dy_newprod/p2/new_followers/gross/platform=douyin"
BOARD = "https://airflow.example/tidemark/board"


def curve(actual, **more):
    days = tuple(date(2026, 4, 1) + timedelta(n) for n in range(len(actual)))
    nothing = (None,) * len(actual)
    made = {"expected": nothing, "forecast": nothing, "low": nothing, "high": nothing}
    return Curve(**{"days": days, "actual": tuple(actual), "target": 100.0} | made | more)


def drawn(made, language="zh"):
    return str(chart(made, "people", date(2026, 4, 3), CARD, language))


def test_both_languages_say_the_same_things():
    holes = {name: set(re.findall(r"{(\w+)}", text)) for name, text in ZH.items()}

    assert ZH.keys() == EN.keys()
    assert holes == {name: set(re.findall(r"{(\w+)}", text)) for name, text in EN.items()}
    assert {word for _, word in VERDICTS.values()} <= ZH.keys()


def test_a_message_about_one_incident_leads_to_its_page_and_one_about_many_to_the_board():
    assert board_link(BOARD, [GOAL]) == f"{BOARD}/goal/{GOAL}"
    assert board_link(f"{BOARD}/", [GOAL, GOAL]) == f"{BOARD}/goal/{GOAL}"
    assert board_link(BOARD, [GOAL, "another"]) == BOARD
    assert board_link(BOARD, ["source_late/douyin"]) == f"{BOARD}/incident/source_late/douyin"
    assert board_link("", [GOAL]) == ""


def test_names_in_addresses_cannot_leave_their_path():
    assert incident_path("店 铺/p1/a?b#c&d") == "/goal/%E5%BA%97%20%E9%93%BA/p1/a%3Fb%23c%26d"


def test_an_installation_says_where_its_board_stands():
    config = PROJECT_ROOT / "config"

    assert load_alerts(config, BOARD).board_url == BOARD
    assert load_alerts(config).board_url.endswith("/tidemark/board")


def test_a_day_without_a_number_breaks_the_line():
    path = re.search(r'class="actual" d="([^"]*)"', drawn(curve([10, 20, None, 40, 50])))[1]

    assert path.count("M") == 2
    assert path.count("L") == 2


def test_a_single_day_is_a_point_and_no_line():
    assert drawn(curve([None, 20, None])).count("<circle") == 2


def test_without_a_number_nothing_is_drawn():
    assert drawn(curve([None, None], target=None)) == ""
    assert chart(None, "people", date(2026, 4, 3), CARD, "zh") == ""


def test_the_forecast_begins_where_the_way_so_far_ends():
    ahead = {"forecast": (None, None, 60.0), "low": (None, None, 50.0), "high": (None, None, 70.0)}
    text = drawn(curve([20, 40, None], **ahead))
    actual, forecast = (
        re.search(rf'class="{name}" d="([^"]*)"', text)[1] for name in ("actual", "forecast")
    )

    assert forecast.startswith("M" + actual.rpartition("L")[2])
    assert re.search(r'class="band" d="M[^"]*Z"', text)


def test_what_has_not_come_is_no_standstill():
    assert without_silence(curve([10, 20, 20, 20])).actual == (10, 20, None, None)
    assert without_silence(curve([10, None, None])).actual == (10, None, None)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"gap": 10600.0, "unit": "people", "direction": "higher"}, ("还差", "10,600")),
        ({"gap": -9000.0, "unit": "times", "direction": "higher"}, ("已超", "9,000")),
        ({"gap": -0.000716, "unit": "share", "direction": "higher"}, ("已超", "0.07 个百分点")),
        ({"gap": 120.0, "unit": "seconds", "direction": "lower"}, ("余量", "2 分")),
        ({"gap": -0.02, "unit": "share", "direction": "lower"}, ("超出", "2.00 个百分点")),
        ({"gap": None, "unit": "people", "direction": "higher"}, ("还差", "–")),
    ],
)
def test_a_gap_says_which_way_it_is(row, expected):
    assert gap(row, "zh") == expected


def test_figures_are_written_as_people_read_them():
    assert figure(None, "people", "zh") == "–"
    assert figure(0.0, "people", "zh") == "0"
    assert figure(545714.2857, "times", "zh") == "54.57 万"
    assert figure(545714.2857, "times", "en") == "545,714"
    assert figure(0.0544, "share", "en") == "5.44%"
    assert figure(65000.0, "cny", "zh") == "¥65,000"
    assert figure(706.01, "people", "zh", up=True) == "707"


def test_what_has_not_begun_is_no_missing_data():
    upcoming = {"status": "no_data", "severity": None, "reason": "phase_not_started"}

    assert verdict(upcoming) == ("upcoming", "verdict_upcoming")
    assert verdict(upcoming | {"reason": "stale_source"}) == ("unknown", "verdict_no_data")
    assert WORDS["en"][verdict({"status": "missed", "severity": "critical"})[1]] == "missed"
