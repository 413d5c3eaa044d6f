"""The watcher of the inbox: an event when files lie there and have stopped growing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

Signature = frozenset[tuple[str, int, int]]


class InboxTrigger(BaseEventTrigger):
    """Fires once per set of waiting files. It never moves or deletes one: the DAG claims them."""

    def __init__(self, *, inbox: str, poke_interval: float = 2.0) -> None:
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
        announced: Signature = frozenset()
        before: Signature = frozenset()
        while True:
            waiting = await asyncio.to_thread(waiting_files, Path(self.inbox))
            if waiting and waiting == before and waiting != announced:
                announced = waiting
                yield TriggerEvent({"files": len(waiting)})
            before = waiting
            await asyncio.sleep(self.poke_interval)


def waiting_files(inbox: Path) -> Signature:
    """Return path, size and modification time of every file waiting below the inbox."""
    found = set()
    for path in inbox.glob("*/*"):
        is_hidden = any(part.startswith(".") for part in path.relative_to(inbox).parts)
        if not is_hidden and path.is_file():
            stat = path.stat()
            found.add((str(path), stat.st_size, stat.st_mtime_ns))
    return frozenset(found)
