"""The shape of an understood sentence and of what the reader may look up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

Slot = str | int | list[dict[str, str]] | dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One reading of an ambiguous field: `label` is shown on a button, `value` fills the slot."""

    label: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One Intent as read. `slots` follow the field conventions in docs/intents.md.

    `missing` names required or ambiguous fields; `choices` holds the likely values per missing
    field. `confidence` is between 0 and 1. Second and later wishes follow in `also`.
    """

    intent: str
    slots: dict[str, Slot] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    choices: dict[str, tuple[Choice, ...]] = field(default_factory=dict)
    confidence: float = 1.0
    via: str = "offline"
    also: tuple[Reading, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CustomerRef:
    id: str
    name: str
    email: str | None
    contact: str | None
    currency: str | None


@dataclass(frozen=True, kw_only=True)
class InvoiceRef:
    """`open_minor` is what is still owed; `state` as in stores.types.InvoiceState."""

    id: str
    number: str
    customer_id: str
    customer_name: str
    total_minor: int
    open_minor: int
    currency: str
    state: str
    issued_on: date


class Directory(Protocol):
    """Read-only look-ups; every list is bounded and newest first."""

    @property
    def home_currency(self) -> str: ...

    def customers(self) -> Sequence[CustomerRef]: ...

    def invoice(self, number: str) -> InvoiceRef | None: ...

    def invoices_of(self, customer_id: str, limit: int = 50) -> Sequence[InvoiceRef]: ...

    def latest_invoices(self, limit: int = 50) -> Sequence[InvoiceRef]: ...


@dataclass(frozen=True, kw_only=True)
class Context:
    """What this chat is talking about, for "that", "her", "the invoice"."""

    client: str | None = None
    invoice: str | None = None


@dataclass(frozen=True, kw_only=True)
class Edit:
    """Changes a sentence asks for on a shown card; `problems` are sentences for the operator."""

    changes: dict[str, Slot] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
