"""tidemark lake: what is in the lake, what is held back, and making it current on the record."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tidemark.errors import TidemarkError

lake = typer.Typer(help="List, accept, compact and erase.", no_args_is_help=True)
app = typer.Typer()
app.add_typer(lake, name="lake")

DAY = ["%Y-%m-%d"]


@lake.command("ls")
def list_slices(
    stream: Annotated[str | None, typer.Argument(help="platform or platform/stream.")] = None,
) -> None:
    """Show streams with their newest day and slices by status; for one stream, each slice."""
    from extractors.core.lake import open_lake
    from tidemark.settings import load_settings

    platform, _, name = (stream or "").partition("/")
    manifests = open_lake(load_settings().lake_url).manifests(platform, name)
    if name:
        table = Table("day", "account", "status", "rows", "batch", "why", title=stream)
        for manifest in sorted(manifests, key=lambda m: (m.dt, m.committed_at)):
            for s in manifest.slices:
                table.add_row(
                    str(s.dt), s.account_key, s.status, str(s.rows), manifest.batch_id, s.error
                )
    else:
        table = Table("stream", "newest day", "batches", "slices", title="Lake / 数据湖")
        for key in sorted({(m.platform, m.stream) for m in manifests}):
            own = [m for m in manifests if (m.platform, m.stream) == key]
            statuses = Counter(s.status for m in own for s in m.slices)
            shown = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
            batches = len({m.batch_id for m in own})
            table.add_row("/".join(key), str(max(m.dt for m in own)), str(batches), shown)
    Console().print(table)


@lake.command()
def accept(
    stream: Annotated[str, typer.Argument(help="platform/stream.")],
    account: Annotated[str, typer.Argument(help="The account's key.")],
    dt: Annotated[datetime, typer.Argument(formats=DAY, help="The day of the slice.")],
    reason: Annotated[str, typer.Option(help="Why it is right; it is kept.")],
    batch: Annotated[
        str | None, typer.Option(help="Default: the newest that is held back.")
    ] = None,
) -> None:
    """Make a suspect or refused slice current, on the record."""
    from extractors.core.lake import SliceKey, open_lake
    from tidemark.settings import load_settings

    settings = load_settings()
    opened = open_lake(settings.lake_url)
    platform, _, name = stream.partition("/")
    key = SliceKey(platform, name, account, dt.date())
    admitted = {w.batch_id for w in opened.admitted(platform, name) if w.key == key}
    held = [
        m
        for m in sorted(opened.manifests(platform, name), key=lambda m: m.committed_at)
        if m.batch_id not in admitted
        and batch in (None, m.batch_id)
        and any(m.key(s) == key and s.status in ("ok", "empty", "suspect") for s in m.slices)
    ]
    if not held:
        raise TidemarkError(
            f"{stream} {account} {dt:%Y-%m-%d}: no batch is held back; "
            f"see `tidemark lake ls {stream}`"
        )
    opened.accept(key, held[-1].batch_id, reason, settings.clock().isoformat())
    Console().print(f"{stream} {account} {dt:%Y-%m-%d}: batch {held[-1].batch_id} is current now")


@lake.command()
def compact(
    before: Annotated[
        datetime | None, typer.Option(formats=DAY, help="Default: 35 days ago.")
    ] = None,
) -> None:
    """Merge old days' batches into one each, and let kept response bodies expire."""
    from extractors.core.compact import compact as merge
    from extractors.core.lake import open_lake
    from extractors.core.landing import expire_landing
    from extractors.core.registry import every_stream
    from tidemark.clock import business_date
    from tidemark.settings import load_settings
    from warehouse.lock import locked

    settings = load_settings()
    opened = open_lake(settings.lake_url)
    until = before.date() if before else business_date(settings.clock()) - timedelta(days=35)
    # a release reads what is merged here, and forgetting rewrites it
    with locked(settings, "tidemark lake compact"):
        removed = sum(merge(opened, platform, stream, until) for platform, stream in every_stream())
    expired = expire_landing(opened, settings.clock())
    Console().print(f"{removed} manifests merged before {until}; {expired} kept bodies expired")
