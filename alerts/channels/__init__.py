"""One module per kind of channel: `render` makes the payload, `send` delivers it.

A module offers render(notice) -> payload, send(notice, credential, now) -> Receipt and
SECONDS_BETWEEN, the pause after a message that keeps the channel's published rate.
"""

import importlib
from types import ModuleType

from tidemark.config.alerts import CHANNEL_KINDS


def channel_module(kind: str) -> ModuleType:
    """Return the module of a kind of channel."""
    if kind not in CHANNEL_KINDS:
        raise KeyError(kind)
    return importlib.import_module(f"{__name__}.{kind}")
