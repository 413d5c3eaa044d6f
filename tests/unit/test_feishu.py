"""The Feishu channel: known signatures, success by the body, titles that cannot break a card."""

import pytest

from alerts.channels.feishu import judge, render, sign
from tests.channel_notices import notice


@pytest.mark.parametrize(
    ("timestamp", "signature"),
    [
        ("100", "jquNHnVOwmDRfw+vqTIrY5dooJAgi5EcRtLsQE4wfXg="),
        ("1599360473", "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="),
    ],
)
def test_signature_equals_the_known_answer(timestamp, signature):
    assert sign(timestamp, "demo") == signature


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (
            200,
            '{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}',
            "delivered",
        ),
        (
            200,
            '{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}',
            "failed",
        ),
        (200, '{"code":19024,"msg":"Key Words Not Found"}', "failed"),
        (200, '{"code":9499,"msg":"Bad Request"}', "failed"),
        (200, '{"code":11232,"msg":"frequency limited"}', "retry"),
        (429, "", "retry"),
        (502, "<html>bad gateway</html>", "retry"),
        (200, "<html></html>", "retry"),
    ],
)
def test_success_is_judged_by_the_body(status, body, outcome):
    assert judge(status, body).outcome == outcome


def test_text_from_people_cannot_mention_everybody():
    made = render(notice(title="🟡 title", lines=("<at id=all></at> **bold**",)))
    content = made["elements"][0]["text"]["content"]

    assert "<at" not in content
    assert "**" not in content


def test_who_is_mentioned_is_mentioned_by_id():
    made = render(notice(mentions=("ou_1",)))

    assert made["elements"][0]["text"]["content"].endswith('<at id="ou_1"></at>')


def test_the_tone_gives_the_card_its_colour_and_the_board_a_button():
    made = render(notice(tone="critical"))

    assert made["header"]["template"] == "red"
    assert made["elements"][1]["actions"][0]["url"] == notice().board_url
