"""The worked example's messages, and how a history is lived through release by release."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import duckdb

from alerts.evaluate import evaluate
from alerts.ledgers import TRANSITIONS
from extractors.core.lake import open_lake
from tests.alert_site import AlertSite
from tests.kpi_world import make_world
from tests.warehouse_fixture import run_dbt
from tidemark.settings import PROJECT_ROOT
from warehouse.releases import LEDGER as RELEASES

FIRST_DAY, LAST_DAY = date(2026, 3, 1), date(2026, 6, 15)
#: what S1 to S9 make of the example's verdicts, worked out by hand, with a release every day
DAILY = (
    *("NF1-0303F", "PL1-0303F", "NF1-0310M", "PL1-0310M", "NF1-0317M", "PL1-0317M"),
    *("NF1-0324M", "PL1-0324M", "PL1-0326S", "NF1-0331E"),
    *("ER2-0401F", "NF2-0403F", "PL2-0403F", "ER2-0408M", "NF2-0410M", "PL2-0410M"),
    *("ER2-0412S", "PL2-0414S", "NF2-0418S", "NF2-0422F", "NF2-0426E", "PL2-0429F"),
    *("NF2-0430E", "PL2-0430E"),
    *("CV3-0502F", "LV3-0503F", "NV3-0503F", "CV3-0509M", "LV3-0510M", "NV3-0510M"),
    *("CV3-0516M", "LV3-0517M", "NV3-0517M", "CV3-0524S", "LV3-0524S", "NV3-0524M"),
    *("NV3-0526S", "NV3-0612F"),
)
COPIED = ("kpi.goal", "marts.dim_campaign", "marts.dim_phase")


def make_history(folder: Path) -> Path:
    """Build the example's goals as of its last day; return a file that holds every as-of day."""
    campaign = (PROJECT_ROOT / "config" / "campaigns" / "dy_newprod.yml").read_text()
    brand = {"acme": campaign.replace("shop: douyin_shop_main", "shop: shop_acme")}
    database = make_world(folder, brand, hidden={})
    models = ("dim_campaign", "dim_phase", "path:models/kpi")
    run_dbt(database, "run", "--select", *models, as_of=LAST_DAY)
    with duckdb.connect(str(database)) as opened:
        opened.execute("checkpoint")
    # dbt keeps its file open in this process: what others attach is a copy
    return Path(shutil.copy(database, folder / "history.duckdb"))


def write_release(world: Path, site: AlertSite, day: date) -> None:
    """Publish what a release as of a day holds of the goals, from a history that goes on longer."""
    folder = site.settings.published_dir
    folder.mkdir(parents=True, exist_ok=True)
    release_id = f"r{(day - FIRST_DAY).days + 1:06d}-{day:%Y%m%d}"
    path = folder / "tidemark.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as database:
        database.execute(f"attach '{world}' as world (read_only)")
        for schema in ("kpi", "marts", "ops"):
            database.execute(f"create schema {schema}")
        for name in COPIED:
            database.execute(f"create table {name} as from world.{name}")
        upto = f"where as_of_date <= date '{day}'"
        database.execute(f"create table kpi.goal_history as from world.kpi.goal_history {upto}")
        database.execute(
            f"create table kpi.goal_status as from kpi.goal_history where as_of_date = '{day}'"
        )
        database.execute(
            "create table kpi.goal_curve as select * replace (case when date <= ? then "
            "actual_cumulative end as actual_cumulative) from world.kpi.goal_curve",
            [day],
        )
        database.execute(
            "create table ops.release as select ? as release_id, ? as as_of_date",
            [release_id, day],
        )
    entry = {"release_id": release_id, "as_of_date": str(day)}
    open_lake(site.settings.lake_url).append(RELEASES, release_id, entry)


def live(
    world: Path, site: AlertSite, since: date, until: date, config: Path | None = None
) -> None:
    """Release every day of a range and let its morning's alerts run, twice where they spoke."""
    for name in ("metrics.yml", "accounts.yml"):
        source = (config or world.parent / "config") / name
        shutil.copy(source, site.settings.config_dir / name)
    shutil.copy(PROJECT_ROOT / "config" / "playbooks.yml", site.settings.config_dir)
    day = since
    while day <= until:
        site.sandbox.set_clock(f"{day + timedelta(days=1)}T10:45:00+08:00")
        write_release(world, site, day)
        for _ in range(2):
            if not evaluate(site.settings):
                break
            site.deliver()
        day += timedelta(days=1)


def told(site: AlertSite) -> list[str]:
    """Return the ids of what was told, in the order of the days."""
    entries = open_lake(site.settings.lake_url).ledger(TRANSITIONS)
    entries.sort(key=lambda e: (e["as_of_date"], e["code"]))
    return [e["code"] for e in entries if not e["inhibited_by"]]


def held_back(site: AlertSite) -> list[str]:
    """Return the ids of what was recorded and not told, because a phase spoke for it."""
    entries = open_lake(site.settings.lake_url).ledger(TRANSITIONS)
    entries.sort(key=lambda e: (e["as_of_date"], e["code"]))
    return [e["code"] for e in entries if e["inhibited_by"]]
