"""Every path that exists. A new workflow, or a new turn of an old one, registers here."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from tests.crash.path import Path
from tests.virtual_stack.life import DAY, Life
from tests.virtual_temporal.points import Point, PointKind

HOUR: Final = timedelta(hours=1)
_DECLINING: Final = "pm_card_chargeCustomerFail"


async def _card_paid(life: Life) -> None:
    await life.buys()
    await life.passes(DAY)


async def _transfer_paid(life: Life) -> None:
    await life.buys(card=None)
    await life.passes(3 * DAY)
    await life.transfers()
    await life.passes(DAY)


async def _refused_when_given(life: Life) -> None:
    await life.buys(card="pm_card_chargeDeclined")
    await life.passes(DAY)
    await life.gives_card()
    await life.passes(DAY)


async def _declined_then_paid(life: Life) -> None:
    await life.buys(card=_DECLINING)
    await life.passes(DAY)
    await life.gives_card()
    await life.passes(DAY)


async def _declined_then_lost(life: Life) -> None:
    await life.buys(card=_DECLINING)
    await life.passes(9 * DAY)


async def _three_d_secure(life: Life) -> None:
    await life.buys(card="pm_card_authenticationRequired")
    await life.passes(HOUR)
    await life.authenticates()
    await life.passes(DAY)


async def _renewed(life: Life) -> None:
    await life.buys()
    await life.passes(5 * DAY)
    await life.gives_card("pm_card_mastercard")
    await life.passes(70 * DAY)


async def _renewal_declined_then_paid(life: Life) -> None:
    await life.buys()
    await life.passes(5 * DAY)
    await life.gives_card(_DECLINING)
    await life.passes(28 * DAY)
    await life.gives_card("pm_card_mastercard")
    await life.passes(DAY)


async def _renewal_given_up(life: Life) -> None:
    await life.buys()
    await life.passes(5 * DAY)
    await life.gives_card(_DECLINING)
    await life.passes(45 * DAY)


async def _cancelled_now(life: Life) -> None:
    await life.buys()
    await life.passes(5 * DAY)
    await life.cancels()
    await life.passes(40 * DAY)


async def _cancelled_at_the_end(life: Life) -> None:
    await life.buys()
    await life.passes(5 * DAY)
    await life.cancels(at="period_end")
    await life.passes(40 * DAY)


async def _cancelled_unpaid(life: Life) -> None:
    await life.buys(card=None)
    await life.passes(3 * DAY)
    await life.cancels()
    await life.passes(DAY)


async def _void_refused(life: Life) -> None:
    """The money is there and our notice of it is lost, so that the void is refused: it is paid."""
    await life.buys(card=None)
    await life.passes(3 * DAY)
    life.stack.postman.is_wanted = lambda _: False
    await life.transfers()
    await life.cancels()
    await life.passes(DAY)


def _pay_while_opening(life: Life, _: int, point: Point) -> None:
    if point.kind is PointKind.EFFECT_DONE and point.detail == "ensure_payment_customer":
        life.meanwhile_once("paid", life.transfers)


async def _transfer_at_once(life: Life) -> None:
    await life.buys(card=None)
    await life.passes(2 * DAY)


async def _provider_refuses_to_open(life: Life) -> None:
    life.fault("stripe", "status", status=400, match="/finalize")
    await life.buys()
    await life.passes(HOUR)
    life.mend("stripe")
    await life.operator_resumes()
    await life.passes(DAY)


async def _entitlements_down(life: Life) -> None:
    life.fault("entitlements", "down")
    await life.buys()
    await life.passes(timedelta(seconds=40))
    life.mend("entitlements")
    await life.passes(DAY)


async def _followers_down(life: Life) -> None:
    systems = ("workday", "salesforce", "mailbox")
    for system in systems:
        life.fault(system, "down")
    await life.buys()
    await life.passes(timedelta(minutes=3))
    life.mend(*systems)
    await life.passes(DAY)


async def _webhooks_lost(life: Life) -> None:
    life.stack.postman.is_wanted = lambda _: False
    await _transfer_paid(life)


async def _webhooks_twice(life: Life) -> None:
    life.stack.postman.times = 2
    await _transfer_paid(life)


PATHS: Final[Sequence[Path]] = (
    Path(name="card paid", script=_card_paid, least_points=0),
    Path(name="transfer paid", script=_transfer_paid, least_points=0),
    Path(name="card refused when given, then paid", script=_refused_when_given, least_points=0),
    Path(name="declined then paid", script=_declined_then_paid, least_points=0),
    Path(
        name="declined then lost",
        script=_declined_then_lost,
        least_points=0,
        state="abandoned",
        charges=0,
        has_access=False,
    ),
    Path(name="3-D Secure", script=_three_d_secure, least_points=0),
    Path(name="renewed twice over continue-as-new", script=_renewed, least_points=0, charges=3),
    Path(
        name="renewal declined then paid",
        script=_renewal_declined_then_paid,
        least_points=0,
        charges=2,
    ),
    Path(
        name="renewal given up",
        script=_renewal_given_up,
        least_points=0,
        state="ended",
        has_access=False,
    ),
    Path(
        name="cancelled now",
        script=_cancelled_now,
        least_points=0,
        state="ended",
        has_access=False,
    ),
    Path(
        name="cancelled at the end",
        script=_cancelled_at_the_end,
        least_points=0,
        state="ended",
        has_access=False,
    ),
    Path(
        name="cancelled before the payment",
        script=_cancelled_unpaid,
        least_points=0,
        state="abandoned",
        charges=0,
        has_access=False,
    ),
    Path(
        name="void refused",
        script=_void_refused,
        least_points=0,
        state="abandoned",
        has_access=False,
    ),
    Path(
        name="paid while opening",
        script=_transfer_at_once,
        least_points=0,
        at=_pay_while_opening,
    ),
    Path(name="provider refuses to open", script=_provider_refuses_to_open, least_points=0),
    Path(name="entitlement service down", script=_entitlements_down, least_points=0),
    Path(name="ERP, CRM and email down", script=_followers_down, least_points=0),
    Path(name="webhooks lost", script=_webhooks_lost, least_points=0),
    Path(name="webhooks twice", script=_webhooks_twice, least_points=0),
)
