"""The sandbox's Feishu bot keeps the platform's rules."""

import time
from dataclasses import replace

import pytest

from sandbox.world import Bot
from tests.conftest import start_sandbox
from tests.sandbox_calls import feishu_message, feishu_post

NOW = 1_776_307_500  # 2026-04-16T10:45:00+08:00


def judged(answer):
    return answer.status_code, answer.json()["code"]


def test_a_signed_message_is_taken_and_kept(sandbox):
    answer = feishu_post(sandbox, feishu_message(str(NOW)))

    assert answer.json() == {
        "StatusCode": 0,
        "StatusMessage": "success",
        "code": 0,
        "data": {},
        "msg": "success",
    }
    assert [(m["bot"], m["text"]) for m in sandbox.messages()] == [("ops-hook", "你好")]


def test_a_card_is_read_as_people_would(sandbox):
    card = {
        "header": {"title": {"tag": "plain_text", "content": "🟡【预警】"}},
        "elements": [{"tag": "div", "text": {"tag": "lark_md", "content": "还差 10,600"}}],
    }
    message = {**feishu_message(str(NOW)), "msg_type": "interactive", "card": card}
    del message["content"]

    assert judged(feishu_post(sandbox, message)) == (200, 0)
    assert sandbox.messages()[0]["text"] == "🟡【预警】\n还差 10,600"


@pytest.mark.parametrize(
    "changes",
    [{"sign": "bm8="}, {"timestamp": str(NOW + 1)}, {"timestamp": "now"}, {"sign": None}],
    ids=["sign", "another timestamp", "no number", "no sign"],
)
def test_a_wrong_signature_is_refused_in_http_200(sandbox, changes):
    assert judged(feishu_post(sandbox, {**feishu_message(str(NOW)), **changes})) == (200, 19021)
    assert sandbox.messages() == []


@pytest.mark.parametrize(("offset", "code"), [(3600, 0), (3601, 19021), (-3600, 0), (-3601, 19021)])
def test_a_timestamp_is_one_hour_off_at_most(sandbox, offset, code):
    assert judged(feishu_post(sandbox, feishu_message(str(NOW + offset)))) == (200, code)


def test_timestamps_may_be_judged_by_real_time(sandbox):
    sandbox.limit(is_feishu_on_real_time=True)
    real = feishu_post(sandbox, feishu_message(str(int(time.time()))))
    virtual = feishu_post(sandbox, feishu_message(str(NOW)))

    assert [judged(real)[1], judged(virtual)[1]] == [0, 19021]


@pytest.mark.parametrize(
    "message",
    [
        ["text"],
        {**feishu_message(str(NOW)), "msg_type": "sticker"},
        {**feishu_message(str(NOW)), "content": {}},
        {**feishu_message(str(NOW)), "padding": "x" * 20_480},
    ],
    ids=["a list", "an unknown kind", "no text", "more than 20 KB"],
)
def test_a_bad_body_is_refused(sandbox, message):
    assert judged(feishu_post(sandbox, message)) == (200, 9499)


def test_an_unknown_hook_is_refused(sandbox):
    assert judged(feishu_post(sandbox, feishu_message(str(NOW)), hook="nobody")) == (200, 19001)


def test_a_bot_with_a_keyword_takes_only_messages_that_hold_it(launch_world, tmp_path):
    bots = (Bot("feishu_ops", "ops-hook", "ops-signing-secret", keyword="预警"),)
    sandbox, server = start_sandbox(replace(launch_world, bots=bots), tmp_path)
    texts = ("你好", "【预警】播放落后")
    answers = [feishu_post(sandbox, feishu_message(str(NOW), text=text)) for text in texts]
    server.should_exit = True

    assert [judged(answer)[1] for answer in answers] == [19024, 0]


def test_a_bot_takes_five_messages_a_second(sandbox):
    codes = [judged(feishu_post(sandbox, feishu_message(str(NOW))))[1] for _ in range(6)]
    other_bot = feishu_post(
        sandbox, feishu_message(str(NOW), "data-signing-secret"), hook="data-hook"
    )

    assert codes == [0, 0, 0, 0, 0, 11232]
    assert judged(other_bot)[1] == 0


def test_a_fault_may_be_any_code(sandbox):
    sandbox.fault("/feishu/", "error_code:19022")

    codes = [judged(feishu_post(sandbox, feishu_message(str(NOW))))[1] for _ in range(2)]
    assert codes == [19022, 0]
