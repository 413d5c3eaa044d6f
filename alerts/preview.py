"""One page that shows each channel's message about the goals as it would look there."""

import html
import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from alerts.channels import channel_module
from alerts.channels.mail import page as mail_page
from alerts.channels.model import Notice
from alerts.evaluate import read_namer, transitions
from alerts.facts import read_curves, read_facts
from alerts.notices import as_notice, notices_of
from alerts.past import Past
from tidemark.config.alerts import AlertConfig, Channel, load_alerts
from tidemark.settings import Settings

NOTHING = "<p>每个目标都在计划内。All goals are on plan.</p>"
LINK = re.compile(r"\[([^\]]*)\]\((\S+)\)$|<(\S+)\|([^>]*)>$")
ESCAPED = re.compile(r"\\(.)")
TEMPLATES = {"yellow": "#c77700", "red": "#c62828", "green": "#2e7d32", "grey": "#607d8b"}
FONTS = {"warning": "#c77700", "info": "#2e7d32", "comment": "#607d8b"}
FONT = re.compile(r'<font color="(\w+)">(.*)</font>', re.DOTALL)


def write_previews(settings: Settings, folder: Path) -> Path:
    """Write one page with every channel's message for every goal that is not on its way."""
    config = load_alerts(settings.config_dir, settings.board_url)
    found = preview_notices(settings, config)
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / "index.html"
    cards = "\n".join(_card(channel, notice) for channel, notice in found)
    written.write_text(PAGE.format(cards=cards or NOTHING))
    return written


def preview_notices(settings: Settings, config: AlertConfig) -> list[tuple[Channel, Notice]]:
    """Return what each channel would be handed if nobody had been told anything yet."""
    facts = read_facts(settings.published_dir / "tidemark.duckdb")
    now = settings.clock()
    entries = transitions(facts, date.min, Past(), config, read_namer(settings), now)
    for number, entry in enumerate(entries):
        entry |= {"alert_id": f"preview{number}", "created_at": now.isoformat()}
    curves = read_curves(settings)
    return [
        (channel, as_notice(written, entries, config, curves))
        for channel in config.channels
        for written in notices_of(entries, channel, config, now)
    ]


def _card(channel: Channel, notice: Notice) -> str:
    payload = channel_module(channel.kind).render(notice)
    shown = mail_page(notice) if channel.kind == "mail" else LOOKS[channel.kind](payload)
    if channel.kind == "mail":
        # a document of its own: its styles are those of mail and stay in their frame
        shown = f'<iframe srcdoc="{html.escape(shown)}" title="mail"></iframe>'
    return (
        f"<section><h2>{html.escape(channel.name)} · {channel.kind}</h2>{shown}"
        f"<details><summary>payload</summary><pre>{html.escape(_plain(payload))}</pre></details>"
        "</section>"
    )


def _feishu(payload: Mapping[str, Any]) -> str:
    colour = TEMPLATES[payload["header"]["template"]]
    title = html.escape(payload["header"]["title"]["content"])
    body, *actions = payload["elements"]
    # the card's own entities are what keeps names from being markup: they are shown as they read
    lines = html.escape(html.unescape(body["text"]["content"]), quote=False)
    return (
        f'<div class="bubble" style="border-color:{colour}"><div class="title" '
        f'style="background:{colour}">{title}</div><p>{_broken(lines)}</p>'
        f"{''.join(_button(a['actions'][0]['text']['content']) for a in actions)}</div>"
    )


def _dingtalk(payload: Mapping[str, Any]) -> str:
    title, *parts = payload["markdown"]["text"].split("\n\n")
    head = _markdown(title.removeprefix("#### "))
    return f'<div class="bubble"><p><b>{head}</b></p>{_paragraphs(parts)}</div>'


