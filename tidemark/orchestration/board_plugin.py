"""The KPI board in Airflow: an entry of its navigation, and the app behind it.

Airflow imports plugins in every process, the board itself only where the app is asked for.
"""

from functools import cached_property
from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

PREFIX = "/tidemark"
BOARD = f"{PREFIX}/board"


class TidemarkBoard(AirflowPlugin):  # type: ignore[misc]
    """Shows the running campaign's goals under Airflow's own login."""

    name = "tidemark_board"
    external_views: ClassVar[list[dict[str, Any]]] = [
        {
            "name": "KPI 看板",
            # relative: a browser resolves it against the address under which Airflow stands
            "href": BOARD.lstrip("/"),
            "destination": "nav",
            "nav_top_level": True,
            "url_route": "tidemark-board",
        }
    ]

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:
        """The app with its place below Airflow's address."""
        from tidemark.orchestration.board_app import make_app

        return [{"app": make_app(), "url_prefix": PREFIX, "name": "Tidemark KPI board"}]
