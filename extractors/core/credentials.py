"""Secrets of one connection, from the environment or, inside a task, from Airflow."""

import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

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
    try:
        body: dict[str, Any] = json.loads(text)
    except ValueError:
        # the value is a secret: never show it
        raise AuthError(
            f"connection {connection_id}: AIRFLOW_CONN_{connection_id.upper()} is not valid JSON; "
            "compare it with .env.example"
        ) from None
    return _credential(
        connection_id, body.get("login"), body.get("password"), body.get("host"), body.get("extra")
    )


def _from_uri(connection_id: str, text: str) -> Credential:
    parts = urlsplit(text)
    host = f"{parts.scheme}://{parts.hostname}" if parts.hostname else None
    if host and parts.port:
        host = f"{host}:{parts.port}"
    extra = dict(parse_qsl(parts.query))
    return _credential(
        connection_id, unquote(parts.username or ""), unquote(parts.password or ""), host, extra
    )


def _from_airflow(connection_id: str) -> Credential:
    from airflow.sdk import BaseHook

    try:
        found = BaseHook.get_connection(connection_id)
    except Exception as error:  # the kinds differ between releases of Airflow
        raise AuthError(
            f"connection {connection_id}: Airflow does not have it ({type(error).__name__}); "
            "create it under Admin, Connections"
        ) from None
    return _credential(connection_id, found.login, found.password, found.host, found.extra_dejson)


def _credential(connection_id: str, login: Any, password: Any, host: Any, extra: Any) -> Credential:
    if isinstance(extra, str):
        extra = json.loads(extra) if extra.strip() else {}
    base_url = str(host).rstrip("/") if host and "://" in str(host) else None
    return Credential(connection_id, login or "", password or "", base_url, extra or {})
