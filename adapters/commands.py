"""Frozen Commands: the exact effect that is hashed, approved and carried out.

Amounts are integer minor units, dates ISO days. A field's absence is `None`, never an empty string.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """Immutable, refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Party(Frozen):
    """One side of a document. `address` lines are separated by newlines."""

    name: str
    address: str | None = None
    country: str | None = None  # ISO 3166-1 alpha-2
    email: str | None = None
    vat_id: str | None = None
    tax_id: str | None = None


class Line(Frozen):
    """`quantity` and `tax_rate` are decimal strings ("1.5", "19"); money is minor units, net."""

    description: str
    quantity: str = "1"
    unit_price_minor: int
    net_minor: int
    tax_rate: str


class TaxLine(Frozen):
    """One VAT rate of a document: the net it applies to and the tax, rounded once per rate."""

    rate: str
    net_minor: int
    tax_minor: int


class BankDetails(Frozen):
    """Where to pay. `iban` without spaces."""

    iban: str
    bic: str | None = None
    holder: str


class Document(Frozen):
    """An invoice or credit note, complete enough to print and to book."""

    kind: Literal["invoice", "credit_note"]
    number: str
    issued_on: date
    due_on: date | None = None
    supplied: str | None = None  # period or date of supply in words, "October 2026"
    seller: Party
    buyer: Party
    currency: str
    lines: tuple[Line, ...]
    taxes: tuple[TaxLine, ...]
    net_minor: int
    tax_minor: int
    total_minor: int
    tax_note: str | None = None  # "Reverse charge: VAT is owed by the recipient (Art. 196 …)"
    bank: BankDetails | None = None
    reference: str | None = None  # payment reference, ISO 11649 or the number itself
    corrects: str | None = None  # the invoice number a credit note takes back
    language: str = "en"


class Attachment(Frozen):
    """A stored blob by the SHA-256 of its bytes."""

    sha256: str
    filename: str
    media_type: str


class Email(Frozen):
    """One mail as approved. Message-ID, Date and MIME boundary are not part of it."""

    sender: str
    to: tuple[str, ...]
    subject: str
    body: str
    attachments: tuple[Attachment, ...] = ()


class SendInvoice(Frozen):
    type: Literal["send_invoice"] = "send_invoice"
    customer_id: str
    document: Document
    mail: Email


class SendCreditNote(Frozen):
    """`mail` is None when the invoice never left and nobody has to be told."""

    type: Literal["send_credit_note"] = "send_credit_note"
    customer_id: str
    invoice_id: str
    document: Document
    mail: Email | None


class Allocation(Frozen):
    invoice_id: str
    number: str
    amount_minor: int


class RecordPayment(Frozen):
    """What came in and which invoices it settles; the rest is a credit of the customer."""

    type: Literal["record_payment"] = "record_payment"
    customer_id: str
    customer_name: str
    amount_minor: int
    currency: str
    received_on: date
    allocations: tuple[Allocation, ...]


class ReversePayment(Frozen):
    """Takes a recorded payment back, entry by entry."""

    type: Literal["reverse_payment"] = "reverse_payment"
    payment_id: str
    customer_id: str
    customer_name: str
    amount_minor: int
    currency: str


class SaveCustomer(Frozen):
    """Creates (`customer_id` None) or changes a customer; `fields` holds only what changes."""

    type: Literal["save_customer"] = "save_customer"
    customer_id: str | None
    customer_name: str
    fields: dict[str, str | int | None]


class ArchiveCustomer(Frozen):
    type: Literal["archive_customer"] = "archive_customer"
    customer_id: str
    customer_name: str


Command = Annotated[
    SendInvoice | SendCreditNote | RecordPayment | ReversePayment | SaveCustomer | ArchiveCustomer,
    Field(discriminator="type"),
]
