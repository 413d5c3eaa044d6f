"""A real SMTP server on a free port, which keeps what it was handed."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller


class Mailbox:
    """What a server was handed; says to recipients and messages what it is told to say."""

    def __init__(self):
        self.envelopes = []
        self.recipients = {}  # replies by address
        self.data = "250 OK"
        self.breaks_at = ""

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        reply = self.recipients.get(address, "250 OK")
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.breaks_at == "data":
            server.transport.abort()
        if self.data.startswith("250"):
            self.envelopes.append(envelope)
        return self.data

    async def handle_QUIT(self, server, session, envelope):  # noqa: N802
        if self.breaks_at == "quit":
            server.transport.abort()
        return "421 not now" if self.breaks_at == "farewell" else "221 Bye"


class Server(Controller):
    """A controller that takes any free port."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Mailbox(), hostname="127.0.0.1", port=0, **options)

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    def mails(self) -> list[EmailMessage]:
        """Return the messages that were taken, parsed."""
        return [
            cast(EmailMessage, message_from_bytes(e.content, policy=policy.default))
            for e in self.handler.envelopes
        ]

    def connection(self) -> dict[str, Any]:
        """Return the parts of a connection to this server."""
        extra = {"from": "Tidemark <alerts@acme.example>", "to": "ops@acme.example"}
        return {"host": self.hostname, "port": self.port, "extra": {**extra, "security": "none"}}
