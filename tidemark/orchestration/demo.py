"""The launch campaign lived through on real Airflow against the sandbox."""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Any, cast

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tidemark.clock import SHANGHAI, system_clock
from tidemark.config.accounts import pulled_accounts
from tidemark.errors import TidemarkError
from tidemark.orchestration.local import (
    Services,
    airflow_environ,
    free_port,
    request_json,
    running_services,
    wait_until_up,
)
from tidemark.orchestration.rest import ADDRESS_FILE, ENDED, Airflow
from tidemark.settings import load_settings

FIRST_DAY = date(2026, 3, 1)
HISTORY_UNTIL = date(2026, 4, 15)
DEFAULT_THROUGH = date(2026, 4, 18)
# after every source's ready time and before the first deadline
MORNING = time_of_day(10, 45)
START_SECONDS = 180.0
STEP_SECONDS = 420.0
STORY_DAGS = ("file_drops", "load_history", "release", "kpi_alerts")
MARKER = ".demo"


class DemoError(TidemarkError):
    """The demo did not end with everything published."""


@dataclass(frozen=True)
class Stage:
    """The running pieces of one demo."""

    home: Path
    environ: dict[str, str]
    sandbox_url: str
    airflow: Airflow
    console: Console

    @property
    def inbox(self) -> Path:
        """Where the operators of the story drop their sheets."""
        return self.home / "inbox"


def run_demo(through: date, home: Path, console: Console) -> None:
    """Run the campaign's history and then day by day; raise unless all of it was published."""
    with running_services() as services:
        stage = start_stage(services, home, console)
        console.print(f"Airflow: {stage.airflow.base_url}   sandbox: {stage.sandbox_url}")
        live_history(stage)
        day = HISTORY_UNTIL
        while day < through:
            day += timedelta(days=1)
            live_day(stage, day)
        show_result(stage)


def keep_running(home: Path, console: Console) -> None:
    """Start everything, load the history, and stay until Ctrl-C."""
    with running_services() as services:
        stage = start_stage(services, home, console)
        live_history(stage)
        show_result(stage)
        console.print(
            f"\nExplore Airflow at [bold]{stage.airflow.base_url}[/] "
            f"and drop files into {stage.inbox}/<account key>/. Ctrl-C stops everything."
        )
        while True:
            for service in services.started:
                service.check()
            time.sleep(1.0)


def start_stage(services: Services, home: Path, console: Console) -> Stage:
    """Start the sandbox and Airflow on free ports and wait until every DAG is known."""
    clear_home(home)
    clock_file = home / "demo" / "clock"
    set_clock(clock_file, HISTORY_UNTIL)
    base = {
        **os.environ,
        "TIDEMARK_HOME": str(home),
        "TIDEMARK_CLOCK_FILE": str(clock_file),
        "TIDEMARK_HASH_SECRET": "demo-only-secret",
        # the story lives in the virtual clock's time: no schedule of today's date may start
        "TIDEMARK_SCHEDULE_FROM": "2100-01-01",
    }
    with console.status("starting the sandbox and Airflow …"):
        sandbox_url = start_sandbox(services, home, clock_file, base)
        environ = base | _connections(sandbox_url)
        drop_sheets(home / "inbox", FIRST_DAY, HISTORY_UNTIL)
        port = free_port()
        environ = airflow_environ(environ, home, port)
        airflow = start_airflow(services, home, environ, port)
    return Stage(home, environ, sandbox_url, airflow, console)


def start_sandbox(services: Services, home: Path, clock_file: Path, environ: dict[str, str]) -> str:
    """Start the local server that speaks the platforms' contracts; return its address."""
    port = free_port()
    command = [sys.executable, "-m", "sandbox", "--world", "launch", "--port", str(port)]
    command += ["--clock-file", str(clock_file)]
    service = services.start("sandbox", command, environ, home / "demo" / "sandbox.log")
    base_url = f"http://127.0.0.1:{port}"
    wait_until_up(service, f"{base_url}/_sandbox/health", START_SECONDS)
    return base_url


