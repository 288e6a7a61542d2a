"""Emails to customers."""

from dataclasses import dataclass

from temporalio import activity

from activities.ports import EmailSender, Orders
from activities.profiles import read_profile
from domain.effects.emails import render
from domain.effects.outbox import SendEmail


@dataclass(frozen=True, kw_only=True, slots=True)
class EmailActivities:
    """Renders and sends emails; the recipient's email address is read here and kept out of histories."""

    email_sender: EmailSender
    orders: Orders

    @activity.defn
    async def send_email(self, effect: SendEmail) -> None:
        """Pass the email to the SMTP relay."""
        profile = await read_profile(self.orders, effect.email.account_id)
        await self.email_sender.send(render(effect.email, profile))
