"""tidemark doctor: what would stop this installation, and what to do about it."""

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer()

SIGNS = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "problem": "[red]✗[/]"}


@app.command()
def doctor() -> None:
    """Check folders, clock, configuration, credentials, disk, lock, ports and versions."""
    from tidemark.orchestration.checkup import checkup
    from tidemark.settings import load_settings

    findings = checkup(load_settings())
    table = Table("", "check", "finding", "remedy", title="tidemark doctor")
    for finding in findings:
        table.add_row(SIGNS[finding.level], finding.check, finding.found, finding.remedy)
    Console().print(table)
    if any(finding.level == "problem" for finding in findings):
        raise typer.Exit(1)
