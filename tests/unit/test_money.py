"""Money: the digits of its currency, half-even rounding, and no adding across currencies."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.types import Money, minor_digits, round_minor

CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KRW", "KWD", "TND", "CLF"])
MINOR = st.integers(-(10**15), 10**15)


@pytest.mark.parametrize(
    ("currency", "digits"),
    [
        ("EUR", 2), ("USD", 2), ("CHF", 2), ("HUF", 2), ("CZK", 2),
        ("JPY", 0), ("KRW", 0), ("CLP", 0), ("ISK", 0), ("VND", 0), ("XOF", 0), ("XAF", 0),
        ("KWD", 3), ("BHD", 3), ("OMR", 3), ("JOD", 3), ("TND", 3),
        ("CLF", 4), ("UYW", 4),
    ],
)  # fmt: skip
def test_digits_of_a_currency(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [
        ("1200", "EUR", 120_000),
        ("1200.5", "EUR", 120_050),
        ("0.01", "EUR", 1),
        ("-3.20", "EUR", -320),
        ("1e3", "EUR", 100_000),
        ("1200", "JPY", 1200),
        ("1200.00", "JPY", 1200),
        ("1.234", "KWD", 1234),
        ("1.2", "KWD", 1200),
        ("1.2345", "CLF", 12_345),
        (7, "EUR", 700),
        (7, "JPY", 7),
        (7, "KWD", 7000),
        (Decimal("7.25"), "EUR", 725),
    ],
)
def test_read_from_major_units(written: str | int | Decimal, currency: str, minor: int) -> None:
    assert Money.of(written, currency) == Money(amount_minor=minor, currency=currency)


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [
        ("0.005", "EUR", 0),
        ("0.015", "EUR", 2),
        ("0.025", "EUR", 2),
        ("0.0250001", "EUR", 3),
        ("-0.005", "EUR", 0),
        ("-0.015", "EUR", -2),
        ("-0.025", "EUR", -2),
        ("0.5", "JPY", 0),
        ("1.5", "JPY", 2),
        ("2.5", "JPY", 2),
        ("0.0005", "KWD", 0),
        ("0.0015", "KWD", 2),
        ("0.0025", "KWD", 2),
    ],
)
def test_a_half_goes_to_the_even_neighbour(written: str, currency: str, minor: int) -> None:
    assert Money.of(written, currency).amount_minor == minor


@pytest.mark.parametrize("written", ["", "abc", "1,200", "1.200,50", "€5", "12 EUR"])
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(InvalidOperation):
        Money.of(written, "EUR")


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_amount_is_refused(written: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        Money.of(written, "EUR")


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (120_000, "EUR", "1200.00"),
        (5, "EUR", "0.05"),
        (-5, "EUR", "-0.05"),
        (1200, "JPY", "1200"),
        (1200, "KWD", "1.200"),
        (1, "CLF", "0.0001"),
    ],
)
def test_shown_with_exactly_the_digits_of_the_currency(
    minor: int, currency: str, shown: str
) -> None:
    assert f"{Money(amount_minor=minor, currency=currency).major:f}" == shown


def test_adding_and_taking_away() -> None:
    ten, three = Money.of(10, "EUR"), Money.of(3, "EUR")
    assert ten + three == Money.of(13, "EUR")
    assert three - ten == Money.of(-7, "EUR")
    assert -ten == Money.of(-10, "EUR")


def test_two_currencies_never_meet() -> None:
    euro, yen = Money.of(1, "EUR"), Money.of(1, "JPY")
    with pytest.raises(ValueError, match="JPY to EUR"):
        _ = euro + yen
    with pytest.raises(ValueError, match="EUR to JPY"):
        _ = yen - euro
    assert Money(amount_minor=1, currency="EUR") != Money(amount_minor=1, currency="JPY")


def test_money_never_changes() -> None:
    with pytest.raises(FrozenInstanceError):
        Money.of(1, "EUR").amount_minor = 2  # type: ignore[misc]


@given(MINOR, CURRENCIES)
def test_major_and_back(minor: int, currency: str) -> None:
    money = Money(amount_minor=minor, currency=currency)
    assert Money.of(money.major, currency) == money
    assert Money.of(str(money.major), currency) == money


@given(MINOR, MINOR, CURRENCIES)
def test_nothing_is_lost_in_a_sum(one: int, other: int, currency: str) -> None:
    a = Money(amount_minor=one, currency=currency)
    b = Money(amount_minor=other, currency=currency)
    assert (a + b).amount_minor == one + other
    assert a + b - b == a


@given(st.decimals(-(10**12), 10**12, places=6))
def test_rounding_agrees_with_exact_fractions(amount: Decimal) -> None:
    rounded = round_minor(amount)
    assert isinstance(rounded, int)
    assert rounded == round(Fraction(amount))
