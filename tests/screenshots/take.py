"""Drives the Temporal Web UI in a real browser: reads what operators must see, then takes the pictures.

Not a test of `make test`: it needs Debian's Chromium. Run it with `make screenshots`.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

from playwright.async_api import Error as BrowserError
from playwright.async_api import async_playwright

from config.stack_file import Stack
from domain.ids import invoice_id, invoice_workflow_id, sale_workflow_id, subscription_workflow_id
from local_stack import tcp_ports
from local_stack.supervisor import StartError
from local_stack.up import running_stack, stop_on_signals
from tests.screenshots.pages import Browser, UnreadableError, open_browser
from tests.screenshots.sales import ACTIVE, DECLINED, TRANSFER, sell_all

PICTURES: Final = Path(__file__).resolve().parents[2] / "docs" / "pictures"


async def take(pictures: Path) -> None:
    """Start the stack, sell, read every page, and write its picture.

    Raises:
        UnreadableError: A page does not say what an operator must be able to read.
    """
    stop_on_signals()
    with tempfile.TemporaryDirectory(prefix="perennial-") as folder:
        async with running_stack(Path(folder), tcp_ports.free_stack_ports(), print) as running:
            await sell_all(running.stack)
            async with async_playwright() as playwright:
                browser = await open_browser(playwright, running.stack, pictures)
                await show_web_ui(browser)
                await show_outside(browser, running.stack)


async def show_web_ui(browser: Browser) -> None:
    """Read state, plan, amount due and next action in the list and on the pages of three workflows."""
    waiting, refused = invoice_id(TRANSFER, 1), invoice_id(DECLINED, 1)
    await browser.read_list(
        "web-ui-list",
        {
            invoice_workflow_id(waiting): ("open", "enterprise", "23000.00 EUR", True),
            invoice_workflow_id(refused): ("open", "starter", "29.00 USD", True),
            subscription_workflow_id(TRANSFER): ("pending", "enterprise", "23000.00 EUR", False),
            subscription_workflow_id(ACTIVE): ("active", "team", "0.00 USD", True),
        },
    )
    await browser.read_details(
        "web-ui-invoice",
        invoice_workflow_id(waiting),
        summary="23000.00 EUR for enterprise",
        details=(": open", "Amount due: 23000.00 EUR", "Plan: enterprise", "Next action: 2"),
    )
    await browser.read_details(
        "web-ui-declined",
        invoice_workflow_id(refused),
        summary="29.00 USD for starter",
        details=("Amount due: 29.00 USD", "Waits for: new payment method", "Attempts: 1 2"),
    )
    await browser.read_details(
        "web-ui-subscription",
        subscription_workflow_id(ACTIVE),
        summary="5 x team, 95.00 USD every month",
        details=(": active", "Plan: 5 x team", "Amount due: 0.00 USD", "Next action: 2"),
    )
    await browser.read_timeline(
        "web-ui-timeline",
        invoice_workflow_id(invoice_id(ACTIVE, 1)),
        ("open_provider_invoice", "charge", "post_erp_invoice", "send_email"),
    )
    await browser.read_timeline(
        None, sale_workflow_id(ACTIVE.removeprefix("sub-")), ("win_opportunity",)
    )


async def show_outside(browser: Browser, stack: Stack) -> None:
    """Take pictures of what the played outside systems show."""
    addresses = stack.addresses
    await browser.read_page("sandbox-inbox", addresses["Inbox"], ("Payment received",), height=360)
    await browser.read_page(
        "sandbox-stripe", addresses["Stripe"], ("INV-000001", "23,000.00"), height=750
    )
    await browser.read_page(
        "sandbox-entitlements", addresses["Entitlements"], ("seats",), height=520
    )


def main() -> int:
    """Return 0 if every page could be read and every picture was written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path, default=PICTURES, help="folder to write to")
    pictures: Path = parser.parse_args().pictures
    pictures.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(take(pictures))
    except (BrowserError, StartError, TimeoutError, UnreadableError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
