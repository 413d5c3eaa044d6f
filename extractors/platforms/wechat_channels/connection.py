"""WeChat Channels: what its envelope says; the token is WeChat's stable token."""

from collections.abc import Mapping
from typing import Any

from extractors.core.envelope import errcode_answer, read_codes

CODES = read_codes("wechat_channels")


def read_envelope(status: int, headers: Mapping[str, str], body: Any) -> Any:
    """Return the answer itself, or raise what its errcode means; no errcode is success."""
    return errcode_answer(CODES, body)
