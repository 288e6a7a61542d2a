"""A subscription over the months: renewed, behind, recovered, given up, cancelled."""

from tests.diaries.diary import On, buys, cancels, gives_card, lived, on
from tests.virtual_stack.life import Life

SOLD = on(
    "2027-01-15 10:00",
    buys(),
    "money: payment customer created",
    "money: invoice INV-000001 opened: 57.00 USD",
    "money: 57.00 USD charged",
    "money: invoice INV-000001 paid: 57.00 USD",
    "access: grant sub-a1-0001: acme version 1",
    "ERP: customer acme",
    "ERP: invoice INV-000001 57 USD Approved",
    "ERP: payment of 57 USD for INV-000001",
    "CRM: account acme",
    "CRM: deal a1: Closed Won",
    "email: to billing@acme.example: Payment received for invoice INV-000001",
    "recorded: subscription started",
    "recorded: subscription activated",
)
FAILING = "pm_card_chargeCustomerFail"
FAILED = "email: to billing@acme.example: Your payment for invoice INV-000002 did not go through"


def renewed(at: str, number: str) -> On:
    return on(
        at,
        *paid(number),
        f"money: invoice {number} opened: 57.00 USD",
        f"ERP: invoice {number} 57 USD Approved",
        "recorded: subscription renewed",
    )


def paid(number: str) -> tuple[str, ...]:
    grant = f"sub-a1-{number[-4:]}"
    return (
        "money: 57.00 USD charged",
        f"money: invoice {number} paid: 57.00 USD",
        f"access: grant {grant}: acme version 1",
        f"ERP: payment of 57 USD for {number}",
        f"email: to billing@acme.example: Payment received for invoice {number}",
    )


async def test_a_quarter_is_three_charges_and_an_end_takes_nothing_more(life: Life) -> None:
    await lived(
        life,
        SOLD,
        renewed("2027-02-15 10:00", "INV-000002"),
        renewed("2027-03-15 10:00", "INV-000003"),
        on("2027-04-02 08:00", cancels(at="period_end"), "recorded: cancellation requested"),
        on(
            "2027-04-15 10:00",
            "access: hold sub-a1-hold: acme version 1",
            "recorded: subscription ended",
        ),
        until="2027-07-01 00:00",
    )


BEHIND = (
    SOLD,
    on("2027-02-01 09:00", gives_card(FAILING), "recorded: payment method changed"),
    on(
        "2027-02-15 10:00",
        "money: invoice INV-000002 opened: 57.00 USD",
        "money: charge of 57.00 USD declined",
        FAILED,
        "ERP: invoice INV-000002 57 USD Approved",
        "recorded: subscription renewed",
        "recorded: subscription past due",
    ),
    on("2027-02-16 10:00", "money: charge of 57.00 USD declined", FAILED),
)


async def test_a_renewal_that_is_declined_recovers_with_the_next_card(life: Life) -> None:
    await lived(
        life,
        *BEHIND,
        on(
            "2027-02-17 11:30",
            gives_card("pm_card_mastercard"),
            *paid("INV-000002"),
            "recorded: payment method changed",
            "recorded: subscription recovered",
        ),
        renewed("2027-03-15 10:00", "INV-000003"),
        until="2027-04-01 00:00",
    )


async def test_a_renewal_that_no_card_pays_is_tried_by_the_ladder_and_given_up(life: Life) -> None:
    await lived(
        life,
        *BEHIND,
        on("2027-02-19 10:00", "money: charge of 57.00 USD declined", FAILED),
        on("2027-02-24 10:00", "money: charge of 57.00 USD declined", FAILED),
        on(
            "2027-03-01 10:00",
            "money: invoice INV-000002 voided",
            "access: hold sub-a1-hold: acme version 1",
            "ERP: invoice INV-000002 57 USD Canceled",
            "email: to billing@acme.example: Invoice INV-000002 was cancelled",
            "recorded: subscription ended",
        ),
        until="2027-06-01 00:00",
    )
