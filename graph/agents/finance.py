"""Finance: questions about money, answered from the ledger alone."""

from __future__ import annotations

from datetime import date

from sqlmodel import col, func, select

from graph import phrases
from graph.agents import roster
from graph.agents.outcome import Answer, Desk, Outcome
from graph.office import company, zone
from stores.tables.company import Customer
from stores.tables.ledger import Invoice, LedgerEntry
from stores.types import InvoiceState, Money

_OPEN = (InvoiceState.OPEN, InvoiceState.PARTIAL)
_SHOWN = 10


def ask(desk: Desk) -> Outcome:
    """`finance.ask`: owed, overdue, revenue, vat, paid or balance; by client and period."""
    slots = desk.intent.slots
    customer = None
    if slots.get("client"):
        customer = roster.by_name(desk.uow, str(slots["client"]))
        if customer is None:
            return Answer(headline=f"I do not know a client called {slots['client']}.")
    match slots.get("topic"):
        case "revenue":
            return _booked(desk, customer, "revenue", -1, "Invoiced (net)")
        case "vat":
            return _booked(desk, customer, "vat", -1, "VAT on your invoices")
        case "paid":
            return _booked(desk, customer, "bank", 1, "Received")
        case "balance":
            received = _booked(desk, customer, "bank", 1, "Received so far")
            return Answer(headline="I cannot see your bank account.", lines=(received.headline,))
        case "overdue":
            return _owed(desk, customer, overdue=True)
        case _:
            return _owed(desk, customer, overdue=False)


def _owed(desk: Desk, customer: Customer | None, *, overdue: bool) -> Answer:
    ours = company(desk.uow)
    today = desk.uow.now.astimezone(zone(ours)).date()
    query = (
        select(Invoice, Customer.name)
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .where(col(Invoice.state).in_(_OPEN))
        .order_by(col(Invoice.due_on), col(Invoice.number))
    )
    if customer is not None:
        query = query.where(Invoice.customer_id == customer.id)
    if overdue:
        query = query.where(col(Invoice.due_on) < today)
    rows = desk.uow.session.exec(query).all()
    word = "overdue" if overdue else "open"
    whose = f" from {customer.name}" if customer else ""
    if not rows:
        return Answer(headline=f"Nothing is {word}{whose}.")
    amounts = [_rest(invoice) for invoice, _ in rows]
    lines = [
        f"{invoice.number} · {name} · {phrases.money(_rest(invoice), ours.locale)}"
        f" · due {phrases.day(invoice.due_on or invoice.issued_on, today, ours.locale)}"
        for invoice, name in rows[:_SHOWN]
    ]
    if len(rows) > _SHOWN:
        lines.append(f"and {len(rows) - _SHOWN} more")
    total = phrases.totals(amounts, ours.locale)
    return Answer(headline=f"{total} {word}{whose}", lines=tuple(lines))


def _rest(invoice: Invoice) -> Money:
    return Money(
        amount_minor=invoice.total_minor - invoice.settled_minor, currency=invoice.currency
    )


def _booked(
    desk: Desk, customer: Customer | None, account: str, direction: int, label: str
) -> Answer:
    ours = company(desk.uow)
    query = (
        select(LedgerEntry.currency, func.sum(LedgerEntry.amount_minor))
        .where(LedgerEntry.account == account)
        .group_by(col(LedgerEntry.currency))
    )
    if customer is not None:
        query = query.where(LedgerEntry.customer_id == customer.id)
    period = desk.intent.slots.get("period")
    when = "in all"
    if isinstance(period, dict):
        first, last = date.fromisoformat(period["from"]), date.fromisoformat(period["to"])
        query = query.where(LedgerEntry.booked_on >= first, LedgerEntry.booked_on <= last)
        when = f"{first:%d.%m.%Y} to {last:%d.%m.%Y}"
    sums = [
        Money(amount_minor=direction * int(total), currency=currency)
        for currency, total in desk.uow.session.exec(query).all()
    ]
    whose = f" from {customer.name}" if customer else ""
    said = phrases.totals([one for one in sums if one.amount_minor], ours.locale) or "nothing"
    return Answer(headline=f"{label}{whose}: {said}", lines=(when,))
