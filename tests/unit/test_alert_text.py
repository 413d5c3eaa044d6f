"""Message texts: the two models of the specification, figure for figure."""

from datetime import date

import pytest

from alerts.evaluate import read_namer
from alerts.text import Labels, Step, number, render, shortened
from tidemark.settings import load_settings

LABELS = Labels("抖音", "涨粉", "已涨", "NF")
LONGEST = Labels(f"微信公众号「{shortened('艾可美' * 9)}」", "涨粉", "已涨", "NF")

FIRE = {
    "as_of_date": date(2026, 4, 15),
    "phase_no": 2,
    "phase_name": "挑战赛",
    "phase_state": "active",
    "ends_on": date(2026, 4, 30),
    "owner_name": "运营一组",
    "aggregation": "sum",
    "unit": "people",
    "status": "at_risk",
    "is_final": False,
    "target": 20000.0,
    "actual": 9400.0,
    "numerator": None,
    "denominator": None,
    "attainment": 0.47,
    "expected_to_date": 10000.0,
    "pace": 0.94,
    "days_left": 15,
    "required_per_day": 706.6666666666666,
    "recent_per_day": 714.2857142857143,
    "forecast": 20114.285714285717,
    "forecast_low": 19126.725376648836,
    "forecast_high": 21101.8460519226,
}


def test_a_fire_reads_like_the_model():
    text = render("fire", "warning", FIRE, LABELS, since=date(2026, 4, 3))

    assert text.split("\n") == [
        "🟡【预警】抖音涨粉落后 · P2 挑战赛",
        "已涨 9,400，目标 2 万（47.0%）；按计划应到 10,000，进度 94.0%",
        "还差 10,600：剩 15 天需每天 707，近 7 天日均 714；照此预计 2.01 万（1.91–2.11 万）",
        "4/3 起落后｜@运营一组｜4/30 截止｜数据至 4/15",
        "看板 ↗ ｜编号 NF2-0415F",
    ]


def test_a_resolve_reads_like_the_model():
    figures = FIRE | {
        "as_of_date": date(2026, 4, 18),
        "status": "on_track",
        "actual": 11500.0,
        "pace": 11500 / 12000,
        "days_left": 12,
        "required_per_day": 8500 / 12,
        "recent_per_day": 745.7142857142857,
        "forecast": 20448.571428571428,
    }

    text = render("resolve", "warning", figures, LABELS, since=date(2026, 4, 15))

    assert text.split("\n") == [
        "🟢【恢复】抖音涨粉 · P2 挑战赛 回到计划内",
        "11,500 / 2 万；进度 95.8%，已连续 2 天不低于 95%",
        "仍差 8,500：剩 12 天需每天 709，近 7 天日均 746；预计 2.04 万",
        "4/15 告警，历时 3 天｜@运营一组｜数据至 4/18",
        "看板 ↗ ｜编号 NF2-0418S",
    ]


@pytest.mark.parametrize("transition", ["fire", "escalate", "remind", "resolve"])
@pytest.mark.parametrize("level", ["warning", "critical", "missed"])
def test_every_message_is_at_most_six_lines_and_220_characters(transition, level):
    text = render(transition, level, FIRE, LONGEST, since=date(2026, 4, 3), is_correction=True)

    assert len(text) <= 220
    assert text.count("\n") <= 5


@pytest.mark.parametrize(
    ("scope", "subject"),
    [
        ({"platform": "douyin", "account_key": None}, "抖音"),
        ({"platform": None, "account_key": "wechat_acme"}, "微信公众号「艾可美公众号」"),
        ({"platform": None, "account_key": "douyin_shop_main"}, "抖音小店「艾可美抖音小店」"),
        ({"platform": None, "account_key": None}, ""),
    ],
    ids=["platform", "account", "shop", "brand"],
)
def test_a_message_names_the_one_account_that_it_is_about(tmp_path, scope, subject):
    settings = load_settings({"TIDEMARK_HOME": str(tmp_path)})
    labels = read_namer(settings)(FIRE | scope | {"metric": "new_followers"}, "zh")

    head = render("fire", "warning", FIRE, labels, since=date(2026, 4, 3)).split("\n")[0]

    assert head == f"🟡【预警】{subject}涨粉落后 · P2 挑战赛"


def test_a_long_name_is_shortened():
    assert shortened("艾可美" * 6) == "艾可美艾可美艾可美艾可美艾可美…"
    assert shortened("艾可美官方旗舰") == "艾可美官方旗舰"


