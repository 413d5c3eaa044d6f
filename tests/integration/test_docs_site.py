"""The documentation site: whole, with links that lead somewhere, and read without a network."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from docs_site.build import build_site
from tests.contract.test_exposures import published_models
from tidemark.config.metrics import load_metrics
from tidemark.settings import PROJECT_ROOT

pytestmark = pytest.mark.slow


class Page(HTMLParser):
    """The addresses, the anchors and what a browser would fetch of one page."""

    def __init__(self, text: str) -> None:
        """Read a page."""
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what matters of a tag."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        address = given.get("href") or given.get("src") or ""
        if tag == "a" and address:
            self.links.append(address)
        elif tag in {"script", "link", "img", "iframe"} and given.get("rel") != "canonical":
            self.fetched.append(address)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make docs` builds it."""
    return build_site(tmp_path_factory.mktemp("docs") / "site").parent


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    """Every page that is not dbt's own."""
    found = [
        path for path in sorted(site.rglob("*.html")) if path.name not in {"dbt.html", "404.html"}
    ]
    assert len(found) > 30
    return {path: Page(path.read_text("utf-8")) for path in found}


def broken(pages: dict[Path, Page]) -> Iterator[str]:
    """Yield links that lead nowhere."""
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or link.startswith("#__"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                yield f"{path.name}: {link}"
                continue
            page_there = pages.get(target)
            if parts.fragment and page_there and unquote(parts.fragment) not in page_there.anchors:
                yield f"{path.name}: {link} (no such anchor)"


def test_every_link_within_the_site_leads_somewhere(pages: dict[Path, Page]) -> None:
    assert list(broken(pages)) == []


def test_a_browser_fetches_nothing_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    dbt = (site / "reference" / "dbt.html").read_text("utf-8")
    fetched = [address for page in [*pages.values(), Page(dbt)] for address in page.fetched]
    styles = "".join(path.read_text("utf-8") for path in site.rglob("*.css")) + dbt

    assert fetched
    assert [address for address in fetched if address.startswith(("http:", "https:", "//"))] == []
    assert re.findall(r"url\(['\"]?https?:", styles) == []


def test_every_metric_stands_on_its_page(pages: dict[Path, Page], site: Path) -> None:
    metrics = load_metrics(PROJECT_ROOT / "config")
    page = (site / "reference" / "metrics.html").resolve()

    assert len(metrics) > 90
    assert set(metrics) <= pages[page].anchors


def test_every_published_table_and_column_stands_on_its_page(site: Path) -> None:
    models = published_models()
    missing = [
        f"{name}.{column['name']}"
        for name, (schema, node) in models.items()
        for column in node["columns"]
        if f"<code>{column['name']}</code>"
        not in ((site / "reference" / "tables" / f"{schema}.html").read_text("utf-8"))
    ]

    assert len(models) > 45
    assert missing == []
