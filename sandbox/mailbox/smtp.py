"""The SMTP server: accepts messages, or refuses them as a scripted fault says."""

import asyncio

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.faults import REQUEST_FAULTS, Fault
from sandbox.mailbox.messages import SYSTEM, Messages
from sandbox.world import World

_LARGEST_MESSAGE_BYTES = 10_000_000


class Intake:
    """Handles each message that a client sends."""

    def __init__(self, world: World, messages: Messages) -> None:
        self._world = world
        self._messages = messages

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Store the message and return the SMTP reply; a scripted fault refuses it or loses the reply."""
        recipients = [str(address) for address in envelope.rcpt_tos]
        faults = self._world.faults.take(SYSTEM, REQUEST_FAULTS, f"SMTP {' '.join(recipients)}")
        for fault in faults:
            if fault.fault == "latency":
                await asyncio.sleep(fault.seconds)
        refusal = next((reply for fault in faults if (reply := _refusal(fault))), None)
        if refusal is not None:
            return refusal
        self._messages.receive(
            sender=str(envelope.mail_from),
            recipients=recipients,
            content=_content(envelope),
            at=self._world.now(),
        )
        if any(fault.fault == "lost_response" for fault in faults) and server.transport is not None:
            server.transport.close()
        return "250 2.0.0 Message accepted"


class MailServer:
    """The listening socket; it starts and stops with the sandbox, in its event loop."""

    def __init__(self, world: World, messages: Messages) -> None:
        self._world = world
        self._intake = Intake(world, messages)
        self._server: asyncio.Server | None = None
        self.port: int | None = None

    async def start(self) -> None:
        """Listen on the configured port unless it is None; 0 takes a free one."""
        settings = self._world.settings
        if settings.smtp_port is None:
            return
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._protocol, settings.smtp_host, settings.smtp_port
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def _protocol(self) -> SMTP:
        return SMTP(
            self._intake,
            hostname="sandbox",
            enable_SMTPUTF8=True,
            data_size_limit=_LARGEST_MESSAGE_BYTES,
        )


def _refusal(fault: Fault) -> str | None:
    if fault.fault == "down":
        return "421 4.3.0 The mailbox is down"
    if fault.fault != "status":
        return None
    # In SMTP 503 means a bad sequence of commands. Here it is the default HTTP status of a fault, so it
    # becomes the usual temporary refusal.
    if fault.status >= 500 and fault.status != 503:  # noqa: PLR2004 - 5yz is permanent (RFC 5321)
        return f"{fault.status} 5.7.1 Scripted fault: refused"
    code = fault.status if 400 <= fault.status < 500 else 451  # noqa: PLR2004 - 4yz is temporary
    return f"{code} 4.3.0 Scripted fault: try again later"


def _content(envelope: Envelope) -> bytes:
    content = envelope.content or b""
    return content if isinstance(content, bytes) else content.encode()
