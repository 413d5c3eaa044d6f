"""tidemark new-platform: the files of a platform that is to be added."""

from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer()


@app.command()
def new_platform(
    name: Annotated[str, typer.Argument(help="Its name in paths and tables, such as bilibili.")],
) -> None:
    """Write the stubs of a new platform: module, suite, view, sandbox routes, page, test."""
    from tidemark.orchestration.platform_stubs import write_stubs
    from tidemark.settings import PROJECT_ROOT

    console = Console(soft_wrap=True, highlight=False)
    for path in write_stubs(PROJECT_ROOT, name):
        console.print(str(path.relative_to(PROJECT_ROOT)))
    console.print(
        f"\n.venv/bin/python -m pytest tests/contract/test_platforms.py -k {name}"
        "  names what is still missing"
    )
