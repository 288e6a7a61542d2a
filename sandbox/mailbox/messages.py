"""The stored messages: what a person or a test wants to see of a message, once per Message-ID."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.message import EmailMessage

from sandbox.journal import Journal
from sandbox.store import Document, Store

SYSTEM = "mailbox"
_KIND = "message"


@dataclass(frozen=True, kw_only=True, slots=True)
class Messages:
    """The received messages, numbered from 1; a Message-ID is stored once."""

    store: Store
    journal: Journal

    def receive(self, *, sender: str, recipients: list[str], content: bytes, at: datetime) -> None:
        """Store a message, or count one more delivery of a message that is already stored."""
        mail = message_from_bytes(content, policy=policy.default)
        message_id = _header(mail, "Message-ID").strip()
        known = self._by_message_id(message_id)
        with self.store.batch():
            if known is None:
                self._keep(mail, message_id, sender=sender, recipients=recipients, at=at)
                return
            known["deliveries"] += 1
            known["recipients"] = sorted({*known["recipients"], *recipients})
            self.store.put(SYSTEM, _KIND, str(known["number"]), known)
            summary = f"delivery {known['deliveries']} of {known['subject']}"
            self.journal.write(SYSTEM, "message.repeated", message_id, summary, at)

    def get(self, number: str) -> Document | None:
        """Return the message with that number, or None."""
        return self.store.get(SYSTEM, _KIND, number)

    def newest(self, limit: int) -> list[Document]:
        """Return at most `limit` messages, latest first."""
        return self.store.newest(SYSTEM, _KIND, limit)

    def to(self, address: str | None) -> list[Document]:
        """Return the messages to an address (to anyone when None), oldest first."""
        wanted = None if address is None else address.strip().lower()
        return [
            message
            for message in self.store.all(SYSTEM, _KIND)
            if wanted is None or wanted in {one.lower() for one in message["recipients"]}
        ]

    def _by_message_id(self, message_id: str) -> Document | None:
        if not message_id:
            return None
        found = self.store.get(SYSTEM, "_message_id", message_id)
        return None if found is None else self.get(str(found["number"]))

    def _keep(
        self,
        mail: EmailMessage,
        message_id: str,
        *,
        sender: str,
        recipients: list[str],
        at: datetime,
    ) -> None:
        number = self.store.next_number(SYSTEM, _KIND)
        message: Document = {
            "number": number,
            "message_id": message_id,
            "received_at": at.astimezone(UTC).isoformat(timespec="milliseconds"),
            "sender": sender,
            "recipients": recipients,
            "subject": _header(mail, "Subject"),
            "headers": [[name, _readable(name, value)] for name, value in mail.raw_items()],
            "text": _body(mail, "plain"),
            "html": _body(mail, "html"),
            "attachments": [part.get_filename("") for part in mail.iter_attachments()],
            "deliveries": 1,
        }
        self.store.put(SYSTEM, _KIND, str(number), message)
        if message_id:
            self.store.put(SYSTEM, "_message_id", message_id, {"number": number})
        summary = f"to {', '.join(recipients)}: {message['subject']}"
        self.journal.write(SYSTEM, "message.received", message_id, summary, at)


def _header(mail: EmailMessage, name: str) -> str:
    found = (value for key, value in mail.raw_items() if key.lower() == name.lower())
    return _readable(name, next(found, ""))


def _readable(name: str, value: str) -> str:
    try:
        return str(policy.default.header_fetch_parse(name, value))
    except (HeaderParseError, LookupError, TypeError, ValueError):
        # The parser fails on some malformed addresses; the mailbox accepts them anyway.
        return value.encode("ascii", "replace").decode()


def _body(mail: EmailMessage, subtype: str) -> str:
    part = mail.get_body(preferencelist=(subtype,))
    if part is None:
        return ""
    try:
        return str(part.get_content()).replace("\r\n", "\n")
    except (LookupError, UnicodeError):
        # A message may name a charset that does not exist; the mailbox accepts it anyway.
        return bytes(part.get_payload(decode=True) or b"").decode("utf-8", "replace")
