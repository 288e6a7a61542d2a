"""A simulated mailbox: accepts every email by SMTP and shows it in a web inbox."""

from sandbox.mailbox.messages import SYSTEM, Messages
from sandbox.mailbox.smtp import MailServer
from sandbox.mailbox.web import build_web
from sandbox.world import System, World

__all__ = ["build", "build_mailbox"]


def build(world: World) -> System:
    """Return the mailbox: inbox at `/mailbox`, SMTP on the configured port."""
    return build_mailbox(world)[0]


def build_mailbox(world: World) -> tuple[System, MailServer]:
    """Return the mailbox and its SMTP server; the server's `port` is set when it has started."""
    messages = Messages(store=world.store, journal=world.journal)
    server = MailServer(world, messages)
    system = System(
        name=SYSTEM,
        prefix="/mailbox",
        app=build_web(messages),
        title="Mailbox",
        on_start=server.start,
        on_stop=server.stop,
        is_struck_over_http=False,
    )
    return system, server
