from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from graph.interpret import dates, money
from graph.interpret.answers import read_answer
from graph.interpret.reading import Slot
from graph.interpret.sentence import Sentence, clean, fold
from tests.fakes.directory import FakeDirectory

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
TODAY = date(2026, 11, 26)  # a Thursday


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("1,200", "1200", None),
        ("1.200,50", "1200.50", None),
        ("1,200.50 EUR", "1200.50", "EUR"),
        ("1'200 CHF", "1200", "CHF"),
        ("1 200 €", "1200", "EUR"),
        ("1.2k", "1200", None),
        ("€1200", "1200", "EUR"),
        ("$700", "700", "USD"),
        ("US$ 700", "700", "USD"),
        ("£99.95", "99.95", "GBP"),
        ("¥50,000", "50000", "JPY"),
        ("0.500 KWD", "0.500", "KWD"),
        ("12,50", "12.50", None),
        ("1.234.567,89 euro", "1234567.89", "EUR"),
        ("-500", "-500", None),
        ("500,- EUR", "500", "EUR"),
    ],
)
def test_one_amount(text: str, value: str, currency: str | None) -> None:
    (found,) = money.amounts(Sentence(clean(text)))
    assert (found.value, found.currency) == (Decimal(value), currency)


@pytest.mark.parametrize(
    "text", ["14 days", "19%", "Dec 20", "20 December", "October 2026", "Q3", "10:30"]
)
def test_what_is_no_amount(text: str) -> None:
    assert money.amounts(Sentence(clean(text))) == []


def test_an_amount_is_spelled_with_its_currency_s_digits() -> None:
    assert money.spell(Decimal(5), "EUR") == "5.00"
    assert money.spell(Decimal(5), "JPY") == "5"
    assert money.spell(Decimal("0.5"), "JPY") is None
    assert money.spell(Decimal("1.5"), "KWD") == "1.500"
    assert money.spell(Decimal(0), "EUR") is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("next Tuesday", "2026-12-01"),
        ("Thu", "2026-12-03"),
        ("friday", "2026-11-27"),
        ("Dec 20", "2026-12-20"),
        ("20.12.", "2026-12-20"),
        ("20. Dezember", "2026-12-20"),
        ("20 December 2027", "2027-12-20"),
        ("2026-12-20", "2026-12-20"),
        ("Jan 5", "2027-01-05"),
        ("in 14 days", "2026-12-10"),
        ("in two weeks", "2026-12-10"),
        ("end of month", "2026-11-30"),
        ("end of next month", "2026-12-31"),
        ("end of February", "2027-02-28"),
        ("tomorrow", "2026-11-27"),
        ("25/12", "2026-12-25"),
        ("the 15th", "2026-12-15"),
        ("29 Feb", "2028-02-29"),
    ],
)
def test_a_day_to_come(text: str, day: str) -> None:
    found = dates.first_day(fold(text), today=TODAY)
    assert found is not None
    assert found.certain == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("yesterday", "2026-11-25"),
        ("monday", "2026-11-23"),
        ("thursday", "2026-11-19"),
        ("last friday", "2026-11-20"),
        ("Dec 20", "2025-12-20"),
        ("3 days ago", "2026-11-23"),
        ("gestern", "2026-11-25"),
    ],
)
def test_a_day_gone_by(text: str, day: str) -> None:
    found = dates.first_day(fold(text), today=TODAY, past=True)
    assert found is not None
    assert found.certain == date.fromisoformat(day)


def test_a_day_that_does_not_exist_is_no_day() -> None:
    for text in ("31.02.", "2026-13-01", "Feb 30"):
        found = dates.first_day(fold(text), today=TODAY)
        assert found is None or found.certain is None


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("client", "it's for hooli", "Hooli Ltd"),
        ("client", "Initech", "Initech"),
        ("client", "which ones are there?", None),
        ("amount", "500 euros please", "500.00"),
        ("amount", "no idea", None),
        ("amount", "-5", None),
        ("currency", "dollars", "USD"),
        ("date", "yesterday", "2026-11-25"),
        ("due", "net 30", "2026-12-26"),
        ("due", "30 days", "2026-12-26"),
        ("due", "3/12", None),
        ("email", "it's AP@acme.example.", "ap@acme.example"),
        ("email", "I do not know", None),
        ("address", "Hauptstr. 5\n10115 Berlin", "Hauptstr. 5, 10115 Berlin"),
        ("country", "Deutschland", "DE"),
        ("country", "Österreich", "AT"),
        ("country", "the Netherlands", "NL"),
        ("country", "UK", "GB"),
        ("country", "Middle-earth", None),
        ("vat_id", "DE 123 456 789", "DE123456789"),
        ("tax_id", "12/345/67890", "12/345/67890"),
        ("vat_regime", "Kleinunternehmer", "small-business"),
        ("vat_regime", "I charge VAT", "standard"),
        ("vat_regime", "not registered", "not-registered"),
        ("default_vat", "19 %", "19"),
        ("invoice", "2026-0007", "2026-0007"),
        ("invoice", "7", "2026-0007"),
        ("iban", "DE89 3704 0044 0532 0130 00", "DE89370400440532013000"),
        ("iban", "DE89 3704 0044 0532 0130 01", None),
        ("iban", "skip", ""),
        ("first_number", "2026-0042", 42),
        ("first_number", "42", 42),
        ("description", "October retainer", "October retainer"),
        ("terms_days", "30 days", 30),
        ("unheard of", "anything", None),
    ],
)
def test_answer(field: str, text: str, value: Slot | None) -> None:
    assert read_answer(field, text, now=NOW, directory=FakeDirectory()) == value
