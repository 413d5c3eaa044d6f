"""tidemark lake: what is in the lake, what is held back, and making it current on the record."""

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from tidemark.cli.days import FORMATS, METAVAR, day_option
from tidemark.cli.named import find_platform, find_stream
from tidemark.errors import TidemarkError, WrongUsage

if TYPE_CHECKING:
    from extractors.core.lake import Lake, Manifest, SliceKey

lake = typer.Typer(
    help="What is in the lake, what is held back, and putting it in order.", no_args_is_help=True
)
app = typer.Typer()
app.add_typer(lake, name="lake")


@lake.command("ls")
def list_slices(
    stream: Annotated[str | None, typer.Argument(help="PLATFORM or PLATFORM/STREAM.")] = None,
) -> None:
    """Show streams with their newest day and slices by status; for one stream, each slice."""
    from extractors.core.lake import open_lake
    from tidemark.settings import load_settings

    platform, _, name = (stream or "").partition("/")
    if stream and name:
        find_stream(stream)
    elif platform:
        find_platform(platform)
    manifests = open_lake(load_settings().lake_url).manifests(platform, name)
    if not manifests:
        Console().print(f"nothing of {stream or 'any platform'} has landed yet")
        return
    Console().print(_slices(stream or "", manifests) if name else _streams(manifests))


def _slices(stream: str, manifests: "list[Manifest]") -> Table:
    table = Table("day", "account", "status", "rows", "batch", "why", title=stream)
    for manifest in sorted(manifests, key=lambda m: (m.dt, m.committed_at)):
        for s in manifest.slices:
            cells = (str(s.dt), s.account_key, s.status, str(s.rows), manifest.batch_id, s.error)
            table.add_row(*cells)
    return table


def _streams(manifests: "list[Manifest]") -> Table:
    table = Table("stream", "newest day", "batches", "slices", title="Lake / 数据湖")
    for key in sorted({(m.platform, m.stream) for m in manifests}):
        own = [m for m in manifests if (m.platform, m.stream) == key]
        statuses = Counter(s.status for m in own for s in m.slices)
        shown = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
        batches = len({m.batch_id for m in own})
        table.add_row("/".join(key), str(max(m.dt for m in own)), str(batches), shown)
    return table


@lake.command()
def accept(
    stream: Annotated[str, typer.Argument(help="PLATFORM/STREAM.")],
    account: Annotated[str, typer.Argument(help="The account's key.")],
    dt: Annotated[
        datetime, typer.Argument(formats=FORMATS, metavar=METAVAR, help="The day of the slice.")
    ],
    reason: Annotated[str, typer.Option(help="Why it is right; it is kept.")],
    batch: Annotated[
        str | None, typer.Option(help="Default: the newest that is held back.")
    ] = None,
) -> None:
    """Make a suspect or refused slice current, on the record."""
    from extractors.core.lake import SliceKey, open_lake
    from tidemark.settings import load_settings

    if not reason.strip():
        raise WrongUsage("--reason is empty; say why the slice is right, it is kept")
    settings = load_settings()
    opened = open_lake(settings.lake_url, settings.copies_dir)
    platform, name = (found.name for found in find_stream(stream))
    key = SliceKey(platform, name, account, dt.date())
    held = [b for b in _held_back(opened, key) if batch in (None, b)]
    if not held:
        raise TidemarkError(
            f"{stream} {account} {dt:%Y-%m-%d}: no batch is held back; "
            f"see `tidemark lake ls {stream}`"
        )
    opened.accept(key, held[-1], reason, settings.clock().isoformat())
    Console().print(f"{stream} {account} {dt:%Y-%m-%d}: batch {held[-1]} is current now")


def _held_back(opened: "Lake", key: "SliceKey") -> list[str]:
    """Return the batches that have read a slice and do not count, oldest first."""
    of_stream = (key.platform, key.stream)
    admitted = {w.batch_id for w in opened.admitted(*of_stream) if w.key == key}
    return [
        m.batch_id
        for m in sorted(opened.manifests(*of_stream), key=lambda m: m.committed_at)
        if m.batch_id not in admitted
        and any(m.key(s) == key and s.status in ("ok", "empty", "suspect") for s in m.slices)
    ]


@lake.command()
def compact(
    before: Annotated[
        datetime | None, day_option("Merge days before this one; default: 35 days ago.")
    ] = None,
) -> None:
    """Merge old days' batches and closed months' files, and let kept response bodies expire."""
    from tidemark.settings import load_settings
    from warehouse.compaction import compact_lake

    done = compact_lake(load_settings(), before.date() if before else None)
    Console().print(
        f"{done.manifests} manifests merged before {done.before}; {done.bodies} kept bodies expired"
    )
