"""Emails by SMTP: plain text, a Message-ID that makes a repeat recognisable, one connection per email.

Sources: RFC 5321 (reply codes), RFC 5322 (Message-ID, Date), RFC 3834 (Auto-Submitted), RFC 5890 (domains
beyond ASCII).
"""

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import formatdate
from typing import Final

import aiosmtplib

from domain.effects.emails import RenderedEmail
from domain.failures import (
    CredentialsError,
    OutcomeUnknownError,
    PerennialError,
    RejectedError,
    UnavailableError,
)

_REFUSED: Final = 400
_PERMANENT: Final = 500

_LOCAL_PART: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+")
# Bytes beyond ASCII need a relay that knows 8BITMIME (RFC 6152); every relay accepts 7-bit encoded text.
_POLICY: Final = SMTP_POLICY.clone(cte_type="7bit")


@dataclass(frozen=True, kw_only=True, slots=True)
class SmtpSettings:
    """How to reach the SMTP relay.

    Attributes:
        sender: The `From` of every email, such as `Perennial <billing@example.com>`.
        domain: Right-hand side of our Message-IDs.
        uses_tls: TLS from the first byte (port 465).
        starts_tls: True: upgrade by STARTTLS (port 587), or send nothing. False: never upgrade. None:
            upgrade if the relay offers it.
        timeout_seconds: Longest wait for one answer of the relay.
    """

    host: str
    port: int
    sender: str
    domain: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    uses_tls: bool = False
    starts_tls: bool | None = None
    timeout_seconds: float = 15.0


class SmtpEmailSender:
    """Sends emails through one SMTP relay."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    async def aclose(self) -> None:
        """Close nothing: every email has its own connection."""

    async def send(self, email: RenderedEmail) -> None:
        """Send the email to the relay.

        Raises:
            OutcomeUnknownError: The relay did not answer after the text; it may have accepted the email.
            RejectedError: The relay refused the email for good (5xx), or the address is malformed.
            CredentialsError: The relay refused our login.
            UnavailableError: The relay was not reached, or asked us to try again later (4xx).
        """
        message = compose(email, sender=self._settings.sender, domain=self._settings.domain)
        content, recipient = message.as_bytes(), str(message["To"])
        client = self._client()
        has_text = False
        try:
            await client.connect()
            await client.mail(_address_of(self._settings.sender))
            await client.rcpt(recipient)
            has_text = True
            await client.data(content)
            with suppress(aiosmtplib.SMTPException, OSError):
                # The relay has accepted the email; a QUIT that fails changes nothing.
                await client.quit()
        except (aiosmtplib.SMTPException, OSError) as error:
            failure = _failure_of(error, has_text=has_text)
            raise failure from error
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        settings = self._settings
        return aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.username,
            password=settings.password,
            use_tls=settings.uses_tls,
            start_tls=settings.starts_tls,
            timeout=settings.timeout_seconds,
        )


def compose(email: RenderedEmail, *, sender: str, domain: str) -> EmailMessage:
    """Return the MIME message; the same email always has the same Message-ID.

    Raises:
        RejectedError: A header value cannot be written, such as a malformed address.
    """
    message = EmailMessage(policy=_POLICY)
    try:
        digest = hashlib.sha256(email.message_id.encode()).hexdigest()[:32]
        message["Message-ID"] = f"<{digest}@{domain}>"
        message["Date"] = formatdate(usegmt=True)
        message["From"] = _one_line(sender)
        message["To"] = _recipient(email.to)
        message["Subject"] = _one_line(email.subject)
        # Keeps autoresponders from answering (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(email.text)
        message.as_bytes()
    except (ValueError, IndexError, HeaderParseError) as error:
        raise RejectedError(f"the email {email.message_id} cannot be composed") from error
    return message


def _recipient(address: str) -> Address:
    """Return the email address of the recipient, its domain in ASCII.

    Raises:
        ValueError: The text is not exactly one plain email address.
    """
    local, _, domain = address.rpartition("@")
    host = domain.encode("idna").decode()
    if _LOCAL_PART.fullmatch(local) is None or _HOST.fullmatch(host) is None:
        raise ValueError("not exactly one email address")
    return Address(username=local, domain=host)


def _one_line(value: str) -> str:
    # A line break in a name or subject would add headers (header injection).
    line = " ".join(value.split())
    return "".join(each for each in line if each.isprintable())


def _address_of(sender: str) -> str:
    return sender.rpartition("<")[2].rstrip("> ")


def _failure_of(error: Exception, *, has_text: bool) -> PerennialError:
    kind = type(error).__name__
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return CredentialsError(f"the SMTP relay refused our login: {error.code}")
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= _REFUSED:
        refused = RejectedError if error.code >= _PERMANENT else UnavailableError
        return refused(f"the SMTP relay answered {error.code}")
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return RejectedError("the SMTP relay does not support something that we need")
    if has_text:
        # No answer, or no valid one: the relay may have accepted the email.
        return OutcomeUnknownError(f"the SMTP relay did not answer after the text: {kind}")
    return UnavailableError(f"the SMTP relay could not be reached: {kind}")
