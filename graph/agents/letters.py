"""The words of our mails, by the client's language. Plain templates that read well."""

from __future__ import annotations

from babel.dates import format_date

from adapters.commands import Document
from graph import phrases
from stores.tables.company import Company
from stores.types import Money


def invoice(document: Document, ours: Company) -> tuple[str, str]:
    """Subject and body of the mail an invoice goes out with."""
    total = _total(document)
    due = format_date(document.due_on, "long", locale=document.language)
    about = document.lines[0].description
    if document.language.startswith("de"):
        subject = f"Rechnung {document.number} von {ours.name}"
        body = (
            f"Guten Tag,\n\nanbei die Rechnung {document.number} über {total} ({about}).\n"
            f"Bitte überweisen Sie den Betrag bis zum {due}"
            f" unter Angabe von {document.reference}.\n\nMit freundlichen Grüßen\n{ours.name}\n"
        )
        return subject, body
    subject = f"Invoice {document.number} from {ours.name}"
    body = (
        f"Hello,\n\nplease find attached invoice {document.number} for {total} ({about}).\n"
        f"It is due on {due}; please quote {document.reference} with your payment.\n\n"
        f"Kind regards\n{ours.name}\n"
    )
    return subject, body


def credit_note(document: Document, ours: Company) -> tuple[str, str]:
    """Subject and body of the mail that takes an invoice back."""
    total = _total(document)
    if document.language.startswith("de"):
        subject = f"Rechnungskorrektur {document.number} zu {document.corrects}"
        body = (
            f"Guten Tag,\n\nhiermit wird die Rechnung {document.corrects} über {total}"
            f" vollständig korrigiert; sie ist nicht zu zahlen.\n\n"
            f"Mit freundlichen Grüßen\n{ours.name}\n"
        )
        return subject, body
    subject = f"Credit note {document.number} for invoice {document.corrects}"
    body = (
        f"Hello,\n\ninvoice {document.corrects} for {total} is cancelled in full by the attached"
        f" credit note {document.number}; nothing is owed for it.\n\nKind regards\n{ours.name}\n"
    )
    return subject, body


def _total(document: Document) -> str:
    total = Money(amount_minor=document.total_minor, currency=document.currency)
    return phrases.money(total, document.language)
