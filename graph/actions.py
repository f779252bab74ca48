"""A proposed effect before it is a row, its content hash and its stored form."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import rfc8785
from pydantic import TypeAdapter

from adapters.commands import (
    ArchiveCustomer,
    Command,
    RecordPayment,
    ReversePayment,
    SaveCustomer,
    SendCreditNote,
    SendInvoice,
)

_COMMAND: TypeAdapter[Command] = TypeAdapter(Command)

# Carried out by our own tables in the commit that allows them; everything else goes outside.
INTERNAL = (RecordPayment, ReversePayment, SaveCustomer, ArchiveCustomer)

KINDS: dict[type, str] = {
    SendInvoice: "invoice.send",
    SendCreditNote: "invoice.void",
    RecordPayment: "payment.record",
    ReversePayment: "payment.reverse",
    ArchiveCustomer: "customer.archive",
}


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What an agent wants done. `tainted` names Command fields that came from outside."""

    kind: str
    command: Command
    counterparty_id: str | None
    amount_minor: int | None = None
    currency: str | None = None
    tainted: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    always_ask: str | None = None  # why no rule may let this through
    compensates: str | None = None


def freeze(command: Command) -> str:
    """The canonical JSON (RFC 8785) of a Command; its SHA-256 is the content hash."""
    return rfc8785.dumps(command.model_dump(mode="json")).decode()


def content_hash(frozen: str) -> str:
    """Hex SHA-256 of a frozen Command."""
    return hashlib.sha256(frozen.encode()).hexdigest()


def thaw(frozen: str) -> Command:
    """The Command back. Raises `pydantic.ValidationError` on anything else."""
    return _COMMAND.validate_json(frozen)


def is_internal(command: Command) -> bool:
    return isinstance(command, INTERNAL)
