"""The watcher of the inbox: an event when files lie there and have stopped growing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from extractors.core.inbox import Signature, left_over, waiting


class InboxTrigger(BaseEventTrigger):  # type: ignore[misc]
    """Fires once per set of waiting files. It never moves or deletes one: the DAG claims them."""

    def __init__(self, *, inbox: str, poke_interval: float = 1.0) -> None:
        super().__init__()
        self.inbox = inbox
        self.poke_interval = poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and arguments that rebuild this trigger."""
        return (
            "tidemark.orchestration.inbox_trigger.InboxTrigger",
            {"inbox": self.inbox, "poke_interval": self.poke_interval},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield an event whenever the waiting files are stable and not yet announced."""
        inbox = Path(self.inbox)
        if left := await asyncio.to_thread(left_over, inbox):
            # an earlier run died with claimed files in hand
            yield TriggerEvent({"files": len(left)})
        announced: dict[Path, Signature] = {}
        before: dict[Path, Signature] = {}
        while True:
            found = await asyncio.to_thread(waiting, inbox)
            if found and found == before and found != announced:
                announced = found
                yield TriggerEvent({"files": len(found)})
            elif not found:
                announced = {}  # the same file may come again
            before = found
            await asyncio.sleep(self.poke_interval)
