"""The append-only record: typed payloads, their canonical form, the hash chain, upcasting.

Payloads hold ids, amounts, states and salted hashes, never a person's words and never a float.
A payload's shape is public for ever: a changed one gets a new `version` and an upcaster.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any, ClassVar

import rfc8785
from pydantic import BaseModel, ConfigDict

GENESIS = "0" * 64


class Event(BaseModel):
    """Something that happened. The class name is the stored type."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    version: ClassVar[int] = 1


class NumberReserved(Event):
    series: str
    year: int
    n: int
    action: str


class NumberPassed(Event):
    """An edit superseded the Action: its number goes to the new one."""

    series: str
    year: int
    n: int
    action: str


class NumberIssued(Event):
    series: str
    year: int
    n: int


class NumberWithdrawn(Event):
    """`free` means it may be reserved again, because no higher one is in use."""

    series: str
    year: int
    n: int
    free: bool


class ApprovalRequested(Event):
    approval: str
    action: str
    kind: str
    content_hash: str
    expires_at: str


class ApprovalDecided(Event):
    """`verdict` approved, rejected, superseded or expired; `by` an operator identity or the clock."""

    approval: str
    action: str
    content_hash: str
    verdict: str
    by: str
    via: str


class OperationQueued(Event):
    """`approval` is null when a policy allowed the Action; then `allowed_by` says why."""

    operation: str
    action: str
    approval: str | None
    allowed_by: str | None
    key: str
    content_hash: str


class OperationMoved(Event):
    """dispatching, done, failed, in_doubt, needs_operator or cancelled."""

    operation: str
    action: str
    state: str
    attempt: int


class InvoiceIssued(Event):
    """`tax_by_rate` is [[rate, net_minor, tax_minor], …]."""

    invoice: str
    number: str
    customer: str
    action: str
    currency: str
    net_minor: int
    tax_minor: int
    total_minor: int
    issued_on: date
    due_on: date | None
    tax_by_rate: list[list[str | int]]


class CreditNoteIssued(Event):
    credit_note: str
    number: str
    invoice: str
    customer: str
    action: str
    currency: str
    net_minor: int
    tax_minor: int
    total_minor: int
    issued_on: date


class PaymentRecorded(Event):
    """`allocations` is [[invoice, amount_minor], …]; what is left over is the customer's credit."""

    payment: str
    customer: str
    action: str
    currency: str
    amount_minor: int
    received_on: date
    allocations: list[list[str | int]]


class PaymentReversed(Event):
    payment: str
    customer: str
    action: str
    currency: str
    amount_minor: int
    reversed_on: date


class CustomerSaved(Event):
    """`fields` maps each changed field to the salted hash of its new value."""

    customer: str
    action: str
    fields: dict[str, str]


class CustomerArchived(Event):
    customer: str
    action: str


class ContractSettled(Event):
    contract: str
    run: str
    state: str


class RunFinished(Event):
    run: str
    state: str


class EpisodeRecorded(Event):
    episode: str
    run: str
    text: str


class ControlChanged(Event):
    stopped: bool
    by: str


class OperatorClaimed(Event):
    identity: str
    channel: str


_TYPES: dict[str, type[Event]] = {kind.__name__: kind for kind in Event.__subclasses__()}

# (type, stored version) → payload of the next version. Pure; never removed.
_UPCASTERS: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}


def canonical(payload: object) -> str:
    """RFC 8785 text. Raises `TypeError` on a float: money and time never are."""
    _refuse_floats(payload)
    return rfc8785.dumps(payload).decode()  # type: ignore[arg-type]


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError("an event payload holds no floats")
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)


def chain_hash(
    prev_hash: str, *, seq: int, type: str, version: int, at: str, subject: str, payload: str
) -> str:
    """SHA-256 over the previous hash and the row, fields separated by newlines."""
    row = "\n".join((prev_hash, str(seq), type, str(version), at, subject, payload))
    return hashlib.sha256(row.encode()).hexdigest()


def upcast(type: str, version: int, payload: dict[str, Any]) -> Event:
    """A stored payload as today's type. Raises `KeyError` for a type nobody knows."""
    while (type, version) in _UPCASTERS:
        payload = _UPCASTERS[type, version](payload)
        version += 1
    return _TYPES[type].model_validate(payload)
