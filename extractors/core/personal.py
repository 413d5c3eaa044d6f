"""Personal keys: what is landed of a person is a keyed hash with the id of its key.

    TIDEMARK_HASH_SECRET, TIDEMARK_HASH_KEY_ID    the key of today
    TIDEMARK_HASH_PREVIOUS                        {"k1": "secret"}: earlier keys, or `none`

The lake remembers which secret belongs to which id, so that a changed one is an error and never
a silent second identity. No function here returns or logs a secret or an id in clear.
"""

import hmac
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from extractors.core.errors import AuthError
from extractors.core.lake import Lake

HASH_CHARACTERS = 32
LEDGER = "hash_keys"
FRESH_START = "none"
#: the key id of the anonymous keys that stand in for forgotten people
FORGOTTEN = "forgotten"
KEY = re.compile(rf"\b[A-Za-z0-9_-]{{1,32}}:[0-9a-f]{{{HASH_CHARACTERS}}}\b")
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


@dataclass(frozen=True)
class HashKey:
    """A secret and the id that is written beside every hash made with it."""

    key_id: str
    secret: str = field(repr=False)

    def of(self, value: str) -> str:
        """Return `<key id>:<hex>` of a personal id."""
        return f"{self.key_id}:{self._digest(value)[:HASH_CHARACTERS]}"

    def fingerprint(self) -> str:
        """Return by what the lake recognises the secret without holding it."""
        return self._digest("\x00which secret is this")[:16]

    def _digest(self, text: str) -> str:
        return hmac.digest(self.secret.encode(), text.encode(), "sha256").hex()


@dataclass(frozen=True)
class HashKeys:
    """The key of today, and the earlier ones that are still at hand, oldest first."""

    current: HashKey
    previous: tuple[HashKey, ...] = ()
    is_fresh_start: bool = False

    @property
    def every(self) -> tuple[HashKey, ...]:
        """All keys, oldest first."""
        return (*self.previous, self.current)


def read_hash_keys(environ: Mapping[str, str] | None = None) -> HashKeys:
    """Read the keys from the environment; AuthError names the variable and the remedy."""
    env = os.environ if environ is None else environ
    secret = env.get("TIDEMARK_HASH_SECRET", "")
    if not secret:
        raise AuthError(
            "TIDEMARK_HASH_SECRET is not set; personal ids are landed only as keyed hashes, "
            "so set it to a long random text and keep it"
        )
    current = HashKey(env.get("TIDEMARK_HASH_KEY_ID") or "k1", secret)
    told = env.get("TIDEMARK_HASH_PREVIOUS", "").strip()
    previous = () if told in ("", FRESH_START) else _previous(told)
    ids = [key.key_id for key in (*previous, current)]
    bad = [key_id for key_id in ids if not _KEY_ID.fullmatch(key_id) or key_id == FORGOTTEN]
    if bad or len(set(ids)) < len(ids):
        raise AuthError(
            f"TIDEMARK_HASH_KEY_ID and TIDEMARK_HASH_PREVIOUS name the key ids {ids}; each is "
            "letters, digits, - or _, each stands once, and `forgotten` is taken"
        )
    return HashKeys(current, previous, told == FRESH_START)


def check_hash_keys(lake: Lake, keys: HashKeys) -> None:
    """Refuse a secret that is not the one of its id, and a new id that would part people."""
    known = {entry["key_id"]: entry for entry in lake.ledger(LEDGER)}
    for key in keys.every:
        if key.key_id in known and known[key.key_id]["fingerprint"] != key.fingerprint():
            raise AuthError(
                f"the secret of hash key {key.key_id} is not the one it was used with here; every "
                "person would become a second one. Restore it, or rotate: a new "
                "TIDEMARK_HASH_KEY_ID, and the old secret in TIDEMARK_HASH_PREVIOUS"
            )
    newest = max(known.values(), key=lambda entry: int(entry["number"]), default=None)
    if newest is not None and keys.current.key_id not in known and not keys.is_fresh_start:
        _refuse_without(newest["key_id"], keys)
    for key in keys.every:
        if key.key_id not in known:
            known[key.key_id] = _remember(lake, key, len(known) + 1)


def key_order(lake: Lake) -> dict[str, int]:
    """Map each key id that was ever used here to its place, oldest first."""
    return {entry["key_id"]: int(entry["number"]) for entry in lake.ledger(LEDGER)}


def _refuse_without(newest: str, keys: HashKeys) -> None:
    if newest not in {key.key_id for key in keys.previous}:
        raise AuthError(
            f"hash key {keys.current.key_id} is new here and people are known under {newest}; set "
            f'TIDEMARK_HASH_PREVIOUS to {{"{newest}": "<its secret>"}} so that they stay the same '
            f"people, or to `{FRESH_START}` to count everyone anew from today"
        )


def _remember(lake: Lake, key: HashKey, number: int) -> dict[str, Any]:
    entry = {"key_id": key.key_id, "fingerprint": key.fingerprint(), "number": number}
    lake.append(LEDGER, key.key_id, entry)
    return entry


def _previous(text: str) -> tuple[HashKey, ...]:
    unreadable = AuthError(
        'TIDEMARK_HASH_PREVIOUS is not a JSON object of texts; write it like {"k1": "its secret"}'
    )
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if not isinstance(body, Mapping) or not all(s and isinstance(s, str) for s in body.values()):
        raise unreadable
    return tuple(HashKey(key_id, secret) for key_id, secret in body.items())
