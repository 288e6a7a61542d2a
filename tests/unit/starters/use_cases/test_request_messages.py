"""Each form of the wire contract becomes the message of the same kind, with all of its fields."""

import dataclasses
from typing import get_args

import pytest

from perennial.enums import CancelAt
from perennial.requests import REQUESTS, Cancellation, PaymentMethodChange, RequestForm
from starters.use_cases.subscription_requests import message_of
from workflows.contract import requests
from workflows.contract.requests import SubscriptionRequest

FORMS: list[RequestForm] = [
    PaymentMethodChange(payment_method="pm_new"),
    Cancellation(at=CancelAt.NOW, reason="moved away"),
]


def test_every_message_has_a_form_and_every_form_a_message():
    kinds = [form.kind for form in REQUESTS]
    assert sorted(kinds) == sorted(
        str(next(field.default for field in dataclasses.fields(kind) if field.name == "request"))
        for kind in get_args(SubscriptionRequest)
    )
    assert len({form.path for form in REQUESTS}) == len(REQUESTS)
    assert {type(form) for form in FORMS} == set(REQUESTS)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.kind)
def test_a_form_keeps_every_field_on_its_way_to_the_workflow(form: RequestForm):
    message = dataclasses.asdict(message_of(form, request_id="r-1"))
    assert message == form.model_dump() | {"request": form.kind, "request_id": "r-1"}


def test_a_message_says_what_was_asked_for():
    change, cancel = (message_of(form, request_id="r-1") for form in FORMS)
    assert change.content == "payment method pm_new"
    assert cancel.content == f"cancel at {requests.CancelAt.NOW}"
