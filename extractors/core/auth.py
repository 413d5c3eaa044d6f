"""Access tokens: fetched once for many workers, kept in a file that only the owner reads."""

import fcntl
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from extractors.core.errors import SHAPE_ERRORS, ApiChanged
from extractors.core.model import Call, Credential, Platform, Token
from tidemark.clock import Clock

EARLY = timedelta(seconds=60)  # a token this close to its end is not used any more

PRINTED = re.compile(r"[!-~]+")

SendCall = Callable[[Call], Any]


class TokenStore:
    """The token of one credential, shared by threads and processes through a locked file."""

    def __init__(self, platform: Platform, credential: Credential, folder: Path, clock: Clock):
        self._platform = platform
        self._credential = credential
        self._path = folder / f"{credential.connection_id}.json"
        self._clock = clock

    def current(self, send: SendCall) -> Token | None:
        """Return a token that is still good, fetching one when there is none."""
        if self._platform.fetch_token is None:
            return None
        token = self._read()
        if token is not None and token.expires_at - EARLY > self._clock():
            return token
        return self._renew(send, token)

    def replace(self, refused: Token, send: SendCall) -> Token | None:
        """Return another token after one was refused; whoever comes first refreshes for all."""
        return self._renew(send, refused)

    def _renew(self, send: SendCall, known: Token | None) -> Token:
        fetch = self._platform.fetch_token
        assert fetch is not None
        with self._locked():
            stored = self._read()
            is_newer = stored is not None and (
                known is None or stored.access_token != known.access_token
            )
            if stored is not None and is_newer and stored.expires_at - EARLY > self._clock():
                return stored
            try:
                token = fetch(send, self._credential, stored or known, self._clock())
            except SHAPE_ERRORS as error:
                name = type(error).__name__
            else:
                _check(token)
                self._write(token)
                return token
            # raised out here: the error may carry what was answered
            raise ApiChanged(f"a token's answer has another shape than the contract ({name})")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._path.with_suffix(".lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _read(self) -> Token | None:
        try:
            body = json.loads(self._path.read_text())
            if body["login"] != self._credential.login:
                return None  # the credential was exchanged; its old token is not ours
            renewable = body["refresh_expires_at"]
            return Token(
                body["access_token"],
                datetime.fromisoformat(body["expires_at"]),
                body["refresh_token"],
                renewable and datetime.fromisoformat(renewable),
            )
        except (FileNotFoundError, KeyError, TypeError, ValueError):
            return None  # no file, or none of ours: a new token is fetched

    def _write(self, token: Token) -> None:
        renewable = token.refresh_expires_at
        body = {
            "login": self._credential.login,
            "access_token": token.access_token,
            "expires_at": token.expires_at.isoformat(),
            "refresh_token": token.refresh_token,
            "refresh_expires_at": renewable.isoformat() if renewable else None,
        }
        temporary = self._path.with_suffix(".tmp")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as sink:
            sink.write(json.dumps(body))
        temporary.replace(self._path)


def _check(token: Token) -> None:
    """Raise when a token is none: it would be stored, and refused call after call."""
    told = {"access_token": token.access_token, "refresh_token": token.refresh_token or "none"}
    for name, text in told.items():
        if not (isinstance(text, str) and PRINTED.fullmatch(text)):
            raise ApiChanged(f"the {name} that came is none; compare the answer with the contract")
