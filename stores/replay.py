"""Rebuild what events alone say, and compare it with the tables.

Shares no code with the live path: the rules are written a second time here, on purpose.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, text

from stores import events as of
from stores.database import open_engine
from stores.events import GENESIS, Event, chain_hash, upcast

_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class ReplayResult:
    """`differences` are sentences, at most twenty a table; empty means the tables follow."""

    events: int
    differences: list[str]


@dataclass
class _Books:
    """What the events leave behind, by id. Amounts in minor units."""

    ledger: dict[tuple[str, str, str], int] = field(default_factory=dict)
    invoices: dict[str, list[object]] = field(default_factory=dict)  # total, settled, void
    credit_notes: dict[str, tuple[object, ...]] = field(default_factory=dict)
    payments: dict[str, list[object]] = field(default_factory=dict)  # currency, amount, reversed
    shares: dict[str, list[list[str | int]]] = field(default_factory=dict)
    numbers: dict[tuple[str, int, int], tuple[str, str | None]] = field(default_factory=dict)
    approvals: dict[str, tuple[str, str]] = field(default_factory=dict)
    operations: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    contracts: dict[str, str] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    archived: set[str] = field(default_factory=set)
    stopped: bool = False

    def book(self, customer: str, currency: str, **amounts: int) -> None:
        for account, minor in amounts.items():
            key = (account, currency, customer)
            self.ledger[key] = self.ledger.get(key, 0) + minor

    def take(self, event: Event) -> None:
        match event:
            case of.InvoiceIssued():
                self.invoices[event.invoice] = [event.number, event.total_minor, 0, False]
                self.book(
                    event.customer,
                    event.currency,
                    receivable=event.total_minor,
                    revenue=-event.net_minor,
                    vat=-event.tax_minor,
                )
            case of.CreditNoteIssued():
                self.invoices[event.invoice][3] = True
                self.credit_notes[event.credit_note] = (event.number, event.total_minor)
                self.book(
                    event.customer,
                    event.currency,
                    receivable=-event.total_minor,
                    revenue=event.net_minor,
                    vat=event.tax_minor,
                )
            case of.PaymentRecorded():
                self.payments[event.payment] = [event.currency, event.amount_minor, False]
                self.shares[event.payment] = event.allocations
                self._settle(event.allocations, 1)
                self.book(
                    event.customer,
                    event.currency,
                    bank=event.amount_minor,
                    receivable=-event.amount_minor,
                )
            case of.PaymentReversed():
                self.payments[event.payment][2] = True
                self._settle(self.shares[event.payment], -1)
                self.book(
                    event.customer,
                    event.currency,
                    bank=-event.amount_minor,
                    receivable=event.amount_minor,
                )
            case _:
                self._take_work(event)

    def _settle(self, shares: list[list[str | int]], sign: int) -> None:
        for invoice, minor in shares:
            row = self.invoices[str(invoice)]
            row[2] = int(str(row[2])) + sign * int(minor)

    def _take_work(self, event: Event) -> None:
        match event:
            case of.NumberReserved() | of.NumberPassed():
                self.numbers[event.series, event.year, event.n] = ("reserved", event.action)
            case of.NumberIssued():
                key = (event.series, event.year, event.n)
                self.numbers[key] = ("issued", self.numbers[key][1])
            case of.NumberWithdrawn():
                self.numbers[event.series, event.year, event.n] = ("withdrawn", None)
            case of.ApprovalRequested():
                self.approvals[event.approval] = ("pending", event.content_hash)
            case of.ApprovalDecided():
                self.approvals[event.approval] = (event.verdict, event.content_hash)
            case of.OperationQueued():
                self.operations[event.operation] = ("queued", 0, event.content_hash)
            case of.OperationMoved():
                digest = self.operations[event.operation][2]
                self.operations[event.operation] = (event.state, event.attempt, digest)
            case of.ContractSettled():
                self.contracts[event.contract] = event.state
            case of.RunFinished():
                self.runs[event.run] = event.state
            case of.CustomerArchived():
                self.archived.add(event.customer)
            case of.ControlChanged():
                self.stopped = event.stopped
            case _:
                pass


def replay(database_url: str) -> ReplayResult:
    """Read every event through the upcasters, check the chain, rebuild, compare."""
    engine = open_engine(database_url, writing=False)
    try:
        with engine.connect() as connection:
            books, count, broken = _read(connection)
            found = [*broken, *_compare(connection, books)]
    finally:
        engine.dispose()
    return ReplayResult(events=count, differences=found)


def _read(connection: Connection) -> tuple[_Books, int, list[str]]:
    books, previous, count = _Books(), GENESIS, 0
    broken: list[str] = []
    rows = connection.execution_options(stream_results=True, yield_per=2000).execute(
        text("SELECT seq, type, version, at, subject, payload, hash FROM event ORDER BY seq")
    )
    for seq, kind, version, at, subject, payload, digest in rows:
        count += 1
        expected = chain_hash(
            previous, seq=seq, type=kind, version=version, at=at, subject=subject, payload=payload
        )
        if (seq != count or digest != expected) and len(broken) < _SHOWN:
            broken.append(f"event {seq} does not fit the chain")
        previous = digest
        try:
            books.take(upcast(kind, version, json.loads(payload)))
        except (KeyError, ValueError) as error:
            if len(broken) < _SHOWN:
                broken.append(f"event {seq} ({kind}) cannot be applied: {type(error).__name__}")
    return books, count, broken


def _compare(connection: Connection, books: _Books) -> Iterator[str]:
    def table(query: str) -> list[tuple[object, ...]]:
        return [tuple(row) for row in connection.execute(text(query))]

    booked = {
        (account, currency, customer or ""): int(str(total))
        for account, currency, customer, total in table(
            "SELECT account, currency, customer_id, sum(amount_minor) FROM ledger_entry "
            "GROUP BY account, currency, customer_id"
        )
    }
    ledger = {key: total for key, total in books.ledger.items() if total or key in booked}
    yield from _differ("ledger", ledger, booked)
    invoices = {key: _invoice(row) for key, row in books.invoices.items()}
    have = table("SELECT id, number, total_minor, settled_minor, state FROM invoice")
    yield from _differ("invoice", invoices, {row[0]: row[1:] for row in have})
    have = table("SELECT id, number, total_minor FROM credit_note")
    yield from _differ("credit note", books.credit_notes, {row[0]: row[1:] for row in have})
    have = table(
        "SELECT id, currency, amount_minor, CASE WHEN reversed_at IS NULL THEN 0 ELSE 1 END "
        "FROM payment"
    )
    payments = {key: tuple(map(_flag, row)) for key, row in books.payments.items()}
    yield from _differ("payment", payments, {row[0]: row[1:] for row in have})
    shares = {
        (payment, str(invoice)): minor
        for payment, parts in books.shares.items()
        for invoice, minor in parts
    }
    have = table("SELECT payment_id, invoice_id, amount_minor FROM payment_allocation")
    yield from _differ("allocation", shares, {row[:2]: row[2] for row in have})
    have = table("SELECT series, year, n, state, action_id FROM document_number")
    yield from _differ("number", books.numbers, {row[:3]: row[3:] for row in have})
    have = table("SELECT id, state, content_hash FROM approval")
    yield from _differ("approval", books.approvals, {row[0]: row[1:] for row in have})
    have = table("SELECT id, state, attempts, content_hash FROM operation")
    yield from _differ("operation", books.operations, {row[0]: row[1:] for row in have})
    have = table("SELECT id, state FROM contract WHERE state <> 'open'")
    yield from _differ("contract", books.contracts, {row[0]: row[1] for row in have})
    have = table("SELECT id, state FROM run WHERE state NOT IN ('running', 'waiting')")
    yield from _differ("run", books.runs, {row[0]: row[1] for row in have})
    have = table("SELECT id FROM customer WHERE archived_at IS NOT NULL")
    yield from _differ("removed client", dict.fromkeys(books.archived), {r[0]: None for r in have})
    stopped = table("SELECT 1 FROM control WHERE stopped_at IS NOT NULL") != []
    if stopped != books.stopped:
        yield f"events say stopped={books.stopped}, the table says {stopped}"


def _invoice(row: list[object]) -> tuple[object, ...]:
    number, total, settled, void = row
    if void:
        state = "void"
    elif settled == total:
        state = "paid"
    elif int(str(settled)) <= 0:
        state = "open"
    else:
        state = "partial" if int(str(settled)) < int(str(total)) else "overpaid"
    return (number, total, settled, state)


def _flag(value: object) -> object:
    return int(value) if isinstance(value, bool) else value


def _differ(name: str, events: dict[object, object] | dict, rows: dict) -> Iterator[str]:  # type: ignore[type-arg]
    wrong = [key for key in events.keys() | rows.keys() if events.get(key, ()) != rows.get(key, ())]
    for key in sorted(wrong, key=str)[:_SHOWN]:
        yield f"{name} {key}: events say {events.get(key)}, the table {rows.get(key)}"
    if len(wrong) > _SHOWN:
        yield f"{name}: {len(wrong) - _SHOWN} more differences"
