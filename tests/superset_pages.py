"""Superset's boards in a browser: log in, open one, read it, filter it."""

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, Page, TimeoutError

from bi.superset.declared import boards
from tests.superset import PASSWORD, Answer, Superset, told

#: milliseconds that a step in the browser may take where other tests run beside it
PATIENCE = 120_000
LOGINS = 3
#: what a chart that was drawn consists of; an error or an empty chart has none of it
DRAWN = "canvas, .header-line, tbody tr"
READY = f"""
(count) => {{
    const charts = [...document.querySelectorAll('[data-test=chart-grid-component]')];
    return charts.length === count && charts.every(
        (chart) => chart.querySelector('{DRAWN}') && !chart.querySelector('.loading')
            || chart.querySelector('[role=alert], .ant-empty')
    );
}}
"""


@dataclass(frozen=True)
class Seen:
    """A board as it was looked at: the text of each chart, and what each was told."""

    texts: Mapping[str, str]
    undrawn: list[str]
    answers: Mapping[str, Answer]
    hosts: set[str]


def logged_in(browser: Browser, superset: Superset) -> Page:
    """Return a page of a browser that went through the login form.

    The form is drawn anew while its scripts load, and on a busy machine that takes a minute: what
    was typed before is then lost, so a login that leads nowhere is typed once more.
    """
    page = browser.new_page(viewport={"width": 1600, "height": 2600})
    page.set_default_timeout(PATIENCE)
    for _ in range(LOGINS):
        page.goto(f"{superset.base}/login/", wait_until="networkidle")
        page.fill("#username", "admin")
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        with suppress(TimeoutError):
            page.wait_for_url(lambda url: "/login" not in url, wait_until="commit")
            return page
    pytest.fail(f"no login after {LOGINS} times; the page says: {page.inner_text('body')}")


def look_at(
    page: Page, superset: Superset, board: str, *, suffix: str = "", query: str = ""
) -> Seen:
    """Open a board, wait for all its charts, and return what it shows."""
    said = boards()[board]
    responses: list[Any] = []

    def keep(answer: Any) -> None:
        responses.append(answer)

    page.on("response", keep)
    page.goto(f"{superset.base}/superset/dashboard/{said['slug']}{suffix}/{query}")
    page.wait_for_function(READY, arg=len(said["charts"]) + 1, timeout=PATIENCE)
    page.wait_for_load_state("networkidle")
    page.remove_listener("response", keep)
    keep_picture(page, f"{board}{suffix}{'-filtered' if query else ''}")
    hosts = {re.sub(r"^\w+://([^/:]+).*", r"\1", answer.url) for answer in responses}
    return Seen(*_charts(page), _answers(page, responses), hosts)


def chart(page: Page, title: str) -> Locator:
    """Return what is drawn of the chart with a title."""
    holder = page.locator(f'[data-test=chart-grid-component][data-test-chart-name="{title}"]')
    return holder.locator("[data-test=chart-container]")


def _charts(page: Page) -> tuple[dict[str, str], list[str]]:
    texts, undrawn = {}, []
    for title in _titles(page).values():
        drawn = chart(page, title)
        texts[title] = drawn.inner_text()
        if not drawn.locator(DRAWN).count():
            undrawn.append(f"{title}: {texts[title]}")
    return texts, undrawn


def _titles(page: Page) -> dict[str, str]:
    """Map the ids of the charts on a page to their titles."""
    found: dict[str, str] = page.evaluate(
        "() => Object.fromEntries("
        "[...document.querySelectorAll('[data-test=chart-grid-component]')]"
        ".map((chart) => [chart.dataset.testChartId, chart.dataset.testChartName]))"
    )
    return found


def _answers(page: Page, responses: list[Any]) -> dict[str, Answer]:
    """Map the title of each chart to the last answer that it got."""
    found, titles = {}, _titles(page)
    for answer in responses:
        request = json.loads(answer.request.post_data or "{}") if "chart/data" in answer.url else {}
        title = titles.get(str(request.get("form_data", {}).get("slice_id")))
        if title is not None:
            found[title] = told(title, request, answer.status, answer.text())
    return found


def keep_picture(page: Page, name: str) -> None:
    """Keep a picture of the page when TIDEMARK_SCREENSHOTS names a folder."""
    if folder := os.environ.get("TIDEMARK_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(1500)  # curves draw themselves for a second
        page.screenshot(path=Path(folder) / f"superset-{name}.png")


def choose(page: Page, board: str, name: str, option: str) -> None:
    """Choose an option in a filter of the board and apply it."""
    slug = boards()[board]["slug"]
    page.locator(f'.ant-select[data-test="NATIVE_FILTER-{slug}-{name}"]').click()
    page.keyboard.type(option)
    page.locator(f'.ant-select-item-option[title="{option}"]').click()
    page.keyboard.press("Escape")
    page.click("[data-test=filter-bar__apply-button]")


def dated(days: str, board: str = "tidemark-conversions") -> str:
    """Return the part of an address that sets the board's filter by date."""
    name = f"NATIVE_FILTER-{board}-date"
    mask = (
        f"(id:{name},extraFormData:(time_range:'{days}'),filterState:(value:'{days}'),ownState:())"
    )
    return "?native_filters=" + quote(f"({name}:{mask})")


def figure(text: str) -> float:
    """Return a figure of a page as a number; a share as written has two or three digits."""
    said = text.strip().replace(",", "")
    return round(float(said[:-1]) / 100, 4) if said.endswith("%") else float(said)


def lines(board: Seen) -> dict[str, list[str]]:
    """Return the lines of every chart, in one order: equal rows of a table stand in any."""
    return {title: sorted(text.splitlines()) for title, text in board.texts.items()}


def plain(rows: list[dict[str, Any]]) -> list[str]:
    """Return rows in one order, with numbers as far as both databases agree on their type."""
    return sorted(
        str([(name, round(float(v), 6) if isinstance(v, int | float) else v) for name, v in row])
        for row in (sorted(row.items()) for row in rows)
    )


def as_json(value: Any) -> Any:
    """Return a value as Superset writes it."""
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value
