"""DingTalk, WeCom and Slack: known signatures, success by the body, names that cannot break out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import dingtalk, slack, wecom
from tests.channel_notices import notice


def test_dingtalk_s_signature_equals_the_known_answer():
    signature = dingtalk.sign("1577262236757", "this is secret")

    assert signature == "hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D"


@pytest.mark.parametrize(
    ("channel", "status", "body", "outcome", "wait"),
    [
        (dingtalk, 200, '{"errcode":0,"errmsg":"ok"}', "delivered", 0),
        (dingtalk, 200, '{"errcode":310000,"errmsg":"sign not match"}', "failed", 0),
        (dingtalk, 200, '{"errcode":310000,"errmsg":"keywords not in content"}', "failed", 0),
        (dingtalk, 200, '{"errcode":300005,"errmsg":"token is not exist"}', "failed", 0),
        (dingtalk, 200, '{"errcode":130101,"errmsg":"send too fast"}', "retry", 600),
        (dingtalk, 200, '{"errcode":-1,"errmsg":"busy"}', "retry", 0),
        (dingtalk, 502, "<html>", "retry", 0),
        (dingtalk, 200, "<html>", "retry", 0),
        (wecom, 200, '{"errcode":0,"errmsg":"ok"}', "delivered", 0),
        (wecom, 200, '{"errcode":93000,"errmsg":"invalid webhook url"}', "failed", 0),
        (wecom, 200, '{"errcode":45009,"errmsg":"api freq out of limit"}', "retry", 60),
        (wecom, 200, '{"errcode":-1,"errmsg":"system busy"}', "retry", 0),
        (wecom, 500, "", "retry", 0),
        (slack, 200, "ok", "delivered", 0),
        (slack, 200, "<html>proxy</html>", "retry", 0),
        (slack, 400, "invalid_payload", "failed", 0),
        (slack, 403, "action_prohibited", "failed", 0),
        (slack, 404, "channel_not_found", "failed", 0),
        (slack, 410, "channel_is_archived", "failed", 0),
        (slack, 429, "rate_limited", "retry", 0),
        (slack, 500, "rollup_error", "retry", 0),
    ],
)
def test_an_answer_ends_as_the_contract_says(channel, status, body, outcome, wait):
    receipt = channel.judge(status, body)

    assert (receipt.outcome, receipt.wait_seconds) == (outcome, wait)


def test_slack_says_how_long_to_wait():
    assert slack.judge(429, "rate_limited", 30.0).wait_seconds == 30


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=60)


@given(WORDS, st.lists(WORDS, max_size=5))
def test_no_name_mentions_anybody(title, lines):
    made = notice(title=title, lines=tuple(lines), mentions=(), board_url="")

    in_dingtalk = dingtalk.render(made)
    in_wecom = wecom.render(made)["markdown"]["content"]
    blocks = slack.render(made)["blocks"]
    in_slack = [b["text"]["text"] for b in blocks if b["type"] == "section"]

    assert "@" not in in_dingtalk["markdown"]["text"]
    assert in_dingtalk["at"] == {"atMobiles": [], "isAtAll": False}
    assert in_wecom.count("<") == 2  # the colour of the title, begun and ended
    assert not [text for text in in_slack if "<" in text]


@given(st.integers(1, 400))
def test_a_long_message_keeps_wecom_s_limit_and_its_link(count):
    made = notice(lines=tuple(f"第 {n} 行 抖音涨粉落后" for n in range(count)))

    content = wecom.render(made)["markdown"]["content"]

    assert len(content.encode()) <= wecom.BYTES_AT_MOST
    assert made.board_url in content


def test_who_is_mentioned_is_mentioned():
    made = notice(mentions=("13800000000",))

    assert dingtalk.render(made)["at"]["atMobiles"] == ["13800000000"]
    assert "@13800000000" in dingtalk.render(made)["markdown"]["text"]
    assert "<@13800000000>" in wecom.render(made)["markdown"]["content"]
    assert "<@13800000000>" in str(slack.render(made))
