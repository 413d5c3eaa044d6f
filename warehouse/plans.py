"""Open plans: one folder each, with what the release is made of and how far it has come."""

import json
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tidemark.settings import Settings
from warehouse.errors import PlanError
from warehouse.slices import SLICES

#: the tables beside a plan
SLICES_FILE, SOURCE_DAYS_FILE = "slices.parquet", "source_day.parquet"
DAYS_FILE, EXPECTED_FILE = "days.parquet", "expected.parquet"


@dataclass(frozen=True)
class Plan:
    """A release to be made: its id, its day, and the hashes of what it is made from.

    base: the release whose build it starts from, None where there is none. days: those that the
    tables beside it tell; the others are as the base has them. None: every day is told.
    """

    plan_id: str  # also the id of the release that it becomes
    as_of_date: str
    first_date: str
    input_hash: str
    model_hash: str
    config_hash: str
    config_version: str
    code_version: str
    base: str | None = None
    days: tuple[str, ...] | None = None
    late_sources: tuple[str, ...] = ()
    refused_slices: tuple[str, ...] = ()

    @property
    def told_days(self) -> list[date] | None:
        """The days that the tables beside it tell; None: every day."""
        return None if self.days is None else [date.fromisoformat(day) for day in self.days]


def read_plan(settings: Settings, plan_id: str | None = None) -> Plan:
    """Return an open plan by its id, or the only one there is."""
    plan_id = plan_id or next(iter(open_plans(settings)), None)
    path = plan_dir(settings, plan_id or "none") / "plan.json"
    if not path.exists():
        raise PlanError(
            f"there is no open plan {plan_id or ''} in {settings.build_dir}: it was finished, "
            "superseded by a newer one or never made; run tidemark plan"
        )
    body: dict[str, Any] = json.loads(path.read_text())
    lists = {name: tuple(value) for name, value in body.items() if isinstance(value, list)}
    return Plan(**body | lists)


def read_slices(settings: Settings, plan_id: str) -> pa.Table:
    """Return the slices that a plan tells, as warehouse/slices.py shapes them."""
    return pq.read_table(plan_dir(settings, plan_id) / SLICES_FILE, schema=SLICES)


def plan_dir(settings: Settings, plan_id: str) -> Path:
    """Return the folder of a plan: what it is made of, and its candidate."""
    return settings.build_dir / plan_id


def open_plans(settings: Settings) -> list[str]:
    """Return the ids of the plans that are not finished."""
    return sorted(path.parent.name for path in settings.build_dir.glob("r*/plan.json"))


def drop_plan(settings: Settings, plan_id: str) -> None:
    """Delete a plan so that a kill on the way leaves nothing that looks alive."""
    folder = plan_dir(settings, plan_id)
    (folder / "plan.json").unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
