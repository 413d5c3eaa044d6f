"""What an answer promises is there, or the answer is not the contract's."""

import pytest

from extractors.core.envelope import code_of, count_of, flag_of, list_of
from extractors.core.errors import ApiChanged
from extractors.platforms.douyin.connection import read_envelope as read_douyin
from extractors.platforms.douyin_shop import read_envelope as read_douyin_shop
from extractors.platforms.wechat.connection import read_envelope as read_wechat


@pytest.mark.parametrize(("answer", "expected"), [({"list": [1]}, [1]), ({"list": None}, [])])
def test_null_is_an_empty_list(answer, expected):
    assert list_of(answer, "list") == expected


@pytest.mark.parametrize("answer", [{}, {"list": 0}, {"list": {}}, {"list": ""}], ids=str)
def test_a_list_that_is_none_is_a_changed_api(answer):
    with pytest.raises(ApiChanged, match="'list'"):
        list_of(answer, "list")


@pytest.mark.parametrize("value", [None, "many", -1, 0.5, [], True], ids=str)
def test_a_total_that_is_no_count_is_a_changed_api(value):
    with pytest.raises(ApiChanged, match="'total'"):
        count_of({"total": value}, "total")


def test_a_total_written_as_text_counts():
    assert count_of({"total": "250"}, "total") == 250


@pytest.mark.parametrize(("value", "expected"), [(True, True), ("true", True), (0, False)], ids=str)
def test_flags_are_read_as_platforms_write_them(value, expected):
    assert flag_of({"has_more": value}, "has_more") is expected


@pytest.mark.parametrize("value", [None, "perhaps", [], {}, 2], ids=str)
def test_a_flag_that_says_nothing_is_a_changed_api(value):
    with pytest.raises(ApiChanged, match="'has_more'"):
        flag_of({"has_more": value}, "has_more")


NO_CODES = [0.9, [], {}, float("inf"), "ok", True]


@pytest.mark.parametrize("code", NO_CODES, ids=str)
@pytest.mark.parametrize(
    ("read", "body"),
    [
        (read_douyin, lambda code: {"data": {"error_code": code}, "extra": {}}),
        (read_douyin_shop, lambda code: {"code": code, "data": {}}),
        (read_douyin_shop, lambda code: {"err_no": code, "message": "", "data": {}}),
        (read_wechat, lambda code: {"errcode": code}),
    ],
    ids=["douyin", "douyin_shop", "douyin_shop of before", "wechat"],
)
def test_a_code_that_is_none_is_no_success(read, body, code):
    with pytest.raises(ApiChanged):
        read(200, {}, body(code))


@pytest.mark.parametrize("code", ["0", 0, 0.0])
def test_a_code_is_a_whole_number_or_its_text(code):
    assert code_of(code) == 0