def start_airflow(services: Services, home: Path, environ: dict[str, str], port: int) -> Airflow:
    """Start Airflow standalone and wait until all DAG files are parsed."""
    (home / "airflow").mkdir(exist_ok=True)
    command = [str(Path(sys.executable).parent / "airflow"), "standalone"]
    service = services.start("airflow", command, environ, home / "demo" / "airflow.log")
    airflow = Airflow(f"http://127.0.0.1:{port}")
    (home / "airflow" / ADDRESS_FILE).write_text(airflow.base_url)
    wait_until_up(service, f"{airflow.base_url}/api/v2/version", START_SECONDS)
    needed = needed_dags(load_settings(environ).config_dir)
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        service.check()
        if errors := airflow.import_errors():
            raise DemoError("DAG files do not import:\n" + "\n".join(errors))
        if not (missing := needed - airflow.dag_ids()):
            return airflow
        time.sleep(0.5)
    raise DemoError(
        f"Airflow knows no DAG {', '.join(sorted(missing))} after {START_SECONDS:.0f} s: "
        f"{service.log}"
    )


def needed_dags(config_dir: Path) -> set[str]:
    """Return the DAGs that the story runs: its own, and one per platform with an own account."""
    pulled = pulled_accounts(config_dir)
    return {*STORY_DAGS, *(f"extract_{name}" for name, accounts in pulled.items() if accounts)}


def live_history(stage: Stage) -> None:
    """Load everything up to the first as-of day in one range, then one release."""
    title = f"history {FIRST_DAY} … {HISTORY_UNTIL}"
    with progress(stage, title) as tell:
        wait_for(stage, tell, lambda: has_succeeded(stage, "file_drops"))
        stage.airflow.trigger(
            "load_history", {"since": str(FIRST_DAY), "until": str(HISTORY_UNTIL)}
        )
        wait_for(stage, tell, lambda: is_told(stage, HISTORY_UNTIL))


def live_day(stage: Stage, day: date) -> None:
    """Let one more day happen: sheets, one partition per platform, a release, alerts."""
    with progress(stage, f"day {day}") as tell:
        set_clock(Path(stage.environ["TIDEMARK_CLOCK_FILE"]), day)
        dropped_at = system_clock()
        drop_sheets(stage.inbox, day, day)
        wait_for(stage, tell, lambda: has_succeeded(stage, "file_drops", dropped_at))
        for dag_id in sorted(stage.airflow.dag_ids()):
            if dag_id.startswith("extract_"):
                stage.airflow.backfill(dag_id, day, day)
        wait_for(stage, tell, lambda: is_told(stage, day))


def is_told(stage: Stage, as_of: date) -> bool:
    """Tell whether a release of that as-of day is out and its alerts have been handled."""
    status = read_status(stage.home)
    if status.get("as_of_date") != str(as_of):
        return False
    # the wall clock of the swapped link: what was published stands in the story's own time
    link = (stage.home / "published" / "tidemark.duckdb").lstat()
    swapped_at = datetime.fromtimestamp(link.st_mtime, UTC)
    return has_succeeded(stage, "kpi_alerts", swapped_at) and all(
        run["state"] in ENDED for run in stage.airflow.runs("release")
    )


def has_succeeded(stage: Stage, dag_id: str, since: datetime | None = None) -> bool:
    """Tell whether a run of a DAG that started since a moment has ended well."""
    return any(
        run["state"] == "success"
        and (since is None or datetime.fromisoformat(run["start_date"]) >= since)
        for run in stage.airflow.runs(dag_id)
    )


def read_status(home: Path) -> dict[str, Any]:
    """Return status.json, or an empty mapping before the first attempt."""
    path = home / "published" / "status.json"
    return json.loads(path.read_text()) if path.exists() else {}


def set_clock(path: Path, day: date) -> None:
    """Move the virtual clock to the morning after a day."""
    path.parent.mkdir(parents=True, exist_ok=True)
    moment = datetime.combine(day + timedelta(days=1), MORNING, SHANGHAI)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(moment.isoformat())
    temporary.replace(path)


def drop_sheets(inbox: Path, since: date, until: date) -> None:
    """Put the workbooks that the operators of the story would drop into the inbox."""
    from sandbox.sheets import drop_sheets as write_sheets

    exported_at = datetime.combine(until + timedelta(days=1), time_of_day(9, 0), SHANGHAI)
    write_sheets(inbox, since, until, exported_at)


