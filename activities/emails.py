"""Letters to customers."""

from dataclasses import dataclass

from temporalio import activity

from activities.ports import Mailer, Orders
from activities.profiles import read_profile
from domain.effects.emails import render
from domain.effects.outbox import SendLetter


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterActivities:
    """Renders and sends letters; the reader's address is read here and kept out of histories."""

    mailer: Mailer
    orders: Orders

    @activity.defn
    async def send_letter(self, effect: SendLetter) -> None:
        """Hand the letter to the mail relay."""
        profile = await read_profile(self.orders, effect.letter.account_id)
        await self.mailer.send(render(effect.letter, profile))
