"""Where people look an incident up: the one place that knows the board's addresses."""

from collections.abc import Sequence
from urllib.parse import quote

from alerts.problems import is_ours


def incident_path(key: str) -> str:
    """Return an incident's page below the board's address: a goal's, or one of the pipeline."""
    return f"/{'incident' if is_ours(key) else 'goal'}/{quote(key, safe='/=,')}"


def board_link(address: str, keys: Sequence[str]) -> str:
    """Return the page of what a message tells of: the incident's, or the board for several."""
    if not address or len(set(keys)) != 1:
        return address
    return address.rstrip("/") + incident_path(keys[0])