def _wecom(payload: Mapping[str, Any]) -> str:
    title, *lines = payload["markdown"]["content"].split("\n")
    coloured = FONT.fullmatch(title)
    assert coloured is not None, "a message of WeCom begins with its coloured title"
    head = f'<b style="color:{FONTS[coloured[1]]}">{_markdown(coloured[2])}</b>'
    quoted = [line.removeprefix(">") for line in lines if line.startswith(">")]
    rest = [line for line in lines if not line.startswith(">")]
    quote = "<br>".join(map(_markdown, quoted))
    return (
        f'<div class="bubble"><p>{head}</p><blockquote>{quote}</blockquote>'
        f"{_paragraphs(rest)}</div>"
    )


def _slack(payload: Mapping[str, Any]) -> str:
    head, *sections = payload["blocks"]
    texts = [section["text"]["text"] for section in sections]
    title = html.escape(head["text"]["text"])
    return f'<div class="bubble slack"><p><b>{title}</b></p>{_paragraphs(texts)}</div>'


def _alertmanager(payload: Mapping[str, Any]) -> str:
    alerts = [
        "<p><b>{}</b></p><p>{}</p><p class='labels'>{}</p>".format(
            html.escape(alert["labels"]["alertname"]),
            html.escape(alert["annotations"]["summary"]),
            " ".join(
                f"<code>{html.escape(f'{name}={value}')}</code>"
                for name, value in alert["labels"].items()
            ),
        )
        for alert in payload["alerts"]
    ]
    return f'<div class="bubble">{"".join(alerts)}</div>'


def _webhook(payload: Mapping[str, Any]) -> str:
    return f'<div class="bubble"><pre>{html.escape(_plain(payload))}</pre></div>'


LOOKS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "feishu": _feishu,
    "dingtalk": _dingtalk,
    "wecom": _wecom,
    "slack": _slack,
    "alertmanager": _alertmanager,
    "webhook": _webhook,
}


def _paragraphs(texts: list[str]) -> str:
    return "".join(f"<p>{_broken(_markdown(text))}</p>" for text in texts if text)


def _markdown(text: str) -> str:
    """Return a message's text as it reads: links as links, escaped marks as what they stand for."""
    if link := LINK.fullmatch(text):
        return _button(link[1] or link[4])
    return html.escape(html.unescape(ESCAPED.sub(r"\1", text)), quote=False)


def _broken(text: str) -> str:
    return text.replace("\n", "<br>")


def _button(label: str) -> str:
    return f'<span class="button">{html.escape(label)}</span>'


def _plain(payload: Any) -> str:
    return json.dumps(payload, ensure_ascii=False, indent=2, default=lambda v: f"{len(v)} bytes")


PAGE = """<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><title>Tidemark alerts</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 15px/1.6 system-ui, "Noto Sans CJK SC", "PingFang SC", sans-serif; margin: 24px auto;
  max-width: 680px; padding: 0 16px; color: #222; background: #f5f6f7; }}
h2 {{ font-size: 13px; font-weight: 600; color: #556; margin: 28px 0 8px; }}
.bubble {{ background: #fff; border: 1px solid #dcdfe3; border-radius: 8px; overflow: hidden;
  padding-bottom: 6px; }}
.bubble .title {{ color: #fff; font-weight: 600; padding: 8px 14px; }}
.bubble p {{ margin: 8px 14px; overflow-wrap: anywhere; }}
.bubble blockquote {{ margin: 6px 14px; padding-left: 10px; border-left: 3px solid #dcdfe3;
  color: #555; }}
.bubble pre {{ margin: 8px 14px; font-size: 12px; white-space: pre-wrap; overflow-wrap: anywhere; }}
.slack {{ border-left: 4px solid #4a154b; }}
.labels code {{ background: #eef0f2; border-radius: 4px; padding: 1px 6px; font-size: 12px; }}
.button {{ display: inline-block; margin: 2px 14px 8px; padding: 3px 14px; border-radius: 6px;
  background: #1f5fbf; color: #fff; font-size: 14px; }}
p .button {{ margin: 0; }}
iframe {{ width: 100%; height: 700px; border: 0; border-radius: 8px; }}
details {{ margin-top: 6px; color: #667; font-size: 12px; }} details pre {{ overflow: auto; }}
</style></head><body>{cards}</body></html>
"""
