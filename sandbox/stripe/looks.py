"""The pages of the simulated Stripe: an overview, an invoice with bank details, and its PDF."""

from decimal import Decimal

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.pages import render
from sandbox.store import Document
from sandbox.stripe.books import Books
from sandbox.stripe.lines import lines_of
from sandbox.stripe.surface import Desk

_ROWS = 50
_NO_MINOR_UNIT = {"jpy", "krw", "clp", "vnd", "xof", "xaf"}


def money(minor_units: int, currency: str) -> str:
    """Return a readable amount, such as `1,234.50 EUR`."""
    digits = 0 if currency in _NO_MINOR_UNIT else 2
    return f"{Decimal(minor_units).scaleb(-digits):,} {currency.upper()}"


def bank_details(invoice: Document) -> dict[str, str]:
    """Return the invented bank account for transfers, one per customer and currency."""
    digits = f"{int.from_bytes(invoice['customer'].encode()) % 10**10:010d}"
    match invoice["currency"]:
        case "eur":
            account = {"IBAN": f"DE00 1001 0010 {digits}", "BIC": "SANDDEFFXXX"}
        case "gbp":
            account = {"Sort code": "10-88-00", "Account number": digits[:8]}
        case _:
            account = {"Routing number": "000000000", "Account number": digits}
    return {"Account holder": "Sandbox", **account, "Reference": str(invoice["number"])}


def pdf(lines: list[str]) -> bytes:
    """Return a one-page PDF 1.4 with these lines of text (ISO 32000-1)."""
    escaped = [line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") for line in lines]
    text = "BT /F1 11 Tf 50 790 Td 16 TL " + " ".join(f"({line}) '" for line in escaped) + " ET"
    stream = text.encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources %s >>"
        % b"<< /Font << /F1 5 0 R >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out = bytearray(b"%PDF-1.4\n")
    offsets: list[int] = []
    for index, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (index, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer << /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


class Looks:
    """The pages of the simulated Stripe."""

    def __init__(self, desk: Desk) -> None:
        self._books: Books = desk.books
        self._log = desk.log

    def routes(self) -> list[Route]:
        """Return the routes of all pages."""
        return [
            Route("/", self.overview),
            Route("/_invoices/{invoice}", self.invoice),
            Route("/_invoices/{invoice}/pdf", self.invoice_pdf),
        ]

    async def overview(self, request: Request) -> HTMLResponse:
        """Show the newest objects of each kind."""
        books = self._books
        events = [
            {**event, "delivery": self._log.delivery(event["id"])}
            for event in books.latest("event", _ROWS)
        ]
        kinds = ("customer", "payment_method", "invoice", "payment_intent", "refund")
        tables = {kind: books.latest(kind, _ROWS) for kind in kinds}
        counts = {kind: books.count(kind) for kind in (*kinds, "event")}
        cash = [each for each in books.latest("cash_balance", _ROWS) if each["available"]]
        return render(
            request,
            "stripe.html",
            tables=tables,
            counts=counts,
            cash=cash,
            events=events,
            money=money,
        )

    async def invoice(self, request: Request) -> Response:
        """Show one invoice as its customer sees it."""
        found = self._books.find("invoice", request.path_params["invoice"])
        if found is None:
            return Response("No such invoice.", status_code=404)
        return render(
            request,
            "stripe_invoice.html",
            invoice=found,
            lines=lines_of(self._books, found["id"]),
            bank=bank_details(found),
            money=money,
        )

    async def invoice_pdf(self, request: Request) -> Response:
        """Return one invoice as PDF."""
        found = self._books.find("invoice", request.path_params["invoice"])
        if found is None:
            return Response("No such invoice.", status_code=404)
        currency = found["currency"]
        rows = [
            f"{line['description'] or 'Item'}: {money(line['amount'], currency)}"
            for line in lines_of(self._books, found["id"])
        ]
        total = f"Total: {money(found['total'], currency)}"
        due = f"Amount due: {money(found['amount_remaining'], currency)}"
        bank = [f"{name}: {value}" for name, value in bank_details(found).items()]
        text = [f"Invoice {found['number']} ({found['status']})", "", *rows, "", total, due, ""]
        return Response(pdf([*text, *bank]), media_type="application/pdf")
