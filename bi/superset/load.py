"""Set up the Superset of this environment and import the boards, in one process.

BI_DATABASES="<SQLAlchemy URI>..." python -m bi.superset.load

The addresses hold passwords, so they stand in the environment and not in the process's arguments.
"""

import os
import sqlite3
from typing import Any

from bi.superset.bundle import bundle, database_name
from bi.superset.imported import is_imported, is_new, remember


def main(uris: list[str]) -> None:
    """Bring Superset's own database to what is declared; what is there already is left alone."""
    bundles = {uri: bundle(uri) for uri in uris}
    if is_imported(bundles):
        print("boards are imported as declared", flush=True)
        return
    if is_new():
        _hurry_sqlite()
    from superset.app import create_app

    with create_app().app_context():
        from flask import g
        from superset.commands.importers.v1.assets import ImportAssetsCommand

        _set_up()
        g.user = _admin()
        for uri, files in bundles.items():
            ImportAssetsCommand(files).run()
            print(f"imported into {database_name(uri)}", flush=True)
    remember(bundles)


def _hurry_sqlite() -> None:
    """Do not wait for the disk after each of the thousand steps that make a new database."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def hurry(connection: Any, _record: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("pragma synchronous = off")
            connection.execute("pragma journal_mode = memory")

    event.listen(Engine, "connect", hurry)


def _set_up() -> None:
    """Bring the schema, permissions and roles to this version of Superset."""
    from flask_migrate import upgrade
    from superset import appbuilder, security_manager

    upgrade()
    appbuilder.add_permissions(update_perms=True)
    security_manager.sync_role_definitions()


def _admin() -> Any:
    """Return the first user, who is created when there is none."""
    from superset import security_manager

    name = os.environ.get("SUPERSET_ADMIN") or "admin"
    return security_manager.find_user(name) or security_manager.add_user(
        name,
        "Tidemark",
        "BI",
        f"{name}@localhost",
        security_manager.find_role("Admin"),
        _password(),
    )


def _password() -> str:
    """Return the admin's password; without one, that of local use, and say so."""
    given = os.environ.get("SUPERSET_ADMIN_PASSWORD")
    if not given:
        print("SUPERSET_ADMIN_PASSWORD is not set: admin / admin, for local use only", flush=True)
    return given or "admin"


if __name__ == "__main__":
    main(os.environ["BI_DATABASES"].split())
