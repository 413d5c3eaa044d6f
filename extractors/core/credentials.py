"""Secrets of one connection, from the environment or, inside a task, from Airflow."""

import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from extractors.core.errors import AuthError
from extractors.core.model import Account, Credential

# set by the task runner for the process of a running task
TASK_MARKER = "AIRFLOW_CTX_TASK_ID"


def credential_for(account: Account, environ: Mapping[str, str] | None = None) -> Credential:
    """Return the credential of an account; AuthError names what is missing."""
    return read_connection(account.connection_id, environ)


def read_connection(connection_id: str, environ: Mapping[str, str] | None = None) -> Credential:
    """Read AIRFLOW_CONN_<ID> (JSON or URI); inside a task, ask Airflow when it is not set."""
    env = os.environ if environ is None else environ
    name = f"AIRFLOW_CONN_{connection_id.upper()}"
    if text := env.get(name):
        return (
            _from_json(connection_id, text)
            if text.lstrip().startswith("{")
            else _from_uri(connection_id, text)
        )
    if TASK_MARKER in env:
        return _from_airflow(connection_id)
    raise AuthError(
        f"connection {connection_id}: no credential; set {name} (see .env.example) "
        "or create the Airflow connection of that id"
    )


def _from_json(connection_id: str, text: str) -> Credential:
    body = _document(text)
    if not isinstance(body, Mapping):
        raise _unreadable(connection_id, "is not valid JSON")
    address = _address(
        body.get("host"), body.get("port"), body.get("schema"), body.get("conn_type")
    )
    return _credential(
        connection_id, body.get("login"), body.get("password"), address, body.get("extra")
    )


def _from_uri(connection_id: str, text: str) -> Credential:
    parts = _uri(text)
    if parts is None:
        raise _unreadable(connection_id, "is no valid URI; escape what is special in its parts")
    extra = dict(parse_qsl(parts.query))
    address = _address(
        unquote(parts.hostname or ""), parts.port, parts.path.strip("/"), parts.scheme
    )
    return _credential(
        connection_id,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        address,
        # what is nested or not text stands as one JSON document under this name
        extra.pop("__extra__", None) or extra,
    )


def _from_airflow(connection_id: str) -> Credential:
    from airflow.sdk import BaseHook

    missing = ""
    try:
        found = BaseHook.get_connection(connection_id)
    except Exception as error:  # the kinds differ between releases of Airflow
        missing = type(error).__name__
    if missing:
        raise AuthError(
            f"connection {connection_id}: Airflow does not have it ({missing}); "
            "create it under Admin, Connections"
        )
    address = _address(found.host, found.port, found.schema, found.conn_type)
    return _credential(connection_id, found.login, found.password, address, found.extra)


def _address(host: Any, port: Any, schema: Any, conn_type: Any) -> str | None:
    """Return the base URL as Airflow's own HTTP hook reads a connection, or None without host."""
    if not host:
        return None
    scheme = next((word for word in (schema, conn_type) if word in ("http", "https")), "https")
    address = str(host) if "://" in str(host) else f"{scheme}://{host}"
    return f"{address.rstrip('/')}:{port}" if port else address.rstrip("/")


def _credential(
    connection_id: str, login: Any, password: Any, address: str | None, extra: Any
) -> Credential:
    if isinstance(extra, str):
        extra = _document(extra) if extra.strip() else {}
        if extra is None:
            raise _unreadable(connection_id, "holds an extra that is not valid JSON")
    if not isinstance(extra or {}, Mapping):
        raise _unreadable(connection_id, "holds an extra that is not an object")
    return Credential(connection_id, login or "", password or "", address, extra or {})


def _document(text: str) -> Any:
    """Return a JSON document, or None; the error of the reader would carry the text along."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _uri(text: str) -> SplitResult | None:
    """Return the parts of a URI, or None; what is wrong with it may be a part of the password."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _unreadable(connection_id: str, what: str) -> AuthError:
    # the value is a secret: never show it
    return AuthError(
        f"connection {connection_id}: AIRFLOW_CONN_{connection_id.upper()} {what}; "
        "compare it with .env.example"
    )
