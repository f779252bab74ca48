"""Billing: the invoice, from a wish to a document, a mail and a card."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from adapters.commands import (
    Attachment,
    BankDetails,
    Document,
    Email,
    Line,
    Party,
    SendInvoice,
)
from adapters.ports.chat import CardContent, FileFace
from graph import checks, numbers, phrases, pricing, vat
from graph.actions import Proposal
from graph.agents import letterhead, letters, roster
from graph.agents.outcome import Ask, Desk, Outcome, Propose
from graph.office import company, zone
from stores.tables.company import Company, Customer
from stores.types import Money


def send(desk: Desk) -> Outcome:
    """`invoice.send`: asks for what is missing, one thing at a time, then proposes."""
    uow = desk.uow
    slots = desk.intent.slots
    customer = roster.find_or_ask(desk)
    if isinstance(customer, Ask):
        return customer
    if "amount" not in slots and "lines" not in slots:
        return Ask(field="amount", text=f"How much shall the invoice to {customer.name} be?")
    if not customer.email:
        return Ask(
            field="client_email", text=f"Which e-mail address gets invoices for {customer.name}?"
        )
    ours = company(uow)
    today = uow.now.astimezone(zone(ours)).date()
    missing = letterhead.first_missing(uow, ours, today)
    if missing is not None:
        return missing
    return _propose(desk, ours, customer, today)


def _propose(desk: Desk, ours: Company, customer: Customer, today: date) -> Outcome:
    uow, slots = desk.uow, desk.intent.slots
    language = customer.language or ours.locale
    currency = str(slots.get("currency") or customer.currency or ours.currency)
    ruled = vat.decide(
        regime=ours.vat_regime or "standard",
        default_rate=ours.default_vat or "0",
        seller_country=ours.country or "",
        buyer_country=customer.country,
        buyer_vat_id=customer.vat_id,
        asked_rate=slots.get("tax_rate"),
        language=language,
    )
    priced = _price(slots, currency, ruled.rate)
    if priced.total_minor <= 0:
        return Ask(field="amount", text="An invoice needs an amount above zero. How much?")
    action_id = uow.ids.new()
    number = _number(desk, action_id, today)
    due = _due(slots, customer, ours, today)
    document = Document(
        kind="invoice",
        number=number,
        issued_on=today,
        due_on=due,
        supplied=slots.get("supplied"),
        seller=letterhead.seller(ours),
        buyer=_buyer(customer),
        currency=currency,
        lines=priced.lines,
        taxes=priced.taxes,
        net_minor=priced.net_minor,
        tax_minor=priced.tax_minor,
        total_minor=priced.total_minor,
        tax_note=ruled.note,
        bank=BankDetails(iban=ours.iban, holder=ours.name or "") if ours.iban else None,
        reference=number,
        language=language,
    )
    printed = desk.office.printer.render(document)
    pdf = Attachment(
        sha256=desk.office.blobs.put(printed.pdf),
        filename=f"{number}.pdf",
        media_type="application/pdf",
    )
    subject, body = letters.invoice(document, ours)
    mail = Email(
        sender=ours.email or "",
        to=(customer.email or "",),
        subject=subject,
        body=body,
        attachments=(pdf,),
    )
    others = [name for name in roster.names(uow) if name != customer.name]
    warnings = checks.of_document(
        document, today=today, missing_glyphs=printed.missing, other_clients=others
    ) + checks.of_mail(mail, own_client=customer.name, other_clients=())
    if ruled.differs:
        warnings.append(f"VAT {ruled.rate} %: {ruled.differs}")
    return Propose(
        action_id=action_id,
        proposal=Proposal(
            kind="invoice.send",
            command=SendInvoice(customer_id=customer.id, document=document, mail=mail),
            counterparty_id=customer.id,
            amount_minor=document.total_minor,
            currency=currency,
            tainted=tuple(roster.tainted(customer, ("email", "address", "name"))),
            checks=tuple(warnings),
        ),
        card=_card(document, mail, pdf, ruled, today, ours.locale),
    )


def _price(slots: dict[str, object], currency: str, rate: str) -> pricing.Priced:
    description = str(slots.get("description") or "Services")
    rows = slots.get("lines")
    if isinstance(rows, list) and rows:
        return pricing.total(
            [
                pricing.line(
                    str(row.get("description") or description),
                    quantity=str(row.get("quantity") or "1"),
                    unit_price=Decimal(str(row["unit_price"])),
                    currency=currency,
                    rate=rate,
                )
                for row in rows
            ]
        )
    amount = Decimal(str(slots["amount"]))
    if slots.get("gross"):
        return pricing.from_gross(description, gross=Money.of(amount, currency), rate=rate)
    return pricing.total(
        [pricing.line(description, unit_price=amount, currency=currency, rate=rate)]
    )


def _number(desk: Desk, action_id: str, today: date) -> str:
    """The number of the superseded Action, or the next one, reserved for this Action."""
    uow = desk.uow
    if desk.supersedes is not None:
        held = numbers.held_by(uow, desk.supersedes.id)
        if held is not None and held.year == today.year:
            return numbers.spell(held.series, held.year, held.n)
    n = numbers.next_free(uow, "invoice", today.year)
    numbers.reserve(uow, "invoice", today.year, n, action_id)
    return numbers.spell("invoice", today.year, n)


def _due(slots: dict[str, object], customer: Customer, ours: Company, today: date) -> date:
    said = slots.get("due")
    if said:
        return date.fromisoformat(str(said))
    terms = customer.terms_days if customer.terms_days is not None else ours.terms_days
    return today + timedelta(days=terms)


def _buyer(customer: Customer) -> Party:
    return Party(
        name=customer.name,
        address=customer.address,
        country=customer.country,
        email=customer.email,
        vat_id=customer.vat_id,
    )


def describe_line(one: Line, currency: str, locale: str) -> str:
    """ "1 × October retainer · €1,200.00"."""
    net = phrases.money(Money(amount_minor=one.net_minor, currency=currency), locale)
    unit = phrases.money(Money(amount_minor=one.unit_price_minor, currency=currency), locale)
    each = "" if one.quantity == "1" else f" at {unit}"
    return f"{one.quantity} × {one.description}{each} · {net}"


def _card(
    document: Document, mail: Email, pdf: Attachment, ruled: vat.Vat, today: date, locale: str
) -> CardContent:
    def said(minor: int) -> str:
        return phrases.money(Money(amount_minor=minor, currency=document.currency), locale)

    due = document.due_on or today
    shown = document.lines[:5]
    more = len(document.lines) - len(shown)
    lines = [
        ", ".join(mail.to),
        f"Due {phrases.day(due, today, locale)}",
        *(describe_line(one, document.currency, locale) for one in shown),
        *([f"and {more} more lines (Details shows all)"] if more else []),
        f"VAT {ruled.rate} % ({ruled.reason}) · {said(document.tax_minor)}",
        f"Invoice {document.number}, PDF attached",
    ]
    return CardContent(
        kind="approval",
        headline=f"Invoice to {document.buyer.name} · {said(document.total_minor)}",
        lines=tuple(lines),
        files=(FileFace(**pdf.model_dump()),),
        fields={
            "client": document.buyer.name,
            "amount": str(Money(amount_minor=document.net_minor, currency=document.currency).major),
            "total": str(
                Money(amount_minor=document.total_minor, currency=document.currency).major
            ),
            "currency": document.currency,
            "due": due.isoformat(),
            "description": document.lines[0].description,
            "tax_rate": ruled.rate,
            "number": document.number,
            "to": ", ".join(mail.to),
        },
    )
