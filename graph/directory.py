"""The reader's look-ups, over one session. Bounded lists, newest first."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from graph.interpret.reading import CustomerRef, InvoiceRef
from stores.tables.company import Company, Customer
from stores.tables.ledger import Invoice

_MOST_CUSTOMERS = 5000


class TableDirectory:
    """Implements `graph.interpret.reading.Directory`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._customers: list[CustomerRef] | None = None

    @property
    def home_currency(self) -> str:
        row = self._session.get(Company, 1)
        return row.currency if row else "EUR"

    def customers(self) -> Sequence[CustomerRef]:
        if self._customers is None:
            rows = self._session.exec(
                select(  # type: ignore[call-overload]  # typed for up to four columns
                    Customer.id, Customer.name, Customer.email, Customer.contact, Customer.currency
                )
                .where(col(Customer.archived_at).is_(None))
                .limit(_MOST_CUSTOMERS)
            )
            self._customers = [
                CustomerRef(id=id, name=name, email=email, contact=contact, currency=currency)
                for id, name, email, contact, currency in rows
            ]
        return self._customers

    def invoice(self, number: str) -> InvoiceRef | None:
        found = self._refs(select(Invoice).where(Invoice.number == number))
        return found[0] if found else None

    def invoices_of(self, customer_id: str, limit: int = 50) -> Sequence[InvoiceRef]:
        return self._refs(_newest().where(Invoice.customer_id == customer_id).limit(limit))

    def latest_invoices(self, limit: int = 50) -> Sequence[InvoiceRef]:
        return self._refs(_newest().limit(limit))

    def _refs(self, query: SelectOfScalar[Invoice]) -> list[InvoiceRef]:
        refs = []
        for invoice in self._session.exec(query):
            customer = self._session.get_one(Customer, invoice.customer_id)
            refs.append(
                InvoiceRef(
                    id=invoice.id,
                    number=invoice.number,
                    customer_id=customer.id,
                    customer_name=customer.name,
                    total_minor=invoice.total_minor,
                    open_minor=invoice.total_minor - invoice.settled_minor,
                    currency=invoice.currency,
                    state=invoice.state,
                    issued_on=invoice.issued_on,
                )
            )
        return refs


class EmptyDirectory:
    """The same before there is a database: nobody is known."""

    def __init__(self, home_currency: str) -> None:
        self.home_currency = home_currency

    def customers(self) -> Sequence[CustomerRef]:
        return []

    def invoice(self, number: str) -> InvoiceRef | None:
        return None

    def invoices_of(self, customer_id: str, limit: int = 50) -> Sequence[InvoiceRef]:
        return []

    def latest_invoices(self, limit: int = 50) -> Sequence[InvoiceRef]:
        return []


def _newest() -> SelectOfScalar[Invoice]:
    return select(Invoice).order_by(col(Invoice.issued_on).desc(), col(Invoice.number).desc())
