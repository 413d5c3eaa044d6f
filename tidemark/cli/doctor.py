"""tidemark doctor: what would stop this installation, and what to do about it."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

app = typer.Typer()

SIGNS = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "problem": "[red]✗[/]"}


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Look for what stops the line or waits for a person; exit code 1 when there is a problem."""
    from tidemark.orchestration.checkup import checkup
    from tidemark.settings import load_settings

    findings = checkup(load_settings())
    if as_json:
        lines = [{**asdict(finding), "runbook": finding.runbook} for finding in findings]
        typer.echo(json.dumps(lines, ensure_ascii=False, indent=2))
    else:
        table = Table("", "check", "finding", "remedy", title="tidemark doctor")
        for finding in findings:
            words = (finding.name, finding.found, f"{finding.remedy}\n{finding.runbook}".strip())
            table.add_row(SIGNS[finding.level], *map(Text, words))
        Console().print(table)
    if any(finding.level == "problem" for finding in findings):
        raise typer.Exit(1)
