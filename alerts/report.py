"""What people look at: the ledger with its attempts, routes explained."""

from collections.abc import Iterator

from alerts.box import AlertError, Box
from alerts.evaluate import goal_labels
from alerts.facts import Facts, read_facts
from tidemark.config.alerts import AlertConfig, load_alerts
from tidemark.settings import Settings


def log_rows(box: Box) -> Iterator[tuple[str, ...]]:
    """Yield day, code, transition, level, incident and what became of it, oldest first."""
    tried: dict[str, list[str]] = {}
    for notice in box.notices:
        said = [
            f"{e['channel']}: {e['outcome']} ({e['response']})" for e in box.all_attempts(notice)
        ]
        for alert_id in notice["alert_ids"]:
            tried.setdefault(alert_id, []).extend(said or [f"{notice['channel']}: pending"])
    noted = {e["alert_id"]: f"acknowledged by {e['by']}: {e['note']}" for e in box.acknowledgements}
    for entry in box.transitions:
        lines = tried.get(entry["alert_id"], [])
        if entry["inhibited_by"]:
            lines = [f"held back by {entry['inhibited_by']}"]
        elif entry["suppressed_by"]:
            lines = [f"silenced by {entry['suppressed_by']}"]
        lines = [*lines, *filter(None, [noted.get(entry["alert_id"])])] or ["pending"]
        place = (entry["as_of_date"], entry["code"], entry["transition"], entry["severity"])
        yield (*place, entry["goal_key"], "\n".join(lines))


def explain_routes(settings: Settings, wanted: str) -> Iterator[str]:
    """Yield, for each goal whose key holds a text, which route takes it and why not the others."""
    config = load_alerts(settings.config_dir)
    goals = [goal for goal in _published(settings).goals if wanted in goal.goal_key]
    if not goals:
        raise AlertError(f"no goal key holds {wanted!r}; kpi.goal of the release lists them")
    for goal in goals:
        labels = goal_labels(goal)
        yield f"{goal.goal_key}: " + " ".join(f"{k}={v}" for k, v in labels.items())
        yield from _explained(config, labels, settings)


def _explained(config: AlertConfig, labels: dict[str, str], settings: Settings) -> Iterator[str]:
    for number, route in enumerate(config.routes, start=1):
        if route.takes(labels):
            yield f"  route {number} takes it -> {', '.join(route.channels)}"
            silence = config.silence_of(labels, settings.clock())
            if silence:
                yield f"  silence {silence.key} keeps it until {silence.until}: {silence.reason}"
            if route.quiet and route.quiet.holds(settings.clock(), labels["severity"]):
                yield f"  quiet hours hold it until {route.quiet.until:%H:%M}"
            return
        unmet = [
            f"{name} is not {' or '.join(values)}"
            for name, values in route.match.items()
            if labels.get(name) not in values
        ]
        yield f"  route {number} does not: {'; '.join(unmet)}"
    yield "  no route takes it: nobody is told"


def _published(settings: Settings) -> Facts:
    return read_facts(settings.published_dir / "tidemark.duckdb")
