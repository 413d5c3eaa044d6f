"""Where a release is published beside its file: what the link names is shown everywhere.

It goes by state: each publisher is told which release the link names and does what is missing, so
that a killed run, a rollback and an address that could not be reached are all ended the same way.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tidemark.errors import TidemarkError
from tidemark.settings import Settings
from warehouse.errors import PublishError
from warehouse.releases import current_id

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Publisher:
    """One place beside the release files; both functions may be called again and again."""

    name: str
    #: let readers there see the release that the link names
    show: Callable[[Settings], None]
    #: write anew what was changed in release files because people were forgotten
    rewrite: Callable[[Settings], None]
    #: return the release that readers there see, or None before the first
    shown: Callable[[Settings], str | None]


def configured(settings: Settings) -> tuple[Publisher, ...]:
    """Return the publishers that the settings ask for."""
    from warehouse.publishers import parquet, postgresql

    found = []
    if settings.parquet_url is not None:
        found.append(Publisher("parquet", parquet.show, parquet.rewrite, parquet.shown))
    if settings.postgresql is not None:
        found.append(Publisher("postgresql", postgresql.show, postgresql.rewrite, postgresql.shown))
    return tuple(found)


def show_everywhere(settings: Settings) -> None:
    """Let readers everywhere see what the link names; PublishError tells where it failed.

    Each publisher is tried, whatever became of the others.
    """
    release_id = current_id(settings)
    if release_id is None:
        return
    if failures := list(_failures(settings, lambda publisher: publisher.show(settings))):
        raise PublishError(
            f"{release_id} is published as a file, but not everywhere: {'; '.join(failures)}. "
            f"Run tidemark publish {release_id}; the next release tries it too"
        )


def catch_up(settings: Settings) -> None:
    """Show what an earlier run could not; a failure is logged and stops nothing."""
    try:
        show_everywhere(settings)
    except PublishError as error:
        logger.warning("%s", error)


def rewrite_everywhere(settings: Settings) -> None:
    """Forget in every place what release files no longer hold; PublishError where it failed."""
    if failures := list(_failures(settings, lambda publisher: publisher.rewrite(settings))):
        raise PublishError(
            f"forgotten people may still be in {'; '.join(failures)}. Run tidemark forget again"
        )


def _failures(settings: Settings, step: Callable[[Publisher], None]) -> Iterator[str]:
    import duckdb
    import pyarrow as pa

    for publisher in configured(settings):
        try:
            step(publisher)
        except (TidemarkError, OSError, duckdb.Error, pa.ArrowException) as error:
            yield f"{publisher.name}: {error}"