def clear_home(home: Path) -> None:
    """Empty the data root of an earlier demo; refuse to touch anything else."""
    if home.exists() and any(home.iterdir()) and not (home / MARKER).exists():
        raise DemoError(
            f"{home} holds data that no demo made; choose another folder with TIDEMARK_HOME"
        )
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / MARKER).touch()


class progress:  # noqa: N801 - reads as a phrase in a with statement
    """A line that says what is running and how many partitions are in, with the time taken."""

    def __init__(self, stage: Stage, title: str) -> None:
        self.stage = stage
        self.title = title
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self.bar = Progress(*columns, console=stage.console, transient=True)
        self.last = ""

    def __enter__(self) -> Callable[[str], None]:
        self.started = time.monotonic()
        self.bar.start()
        self.task = self.bar.add_task(self.title)
        return self.tell

    def tell(self, text: str) -> None:
        """Show what is happening now; without a terminal, print each change once."""
        self.bar.update(self.task, description=f"{self.title}: {text}")
        if text != self.last and not self.stage.console.is_terminal:
            self.stage.console.print(f"{self.title}: {text}")
        self.last = text

    def __exit__(self, *_error: object) -> None:
        self.bar.stop()
        if _error[0] is None:
            seconds = time.monotonic() - self.started
            self.stage.console.print(f"[green]✓[/] {self.title}: published, {seconds:.0f} s")


def wait_for(stage: Stage, tell: Callable[[str], None], is_done: Callable[[], bool]) -> None:
    """Poll until done, telling what runs; raise when a run failed or the time is over."""
    until = time.monotonic() + STEP_SECONDS
    while time.monotonic() < until:
        if is_done():
            return
        failed = stage.airflow.get("dags/~/dagRuns", state=["failed"], limit=5)["dag_runs"]
        if failed:
            raise DemoError(_explain(stage, failed[0]))
        tell(_what_runs(stage))
        time.sleep(0.5)
    raise DemoError(f"nothing was published within {STEP_SECONDS:.0f} s; {_what_runs(stage)}")


def show_result(stage: Stage) -> None:
    """Print the KPI-versus-goal table, the alerts that were sent, and where things are."""
    from tidemark.cli.kpi import kpi_table

    database = stage.home / "published" / "tidemark.duckdb"
    stage.console.print(kpi_table(database))
    messages = cast(list[dict[str, Any]], request_json(f"{stage.sandbox_url}/_sandbox/messages"))
    stage.console.print(f"\n[bold]Alerts sent / 已发送的告警: {len(messages)}[/]")
    for message in messages:
        stage.console.print(message["text"], highlight=False, markup=False, soft_wrap=True)
        stage.console.print()
    status = read_status(stage.home)
    stage.console.print(f"release {status['release_id']}, data as of {status['as_of_date']}")
    stage.console.print(f"published database: {database}")
    stage.console.print(f"gate report: {stage.home / 'reports' / 'gates' / 'latest.html'}")
    stage.console.print(
        f"Airflow UI while it runs: {stage.airflow.base_url} (make run keeps it up)"
    )


def _connections(sandbox_url: str) -> dict[str, str]:
    from sandbox.world import connections

    return connections(sandbox_url)


def _what_runs(stage: Stage) -> str:
    running = stage.airflow.get("dags/~/dagRuns/~/taskInstances", state=["running"], limit=8)[
        "task_instances"
    ]
    names = sorted({f"{task['dag_id']}.{task['task_id']}" for task in running})
    manifests = sum(1 for _ in (stage.home / "lake" / "_manifests").rglob("*.json"))
    return f"{manifests} partitions in; running {', '.join(names) or 'the scheduler'}"


def _explain(stage: Stage, run: dict[str, Any]) -> str:
    tasks = stage.airflow.tasks(run["dag_id"], run["dag_run_id"])
    failed = [task["task_id"] for task in tasks if task["state"] == "failed"]
    logs = stage.home / "airflow" / "logs" / f"dag_id={run['dag_id']}"
    return f"{run['dag_id']}: {', '.join(failed) or 'a task'} failed; its log is below {logs}"
