"""Every kind of channel pointed at the sandbox, mail at a real SMTP server."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn

from alerts.ledgers import DELIVERIES
from alerts.outbox import deliver
from extractors.core.credentials import read_connection
from extractors.core.lake import Lake, open_lake
from extractors.core.model import Credential
from sandbox.world import World
from tests.conftest import Sandbox, start_sandbox
from tests.mailbox import Server
from tidemark.config.alerts import CHANNEL_KINDS
from tidemark.settings import Settings

NAMES = {
    "feishu": "ops-hook",
    "dingtalk": "ops-robot-token",
    "wecom": "ops-robot-key",
    "slack": "T0ACME/B0OPS/hook",
    "alertmanager": "alertmanager",
    "webhook": "webhook",
}


@dataclass
class AlertSite:
    """A sandbox with a mailbox, and settings whose routes lead to all of them."""

    sandbox: Sandbox
    mailbox: Server
    settings: Settings

    def connect(self, connection_id: str) -> Credential:
        """Return a channel's credential."""
        if connection_id == "tidemark_mail_ops":
            return Credential(connection_id, **self.mailbox.connection())
        return read_connection(connection_id, self.sandbox.environ)

    def credential(self, kind: str) -> Credential:
        """Return the credential of the channel of a kind."""
        return self.connect(f"tidemark_{kind}_ops")

    def wait(self, seconds: float) -> None:
        """Let time pass on the virtual clock."""
        self.sandbox.set_clock((self.settings.clock() + timedelta(seconds=seconds)).isoformat())

    def deliver(self, sleep: Callable[[float], None] | None = None) -> int:
        """Deliver what is due; pauses pass on the virtual clock."""
        return deliver(self.settings, connect=self.connect, sleep=sleep or self.wait)

    @property
    def lake(self) -> Lake:
        """Where the ledgers are."""
        return open_lake(self.settings.lake_url)

    def attempts(self) -> list[dict[str, Any]]:
        """Return every attempt, oldest first."""
        found = self.lake.ledger(DELIVERIES)
        return sorted(found, key=lambda e: (e["attempted_at"], e["entry_id"]))

    def texts(self) -> dict[str, list[str]]:
        """Return what every kind of channel has taken, as people would read it."""
        taken = self.sandbox.messages()
        found = {
            kind: [m["text"] for m in taken if m["bot"] == name] for kind, name in NAMES.items()
        }
        mails = [mail.get_body(("plain",)) for mail in self.mailbox.mails()]
        return found | {"mail": [body.get_content() for body in mails if body is not None]}


def config_text(routes: str, *, languages: str = "zh") -> str:
    """Return an alerts.yml with a channel of every kind, called by its kind."""
    channels = [
        f"  - {{key: {kind}, kind: {kind}, connection: tidemark_{kind}_ops, language: {languages}}}"
        for kind in CHANNEL_KINDS
    ]
    return "\n".join(("board_url: http://board.example", "channels:", *channels, routes, ""))


ALL = f"[{', '.join(CHANNEL_KINDS)}]"
EVERYTHING_TO_ALL = f"routes:\n  - {{match: {{}}, channels: {ALL}}}"


def start_alert_site(world: World, folder: Path) -> tuple[AlertSite, Callable[[], None]]:
    """Start the sandbox and the mailbox; the second value stops both."""
    sandbox, server = start_sandbox(world, folder)
    mailbox = Server()
    mailbox.start()
    config = folder / "config"
    config.mkdir(exist_ok=True)
    (config / "alerts.yml").write_text(config_text(EVERYTHING_TO_ALL))
    settings = Settings(
        folder / "data", config, (folder / "data" / "lake").as_uri(), sandbox.settings.clock
    )
    sandbox.limit(is_rate_on_virtual_time=True)

    def stop() -> None:
        stop_server(server)
        mailbox.stop()

    return AlertSite(sandbox, mailbox, settings), stop


def stop_server(server: uvicorn.Server) -> None:
    """Ask a server in a thread to end."""
    server.should_exit = True


def at(moment: str) -> datetime:
    """Return a moment of Shanghai."""
    return datetime.fromisoformat(f"{moment}+08:00")
