"""The EPC QR code ("GiroCode") a banking app reads. Source: EPC069-12, version 002."""

from __future__ import annotations

import re

from adapters.commands import Document
from stores.types import Money

_MOST_MINOR = 99_999_999_999
_MOST_BYTES = 331
_ISO_11649 = re.compile(r"RF\d{2}[A-Z0-9]{1,21}")


def payload(document: Document) -> str | None:
    """The lines of the code, or None if the document cannot be paid by SEPA transfer.

    Line 10 takes a structured reference (ISO 11649), line 11 free text; one of them is empty.
    """
    bank = document.bank
    if document.kind != "invoice" or document.currency != "EUR" or bank is None:
        return None
    if not 1 <= document.total_minor <= _MOST_MINOR:
        return None
    amount = Money(amount_minor=document.total_minor, currency="EUR").major
    reference = _one_line(document.reference or document.number)
    structured = reference if _ISO_11649.fullmatch(reference) else ""
    free = "" if structured else reference[:140]
    lines = [
        "BCD", "002", "1", "SCT", bank.bic or "", _one_line(bank.holder)[:70], bank.iban,
        f"EUR{amount}", "", structured, free,
    ]  # fmt: skip
    text = "\n".join(lines)
    return text if len(text.encode()) <= _MOST_BYTES else None


def _one_line(text: str) -> str:
    return " ".join(text.split())


def modules(text: str) -> tuple[tuple[bool, ...], ...]:
    """Rows of dark modules, error correction M as the guideline asks, no quiet zone."""
    import segno

    code = segno.make_qr(text, error="m", boost_error=False, encoding="utf-8")
    return tuple(tuple(bool(cell) for cell in row) for row in code.matrix)
