"""Personal keys: what is landed of a person is a keyed hash with the id of its key."""

import hashlib
import hmac
import os
from collections.abc import Callable, Mapping

from extractors.core.errors import AuthError

HASH_CHARACTERS = 32


def personal_hash(environ: Mapping[str, str] | None = None) -> Callable[[str], str]:
    """Return the function that turns an id into `<key id>:<hex>`; the secret never leaves it."""
    env = os.environ if environ is None else environ
    secret = env.get("TIDEMARK_HASH_SECRET", "")
    if not secret:
        raise AuthError(
            "TIDEMARK_HASH_SECRET is not set; personal ids are landed only as keyed hashes, "
            "so set it to a long random text and keep it"
        )
    key, key_id = secret.encode(), env.get("TIDEMARK_HASH_KEY_ID") or "k1"

    def hashed(value: str) -> str:
        digest = hmac.new(key, value.encode(), hashlib.sha256).hexdigest()
        return f"{key_id}:{digest[:HASH_CHARACTERS]}"

    return hashed
