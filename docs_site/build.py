"""Stage the pages, let dbt and MkDocs render them."""

import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import yaml

from docs_site.pages import index_page, metrics_page, table_pages
from tidemark.config.loader import load_config
from tidemark.errors import TidemarkError
from tidemark.settings import PROJECT_ROOT
from warehouse.registry_rows import metric_variables
from warehouse.transform import DATABASE, unions

#: what of the repository is a page, or is linked to by one
COPIED = (
    *("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "bi/superset/README.md"),
    *(".env.example", "docker-compose.yml"),
)
FOLDERS = ("platforms", "decisions")
#: addresses that dbt's page would fetch: it is read where there is no network
FETCHED = re.compile(
    r"""<(?:link|script)[^>]+(?:href|src)=["']https?://[^"']+["'][^>]*>(?:</script>)?"""
)


class DocsError(TidemarkError):
    """The site could not be built."""


def build_site(folder: Path) -> Path:
    """Build the whole site into a folder, replacing it; return its start page."""
    with tempfile.TemporaryDirectory() as scratch:
        staged = Path(scratch) / "pages"
        stage(staged)
        lineage, manifest = dbt_docs(Path(scratch))
        write_references(staged, manifest)
        (staged / "reference" / "dbt.html").write_text(lineage, "utf-8")
        render(staged, folder)
    return folder / "index.html"


def stage(staged: Path) -> None:
    """Copy the pages that people wrote; folders get an index."""
    shutil.copytree(PROJECT_ROOT / "docs", staged / "docs")
    for name in COPIED:
        (staged / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT_ROOT / name, staged / name)
    for name in FOLDERS:
        (staged / "docs" / name / "index.md").write_text(
            index_page(staged / "docs" / name), "utf-8"
        )


def write_references(staged: Path, manifest: dict[str, Any]) -> None:
    """Write the pages that are made of the registry and of dbt's descriptions."""
    config = load_config(PROJECT_ROOT / "config")
    pages = {"metrics.md": metrics_page(config.metrics.values()), **table_pages(manifest)}
    for name, text in pages.items():
        path = staged / "reference" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def dbt_docs(scratch: Path) -> tuple[str, dict[str, Any]]:
    """Return dbt's own page in one file, and the manifest it was made of."""
    from dbt.cli.main import dbtRunner

    config = load_config(PROJECT_ROOT / "config")
    project, target = PROJECT_ROOT / "dbt_project", scratch / "target"
    variables = {"unions": unions(project), **metric_variables(config)}
    days = {"as_of_date": "1970-01-01", "first_date": "1970-01-01"}
    os.environ[DATABASE] = str(scratch / "none.duckdb")
    result = dbtRunner().invoke(
        [
            *("docs", "generate", "--static", "--empty-catalog", "--quiet"),
            *("--project-dir", str(project), "--profiles-dir", str(project)),
            *("--target-path", str(target), "--log-path", str(scratch)),
            *("--vars", json.dumps({**variables, **days})),
        ]
    )
    if not result.success:
        raise DocsError(f"dbt could not make its page: {result.exception}; see {scratch}/dbt.log")
    page = (target / "static_index.html").read_text("utf-8")
    return FETCHED.sub("", page), json.loads((target / "manifest.json").read_text("utf-8"))


def render(staged: Path, folder: Path) -> None:
    """Let MkDocs turn the staged pages into a site that needs no network."""
    from mkdocs.commands.build import build
    from mkdocs.config import load_config as load_mkdocs

    settings = staged.parent / "mkdocs.yml"
    settings.write_text(yaml.safe_dump(site_settings(staged, folder), allow_unicode=True), "utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    build(load_mkdocs(str(settings)))


def site_settings(staged: Path, folder: Path) -> dict[str, Any]:
    """Return MkDocs' configuration; pages stand in the order in which people look for them."""
    tables = sorted(path.name for path in (staged / "reference" / "tables").glob("*.md"))
    listed = [{name.removesuffix(".md"): f"reference/tables/{name}"} for name in tables]
    folders = {
        title: [f"docs/{name}/{p.name}" for p in sorted((staged / "docs" / name).glob("*.md"))]
        for title, name in (("Platforms 平台", "platforms"), ("Decisions 决策", "decisions"))
    }
    return {
        "site_name": "Tidemark",
        "docs_dir": str(staged),
        "site_dir": str(folder.resolve()),
        "use_directory_urls": False,
        "exclude_docs": "!.env.example\n",
        # no font and no script from elsewhere
        "theme": {"name": "material", "font": False, "features": ["navigation.indexes"]},
        "plugins": ["search"],
        "markdown_extensions": ["tables", "toc", "fenced_code"],
        "validation": {"links": {"not_found": "warn", "anchors": "warn"}},
        "nav": [
            {"Start": "README.md"},
            {"中文": "README.zh-CN.md"},
            {"Metrics 指标": "reference/metrics.md"},
            {"Tables 数据表": listed},
            {"Lineage 血缘": "reference/dbt.html"},
            {"Dashboards 看板": "docs/bi.md"},
            {"Superset": "bi/superset/README.md"},
            {"Runbook 运行手册": "docs/runbook.md"},
            {"Production 部署": "docs/production.md"},
            {"Scale 扩展": "docs/scale.md"},
            {"Contributing": "CONTRIBUTING.md"},
            *({title: pages} for title, pages in folders.items()),
        ],
    }
