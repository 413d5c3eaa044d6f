"""What the promoted build database was made from; the next build starts from it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from extractors.core.lake import SliceKey, many_objects
from tidemark.settings import Settings

CURRENT = "current.duckdb"


@dataclass(frozen=True)
class Base:
    """The memory of a build, as its own database holds it."""

    model_hash: str
    config_hash: str
    first_date: date
    as_of_date: date
    batches: frozenset[tuple[SliceKey, str]]

    @property
    def keys(self) -> set[SliceKey]:
        """The slices that were used, whatever batch they came from."""
        return {key for key, _ in self.batches}


def base_path(settings: Settings) -> Path:
    """Return the build database of the newest release."""
    return settings.build_dir / CURRENT


@many_objects()
def read_base(settings: Settings) -> Base | None:
    """Return what the newest build was made from, or None when there is no readable one."""
    import duckdb

    if not base_path(settings).exists():
        return None
    try:
        with duckdb.connect(str(base_path(settings)), read_only=True) as database:
            made_from = database.execute(
                "select model_hash, config_hash, first_date, as_of_date from state.build"
            ).fetchone()
            used = database.execute(
                "select platform, stream, account_key, dt, batch_id from state.winning_slice"
            ).fetchall()
    except duckdb.Error:
        return None
    if made_from is None:
        return None
    batches = frozenset((SliceKey(*row[:4]), str(row[4])) for row in used)
    models, config, first, as_of = made_from
    return Base(models, config, first, as_of, batches)
