"""Load the bundle into the Superset of this environment, in its own process.

python -m bi.superset.load <SQLAlchemy URI>...
"""

import os
import sys

from bi.superset.bundle import bundle, database_name


def main(uris: list[str]) -> None:
    """Import what is declared for every database, over an earlier import."""
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        from flask import g
        from superset import security_manager
        from superset.commands.importers.v1.assets import ImportAssetsCommand

        name, password = os.environ.get("SUPERSET_ADMIN", "admin"), _password()
        user = security_manager.find_user(name) or security_manager.add_user(
            name,
            "Tidemark",
            "BI",
            f"{name}@localhost",
            security_manager.find_role("Admin"),
            password,
        )
        g.user = user
        for uri in uris:
            ImportAssetsCommand(bundle(uri)).run()
            print(f"imported into {database_name(uri)}", flush=True)


def _password() -> str:
    """Return the admin's password; without one, that of local use, and say so."""
    given = os.environ.get("SUPERSET_ADMIN_PASSWORD")
    if not given:
        print("SUPERSET_ADMIN_PASSWORD is not set: admin / admin, for local use only", flush=True)
    return given or "admin"


if __name__ == "__main__":
    main(sys.argv[1:])
