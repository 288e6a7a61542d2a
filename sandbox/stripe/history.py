"""The events endpoint: events, and whether the webhook endpoint has accepted them."""

from sandbox.store import Document
from sandbox.stripe.calls import Call, Operation
from sandbox.stripe.errors import refuse
from sandbox.stripe.forms import FLAG, PAGING, RANGE, TEXT, in_range, listed
from sandbox.stripe.lists import page


def list_events(call: Call) -> Document:
    """Return a page of events; `delivery_success=false` finds those that are not accepted yet."""
    kinds: list[str] = call.params.get("types") or []
    if kinds and call.text("type"):
        refuse("You may only specify one of these parameters: type, types.")
    wanted = call.params.get("delivery_success")
    created = call.params.get("created")
    found = page(
        call,
        "event",
        {"type": call.text("type")},
        lambda each: (
            in_range(each["created"], created)
            and (not kinds or each["type"] in kinds)
            and (wanted is None or call.log.is_pending(each["id"]) != wanted)
        ),
    )
    found["data"] = [call.log.shown(each) for each in found["data"]]
    return found


def retrieve(call: Call) -> Document:
    """Return an event."""
    return call.log.shown(call.books.need("event", call.ids[0]))


OPERATIONS = (
    Operation(
        "GET",
        "events",
        list_events,
        {
            **PAGING,
            "type": TEXT,
            "types": listed(TEXT),
            "created": RANGE,
            "delivery_success": FLAG,
        },
    ),
    Operation("GET", "events/{}", retrieve, {}),
)
