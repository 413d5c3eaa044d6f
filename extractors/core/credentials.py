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
PARTS = ("conn_type", "host", "port", "schema", "login", "password", "extra")


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
    return _credential(connection_id, body)


def _from_uri(connection_id: str, text: str) -> Credential:
    parts = _uri(text)
    if parts is None:
        raise _unreadable(connection_id, "is no valid URI; escape what is special in its parts")
    extra = dict(parse_qsl(parts.query))
    said = {
        "conn_type": parts.scheme,
        "host": unquote(parts.hostname or ""),
        "port": parts.port,
        "schema": unquote(parts.path.strip("/")),
        "login": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        # what is nested or not text stands as one JSON document under this name
        "extra": extra.pop("__extra__", None) or extra,
    }
    return _credential(connection_id, said)


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
    return _credential(connection_id, {name: getattr(found, name) for name in PARTS})


def _address(host: Any, port: Any, schema: Any, conn_type: Any) -> str | None:
    """Return the base URL as Airflow's own HTTP hook reads a connection, or None without host."""
    if not host:
        return None
    scheme = next((word for word in (schema, conn_type) if word in ("http", "https")), "https")
    address = str(host) if "://" in str(host) else f"{scheme}://{host}"
    return f"{address.rstrip('/')}:{port}" if port else address.rstrip("/")


def _credential(connection_id: str, said: Mapping[str, Any]) -> Credential:
    """Return the credential of a connection's parts, named as Airflow names them."""
    conn_type, host, port, schema, login, password, extra = (said.get(name) for name in PARTS)
    if isinstance(extra, str):
        extra = _document(extra) if extra.strip() else {}
        if extra is None:
            raise _unreadable(connection_id, "holds an extra that is not valid JSON")
    if not isinstance(extra or {}, Mapping):
        raise _unreadable(connection_id, "holds an extra that is not an object")
    return Credential(
        connection_id,
        login or "",
        password or "",
        _address(host, port, schema, conn_type),
        str(conn_type or ""),
        str(host or ""),
        _port(connection_id, port),
        str(schema or ""),
        extra or {},
    )


def _port(connection_id: str, port: Any) -> int | None:
    if port in (None, ""):
        return None
    if not str(port).isdecimal():
        raise _unreadable(connection_id, "holds a port that is no number")
    return int(port)


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
