"""A mail's full bytes, built once from what was approved. Deterministic for the same inputs."""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import getaddresses

from adapters.commands import Email

_POLICY = SMTP.clone(raise_on_defect=False)


def build_message(
    email: Email,
    attachments: dict[str, bytes],
    *,
    message_id: str,
    date: datetime,
    boundary_seed: str,
) -> bytes:
    """RFC 5322 bytes with CRLF. `attachments` maps SHA-256 to bytes.

    Raises `ValueError` for a line break or an encoded word in a header field and for an address
    that is none, `KeyError` if bytes are missing.
    """
    for value in (email.sender, email.subject, message_id, *email.to):
        if "\r" in value or "\n" in value:
            raise ValueError("a mail header may not hold a line break")
        if "=?" in value:  # the library would decode it, line breaks and all (CVE-2024-6923)
            raise ValueError("a mail header may not hold an encoded word")
    message = EmailMessage(policy=_POLICY)
    message["From"] = _address(email.sender)
    message["To"] = [_address(one) for one in email.to]
    message["Subject"] = email.subject
    message["Date"] = date
    message["Message-ID"] = message_id
    message.set_content(email.body, cte="quoted-printable")
    for part in email.attachments:
        main, _, sub = part.media_type.partition("/")
        message.add_attachment(
            attachments[part.sha256], maintype=main, subtype=sub, filename=part.filename
        )
    _fix_boundaries(message, boundary_seed)
    return message.as_bytes()


def _address(text: str) -> Address:
    """One address, its domain as the wire wants it. Raises `ValueError` for anything else."""
    found = getaddresses([text])
    local, at, domain = found[0][1].rpartition("@") if len(found) == 1 else ("", "", "")
    if not at or not local or not local.isascii() or "=?" in text:
        raise ValueError(f"{text!r} is not one mail address")
    try:
        wire = domain.encode("idna").decode()
    except UnicodeError as error:
        raise ValueError(f"{text!r} has no valid domain") from error
    return Address(display_name=found[0][0], addr_spec=f"{local}@{wire}")


def _fix_boundaries(message: MIMEPart, seed: str) -> None:
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            digest = hashlib.sha256(f"{seed}/{number}".encode()).hexdigest()[:32]
            part.set_boundary(f"=_{digest}")
