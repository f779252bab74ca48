"""Lines and totals of a document. Rounding half-even: each line once, VAT once per rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from adapters.commands import Line, TaxLine
from stores.types import Money, round_minor


@dataclass(frozen=True, kw_only=True)
class Priced:
    lines: tuple[Line, ...]
    taxes: tuple[TaxLine, ...]
    net_minor: int
    tax_minor: int

    @property
    def total_minor(self) -> int:
        return self.net_minor + self.tax_minor


def line(
    description: str, *, unit_price: Decimal, currency: str, rate: str, quantity: str = "1"
) -> Line:
    """`unit_price` in major units, net. The unit price itself is kept to the minor unit."""
    unit_minor = Money.of(unit_price, currency).amount_minor
    return Line(
        description=description,
        quantity=quantity,
        unit_price_minor=unit_minor,
        net_minor=round_minor(Decimal(quantity) * unit_minor),
        tax_rate=rate,
    )


def from_gross(description: str, *, gross: Money, rate: str) -> Priced:
    """One line whose total including tax is exactly `gross`."""
    net = round_minor(Decimal(gross.amount_minor) / (1 + Decimal(rate) / 100))
    one = Line(description=description, unit_price_minor=net, net_minor=net, tax_rate=rate)
    tax = gross.amount_minor - net
    taxes = (TaxLine(rate=rate, net_minor=net, tax_minor=tax),)
    return Priced(lines=(one,), taxes=taxes, net_minor=net, tax_minor=tax)


def total(lines: Sequence[Line]) -> Priced:
    nets: dict[str, int] = {}
    for one in lines:
        nets[one.tax_rate] = nets.get(one.tax_rate, 0) + one.net_minor
    taxes = tuple(
        TaxLine(rate=rate, net_minor=net, tax_minor=round_minor(Decimal(net) * Decimal(rate) / 100))
        for rate, net in sorted(nets.items(), key=lambda item: Decimal(item[0]))
    )
    return Priced(
        lines=tuple(lines),
        taxes=taxes,
        net_minor=sum(nets.values()),
        tax_minor=sum(tax.tax_minor for tax in taxes),
    )
