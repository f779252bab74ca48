"""The EPC QR code ("GiroCode") a banking app reads. Source: EPC069-12, version 002."""

from __future__ import annotations

from adapters.commands import Document
from stores.types import Money

_MOST_MINOR = 99_999_999_999


def payload(document: Document) -> str | None:
    """The twelve lines of the code, or None if the document cannot be paid by SEPA transfer."""
    bank = document.bank
    if document.kind != "invoice" or document.currency != "EUR" or bank is None:
        return None
    if not 1 <= document.total_minor <= _MOST_MINOR:
        return None
    amount = Money(amount_minor=document.total_minor, currency="EUR").major
    lines = [
        "BCD", "002", "1", "SCT", bank.bic or "", bank.holder[:70], bank.iban, f"EUR{amount}",
        "", "", (document.reference or document.number)[:140],
    ]  # fmt: skip
    return "\n".join(lines)


def modules(text: str) -> tuple[tuple[bool, ...], ...]:
    """Rows of dark modules, error correction M as the guideline asks, no quiet zone."""
    import segno

    code = segno.make_qr(text, error="m", boost_error=False, encoding="utf-8")
    return tuple(tuple(bool(cell) for cell in row) for row in code.matrix)
