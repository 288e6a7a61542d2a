"""Words that were replaced by the field's own, and do not come back: see docs/glossary.md."""

import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from tests.architecture.tree import PRODUCT, ROOT, Source, sources

RETIRED_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "payable": "provider_invoice",
        "payables": "provider_invoices",
        "letter": "email",
        "letters": "emails",
        "mail": "email",
        "mails": "emails",
        "mailer": "email_sender",
        "settle": "pay, unlock",
        "settled": "paid, unlocked",
        "settlement": "payout; only for payouts",
        "beat": "poll",
        "beats": "polls",
        "persist": "until_accepted",
        "gate": "workflow_client",
        "gatekeeping": "middleware",
        "door": "services",
        "doors": "services",
        "shelf": "store",
        "hands": "activities",
        "signs": "web_ui",
        "signpost": "operator_view",
        "tether": "parent_death",
        "news": "outcome",
        "told": "reported",
        "tell": "report, signal",
        "refusals": "errors",
    }
)
"""Part of a name -> what to call it."""

RETIRED_PROSE: Final[Mapping[str, str]] = MappingProxyType(
    {
        r"(?<!tax )payables?": "provider invoice",
        r"mailers?": "email sender, SMTP relay",
        r"signposts?": "operator view",
        r"shel(?:f|ves)": "store",
        r"tether": "parent death",
        r"(?:front )?doors?": "the API, webhooks and command line; services",
        r"the hands": "activities",
        r"workflow gate": "workflow client",
        r"slow beat": "slow poll",
        r"whoever": "the person or process that ...",
        r"(?:no|some)body": "no one; the name of who is meant",
        r"beside": "next to, in addition to",
    }
)
"""Pattern of whole words -> what to write."""

RETIRED_IN_PAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        r"letters?": "email",
        r"mails?": "email",
        r"beats?": "poll",
        r"gates?": "workflow client, check",
        r"news": "outcome, signal",
        r"settled?": "paid, unlock, cleared",
    }
)
"""The same for pages only: in code these words have other uses, such as the letters of an alphabet."""

# Vendors are played in their own words, and a migration is a record of its day.
_EXEMPT_FOLDERS: Final = ("sandbox/", "storage/migrations/versions/")
# Decisions are dated; the glossary and the changelog name the former words.
_EXEMPT_PAGES: Final = ("docs/decisions/", "docs/glossary.md", "CHANGELOG.md")
# Terms of accounting, and a command of SMTP as its library calls it.
_ALLOWED_NAMES: Final = frozenset({"TAX_PAYABLE", "tax_payable"})
_ALLOWED_IN: Final = frozenset({("connectors/smtp.py", "mail")})

_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# Code, and the targets of links.
_QUOTED: Final = re.compile(r"`[^`\n]*`|\]\([^)]*\)")


def retired_names(source: Source) -> Iterator[str]:
    """Yield a line for each name of the module that holds a retired word."""
    for token in _tokens(source, tokenize.NAME):
        is_term = token.string in _ALLOWED_NAMES or (source.name, token.string) in _ALLOWED_IN
        if is_term:
            continue
        for word in map(str.lower, _WORD.findall(token.string)):
            if word in RETIRED_NAMES:
                where = f"{source.name}:{token.start[0]}"
                yield f"{where}: {token.string}: say {RETIRED_NAMES[word]}"


def retired_prose(
    name: str, text: str, *, first_line: int = 1, retired: Mapping[str, str] = RETIRED_PROSE
) -> Iterator[str]:
    """Yield a line for each retired word in a text."""
    for number, line in enumerate(text.splitlines(), start=first_line):
        for pattern, instead in retired.items():
            for match in re.finditer(rf"\b{pattern}\b", line, re.IGNORECASE):
                yield f"{name}:{number}: {match[0]!r}: say {instead}"


def retired_in_page(name: str, text: str) -> Iterator[str]:
    """Yield a line for each retired word in the prose of a page."""
    plain = _QUOTED.sub("", text)
    yield from retired_prose(name, plain, retired={**RETIRED_PROSE, **RETIRED_IN_PAGES})


def all_retired() -> Iterator[str]:
    """Yield every retired word of the product and its pages."""
    for source in sources(*PRODUCT):
        if source.name.startswith(_EXEMPT_FOLDERS):
            continue
        yield from retired_names(source)
        for token in _tokens(source, tokenize.COMMENT, tokenize.STRING):
            yield from retired_prose(source.name, token.string, first_line=token.start[0])
    for page in pages():
        name = page.relative_to(ROOT).as_posix()
        yield from retired_in_page(name, page.read_text(encoding="utf-8"))


def pages() -> tuple[Path, ...]:
    """Return the documents that people read."""
    found = (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
    return tuple(
        page
        for page in sorted(found)
        if not page.relative_to(ROOT).as_posix().startswith(_EXEMPT_PAGES)
    )


def _tokens(source: Source, *kinds: int) -> Iterator[tokenize.TokenInfo]:
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type in kinds:
            yield token
