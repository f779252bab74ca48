"""Billing: money that came in, and invoices taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlmodel import col, select

from adapters.commands import (
    Allocation,
    Attachment,
    Email,
    RecordPayment,
    ReversePayment,
    SendCreditNote,
    SendInvoice,
)
from adapters.ports.chat import CardContent, FileFace
from graph import books, numbers, phrases
from graph.actions import Proposal, thaw
from graph.agents import letterhead, letters, roster
from graph.agents.outcome import Answer, Ask, Desk, Outcome, Propose
from graph.office import company, zone
from stores.tables.company import Customer
from stores.tables.ledger import Invoice, Payment
from stores.types import InvoiceState, Money


def record(desk: Desk) -> Outcome:
    """`payment.record`: matches what came in to open invoices, oldest first."""
    uow, slots = desk.uow, desk.intent.slots
    found = _targets(desk, "paid")
    if not isinstance(found, list):
        return found
    owing = [one for one in found if one.state != InvoiceState.VOID]
    customer = uow.session.get_one(Customer, owing[0].customer_id)
    ours = company(uow)
    currency = str(slots.get("currency") or owing[0].currency)
    matching = [one for one in owing if one.currency == currency]
    if not matching:
        return Answer(
            headline=f"{customer.name} owes nothing in {currency}.",
            lines=(f"Their open invoice {owing[0].number} is in {owing[0].currency}.",),
        )
    open_minor = sum(one.total_minor - one.settled_minor for one in matching)
    if slots.get("amount"):
        paid = Money.of(Decimal(str(slots["amount"])), currency)
    elif len(matching) == 1:
        paid = Money(amount_minor=open_minor, currency=currency)
    else:
        total = Money(amount_minor=open_minor, currency=currency)
        return Ask(
            field="amount",
            text=f"How much did {customer.name} pay?",
            choices=((phrases.money(total, ours.locale), str(total.major)),),
        )
    if paid.amount_minor <= 0:
        return Ask(field="amount", text="How much came in? It must be above zero.")
    today = uow.now.astimezone(zone(ours)).date()
    on = date.fromisoformat(str(slots["date"])) if slots.get("date") else today
    if on > today:
        return Ask(field="date", text="That day has not come yet. When did the money arrive?")
    parts = _allocate(matching, paid.amount_minor)
    return _payment(desk, customer, paid, on, today, parts, ours.locale)


def _allocate(invoices: Sequence[Invoice], amount_minor: int) -> list[tuple[Invoice, int]]:
    """Oldest first; what is over lands on the last one, which is then overpaid."""
    left, parts = amount_minor, []
    for invoice in invoices:
        take = min(left, invoice.total_minor - invoice.settled_minor)
        if take > 0:
            parts.append((invoice, take))
            left -= take
    if left > 0:
        last, taken = parts.pop() if parts else (invoices[-1], 0)
        parts.append((last, taken + left))
    return parts


def _payment(
    desk: Desk,
    customer: Customer,
    paid: Money,
    on: date,
    today: date,
    parts: list[tuple[Invoice, int]],
    locale: str,
) -> Propose:
    lines = [f"Received {phrases.day(on, today, locale)}"]
    for invoice, minor in parts:
        rest = Money(
            amount_minor=invoice.total_minor - invoice.settled_minor - minor,
            currency=paid.currency,
        )
        after = "paid in full"
        if rest.amount_minor > 0:
            after = f"{phrases.money(rest, locale)} still open"
        elif rest.amount_minor < 0:
            after = f"{phrases.money(-rest, locale)} too much"
        part = phrases.money(Money(amount_minor=minor, currency=paid.currency), locale)
        lines.append(f"Invoice {invoice.number}: {part}, {after}")
    return Propose(
        action_id=desk.uow.ids.new(),
        proposal=Proposal(
            kind="payment.record",
            command=RecordPayment(
                customer_id=customer.id,
                customer_name=customer.name,
                amount_minor=paid.amount_minor,
                currency=paid.currency,
                received_on=on,
                allocations=tuple(
                    Allocation(invoice_id=one.id, number=one.number, amount_minor=minor)
                    for one, minor in parts
                ),
            ),
            counterparty_id=customer.id,
            amount_minor=paid.amount_minor,
            currency=paid.currency,
        ),
        card=CardContent(
            kind="approval",
            headline=f"Payment from {customer.name} · {phrases.money(paid, locale)}",
            lines=tuple(lines),
            fields={
                "client": customer.name,
                "amount": str(paid.major),
                "currency": paid.currency,
                "date": on.isoformat(),
                "invoice": ", ".join(one.number for one, _ in parts),
            },
        ),
    )


def void(desk: Desk) -> Outcome:
    """`invoice.void`: a numbered credit note over the whole invoice, sent to the client."""
    found = _targets(desk, "void")
    if not isinstance(found, list):
        return found
    if len(found) > 1:
        return _which(found, "Which invoice shall I take back?")
    return credit(desk, found[0], compensates=found[0].action_id)


def credit(desk: Desk, invoice: Invoice, *, compensates: str) -> Outcome:
    uow = desk.uow
    if invoice.state == InvoiceState.VOID:
        return Answer(headline=f"Invoice {invoice.number} is already void.")
    ours = company(uow)
    today = uow.now.astimezone(zone(ours)).date()
    customer = uow.session.get_one(Customer, invoice.customer_id)
    stored = uow.text(invoice.document_text_id)
    if stored is None:
        return Answer(
            headline=f"The text of invoice {invoice.number} was erased; I cannot void it."
        )
    sent = thaw(stored)
    assert isinstance(sent, SendInvoice)
    original = sent.document
    action_id = uow.ids.new()
    n = numbers.next_free(uow, "credit_note", today.year)
    numbers.reserve(uow, "credit_note", today.year, n, action_id)
    document = original.model_copy(
        update={
            "kind": "credit_note",
            "number": numbers.spell("credit_note", today.year, n),
            "issued_on": today,
            "due_on": None,
            "corrects": invoice.number,
            "seller": letterhead.seller(ours),
            "bank": None,
            "reference": None,
        }
    )
    printed = desk.office.printer.render(document)
    pdf = Attachment(
        sha256=desk.office.blobs.put(printed.pdf),
        filename=f"{document.number}.pdf",
        media_type="application/pdf",
    )
    subject, body = letters.credit_note(document, ours)
    mail = Email(
        sender=ours.email or "",
        to=(customer.email or "",),
        subject=subject,
        body=body,
        attachments=(pdf,),
    )
    total = phrases.money(
        Money(amount_minor=document.total_minor, currency=document.currency), ours.locale
    )
    settled = Money(amount_minor=invoice.settled_minor, currency=invoice.currency)
    paid = (
        (f"They have paid {phrases.money(settled, ours.locale)}; it stays as their credit.",)
        if invoice.settled_minor
        else ()
    )
    return Propose(
        action_id=action_id,
        proposal=Proposal(
            kind="invoice.void",
            command=SendCreditNote(
                customer_id=customer.id, invoice_id=invoice.id, document=document, mail=mail
            ),
            counterparty_id=customer.id,
            amount_minor=document.total_minor,
            currency=document.currency,
            tainted=tuple(roster.tainted(customer, ("email",))),
            compensates=compensates,
        ),
        card=CardContent(
            kind="approval",
            headline=f"Take back invoice {invoice.number} to {customer.name} · {total}",
            lines=(
                ", ".join(mail.to),
                f"Credit note {document.number}, PDF attached; the client is told.",
                *paid,
                "This cannot be undone; a new invoice would have to be written.",
            ),
            files=(FileFace(**pdf.model_dump()),),
            fields={
                "client": customer.name,
                "invoice": invoice.number,
                "number": document.number,
                "amount": str(
                    Money(amount_minor=document.total_minor, currency=document.currency).major
                ),
                "currency": document.currency,
            },
        ),
    )


def reverse(desk: Desk, payment: Payment, compensates: str) -> Outcome:
    """The undo of a recorded payment."""
    if payment.reversed_at is not None:
        return Answer(headline="That payment was already taken back.")
    customer = desk.uow.session.get_one(Customer, payment.customer_id)
    amount = Money(amount_minor=payment.amount_minor, currency=payment.currency)
    said = phrases.money(amount, company(desk.uow).locale)
    return Propose(
        action_id=desk.uow.ids.new(),
        proposal=Proposal(
            kind="payment.reverse",
            command=ReversePayment(
                payment_id=payment.id,
                customer_id=customer.id,
                customer_name=customer.name,
                amount_minor=payment.amount_minor,
                currency=payment.currency,
            ),
            counterparty_id=customer.id,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            compensates=compensates,
        ),
        card=CardContent(
            kind="approval",
            headline=f"Take back the payment from {customer.name} · {said}",
            lines=("The invoices it settled are open again.",),
            fields={
                "client": customer.name,
                "amount": str(amount.major),
                "currency": amount.currency,
            },
        ),
    )


def _targets(desk: Desk, purpose: str) -> list[Invoice] | Outcome:
    """The invoices a wish is about: one by number, or a client's open ones."""
    uow, slots = desk.uow, desk.intent.slots
    number = slots.get("invoice")
    if number:
        invoice = uow.session.exec(
            select(Invoice).where(Invoice.number == str(number)).limit(1)
        ).first()
        if invoice is None:
            return Answer(headline=f"There is no invoice {number}.")
        if purpose == "paid" and invoice.state == InvoiceState.VOID:
            return Answer(headline=f"Invoice {number} is void; nothing is owed on it.")
        return [invoice]
    name = slots.get("client")
    if not name:
        open_ones = uow.session.exec(
            select(Invoice)
            .where(col(Invoice.state).in_((InvoiceState.OPEN, InvoiceState.PARTIAL)))
            .order_by(col(Invoice.issued_on).desc())
            .limit(5)
        ).all()
        if not open_ones:
            return Answer(headline="No invoice is open.")
        return _which(open_ones, "Which invoice?")
    customer = roster.by_name(uow, str(name))
    if customer is None:
        return Answer(headline=f"I do not know a client called {name}.")
    invoices = books.open_invoices(uow, customer.id)
    if not invoices:
        return Answer(headline=f"{customer.name} has no open invoice.")
    return invoices


def _which(invoices: Sequence[Invoice], text: str) -> Ask:
    return Ask(
        field="invoice",
        text=text,
        choices=tuple(
            (
                f"{one.number} · "
                + phrases.money(
                    Money(amount_minor=one.total_minor - one.settled_minor, currency=one.currency)
                ),
                one.number,
            )
            for one in invoices[:6]
        ),
    )
