"""Prices: each line rounded once, VAT once per rate, and totals that are the sum of their parts."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.commands import Line, TaxLine
from graph.pricing import Priced, from_gross, line, total
from stores.types import Money

RATES = st.sampled_from(["0", "5.5", "7", "10", "19", "20", "25.5"])
QUANTITIES = st.decimals("0.001", 10_000, places=3).map(lambda one: f"{one:f}")
PRICES = st.decimals(-100_000, 100_000, places=4)
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])


def net_line(net_minor: int, rate: str) -> Line:
    return Line(description="x", unit_price_minor=net_minor, net_minor=net_minor, tax_rate=rate)


@pytest.mark.parametrize(
    ("quantity", "unit_price", "currency", "unit_minor", "net_minor"),
    [
        ("1", "1200", "EUR", 120_000, 120_000),
        ("1.5", "80", "EUR", 8000, 12_000),
        ("0.5", "0.01", "EUR", 1, 0),
        ("1.5", "0.01", "EUR", 1, 2),
        ("2.5", "0.01", "EUR", 1, 2),
        ("2.5", "-0.01", "EUR", -1, -2),
        ("3.5", "-0.01", "EUR", -1, -4),
        ("3", "0.005", "EUR", 0, 0),
        ("3", "0.015", "EUR", 2, 6),
        ("3", "33.335", "EUR", 3334, 10_002),
        ("2.5", "1001", "JPY", 1001, 2502),
        ("3", "0.5", "JPY", 0, 0),
        ("0.5", "0.003", "KWD", 3, 2),
        ("0.333", "10", "KWD", 10_000, 3330),
    ],
)
def test_a_line_is_rounded_once_half_even(
    quantity: str, unit_price: str, currency: str, unit_minor: int, net_minor: int
) -> None:
    made = line(
        "Work", unit_price=Decimal(unit_price), currency=currency, rate="19", quantity=quantity
    )
    assert made == Line(
        description="Work",
        quantity=quantity,
        unit_price_minor=unit_minor,
        net_minor=net_minor,
        tax_rate="19",
    )


def test_one_of_it_unless_said_otherwise() -> None:
    assert line("x", unit_price=Decimal(1), currency="EUR", rate="0").quantity == "1"


def test_vat_is_rounded_once_per_rate_and_not_per_line() -> None:
    # 3 × 0.57 would be 3 × 1 if every line were rounded; together they are 1.71.
    assert total([net_line(3, "19")] * 3).tax_minor == 2


@pytest.mark.parametrize(
    ("net", "rate", "tax"),
    [
        (5, "10", 0), (15, "10", 2), (25, "10", 2), (-5, "10", 0), (-15, "10", -2),
        (10_000, "19", 1900), (10_000, "0", 0), (200, "25.5", 51), (100, "5.5", 6), (300, "5.5", 16),
    ],
)  # fmt: skip
def test_vat_of_one_rate(net: int, rate: str, tax: int) -> None:
    assert total([net_line(net, rate)]).taxes == (TaxLine(rate=rate, net_minor=net, tax_minor=tax),)


def test_rates_stand_apart_and_ascend_by_value() -> None:
    lines = [net_line(100, "19"), net_line(50, "7"), net_line(200, "19"), net_line(9, "10.5")]
    priced = total(lines)
    assert priced == Priced(
        lines=tuple(lines),
        taxes=(
            TaxLine(rate="7", net_minor=50, tax_minor=4),
            TaxLine(rate="10.5", net_minor=9, tax_minor=1),
            TaxLine(rate="19", net_minor=300, tax_minor=57),
        ),
        net_minor=359,
        tax_minor=62,
    )
    assert priced.total_minor == 421


def test_nothing_costs_nothing() -> None:
    assert total([]) == Priced(lines=(), taxes=(), net_minor=0, tax_minor=0)
    assert total([]).total_minor == 0


@given(
    st.lists(st.tuples(QUANTITIES, PRICES, RATES), min_size=1, max_size=12),
    CURRENCIES,
)
def test_totals_are_the_sum_of_exactly_rounded_parts(
    rows: list[tuple[str, Decimal, str]], currency: str
) -> None:
    lines = [
        line("x", unit_price=price, currency=currency, rate=rate, quantity=quantity)
        for quantity, price, rate in rows
    ]
    priced = total(lines)
    assert priced.lines == tuple(lines)
    for one in lines:
        assert one.net_minor == round(Fraction(one.quantity) * one.unit_price_minor)
    assert {tax.rate for tax in priced.taxes} == {rate for _, _, rate in rows}
    assert len({tax.rate for tax in priced.taxes}) == len(priced.taxes)
    for tax in priced.taxes:
        assert tax.net_minor == sum(one.net_minor for one in lines if one.tax_rate == tax.rate)
        assert tax.tax_minor == round(Fraction(tax.net_minor) * Fraction(tax.rate) / 100)
    assert priced.net_minor == sum(one.net_minor for one in lines)
    assert priced.net_minor == sum(tax.net_minor for tax in priced.taxes)
    assert priced.tax_minor == sum(tax.tax_minor for tax in priced.taxes)
    assert priced.total_minor == priced.net_minor + priced.tax_minor


@given(st.lists(st.tuples(st.integers(-(10**9), 10**9), RATES), max_size=12))
def test_the_order_of_lines_changes_no_total(nets: list[tuple[int, str]]) -> None:
    lines = [net_line(net, rate) for net, rate in nets]
    turned = list(reversed(lines))
    assert total(turned).taxes == total(lines).taxes
    assert total(turned).total_minor == total(lines).total_minor


def test_a_gross_sum_taken_apart() -> None:
    priced = from_gross("Work", gross=Money.of("1428", "EUR"), rate="19")
    assert priced.lines == (
        Line(description="Work", unit_price_minor=120_000, net_minor=120_000, tax_rate="19"),
    )
    assert priced.taxes == (TaxLine(rate="19", net_minor=120_000, tax_minor=22_800),)
    assert (priced.net_minor, priced.tax_minor, priced.total_minor) == (120_000, 22_800, 142_800)


@given(st.integers(0, 10**11), RATES, CURRENCIES)
def test_a_gross_sum_stays_what_she_wrote(gross: int, rate: str, currency: str) -> None:
    priced = from_gross("x", gross=Money(amount_minor=gross, currency=currency), rate=rate)
    assert priced.total_minor == gross
    assert priced.net_minor == round(Fraction(gross) / (1 + Fraction(rate) / 100))
    assert priced.net_minor == sum(one.net_minor for one in priced.lines)
    assert [(tax.rate, tax.net_minor, tax.tax_minor) for tax in priced.taxes] == [
        (rate, priced.net_minor, gross - priced.net_minor)
    ]
