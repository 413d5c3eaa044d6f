"""tidemark forget: take a person out of everything that is kept, and keep them out."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from warehouse.erase import Erased

app = typer.Typer()

STDIN = "-"


@app.command()
def forget(
    subjects: Annotated[
        list[str] | None,
        typer.Argument(
            help="platform/account/subject: the platform's id of the person, or a buyer_key. "
            "- reads them from standard input, one a line, so that no shell remembers them."
        ),
    ] = None,
) -> None:
    """Erase people from lake, quarantine, originals and releases; totals stay as they are.

    Without SUBJECTS: complete what was begun, or forget again after a backup was restored.
    """
    from tidemark.settings import load_settings
    from warehouse.erase import forget as run

    told = subjects or []
    if STDIN in told:
        told = [line.strip() for line in sys.stdin if line.strip()]
    _show(run(load_settings(), told))


def _show(erased: "Erased") -> None:
    console = Console(highlight=False, soft_wrap=True)
    files = ", ".join(f"{count} {kind}" for kind, count in sorted(erased.files.items()))
    console.print(f"files: {files or 'none held them'}")
    console.print(f"releases written anew: {', '.join(erased.releases) or 'none'}")
    builds = ", ".join(erased.builds)
    console.print(f"builds dropped: {builds + '; the next is a full one' if builds else 'none'}")
    for stand_in in erased.stand_ins:
        console.print(f"forgotten; in their rows stands {stand_in}")
    if erased.keys_not_at_hand:
        console.print(
            f"not looked for under hash key {', '.join(erased.keys_not_at_hand)}: its secret is "
            "not here. Set TIDEMARK_HASH_PREVIOUS, or forget by the buyer_key of those days"
        )
    if erased.files["unfinished"]:
        console.print(
            f"{erased.files['unfinished']} files are being written; run tidemark forget again "
            "when no extraction runs"
        )