@pytest.mark.parametrize(
    ("value", "written"),
    [(99_999, "99,999"), (100_000, "10 万"), (545_714.29, "54.57 万"), (1_000_000, "100 万")],
)
def test_numbers_are_exact_below_100_000_and_in_wan_above(value, written):
    assert number(value) == written


def test_required_per_day_is_rounded_up():
    assert number(706.0000001, up=True) == "707"
    assert number(706.0, up=True) == "706"


def test_a_ratio_is_never_shown_without_its_two_numbers():
    figures = FIRE | {
        "aggregation": "ratio",
        "unit": "share",
        "target": 0.0536842,
        "actual": 0.05,
        "numerator": 12500.0,
        "denominator": 250000.0,
        "required_per_day": None,
    }

    text = render("fire", "warning", figures, LABELS, since=date(2026, 4, 3))

    assert "5.00%（12,500 / 25 万），目标 5.37%" in text


@pytest.mark.parametrize(
    ("aggregation", "unit", "actual", "target", "written"),
    [
        pytest.param("ratio", "cny", 75.5, 80, "75.50 元（755 / 10），目标 80.00 元", id="money"),
        pytest.param("ratio", "multiple", 1.5, 2, "1.50（755 / 10），目标 2.00", id="multiple"),
        pytest.param("ratio", "seconds", 95, 90, "95 秒（755 / 10），目标 90 秒", id="seconds"),
        pytest.param(
            "duration", "seconds", 7500, 3600, "2 小时 5 分（10 条），目标 1 小时 0 分", id="wait"
        ),
        pytest.param("duration", "seconds", 600, 300, "10 分（10 条），目标 5 分", id="minutes"),
    ],
)
def test_a_ratio_or_a_wait_is_written_in_its_unit(aggregation, unit, actual, target, written):
    figures = FIRE | {"aggregation": aggregation, "unit": unit, "actual": actual, "target": target}
    figures |= {"numerator": 755.0, "denominator": 10.0, "required_per_day": None}

    text = render("fire", "warning", figures, LABELS, since=date(2026, 4, 3))

    assert written in text


ENGLISH = Labels("Douyin", "New followers", "", "NF", language="en")


def test_a_fire_in_english_says_the_same():
    text = render("fire", "warning", FIRE, ENGLISH, since=date(2026, 4, 3))

    assert text.split("\n") == [
        "🟡 [Warning] Douyin New followers behind · P2 挑战赛",
        "9,400, target 20,000 (47.0%); plan 10,000, pace 94.0%",
        "10,600 to go: 707 a day for 15 days, last 7 days 714; heading for 20,114 (19,127–21,102)",
        "since Apr 3｜@运营一组｜ends Apr 30｜data to Apr 15",
        "Board ↗ ｜NF2-0415F",
    ]


def test_the_playbook_s_first_step_and_person_stand_in_the_message():
    step = Step("看近 7 日转粉率，补投高转粉作品", "小林")

    text = render("fire", "warning", FIRE, LABELS, since=date(2026, 4, 3), step=step)

    assert "先做：看近 7 日转粉率，补投高转粉作品｜小林" in text.split("\n")
    assert len(text) <= 220
    assert text.count("\n") == 5


@pytest.mark.parametrize("labels", [LABELS, LONGEST], ids=["short", "long"])
def test_a_long_step_is_shortened_to_the_room_that_is_left(labels):
    step = Step("先看一遍数据再说" * 20, "小林")

    text = render("fire", "warning", FIRE, labels, since=date(2026, 4, 3), step=step)

    assert len(text) <= 220


def test_where_less_is_better_nobody_reads_that_something_is_behind():
    figures = FIRE | {
        **{"direction": "lower", "aggregation": "ratio", "unit": "share", "target": 0.05},
        **{"actual": 0.08, "numerator": 80.0, "denominator": 1000.0, "required_per_day": None},
    }
    labels = Labels("", "退款率", "实际", "RR")

    text = render("fire", "warning", figures, labels, since=date(2026, 4, 3))

    assert text.split("\n")[:3] == [
        "🟡【预警】退款率偏高 · P2 挑战赛",
        "实际 8.00%（80 / 1,000），目标不高于 5.00%",
        "4/3 起偏高｜@运营一组｜4/30 截止｜数据至 4/15",
    ]
