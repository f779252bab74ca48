"""Who we are and whom we work for.

`provenance` maps a field to {"source", "confirmed_at"}: the taint of every value that can come from
outside. A field without an entry was never set; `confirmed_at` null means tainted.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from stores.tables.columns import JsonText, UtcMoment, Whole


class Company(SQLModel, table=True):
    """The operator's own company: one row, id 1. Config seeds it, chat answers complete it."""

    id: int = Field(default=1, primary_key=True)
    name: str | None = None
    address: str | None = None
    country: str | None = None
    email: str | None = None
    tax_id: str | None = None
    vat_id: str | None = None
    vat_regime: str | None = None  # standard, small-business, not-registered
    default_vat: str | None = None  # percent, "19"
    iban: str | None = None
    iban_asked: bool = False
    terms_days: int = 14
    timezone: str = "UTC"
    currency: str = "EUR"
    locale: str = "en"


class Customer(SQLModel, table=True):
    id: str = Field(primary_key=True)
    name: str = Field(index=True)
    name_folded: str = Field(unique=True)
    email: str | None = None
    contact: str | None = None
    address: str | None = None
    country: str | None = None
    vat_id: str | None = None
    language: str | None = None
    currency: str | None = None
    timezone: str | None = None
    terms_days: int | None = None
    notes: str | None = None
    provenance: dict[str, Any] = Field(default_factory=dict, sa_type=JsonText)
    created_at: datetime = Field(sa_type=UtcMoment)
    archived_at: datetime | None = Field(default=None, sa_type=UtcMoment)


class Project(SQLModel, table=True):
    id: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key="customer.id", index=True)
    name: str
    rate_minor: int | None = Field(default=None, sa_type=Whole)
    currency: str | None = None
    created_at: datetime = Field(sa_type=UtcMoment)
    closed_at: datetime | None = Field(default=None, sa_type=UtcMoment)
