"""WeChat Shop: what its envelope says; the token is WeChat's stable token."""

from collections.abc import Mapping
from typing import Any

from extractors.core.envelope import errcode_answer, read_codes

CODES = read_codes("wechat_shop")
STALE_KEY = 606006  # next_key is refused: the listing must begin anew


def read_envelope(status: int, headers: Mapping[str, str], body: Any) -> Any:
    """Return the answer itself, or raise what its errcode means; a stale key is the caller's."""
    return errcode_answer(CODES, body, fine=(0, STALE_KEY))
