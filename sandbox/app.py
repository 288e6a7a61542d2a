"""The whole simulated outside world as one web application."""

from starlette.applications import Starlette

from sandbox import entitlements, mailbox, salesforce, stripe, workday
from sandbox.assembly import assemble
from sandbox.world import World

__all__ = ["assemble", "build_app"]


def build_app(world: World) -> Starlette:
    """Return the app of all simulated systems."""
    systems = [
        stripe.build(world),
        workday.build(world),
        salesforce.build(world),
        entitlements.build(world),
        mailbox.build(world),
    ]
    return assemble(world, systems)
