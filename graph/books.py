"""What a carried-out Command changes in the tables: documents, payments, ledger, customers.

Each function runs inside the commit that knows the effect happened, and records its event.
"""

from __future__ import annotations

import json
import unicodedata
from datetime import date

from sqlmodel import col, select

from adapters.commands import (
    ArchiveCustomer,
    Command,
    Document,
    RecordPayment,
    ReversePayment,
    SaveCustomer,
    SendCreditNote,
    SendInvoice,
)
from graph import numbers
from stores.events import (
    CreditNoteIssued,
    CustomerArchived,
    CustomerSaved,
    InvoiceIssued,
    PaymentRecorded,
    PaymentReversed,
)
from stores.tables.company import Customer
from stores.tables.ledger import CreditNote, Invoice, Payment, PaymentAllocation
from stores.tables.work import Action
from stores.types import InvoiceState, Source
from stores.unit_of_work import Leg, UnitOfWork, salted_hash


class BooksRefused(Exception):
    """The tables no longer fit the Command; the text is for the operator. Nothing was changed."""


def fold(name: str) -> str:
    """A name for comparing: no accents, no case, single spaces."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def state_of(settled_minor: int, total_minor: int) -> InvoiceState:
    if settled_minor == total_minor:
        return InvoiceState.PAID
    if settled_minor <= 0:
        return InvoiceState.OPEN
    return InvoiceState.PARTIAL if settled_minor < total_minor else InvoiceState.OVERPAID


def carry_out(uow: UnitOfWork, action: Action, command: Command) -> str:
    """Apply a Command whose effect is certain; returns the id of the record it made or changed."""
    match command:
        case SendInvoice():
            return _issue_invoice(uow, action, command)
        case SendCreditNote():
            return _issue_credit_note(uow, action, command)
        case RecordPayment():
            return _record_payment(uow, action, command)
        case ReversePayment():
            return _reverse_payment(uow, action, command)
        case SaveCustomer():
            return _save_customer(uow, action, command)
        case ArchiveCustomer():
            return _archive_customer(uow, action, command)


def check(uow: UnitOfWork, command: Command) -> None:
    """Raises `BooksRefused` if the tables no longer allow the Command; called before a verdict."""
    match command:
        case SendCreditNote(invoice_id=invoice_id):
            invoice = uow.session.get(Invoice, invoice_id)
            if invoice is None or invoice.state == InvoiceState.VOID:
                raise BooksRefused("that invoice is already void")
        case RecordPayment(allocations=allocations):
            for allocation in allocations:
                invoice = uow.session.get(Invoice, allocation.invoice_id)
                if invoice is None or invoice.state == InvoiceState.VOID:
                    raise BooksRefused(f"invoice {allocation.number} is void")
        case ReversePayment(payment_id=payment_id):
            payment = uow.session.get(Payment, payment_id)
            if payment is None or payment.reversed_at is not None:
                raise BooksRefused("that payment was already taken back")
        case SaveCustomer(customer_id=None, customer_name=name):
            if uow.session.exec(
                select(Customer).where(Customer.name_folded == fold(name)).limit(1)
            ).first():
                raise BooksRefused(f"there is already a client called {name}")
        case _:
            pass


def _issue_invoice(uow: UnitOfWork, action: Action, command: SendInvoice) -> str:
    document = command.document
    numbers.issue(uow, action.id)
    invoice_id = uow.ids.new()
    uow.keep_for(action.command_text_id, basis="tax law")
    row = Invoice(
        id=invoice_id,
        number=document.number,
        customer_id=command.customer_id,
        action_id=action.id,
        currency=document.currency,
        net_minor=document.net_minor,
        tax_minor=document.tax_minor,
        total_minor=document.total_minor,
        issued_on=document.issued_on,
        due_on=document.due_on,
        state=state_of(0, document.total_minor),
        document_text_id=action.command_text_id,
        pdf_sha256=command.mail.attachments[0].sha256 if command.mail.attachments else None,
        event_seq=0,
    )
    event = InvoiceIssued(
        invoice=invoice_id,
        number=document.number,
        customer=command.customer_id,
        action=action.id,
        currency=document.currency,
        net_minor=document.net_minor,
        tax_minor=document.tax_minor,
        total_minor=document.total_minor,
        issued_on=document.issued_on,
        due_on=document.due_on,
        tax_by_rate=[[tax.rate, tax.net_minor, tax.tax_minor] for tax in document.taxes],
    )
    uow.record(
        event,
        subject=f"invoice:{invoice_id}",
        legs=_sale_legs(document, command.customer_id, 1),
        rows=[row],
    )
    return invoice_id


def _sale_legs(document: Document, customer_id: str, direction: int) -> list[Leg]:
    amounts = [
        ("receivable", document.total_minor),
        ("revenue", -document.net_minor),
        ("vat", -document.tax_minor),
    ]
    return [
        Leg(
            account=account,
            currency=document.currency,
            amount_minor=direction * minor,
            customer_id=customer_id,
            booked_on=document.issued_on,
        )
        for account, minor in amounts
        if minor
    ]


def _issue_credit_note(uow: UnitOfWork, action: Action, command: SendCreditNote) -> str:
    document = command.document
    invoice = uow.session.get_one(Invoice, command.invoice_id)
    numbers.issue(uow, action.id)
    note_id = uow.ids.new()
    row = CreditNote(
        id=note_id,
        number=document.number,
        invoice_id=invoice.id,
        customer_id=command.customer_id,
        action_id=action.id,
        currency=document.currency,
        net_minor=document.net_minor,
        tax_minor=document.tax_minor,
        total_minor=document.total_minor,
        issued_on=document.issued_on,
        pdf_sha256=command.mail.attachments[0].sha256 if command.mail else None,
        event_seq=0,
    )
    event = CreditNoteIssued(
        credit_note=note_id,
        number=document.number,
        invoice=invoice.id,
        customer=command.customer_id,
        action=action.id,
        currency=document.currency,
        net_minor=document.net_minor,
        tax_minor=document.tax_minor,
        total_minor=document.total_minor,
        issued_on=document.issued_on,
    )
    uow.record(
        event,
        subject=f"invoice:{invoice.id}",
        legs=_sale_legs(document, command.customer_id, -1),
        rows=[row],
    )
    invoice.state = InvoiceState.VOID
    uow.session.add(invoice)
    original = uow.session.get(Action, invoice.action_id)
    if original is not None:
        original.state = "compensated"
        uow.session.add(original)
    return note_id


def _record_payment(uow: UnitOfWork, action: Action, command: RecordPayment) -> str:
    payment_id = uow.ids.new()
    row = Payment(
        id=payment_id,
        customer_id=command.customer_id,
        action_id=action.id,
        currency=command.currency,
        amount_minor=command.amount_minor,
        received_on=command.received_on,
        event_seq=0,
    )
    allocations: list[list[str | int]] = []
    parts: list[PaymentAllocation] = []
    for allocation in command.allocations:
        invoice = uow.session.get_one(Invoice, allocation.invoice_id)
        invoice.settled_minor += allocation.amount_minor
        invoice.state = state_of(invoice.settled_minor, invoice.total_minor)
        uow.session.add(invoice)
        allocations.append([invoice.id, allocation.amount_minor])
        parts.append(
            PaymentAllocation(
                payment_id=payment_id,
                invoice_id=invoice.id,
                amount_minor=allocation.amount_minor,
            )
        )
    event = PaymentRecorded(
        payment=payment_id,
        customer=command.customer_id,
        action=action.id,
        currency=command.currency,
        amount_minor=command.amount_minor,
        received_on=command.received_on,
        allocations=allocations,
    )
    legs = _cash_legs(payment=row, direction=1, booked_on=command.received_on)
    uow.record(event, subject=f"payment:{payment_id}", legs=legs, rows=[row, *parts])
    return payment_id


def _cash_legs(*, payment: Payment, direction: int, booked_on: date) -> list[Leg]:
    return [
        Leg(
            account=account,
            currency=payment.currency,
            amount_minor=direction * minor,
            customer_id=payment.customer_id,
            booked_on=booked_on,
        )
        for account, minor in (
            ("bank", payment.amount_minor),
            ("receivable", -payment.amount_minor),
        )
    ]


def _reverse_payment(uow: UnitOfWork, action: Action, command: ReversePayment) -> str:
    payment = uow.session.get_one(Payment, command.payment_id)
    payment.reversed_at = uow.now
    uow.session.add(payment)
    for part in uow.session.exec(
        select(PaymentAllocation).where(PaymentAllocation.payment_id == payment.id)
    ):
        invoice = uow.session.get_one(Invoice, part.invoice_id)
        invoice.settled_minor -= part.amount_minor
        if invoice.state != InvoiceState.VOID:
            invoice.state = state_of(invoice.settled_minor, invoice.total_minor)
        uow.session.add(invoice)
    original = uow.session.get(Action, payment.action_id)
    if original is not None:
        original.state = "compensated"
        uow.session.add(original)
    event = PaymentReversed(
        payment=payment.id,
        customer=payment.customer_id,
        action=action.id,
        currency=payment.currency,
        amount_minor=payment.amount_minor,
        reversed_on=uow.now.date(),
    )
    legs = _cash_legs(payment=payment, direction=-1, booked_on=event.reversed_on)
    uow.record(event, subject=f"payment:{payment.id}", legs=legs)
    return payment.id


def _save_customer(uow: UnitOfWork, action: Action, command: SaveCustomer) -> str:
    return put_customer(
        uow,
        command.customer_id,
        command.customer_name,
        command.fields,
        source=Source.OPERATOR,
        cause=action.id,
    )


def put_customer(
    uow: UnitOfWork,
    customer_id: str | None,
    name: str,
    fields: dict[str, str | int | None],
    *,
    source: Source,
    cause: str,
) -> str:
    """Make or change a client; returns the id. `cause` is an Action, or says what else it was."""
    if customer_id is None:
        customer = Customer(id=uow.ids.new(), name=name, name_folded=fold(name), created_at=uow.now)
    else:
        customer = uow.session.get_one(Customer, customer_id)
    _set_fields(customer, fields, source, uow)
    uow.session.add(customer)
    text_id = uow.keep_text(
        json.dumps(fields, ensure_ascii=False, sort_keys=True), subject=f"customer:{customer.id}"
    )
    salt = uow.salt(text_id)
    event = CustomerSaved(
        customer=customer.id,
        action=cause,
        fields={name: salted_hash(salt, value) for name, value in fields.items()},
    )
    uow.record(event, subject=f"customer:{customer.id}")
    return customer.id


def _set_fields(
    customer: Customer, fields: dict[str, str | int | None], source: Source, uow: UnitOfWork
) -> None:
    confirmed = uow.now.isoformat() if source is Source.OPERATOR else None
    provenance = dict(customer.provenance)
    for name, value in fields.items():
        setattr(customer, name, value)
        provenance[name] = {"source": source, "confirmed_at": confirmed}
    if "name" in fields:
        customer.name_folded = fold(str(fields["name"]))
    customer.provenance = provenance


def _archive_customer(uow: UnitOfWork, action: Action, command: ArchiveCustomer) -> str:
    customer = uow.session.get_one(Customer, command.customer_id)
    customer.archived_at = uow.now
    customer.name_folded = f"{customer.name_folded} #{customer.id}"
    uow.session.add(customer)
    uow.record(
        CustomerArchived(customer=customer.id, action=action.id),
        subject=f"customer:{customer.id}",
    )
    return customer.id


def open_invoices(uow: UnitOfWork, customer_id: str) -> list[Invoice]:
    """Not settled in full, oldest due first."""
    return list(
        uow.session.exec(
            select(Invoice)
            .where(
                Invoice.customer_id == customer_id,
                col(Invoice.state).in_((InvoiceState.OPEN, InvoiceState.PARTIAL)),
            )
            .order_by(col(Invoice.issued_on), col(Invoice.number))
        )
    )
