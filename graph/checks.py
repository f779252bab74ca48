"""Pure checks of what would go out; each returns a sentence that stands on the card."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from adapters.commands import Document, Email

# A person's template marks: {{name}}, [NAME], <name>, XXX, TBD.
_UNFILLED = re.compile(r"\{\{?[^{}]*\}?\}|\[[A-Z][A-Z _]+\]|<[A-Za-z_ ]+>|\bX{3,}\b|\bT" r"BD\b")
_ADDRESS_NEEDED_MINOR = 25_000  # § 33 UStDV and peers: small invoices up to 250 need no address


def of_mail(mail: Email, *, own_client: str, other_clients: Iterable[str]) -> list[str]:
    found = []
    mark = _UNFILLED.search(f"{mail.subject}\n{mail.body}")
    if mark:
        found.append(f"Looks unfilled: {mark.group(0)}")
    text = f"{mail.subject} {mail.body}".casefold()
    for name in other_clients:
        short = name.casefold()
        if name != own_client and len(short) > 3 and re.search(rf"\b{re.escape(short)}\b", text):
            found.append(f"Names another client: {name}")
    if not mail.attachments:
        found.append("No file is attached")
    return found


def of_document(
    document: Document, *, today: date, missing_glyphs: Iterable[str], other_clients: Iterable[str]
) -> list[str]:
    found = []
    glyphs = [f"{char} (U+{ord(char):04X})" for char in missing_glyphs]
    if glyphs:
        found.append(f"My font lacks {', '.join(glyphs)}: printed as codes")
    if document.buyer.address is None and document.total_minor > _ADDRESS_NEEDED_MINOR:
        found.append("No address of the client on it; the law wants one on this amount")
    if document.due_on is not None and document.due_on < today:
        found.append("The due date has passed")
    words = " ".join(line.description for line in document.lines).casefold()
    for name in other_clients:
        if (
            len(name) > 3
            and name.casefold() in words
            and re.search(rf"\b{re.escape(name.casefold())}\b", words)
        ):
            found.append(f"Names another client: {name}")
    return found
