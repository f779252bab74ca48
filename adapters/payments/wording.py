"""The fixed words of a document, by the client's language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Words:
    locale: str
    title: dict[str, str]
    bill_to: str
    number: str
    date: str
    due: str
    supplied: str
    corrects: str
    what: str
    quantity: str
    price: str
    vat: str
    net: str
    subtotal: str
    total: str
    vat_id: str
    tax_id: str
    pay: str
    holder: str
    reference: str
    scan: str
    page: str
    corrects_note: str


_ENGLISH = Words(
    locale="en_GB",
    title={"invoice": "Invoice", "credit_note": "Credit note"},
    bill_to="Bill to",
    number="Number",
    date="Date",
    due="Due",
    supplied="Supplied",
    corrects="For invoice",
    what="Description",
    quantity="Quantity",
    price="Unit price",
    vat="VAT",
    net="Net",
    subtotal="Net total",
    total="Total",
    vat_id="VAT ID",
    tax_id="Tax no.",
    pay="Payment",
    holder="Account holder",
    reference="Reference",
    scan="Scan with your banking app",
    page="page",
    corrects_note="This credit note takes invoice {number} back in full.",
)
_GERMAN = Words(
    locale="de_DE",
    title={"invoice": "Rechnung", "credit_note": "Rechnungskorrektur"},
    bill_to="Rechnung an",
    number="Nummer",
    date="Datum",
    due="Zahlbar bis",
    supplied="Leistungszeitraum",
    corrects="Zu Rechnung",
    what="Leistung",
    quantity="Menge",
    price="Einzelpreis",
    vat="USt",
    net="Netto",
    subtotal="Summe netto",
    total="Gesamtbetrag",
    vat_id="USt-IdNr.",
    tax_id="Steuernr.",
    pay="Zahlung",
    holder="Kontoinhaber",
    reference="Verwendungszweck",
    scan="Mit der Banking-App scannen",
    page="Seite",
    corrects_note="Hiermit wird die Rechnung {number} vollständig korrigiert.",
)


def words(language: str) -> Words:
    """English unless there is a translation."""
    return {"de": _GERMAN}.get(language[:2], _ENGLISH)
