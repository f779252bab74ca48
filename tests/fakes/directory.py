"""A directory written by hand: five customers and their invoices on 2026-11-26."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from graph.interpret.reading import CustomerRef, InvoiceRef

CUSTOMERS = (
    CustomerRef(id="c1", name="Acme GmbH", email="billing@acme.example", contact="Anna Schmidt", currency="EUR"),
    CustomerRef(id="c2", name="Globex Inc", email="ap@globex.example", contact="Hank Scorpio", currency="USD"),
    CustomerRef(id="c3", name="Hooli Ltd", email="accounts@hooli.example", contact="Gavin Belson", currency="GBP"),
    CustomerRef(id="c4", name="Müller & Söhne", email=None, contact=None, currency="EUR"),
    CustomerRef(id="c5", name="佐藤商店", email="sato@example.jp", contact=None, currency="JPY"),
)  # fmt: skip


def _invoice(n: int, customer: CustomerRef, total: int, state: str, month: int) -> InvoiceRef:
    return InvoiceRef(
        id=f"i{n}", number=f"2026-{n:04d}", customer_id=customer.id, customer_name=customer.name,
        total_minor=total, open_minor=total if state == "open" else 0,
        currency=customer.currency or "EUR", state=state, issued_on=date(2026, month, 3),
    )  # fmt: skip


INVOICES = (
    _invoice(9, CUSTOMERS[2], 80_000, "open", 11),
    _invoice(8, CUSTOMERS[2], 95_000, "open", 10),
    _invoice(7, CUSTOMERS[0], 120_000, "open", 10),
    _invoice(6, CUSTOMERS[1], 70_000, "paid", 9),
    _invoice(5, CUSTOMERS[1], 30_000, "void", 8),
)


class FakeDirectory:
    """`graph.interpret.reading.Directory` over lists."""

    def __init__(
        self,
        customers: Sequence[CustomerRef] = CUSTOMERS,
        invoices: Sequence[InvoiceRef] = INVOICES,
        home_currency: str = "EUR",
    ) -> None:
        self._customers, self._invoices, self._home = customers, invoices, home_currency

    @property
    def home_currency(self) -> str:
        return self._home

    def customers(self) -> Sequence[CustomerRef]:
        return self._customers

    def invoice(self, number: str) -> InvoiceRef | None:
        return next((one for one in self._invoices if one.number == number), None)

    def invoices_of(self, customer_id: str, limit: int = 50) -> Sequence[InvoiceRef]:
        return [one for one in self._invoices if one.customer_id == customer_id][:limit]

    def latest_invoices(self, limit: int = 50) -> Sequence[InvoiceRef]:
        return self._invoices[:limit]
