"""`perennial preview`: what a sale, a change or a cancellation would lead to; needs no server."""

import json
import os
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar, cast

import typer
from pydantic import ValidationError

from config.catalog import CatalogFile
from config.clock import utc_now
from config.settings import Settings
from domain.plan_changes.preview import Preview
from perennial.enums import Convention, ProrationBehaviour
from perennial.errors import InvalidInputError
from perennial.field_errors import FieldError, echo, field_errors
from perennial.forms import Form
from perennial.preview_queries import ChangeQuery, EndQuery, SaleQuery
from starters.cli.output import print_json
from starters.cli.preview_text import preview_text
from starters.use_cases.document_views import preview_view
from starters.use_cases.preview import Previews

APP: Final = typer.Typer(
    help="Show what a sale, a change or a cancellation would lead to; nothing is done.",
    no_args_is_help=True,
)
FormT = TypeVar("FormT", bound=Form)

File = Annotated[Path | None, typer.Argument(help="The question as TOML or JSON.")]
Catalog = Annotated[Path | None, typer.Option(help="A catalog; the one in force if left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Plan = Annotated[str | None, typer.Option(help="Plan so far.")]
Quantity = Annotated[int | None, typer.Option(help="Units so far.")]
Every = Annotated[str | None, typer.Option(help="Interval so far, as 'month' or '3 months'.")]
Currency = Annotated[str | None, typer.Option(help="ISO 4217 code.")]
Country = Annotated[str | None, typer.Option(help="Country of the buyer, for its tax.")]
VatId = Annotated[str | None, typer.Option(help="VAT id of the buyer.")]
Zone = Annotated[str | None, typer.Option(help="IANA time zone of the billing days.")]
Started = Annotated[str | None, typer.Option(help="Date on which the subscription started.")]
On = Annotated[str | None, typer.Option("--on", help="Date or instant on which it happens.")]
By = Annotated[Convention | None, typer.Option(help="Convention instead of the catalog's.")]


@APP.command()
def sale(
    file: Annotated[Path, typer.Argument(help="An order, as for `perennial sell`.")],
    *,
    on: On = None,
    coupon: Annotated[list[str] | None, typer.Option(help="A coupon; may be repeated.")] = None,
    catalog: Catalog = None,
    as_json: AsJson = False,
) -> None:
    """Show the first invoice of the order in FILE, and its first renewal."""
    given = _read(file)
    document = given if "order" in given else {"order": given}
    query = _checked(SaleQuery, document | _given(at=on, coupons=coupon))
    _show(_previews(catalog).sale(query), zone=query.order.account.zone, as_json=as_json)


@APP.command()
def change(
    file: File = None,
    *,
    plan: Plan = None,
    to_plan: Annotated[str | None, typer.Option(help="Plan afterwards.")] = None,
    quantity: Quantity = None,
    to_quantity: Annotated[int | None, typer.Option(help="Units afterwards.")] = None,
    interval: Every = None,
    to_interval: Annotated[str | None, typer.Option(help="Interval afterwards.")] = None,
    currency: Currency = None,
    country: Country = None,
    vat_id: VatId = None,
    zone: Zone = None,
    started: Started = None,
    on: On = None,
    convention: By = None,
    behaviour: Annotated[
        ProrationBehaviour | None, typer.Option(help="Behaviour instead of the catalog's.")
    ] = None,
    catalog: Catalog = None,
    as_json: AsJson = False,
) -> None:
    """Show what a change of plan, quantity or interval credits and charges, and the next renewal.

    What is not changed stays as it was. Options win over FILE.
    """
    given = {} if file is None else _read(file)
    old = _table(given, "old") | _given(plan=plan, quantity=quantity, interval=interval)
    new = old | _table(given, "new")
    new |= _given(plan=to_plan, quantity=to_quantity, interval=to_interval)
    account = _given(currency=currency, country=country, vat_id=vat_id, zone=zone)
    rest = _given(started=started, at=on, convention=convention, behaviour=behaviour)
    query = _checked(ChangeQuery, given | account | rest | {"old": old, "new": new})
    _show(_previews(catalog).change(query), zone=query.zone, as_json=as_json)


@APP.command()
def cancel(
    file: File = None,
    *,
    plan: Plan = None,
    quantity: Quantity = None,
    interval: Every = None,
    currency: Currency = None,
    country: Country = None,
    vat_id: VatId = None,
    zone: Zone = None,
    started: Started = None,
    on: On = None,
    now: Annotated[bool, typer.Option("--now", help="At once, not at the period's end.")] = False,
    credit: Annotated[bool, typer.Option("--credit", help="Give unused time back.")] = False,
    convention: By = None,
    catalog: Catalog = None,
    as_json: AsJson = False,
) -> None:
    """Show when a subscription would end, and what is given back. Options win over FILE."""
    given = {} if file is None else _read(file)
    sold = _table(given, "sold") | _given(plan=plan, quantity=quantity, interval=interval)
    account = _given(currency=currency, country=country, vat_id=vat_id, zone=zone)
    rest = _given(started=started, at=on, convention=convention, now=now or None)
    document = given | account | rest | _given(credit=credit or None) | {"sold": sold}
    query = _checked(EndQuery, document)
    _show(_previews(catalog).end(query), zone=query.zone, as_json=as_json)


def _given(**options: object) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _read(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text("utf-8")
        found = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    except ValueError as error:
        raise InvalidInputError(FieldError(field=str(file), allowed=str(error))) from None
    return _table({str(file): found}, str(file))


def _table(document: dict[str, Any], key: str) -> dict[str, Any]:
    found = document.get(key, {})
    if not isinstance(found, dict):
        raise InvalidInputError(FieldError(field=key, value=echo(found), allowed="a table of keys"))
    return cast("dict[str, Any]", found)


def _checked(form: type[FormT], document: dict[str, Any]) -> FormT:
    try:
        return form.model_validate(document)
    except ValidationError as error:
        raise InvalidInputError(*field_errors(error.errors(include_url=False))) from None


def _previews(catalog: Path | None) -> Previews:
    path = catalog or Settings.from_env(os.environ).catalog_path
    return Previews(catalog=CatalogFile.load(path), clock=utc_now)


def _show(preview: Preview, *, zone: str, as_json: bool) -> None:
    if as_json:
        print_json(preview_view(preview))
    else:
        sys.stdout.write(preview_text(preview, zone))
