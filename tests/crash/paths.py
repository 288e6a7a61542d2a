"""Every path that exists. A new workflow, or a new turn of an old one, registers here."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from tests.checker.known import EARLY_REQUESTS
from tests.crash.path import ENDED, NEVER_PAID, PAID, End, Path
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


def _pay_while_opening(life: Life, point: Point) -> None:
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
    # The provider is read again ever more rarely, and a crash moves the readings.
    await life.passes(4 * DAY)


async def _webhooks_twice(life: Life) -> None:
    life.stack.postman.times = 2
    await _transfer_paid(life)


async def _renewed_once(life: Life) -> None:
    await life.buys()
    await life.passes(32 * DAY)
    # Whoever cancels at the end of a period meanwhile has ended by then.
    await life.passes(32 * DAY)


async def _cancels(life: Life) -> None:
    await life.cancels()


async def _cancels_at_the_end_with_another_card(life: Life) -> None:
    await life.cancels(at="period_end")
    await life.gives_card("pm_card_mastercard")


PATHS: Final[Sequence[Path]] = (
    Path(name="card paid", script=_card_paid, points=61),
    Path(name="transfer paid", script=_transfer_paid, points=83),
    Path(name="card refused when given, then paid", script=_refused_when_given, points=91),
    Path(name="declined then paid", script=_declined_then_paid, points=101),
    Path(name="declined then lost", script=_declined_then_lost, points=113, ends=(NEVER_PAID,)),
    Path(name="3-D Secure", script=_three_d_secure, points=77),
    Path(
        name="renewed twice over continue-as-new",
        script=_renewed,
        points=141,
        ends=(End("active", 3, has_access=True),),
    ),
    Path(
        name="renewal declined then paid",
        script=_renewal_declined_then_paid,
        points=165,
        ends=(End("active", 2, has_access=True),),
    ),
    Path(name="renewal given up", script=_renewal_given_up, points=200, ends=(ENDED,)),
    Path(name="cancelled now", script=_cancelled_now, points=69, ends=(ENDED,)),
    Path(name="cancelled at the end", script=_cancelled_at_the_end, points=74, ends=(ENDED,)),
    Path(
        name="cancelled before the payment",
        script=_cancelled_unpaid,
        points=94,
        ends=(NEVER_PAID,),
    ),
    Path(
        name="cancelled at every moment of a sale",
        script=_card_paid,
        points=61,
        act=_cancels,
        ends=(NEVER_PAID, ENDED, End("abandoned", 1, has_access=False)),
        known=EARLY_REQUESTS,
        ends_if_known=(PAID,),
    ),
    Path(
        name="cancelled at the end at every moment of a renewal",
        script=_renewed_once,
        points=133,
        act=_cancels_at_the_end_with_another_card,
        act_at=range(61, 97),
        ends=(ENDED, End("ended", 2, has_access=False)),
    ),
    Path(
        name="void refused",
        script=_void_refused,
        points=104,
        ends=(End("abandoned", 1, has_access=False),),
    ),
    Path(name="paid while opening", script=_transfer_at_once, points=58, at=_pay_while_opening),
    Path(name="provider refuses to open", script=_provider_refuses_to_open, points=72),
    Path(name="entitlement service down", script=_entitlements_down, points=90),
    Path(name="ERP, CRM and email down", script=_followers_down, points=143),
    Path(name="webhooks lost", script=_webhooks_lost, points=83),
    Path(name="webhooks twice", script=_webhooks_twice, points=84),
)
