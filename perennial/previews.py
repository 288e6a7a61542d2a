"""What a preview shows. Fields are only ever added."""

from datetime import datetime

from pydantic import BaseModel, Field

from perennial.documents import AmountView, PreviewDocument, SpanView
from perennial.enums import Convention, ProrationBehaviour


class PreviewRenewal(BaseModel):
    """The next renewal."""

    at: datetime
    invoice: PreviewDocument
    credit_notes: list[PreviewDocument] = Field(
        default_factory=list[PreviewDocument],
        description="If a change gives back more than the renewal asks for.",
    )


class PreviewView(BaseModel):
    """What would happen; nothing was recorded and no number was taken."""

    plan: str
    version: int
    quantity: int
    interval: str
    currency: str
    convention: Convention
    on_change: ProrationBehaviour
    period: SpanView | None = Field(description="Afterwards; null after an end.")
    invoice: PreviewDocument | None = Field(description="Issued at once; null if nothing is.")
    credit_notes: list[PreviewDocument]
    balance: AmountView = Field(description="Owed at once, with tax; negative: given back.")
    renewal: PreviewRenewal | None
    ends_at: datetime | None
