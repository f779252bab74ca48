"""What the law wants to know about us before the first invoice: asked once, then in the tables.

Source: Directive 2006/112/EC Art. 226 (seller's name, address, number; consecutive numbering).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlmodel import select

from adapters.commands import Party
from graph.agents.outcome import Ask
from stores.tables.company import Company
from stores.tables.ledger import DocumentNumber, DocumentSeries
from stores.unit_of_work import UnitOfWork

_COMMON_RATES = {"DE": "19", "AT": "20", "FR": "20", "ES": "21", "IT": "22", "NL": "21", "GB": "20"}


def first_missing(uow: UnitOfWork, ours: Company, today: date) -> Ask | None:
    """The next thing to ask, or None when an invoice may be written."""
    once = ("Asked once, before your first invoice.",)
    if not ours.name:
        return Ask(field="company.name", text="What is your company's name?", lines=once)
    if not ours.address:
        return Ask(
            field="company.address",
            text="Your address, as it stands on invoices?",
            lines=("Street, postcode and town, in one line.",),
        )
    if not ours.country:
        return Ask(
            field="company.country",
            text="In which country is your company?",
            choices=(("Germany", "DE"), ("Austria", "AT"), ("France", "FR"), ("UK", "GB")),
        )
    if not ours.email:
        return Ask(field="company.email", text="From which e-mail address do invoices go out?")
    if not ours.vat_regime:
        return Ask(
            field="company.vat_regime",
            text="How do you charge VAT?",
            choices=(
                ("I charge VAT", "standard"),
                ("Small business", "small-business"),
                ("Not registered", "not-registered"),
            ),
        )
    if ours.vat_regime == "standard" and not ours.default_vat:
        usual = _COMMON_RATES.get(ours.country)
        return Ask(
            field="company.default_vat",
            text="Your usual VAT rate, in percent?",
            choices=((f"{usual} %", usual),) if usual else (),
        )
    if not ours.tax_id and not ours.vat_id:
        return Ask(field="company.tax_id", text="Your tax number or VAT id, for the invoice?")
    if not ours.iban and not ours.iban_asked:
        return Ask(
            field="company.iban",
            text="Your IBAN, so that clients can pay?",
            choices=(("No IBAN", ""),),
        )
    if not _numbering_known(uow):
        return Ask(
            field="company.first_number",
            text="Which number does your next invoice get?",
            choices=((f"{today.year}-0001", "1"),),
        )
    return None


def _numbering_known(uow: UnitOfWork) -> bool:
    asked = uow.session.exec(
        select(DocumentSeries).where(DocumentSeries.series == "invoice").limit(1)
    ).first()
    used = uow.session.exec(
        select(DocumentNumber.n).where(DocumentNumber.series == "invoice").limit(1)
    ).first()
    return asked is not None or used is not None


def learn(uow: UnitOfWork, ours: Company, field: str, value: Any, year: int) -> None:
    """Keep an answer. `field` without the "company." prefix."""
    match field:
        case "first_number":
            uow.session.add(DocumentSeries(series="invoice", year=year, first_n=int(value)))
        case "iban":
            ours.iban, ours.iban_asked = value or None, True
        case "tax_id" if str(value)[:2].isalpha():
            ours.vat_id = str(value)
        case _:
            setattr(ours, field, value)
    uow.session.add(ours)


def seller(ours: Company) -> Party:
    return Party(
        name=ours.name or "",
        address=ours.address,
        country=ours.country,
        email=ours.email,
        vat_id=ours.vat_id,
        tax_id=ours.tax_id,
    )
