"""An invoice of unusual size or content prints, digit by digit and page by page."""

from __future__ import annotations

import pytest

from adapters.commands import BankDetails, Line, Party
from adapters.payments.epc_qr import payload
from tests.unit.test_invoice_pdf import BANK, DOCUMENT, changed, text


@pytest.mark.parametrize("words", [700, 3000])
def test_a_long_description_runs_over_the_page(words: int) -> None:
    line = Line(
        description="word " * words + "END",
        quantity="1",
        unit_price_minor=1,
        net_minor=1,
        tax_rate="19",
    )
    assert "END" in text(changed(lines=(line,)))


def test_a_long_address_and_a_long_note_run_over_the_page() -> None:
    address = "\n".join(f"Line {number}" for number in range(80))
    buyer = Party(name="Long", address=address, country="DE")
    printed = text(changed(buyer=buyer, tax_note="note " * 2000 + "END"))
    assert "Line 79" in printed
    assert "END" in printed


def test_half_a_character_is_no_reason_to_fail() -> None:
    seller = DOCUMENT.seller.model_copy(update={"name": "a\ud800"})
    assert "2026-0007" in text(changed(seller=seller))


@pytest.mark.parametrize(("language", "shown"), [("en", "0.3333"), ("de", "0,3333")])
def test_every_digit_of_a_quantity_is_printed(language: str, shown: str) -> None:
    line = Line(
        description="Hours",
        quantity="0.3333",
        unit_price_minor=30000,
        net_minor=9999,
        tax_rate="7.5",
    )
    printed = text(changed(lines=(line,), language=language))
    assert shown in printed
    assert ("7,5 %" if language == "de" else "7.5 %") in printed


def test_nothing_shifts_a_line_of_the_code() -> None:
    bank = BankDetails(iban=BANK.iban, bic=BANK.bic, holder="Anna\nEUR1.00")
    lines = (payload(changed(bank=bank)) or "").split("\n")
    assert lines[5:8] == ["Anna EUR1.00", BANK.iban, "EUR1806.40"]


def test_a_structured_reference_has_its_own_line() -> None:
    lines = (payload(changed(reference="RF18539007547034")) or "").split("\n")
    assert lines[9:] == ["RF18539007547034", ""]


def test_a_code_that_would_be_too_large_is_not_printed() -> None:
    bank = BankDetails(iban=BANK.iban, bic=BANK.bic, holder="佐" * 70)
    assert payload(changed(bank=bank, reference="佐" * 140)) is None
