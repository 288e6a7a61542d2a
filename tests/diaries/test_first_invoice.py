"""What becomes of the first invoice: paid late, never paid, and paid without anyone telling us."""

from tests.diaries.diary import buys, lived, on, transfers
from tests.virtual_stack.life import Life

INVOICE_SENT = (
    "money: payment customer created",
    "money: invoice INV-000001 opened: 57.00 USD",
    "ERP: customer acme",
    "ERP: invoice INV-000001 57 USD Approved",
    "CRM: account acme",
    "CRM: deal a1: Closed Won",
    "recorded: subscription started",
)


async def test_a_transfer_that_comes_in_the_third_week_unlocks_that_minute(life: Life) -> None:
    await lived(
        life,
        on(
            "2027-01-15 10:00",
            buys(card=None),
            *INVOICE_SENT,
            "email: to billing@acme.example: Invoice INV-000001: 57.00 USD due 2027-02-14",
        ),
        on(
            "2027-02-01 16:20",
            transfers(),
            "money: a transfer arrives",
            "money: 57.00 USD charged",
            "money: invoice INV-000001 paid: 57.00 USD",
            "access: grant sub-a1-0001: acme version 1",
            "ERP: payment of 57 USD for INV-000001",
            "email: to billing@acme.example: Payment received for invoice INV-000001",
            "recorded: subscription activated",
        ),
        until="2027-02-14 00:00",
    )


async def test_a_transfer_that_no_one_tells_us_of_is_found_within_six_hours(life: Life) -> None:
    life.stack.postman.is_wanted = lambda _: False
    await lived(
        life,
        on(
            "2027-01-15 10:00",
            buys(card=None),
            *INVOICE_SENT,
            "email: to billing@acme.example: Invoice INV-000001: 57.00 USD due 2027-02-14",
        ),
        on(
            "2027-01-15 12:30",
            transfers(),
            "money: a transfer arrives",
            "money: 57.00 USD charged",
            "money: invoice INV-000001 paid: 57.00 USD",
        ),
        on(
            "2027-01-15 16:00",
            "access: grant sub-a1-0001: acme version 1",
            "ERP: payment of 57 USD for INV-000001",
            "email: to billing@acme.example: Payment received for invoice INV-000001",
            "recorded: subscription activated",
        ),
        until="2027-02-14 00:00",
    )


async def test_a_transfer_that_never_comes_is_given_up_a_week_after_its_last_day(
    life: Life,
) -> None:
    await lived(
        life,
        on(
            "2027-01-15 10:00",
            buys(card=None),
            *INVOICE_SENT,
            "email: to billing@acme.example: Invoice INV-000001: 57.00 USD due 2027-02-14",
        ),
        # Due within the 14th: seven days later is the end of the 21st.
        on(
            "2027-02-22 00:00",
            "money: invoice INV-000001 voided",
            "access: hold sub-a1-hold: acme version 1",
            "ERP: invoice INV-000001 57 USD Canceled",
            "CRM: deal a1: Closed Lost",
            "CRM: task: Order a1 was never paid (collection_window_over): ask the customer",
            "email: to billing@acme.example: Invoice INV-000001 was cancelled",
            "recorded: subscription ended",
        ),
        until="2027-04-01 00:00",
    )


async def test_a_card_that_is_declined_and_never_replaced_undoes_the_sale(life: Life) -> None:
    await lived(
        life,
        on(
            "2027-01-15 10:00",
            buys(card="pm_card_chargeCustomerFail"),
            *INVOICE_SENT,
            "money: charge of 57.00 USD declined",
            "email: to billing@acme.example: Your payment for invoice INV-000001 did not go through",
        ),
        on(
            "2027-01-22 10:00",
            "money: invoice INV-000001 voided",
            "access: hold sub-a1-hold: acme version 1",
            "ERP: invoice INV-000001 57 USD Canceled",
            "CRM: deal a1: Closed Lost",
            "CRM: task: Order a1 was never paid (collection_window_over): ask the customer",
            "email: to billing@acme.example: Invoice INV-000001 was cancelled",
            "recorded: subscription ended",
        ),
        until="2027-04-01 00:00",
    )
