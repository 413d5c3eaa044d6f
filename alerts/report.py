"""What people look at: the ledger with its attempts, routes explained, messages previewed."""

import html
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from alerts.box import AlertError, Box
from alerts.channels import channel_module
from alerts.channels.mail import page
from alerts.channels.model import Notice
from alerts.evaluate import goal_labels, read_namer, transitions
from alerts.facts import Facts, read_curves, read_facts
from alerts.notices import as_notice, notices_of
from alerts.past import Past
from tidemark.config.alerts import AlertConfig, Channel, load_alerts
from tidemark.settings import Settings

NOTHING = "<p>每个目标都在计划内。All goals are on plan.</p>"
COLOURS = {
    "warning": "#c77700",
    "critical": "#c62828",
    "resolved": "#2e7d32",
    "data": "#607d8b",
    "blocked": "#c62828",
}


def log_rows(box: Box) -> Iterator[tuple[str, ...]]:
    """Yield day, code, transition, level, incident and what became of it, oldest first."""
    tried: dict[str, list[str]] = {}
    for notice in box.notices:
        said = [
            f"{e['channel']}: {e['outcome']} ({e['response']})" for e in box.all_attempts(notice)
        ]
        for alert_id in notice["alert_ids"]:
            tried.setdefault(alert_id, []).extend(said or [f"{notice['channel']}: pending"])
    noted = {e["alert_id"]: f"acknowledged by {e['by']}: {e['note']}" for e in box.acknowledgements}
    for entry in box.transitions:
        lines = tried.get(entry["alert_id"], [])
        if entry["inhibited_by"]:
            lines = [f"held back by {entry['inhibited_by']}"]
        elif entry["suppressed_by"]:
            lines = [f"silenced by {entry['suppressed_by']}"]
        lines = [*lines, *filter(None, [noted.get(entry["alert_id"])])] or ["pending"]
        place = (entry["as_of_date"], entry["code"], entry["transition"], entry["severity"])
        yield (*place, entry["goal_key"], "\n".join(lines))


def explain_routes(settings: Settings, wanted: str) -> Iterator[str]:
    """Yield, for each goal whose key holds a text, which route takes it and why not the others."""
    config = load_alerts(settings.config_dir)
    goals = [goal for goal in _published(settings).goals if wanted in goal.goal_key]
    if not goals:
        raise AlertError(f"no goal key holds {wanted!r}; kpi.goal of the release lists them")
    for goal in goals:
        labels = goal_labels(goal)
        yield f"{goal.goal_key}: " + " ".join(f"{k}={v}" for k, v in labels.items())
        yield from _explained(config, labels, settings)


def _explained(config: AlertConfig, labels: dict[str, str], settings: Settings) -> Iterator[str]:
    for number, route in enumerate(config.routes, start=1):
        if route.takes(labels):
            yield f"  route {number} takes it -> {', '.join(route.channels)}"
            silence = config.silence_of(labels, settings.clock())
            if silence:
                yield f"  silence {silence.key} keeps it until {silence.until}: {silence.reason}"
            if route.quiet and route.quiet.holds(settings.clock(), labels["severity"]):
                yield f"  quiet hours hold it until {route.quiet.until:%H:%M}"
            return
        unmet = [
            f"{name} is not {' or '.join(values)}"
            for name, values in route.match.items()
            if labels.get(name) not in values
        ]
        yield f"  route {number} does not: {'; '.join(unmet)}"
    yield "  no route takes it: nobody is told"


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
    facts = _published(settings)
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


def _published(settings: Settings) -> Facts:
    return read_facts(settings.published_dir / "tidemark.duckdb")


def _card(channel: Channel, notice: Notice) -> str:
    payload = channel_module(channel.kind).render(notice)
    shown = page(notice) if channel.kind == "mail" else _bubble(notice)
    return (
        f"<section><h2>{html.escape(channel.name)} · {channel.kind}</h2>{shown}"
        f"<details><summary>payload</summary><pre>{html.escape(_plain(payload))}</pre></details>"
        "</section>"
    )


def _bubble(notice: Notice) -> str:
    lines = "<br>".join(html.escape(line) for line in notice.lines)
    return (
        f'<div class="bubble" style="border-color:{COLOURS[notice.tone]}">'
        f'<div class="title" style="background:{COLOURS[notice.tone]}">{html.escape(notice.title)}'
        f"</div><p>{lines}</p></div>"
    )


def _plain(payload: Any) -> str:
    import json

    return json.dumps(payload, ensure_ascii=False, indent=2, default=lambda v: f"{len(v)} bytes")


PAGE = """<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><title>Tidemark alerts</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 15px/1.6 system-ui, "Noto Sans CJK SC", "PingFang SC", sans-serif; margin: 24px auto;
  max-width: 760px; padding: 0 16px; color: #222; background: #f5f6f7; }}
h2 {{ font-size: 13px; font-weight: 600; color: #667; margin: 28px 0 8px; }}
.bubble {{ background: #fff; border: 1px solid; border-radius: 8px; overflow: hidden; }}
.bubble .title {{ color: #fff; font-weight: 600; padding: 8px 14px; }}
.bubble p {{ margin: 10px 14px 14px; overflow-wrap: anywhere; }}
details {{ margin-top: 6px; color: #778; font-size: 12px; }} pre {{ overflow: auto; }}
</style></head><body>{cards}</body></html>
"""
