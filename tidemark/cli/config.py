"""tidemark config check, schema, show."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from extractors.core.model import Account
    from tidemark.config.problems import Problem

app = typer.Typer()
config = typer.Typer(
    help="What humans decide: accounts, metrics, campaigns, alert routes.", no_args_is_help=True
)
app.add_typer(config, name="config")


@config.command()
def check() -> None:
    """Report every problem of every file at once, each with file, line, field and remedy."""
    from tidemark.config.loader import check_config
    from tidemark.config.problems import raise_if_any
    from tidemark.settings import load_settings
    from warehouse.feasibility import infeasible
    from warehouse.releases import link_path

    settings = load_settings()
    found, problems = check_config(settings.config_dir)
    problems += _mappings(found.accounts)
    raise_if_any(problems)
    problems += infeasible(found, link_path(settings))
    console = Console()
    for warning in problems:
        console.print(f"[yellow]warning[/] {warning}", highlight=False, soft_wrap=True)
    goals = sum(len(goal.by_phase) for campaign in found.campaigns for goal in campaign.goals)
    console.print(
        f"[green]ok[/] {len(found.accounts)} accounts, {len(found.metrics)} metrics, "
        f"{len(found.campaigns)} campaigns with {goals} phase goals, version {found.version}"
    )


def _mappings(accounts: "Sequence[Account]") -> "list[Problem]":
    """Return what is wrong with the files and tables that accounts declare."""
    from extractors.core.errors import MappingWrong
    from extractors.core.mapping import check_mapping
    from extractors.core.registry import platforms_by_name
    from tidemark.config.accounts import FILE
    from tidemark.config.problems import Problem

    found = []
    for account in accounts:
        try:
            check_mapping(account)
        except MappingWrong as error:
            what, _, remedy = str(error).rpartition("; ")
            option = platforms_by_name()[account.platform].mapping
            place = f"{account.key}.options.{option}"
            found.append(Problem(f"config/{FILE}", 1, place, "", what, remedy))
    return found


@config.command()
def schema() -> None:
    """Write the JSON Schema with which editors complete campaign files."""
    from tidemark.config.loader import load_config
    from tidemark.config.schema import FILE, schema_text
    from tidemark.settings import load_settings

    folder = load_settings().config_dir
    path = folder / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(schema_text(load_config(folder)), encoding="utf-8")
    Console().print(f"{path} written")


@config.command()
def show() -> None:
    """Print campaigns, phases and targets as they were understood."""
    from tidemark.config.loader import load_config
    from tidemark.settings import load_settings

    found = load_config(load_settings().config_dir)
    console = Console()
    for campaign in found.campaigns:
        span = f"{campaign.starts_on} to {campaign.ends_on}"
        table = Table(title=f"{campaign.name} · {campaign.key} · {span}", title_justify="left")
        for name in ("goal", "scope", *(phase.key for phase in campaign.phases), "campaign"):
            table.add_column(name, justify="left" if name in {"goal", "scope"} else "right")
        for goal in campaign.goals:
            metric = found.metrics[goal.metric]
            targets = [_told(goal.by_phase.get(phase.key)) for phase in campaign.phases]
            name = f"{metric.name_zh} / {metric.name_en}"
            whole = goal.target if metric.aggregation == "sum" else None
            table.add_row(
                name, goal.scope_text, *targets, "" if whole is None else f"{whole:,.10g}"
            )
        console.print(table)


def _told(target: object) -> str:
    from tidemark.config.campaigns import PhaseTarget

    if not isinstance(target, PhaseTarget):
        return ""
    if target.lift_over:
        return f"{target.factor:g} × {target.lift_over}"
    return f"{target.target:,.10g}"
