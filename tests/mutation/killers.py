"""Which tests know a file, the nearest ones first.

Tests of `tests/architecture` are not among them: fingerprints and schemas differ after any change of text.
"""

from pathlib import Path
from typing import Final

_CONNECTORS: Final = "tests/unit/connectors/"
_SHARED: Final = ("tests/replay", "tests/workflows/entity")
_KNOWN_BY: Final = (
    ("connectors/entitlement_service.py", (f"{_CONNECTORS}test_entitlement_*.py",)),
    (
        "connectors/hmac_events.py",
        (f"{_CONNECTORS}test_hmac_events.py", f"{_CONNECTORS}test_stripe_webhooks.py"),
    ),
    ("connectors/salesforce/", (f"{_CONNECTORS}test_salesforce_*.py",)),
    ("connectors/smtp.py", (f"{_CONNECTORS}test_smtp.py",)),
    (
        "connectors/stripe/",
        (f"{_CONNECTORS}test_stripe_*.py", f"{_CONNECTORS}test_localstripe.py"),
    ),
    ("connectors/workday/", (f"{_CONNECTORS}test_workday_*.py",)),
    (
        # What these share is tested through one vendor of each kind.
        "connectors/",
        (
            f"{_CONNECTORS}test_http_failures.py",
            f"{_CONNECTORS}test_to_its_end.py",
            f"{_CONNECTORS}test_entitlement_answers.py",
            f"{_CONNECTORS}test_salesforce_answers.py",
            f"{_CONNECTORS}test_workday_service.py",
        ),
    ),
    (
        "workflows/contract/",
        (
            "tests/workflows/new_sale",
            "tests/unit/starters/use_cases",
            "tests/unit/starters/temporal",
            "tests/workflows/subscription",
            "tests/workflows/invoice",
            *_SHARED,
        ),
    ),
    (
        "workflows/new_sale/",
        ("tests/workflows/new_sale", "tests/workflows/subscription", *_SHARED),
    ),
    (
        "workflows/subscription/",
        (
            "tests/workflows/subscription",
            "tests/workflows/new_sale",
            "tests/workflows/invoice",
            *_SHARED,
        ),
    ),
    (
        "workflows/",
        (
            "tests/workflows/invoice",
            "tests/workflows/new_sale",
            "tests/workflows/subscription",
            *_SHARED,
        ),
    ),
)


def killers(file: str, root: Path) -> tuple[str, ...]:
    """Return the tests that know this file; a test named after the file comes first.

    Raises:
        LookupError: No test knows it.
    """
    patterns = next((tests for prefix, tests in _KNOWN_BY if file.startswith(prefix)), ())
    found = [
        path.relative_to(root).as_posix()
        for pattern in patterns
        for path in sorted(root.glob(pattern))
    ]
    if not found:
        raise LookupError(f"no test is known for {file}: name them in {__name__}")
    stem = Path(file).stem
    return tuple(sorted(found, key=lambda test: stem not in Path(test).stem))
