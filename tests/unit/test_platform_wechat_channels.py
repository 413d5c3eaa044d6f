import json
from datetime import date, datetime

import pytest

from extractors.core import errors
from extractors.core.model import Account, Window
from extractors.platforms.wechat_channels import PLATFORM
from extractors.platforms.wechat_channels.connection import read_envelope
from tests.fake_api import FakeApi
from tidemark.clock import SHANGHAI

ACCOUNT = Account("channels_acme", "wechat_channels", "finder-acme", "Acme", "acme")
NOW = datetime(2026, 4, 16, 9, 0, tzinfo=SHANGHAI)
DAY = Window(date(2026, 4, 15), date(2026, 4, 15))
LIST, DATA = "/channels/livedashboard/getlivelist", "/channels/livedashboard/getlivedata"

DASHBOARD = {"live_dashboard_data": {"summary": {"new_watch_uv": 3}}, "live_duration": 60}
SALES = {"total_gmv": 100}
PROGRESS = {"is_living": False}


def listed(*items, more=False):
    return {"errcode": 0, "live_items": list(items), "has_more": more}


def item(export_id):
    return {"export_id": export_id, "create_time": 1_776_252_600}


def board(**changes):
    parts = {"live_dashboard_data": DASHBOARD, "live_ec_data_summary": SALES}
    return {"errcode": 0, **parts, "live_comparison_index": PROGRESS, **changes}


def read(answer, window=DAY, data=lambda asked: board()):
    api = FakeApi(ACCOUNT, NOW, {LIST: lambda asked: answer, DATA: data})
    return list(PLATFORM.stream("live_sessions").read(api, ACCOUNT, window)), api


def test_a_day_is_asked_as_a_whole_number_and_each_session_by_its_id():
    rows, api = read(listed(item("a"), item("b")))

    assert api.asked(LIST) == [{"ds": 20260415}]
    assert api.asked(DATA) == [{"export_id": "a"}, {"export_id": "b"}]
    assert [(row["export_id"], row["create_time"]) for row in rows] == [
        ("a", 1_776_252_600),
        ("b", 1_776_252_600),
    ]


def test_parts_that_come_as_text_are_read_like_objects():
    text = {
        "live_dashboard_data": json.dumps(DASHBOARD),
        "live_ec_data_summary": json.dumps(SALES),
        "live_comparison_index": json.dumps(PROGRESS),
    }

    (plain,), _ = read(listed(item("a")))
    (parsed,), _ = read(listed(item("a")), data=lambda asked: board(**text))

    assert plain["live_dashboard_data"] == DASHBOARD
    assert parsed == plain


@pytest.mark.parametrize(("part", "found"), [("", None), ("{broken", "{broken"), (None, None)])
def test_a_part_without_figures_is_unknown_and_broken_text_is_left_to_quarantine(part, found):
    (row,), _ = read(listed(item("a")), data=lambda asked: board(live_ec_data_summary=part))

    assert row["live_ec_data_summary"] == found


def test_odd_items_are_left_to_quarantine():
    rows, api = read(listed("odd", {"create_time": 1}, {"export_id": 7}, item("a")))

    assert rows[:3] == ["odd", {"create_time": 1}, {"export_id": 7}]
    assert api.asked(DATA) == [{"export_id": "a"}]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"has_more": False}, "no 'live_items'"),
        ({"live_items": {}, "has_more": False}, "is of type dict"),
        ({"live_items": []}, "does not say 'has_more'"),
        (listed(item("a"), more=True), "2026-04-15: there are more than the 1 that came"),
        (listed(more="true"), "there are more than the 0"),
    ],
    ids=["list gone", "an object", "no has_more", "a second page", "an empty page before more"],
)
def test_a_list_that_may_miss_sessions_is_an_error(answer, said):
    with pytest.raises(errors.ApiChanged, match=said):
        read(answer)


def test_no_session_at_all_is_no_row():
    assert read({"live_items": None, "has_more": "false"})[0] == []


@pytest.mark.parametrize(
    ("code", "name"),
    [
        *((code, "TokenExpired") for code in (40001, 40014, 42001)),
        *((code, "AuthError") for code in (40013, 40125, 40164, 45035, 61004)),
        (48001, "NotOffered"),
        (45009, "QuotaExhausted"),
        (45011, "RateLimited"),
        (-1, "Transient"),
        *((code, "ApiChanged") for code in (41001, 47001, 123456)),
    ],
)
def test_every_code_has_its_error(code, name):
    with pytest.raises(errors.ExtractError) as caught:
        read_envelope(200, {}, {"errcode": code, "errmsg": "said"})

    assert type(caught.value).__name__ == name
    assert f"{code} (said)" in str(caught.value)


@pytest.mark.parametrize("body", [[], None, "ok", {"errcode": "no"}])
def test_an_answer_of_another_shape_is_an_error(body):
    with pytest.raises(errors.ApiChanged):
        read_envelope(200, {}, body)
