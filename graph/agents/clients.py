"""Clients: added, changed, shown. Bank, e-mail and address changes always ask."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, func, select

from adapters.commands import ArchiveCustomer, SaveCustomer
from adapters.ports.chat import CardContent
from graph import phrases
from graph.actions import Proposal
from graph.agents import roster
from graph.agents.outcome import Answer, Ask, Desk, Outcome, Propose
from graph.office import company
from stores.tables.company import Customer
from stores.tables.ledger import Invoice, LedgerEntry
from stores.types import Money

FIELDS = (
    "email", "contact", "address", "country", "vat_id", "currency", "language", "timezone",
    "terms_days", "notes",
)  # fmt: skip
_ALWAYS_ASK = {"email": "e-mail", "address": "address", "country": "address", "name": "name"}


def add(desk: Desk) -> Outcome:
    slots = desk.intent.slots
    name = slots.get("client") or slots.get("name")
    if not name:
        return Ask(field="client", text="What is the new client's name?")
    known = roster.by_name(desk.uow, str(name))
    fields = _fields(slots)
    if known is not None:
        if not fields:
            return Answer(headline=f"{known.name} is already a client.", lines=_lines(desk, known))
        return _change(desk, known, fields)
    fields = {"name": str(name), **fields}
    return Propose(
        action_id=desk.uow.ids.new(),
        proposal=Proposal(
            kind="customer.add",
            command=SaveCustomer(customer_id=None, customer_name=str(name), fields=fields),
            counterparty_id=None,
        ),
        card=CardContent(
            kind="approval",
            headline=f"New client {name}",
            lines=tuple(f"{key}: {value}" for key, value in fields.items() if key != "name"),
            fields={"client": str(name), **{k: str(v) for k, v in fields.items()}},
        ),
    )


def update(desk: Desk) -> Outcome:
    customer = _known(desk)
    if not isinstance(customer, Customer):
        return customer
    fields = _fields(desk.intent.slots)
    if not fields:
        return Ask(
            field="client_change",
            text=f"What shall change for {customer.name}?",
            lines=("For example: email ap@example.com, or terms 30 days.",),
        )
    return _change(desk, customer, fields)


def _change(desk: Desk, customer: Customer, fields: dict[str, Any]) -> Outcome:
    sensitive = sorted({_ALWAYS_ASK[key] for key in fields if key in _ALWAYS_ASK})
    lines = tuple(
        f"{key}: {value}   (was {getattr(customer, key) or 'not set'})"
        for key, value in fields.items()
    )
    return Propose(
        action_id=desk.uow.ids.new(),
        proposal=Proposal(
            kind="customer.update",
            command=SaveCustomer(
                customer_id=customer.id, customer_name=customer.name, fields=fields
            ),
            counterparty_id=customer.id,
            always_ask=f"a change of {' and '.join(sensitive)} always asks" if sensitive else None,
        ),
        card=CardContent(
            kind="approval",
            headline=f"Change {customer.name}",
            lines=lines,
            fields={"client": customer.name, **{k: str(v) for k, v in fields.items()}},
        ),
    )


def show(desk: Desk) -> Outcome:
    customer = _known(desk)
    if not isinstance(customer, Customer):
        return customer
    return Answer(headline=customer.name, lines=_lines(desk, customer))


def archive(desk: Desk, customer: Customer, compensates: str) -> Propose:
    """The undo of adding: the client disappears from every list, the record stays."""
    return Propose(
        action_id=desk.uow.ids.new(),
        proposal=Proposal(
            kind="customer.archive",
            command=ArchiveCustomer(customer_id=customer.id, customer_name=customer.name),
            counterparty_id=customer.id,
            compensates=compensates,
        ),
        card=CardContent(
            kind="approval",
            headline=f"Remove client {customer.name}",
            lines=("They leave every list; what is booked stays.",),
            fields={"client": customer.name},
        ),
    )


def _known(desk: Desk) -> Customer | Outcome:
    name = desk.intent.slots.get("client")
    if not name:
        choices = tuple((one, one) for one in list(roster.names(desk.uow))[:6])
        return Ask(field="client", text="Which client?", choices=choices)
    customer = roster.by_name(desk.uow, str(name))
    if customer is None:
        return Answer(
            headline=f"I do not know a client called {name}.",
            lines=(f'Say "add customer {name}, their@address.example" to add them.',),
        )
    return customer


def _fields(slots: dict[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for key in FIELDS:
        value = slots.get(key)
        if value not in (None, ""):
            given[key] = int(value) if key == "terms_days" else str(value)
    return given


def _lines(desk: Desk, customer: Customer) -> tuple[str, ...]:
    session, ours = desk.uow.session, company(desk.uow)
    known = [
        f"{key.replace('_', ' ')}: {getattr(customer, key)}"
        for key in FIELDS
        if getattr(customer, key) not in (None, "")
    ]
    count = session.exec(select(func.count()).where(Invoice.customer_id == customer.id)).one()
    owed = session.exec(
        select(LedgerEntry.currency, func.sum(LedgerEntry.amount_minor))
        .where(LedgerEntry.customer_id == customer.id, LedgerEntry.account == "receivable")
        .group_by(col(LedgerEntry.currency))
    ).all()
    amounts = [Money(amount_minor=int(total), currency=currency) for currency, total in owed]
    open_now = phrases.totals([one for one in amounts if one.amount_minor], ours.locale)
    known.append(f"{count} invoice(s), {open_now or 'nothing'} open")
    return tuple(known)
