"""tidemark plan, build, audit, publish, release, rollback, status."""

from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer()

PlanId = Annotated[str | None, typer.Argument(help="A plan's id; default: the open plan.")]
Force = Annotated[bool, typer.Option("--force", help="Also when nothing changed.")]


@app.command()
def plan(force: Force = False) -> None:
    """Decide from the ledger whether a release is due, and of which day."""
    from tidemark.settings import load_settings
    from warehouse.plan import plan as run
    from warehouse.status import read_status

    settings = load_settings()
    found = run(settings, force=force)
    if found is None:
        Console().print(f"nothing to build: {read_status(settings)['reason']}", markup=False)
        return
    Console().print(f"{found.plan_id}: as of {found.as_of_date}, inputs {found.input_hash[:12]}")


@app.command()
def build(plan_id: PlanId = None) -> None:
    """Build the candidate database of a plan with dbt."""
    from tidemark.settings import load_settings
    from warehouse.build import build as run

    Console().print(f"{run(load_settings(), plan_id)} built")


@app.command()
def audit(plan_id: PlanId = None) -> None:
    """Judge a candidate by the expectations of the published tables."""
    from tidemark.settings import load_settings
    from warehouse.audit import audit as run

    Console().print(f"{run(load_settings(), plan_id)} passed its audit")


@app.command()
def publish(plan_id: PlanId = None) -> None:
    """Make an audited candidate the release that readers see."""
    from tidemark.settings import load_settings
    from warehouse.publish import publish as run

    Console().print(f"{run(load_settings(), plan_id)} published")


@app.command()
def release(force: Force = False) -> None:
    """Gate, plan, build, audit and publish in one go, under one lock."""
    from tidemark.settings import load_settings
    from warehouse.release import release as run
    from warehouse.status import read_status

    settings, console = load_settings(), Console()
    release_id = run(settings, force=force, tell=lambda step: console.print(f"… {step}"))
    reason = read_status(settings)["reason"]
    ended = f"{release_id} published" if release_id else f"nothing to build: {reason}"
    console.print(ended, markup=False)


@app.command()
def rollback(
    release_id: Annotated[
        str | None, typer.Argument(help="A kept release; default: the one before.")
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="How many releases back, without an id.")] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="End the hold instead.")] = False,
) -> None:
    """Show readers an older release and hold new ones back until --resume."""
    from tidemark.settings import load_settings
    from warehouse import rollback as warehouse

    settings = load_settings()
    if resume:
        is_lifted = warehouse.resume(settings)
        Console().print("releases go on" if is_lifted else "releases were not held")
        return
    target = warehouse.rollback(settings, release_id, steps=steps)
    Console().print(f"readers see {target}; new releases are held until tidemark rollback --resume")


@app.command()
def status() -> None:
    """Show what readers see now and what the last attempt did."""
    from rich.table import Table
    from rich.text import Text

    from tidemark.settings import load_settings
    from warehouse.hold import read_hold
    from warehouse.lock import holder
    from warehouse.status import read_status

    settings = load_settings()
    body = read_status(settings)
    table = Table(show_header=False, title="Release / 发布状态")
    for name, value in body.items():
        text = "\n".join(value) if isinstance(value, list) else str(value or "-")
        table.add_row(name, Text(text))  # an error may hold brackets; they are no markup
    hold = read_hold(settings)
    table.add_row("hold", hold.reason if hold else "-")
    table.add_row("lock", holder(settings) or "free")
    Console().print(table if body else "no release was attempted yet; run tidemark release")
