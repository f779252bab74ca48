"""Money: document numbers, issued documents, payments and the double entry.

Everything here follows from events and can be rebuilt from them. Amounts are minor units.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from stores.tables.columns import UtcMoment, Whole


class DocumentSeries(SQLModel, table=True):
    """Where a series starts in a year: `first_n` is the operator's own first number."""

    __tablename__ = "document_series"
    series: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    first_n: int


class DocumentNumber(SQLModel, table=True):
    """One number of a series; every n from `first_n` to the highest has a row."""

    __tablename__ = "document_number"
    series: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    n: int = Field(primary_key=True)
    state: str
    action_id: str | None = Field(default=None, index=True)
    reason: str | None = None


class Invoice(SQLModel, table=True):
    """An issued invoice. Only `settled_minor` and `state` move; a trigger holds the rest."""

    id: str = Field(primary_key=True)
    number: str = Field(unique=True)
    customer_id: str = Field(foreign_key="customer.id", index=True)
    action_id: str = Field(index=True)
    currency: str
    net_minor: int = Field(sa_type=Whole)
    tax_minor: int = Field(sa_type=Whole)
    total_minor: int = Field(sa_type=Whole)
    issued_on: date = Field(index=True)
    due_on: date | None = None
    settled_minor: int = Field(default=0, sa_type=Whole)
    state: str = Field(index=True)
    document_text_id: str = Field(foreign_key="personal_text.id")  # the Command it was sent with
    pdf_sha256: str | None = None
    event_seq: int = Field(sa_type=Whole)


class CreditNote(SQLModel, table=True):
    __tablename__ = "credit_note"
    id: str = Field(primary_key=True)
    number: str = Field(unique=True)
    invoice_id: str = Field(foreign_key="invoice.id", unique=True)
    customer_id: str = Field(foreign_key="customer.id", index=True)
    action_id: str = Field(index=True)
    currency: str
    net_minor: int = Field(sa_type=Whole)
    tax_minor: int = Field(sa_type=Whole)
    total_minor: int = Field(sa_type=Whole)
    issued_on: date
    pdf_sha256: str | None = None
    event_seq: int = Field(sa_type=Whole)


class Payment(SQLModel, table=True):
    id: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key="customer.id", index=True)
    action_id: str = Field(index=True)
    currency: str
    amount_minor: int = Field(sa_type=Whole)
    received_on: date
    reversed_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    event_seq: int = Field(sa_type=Whole)


class PaymentAllocation(SQLModel, table=True):
    __tablename__ = "payment_allocation"
    payment_id: str = Field(foreign_key="payment.id", primary_key=True)
    invoice_id: str = Field(foreign_key="invoice.id", primary_key=True, index=True)
    amount_minor: int = Field(sa_type=Whole)


class LedgerEntry(SQLModel, table=True):
    """One leg; the legs of one event sum to zero in each currency. Debit positive."""

    __tablename__ = "ledger_entry"
    __table_args__ = (UniqueConstraint("event_seq", "leg"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=Whole)
    event_seq: int = Field(sa_type=Whole)
    leg: int
    account: str = Field(index=True)
    currency: str
    amount_minor: int = Field(sa_type=Whole)
    customer_id: str | None = Field(default=None, index=True)
    booked_on: date = Field(index=True)
