"""The invoice as a PDF: everything the law and the client look for is in its text."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from adapters.commands import BankDetails, Document, Line, Party, TaxLine
from adapters.payments.epc_qr import modules, payload
from adapters.payments.invoice_pdf import InvoicePdf

ROOT = Path(__file__).parents[2]
BANK = BankDetails(iban="DE89370400440532013000", bic="COBADEFFXXX", holder="Anna Müller")
DOCUMENT = Document(
    kind="invoice",
    number="2026-0007",
    issued_on=date(2026, 11, 25),
    due_on=date(2026, 12, 9),
    supplied="October 2026",
    seller=Party(
        name="Anna Müller", address="Lindenweg 4\n10115 Berlin", country="DE",
        email="anna@mueller.example", vat_id="DE123456789", tax_id="12/345/67890",
    ),
    buyer=Party(
        name="佐藤商店", address="12 Rue de l'Été\n75001 Paris", country="FR",
        email="billing@sato.example", vat_id="FR12345678901",
    ),
    currency="EUR",
    lines=(
        Line(description="Design & <layout>", quantity="1.5", unit_price_minor=100_000,
             net_minor=150_000, tax_rate="19"),
        Line(description="Printed book", unit_price_minor=2000, net_minor=2000, tax_rate="7"),
    ),
    taxes=(
        TaxLine(rate="7", net_minor=2000, tax_minor=140),
        TaxLine(rate="19", net_minor=150_000, tax_minor=28_500),
    ),
    net_minor=152_000,
    tax_minor=28_640,
    total_minor=180_640,
    bank=BANK,
    reference="RE-2026-0007",
)  # fmt: skip
REVERSE = "Reverse charge: VAT is owed by the recipient (Art. 196 Directive 2006/112/EC)."


def changed(**fields: Any) -> Document:
    return DOCUMENT.model_copy(update=fields)


def pages(document: Document) -> list[str]:
    """The words of every page, one space between them."""
    reader = PdfReader(io.BytesIO(InvoicePdf().render(document).pdf))
    return [" ".join(page.extract_text().split()) for page in reader.pages]


def text(document: Document) -> str:
    return " ".join(pages(document))


@pytest.mark.parametrize(
    "words",
    [
        "Bill to 佐藤商店 12 Rue de l'Été 75001 Paris FR billing@sato.example VAT ID FR12345678901",
        "Anna Müller Lindenweg 4 10115 Berlin DE anna@mueller.example",
        "Invoice Number 2026-0007",
        "Date 25 November 2026 Due 9 December 2026 Supplied October 2026",
        "Description Quantity Unit price VAT Net",
        "Design & <layout> 1.5 1,000.00 EUR 19 % 1,500.00 EUR",
        "Printed book 1 20.00 EUR 7 % 20.00 EUR",
        "Net total 1,520.00 EUR VAT 7 % 1.40 EUR VAT 19 % 285.00 EUR Total 1,806.40 EUR",
        "Account holder Anna Müller IBAN DE89 3704 0044 0532 0130 00 BIC COBADEFFXXX",
        "Reference RE-2026-0007 Scan with your banking app",
        "Anna Müller · Tax no. 12/345/67890 · VAT ID DE123456789 · 2026-0007 · page 1",
    ],
)
def test_what_has_to_be_on_it(words: str) -> None:
    assert words in text(DOCUMENT)


def test_the_same_in_german() -> None:
    shown = text(changed(language="de-AT"))
    for words in (
        "Rechnung an 佐藤商店", "USt-IdNr. FR12345678901", "Nummer 2026-0007",
        "Datum 25. November 2026 Zahlbar bis 9. Dezember 2026 Leistungszeitraum October 2026",
        "1,5 1.000,00 EUR 19 % 1.500,00 EUR", "USt 19 % 285,00 EUR Gesamtbetrag 1.806,40 EUR",
        "Kontoinhaber Anna Müller", "Verwendungszweck RE-2026-0007", "Steuernr. 12/345/67890",
    ):  # fmt: skip
        assert words in shown


def test_the_reverse_charge_note() -> None:
    assert REVERSE in text(changed(tax_note=REVERSE))
    assert "Reverse charge" not in text(DOCUMENT)


def test_what_is_not_known_is_not_printed() -> None:
    shown = text(changed(due_on=None, supplied=None, bank=None, buyer=Party(name="Acme")))
    assert "Bill to Acme Anna Müller" in shown
    for word in ("Due", "Supplied", "IBAN", "Reference", "Scan", "None"):
        assert word not in shown
    assert "Reference 2026-0007" in text(changed(reference=None))


def test_a_credit_note_names_the_invoice_it_takes_back() -> None:
    shown = text(changed(kind="credit_note", number="2026-0008", corrects="2026-0007", bank=None))
    assert "Credit note Number 2026-0008 Date" in shown
    assert "For invoice 2026-0007 Description" in shown
    assert "This credit note takes invoice 2026-0007 back in full." in shown


@pytest.mark.parametrize(
    ("currency", "total"), [("JPY", "180,640 JPY"), ("KWD", "180.640 KWD"), ("USD", "1,806.40 USD")]
)
def test_a_currency_has_its_own_digits_and_no_code_to_scan(currency: str, total: str) -> None:
    shown = text(changed(currency=currency))
    assert f"Total {total}" in shown
    assert "Scan" not in shown


def test_a_long_invoice_repeats_its_head_and_counts_its_pages() -> None:
    shown = pages(changed(lines=DOCUMENT.lines * 40))
    assert sum(page.count("Printed book") for page in shown) == 40
    for number, page in enumerate(shown, 1):
        assert f"2026-0007 · page {number}" in page
    assert "Description Quantity" in shown[1]


def test_a_glyph_no_font_has_is_reported_once_and_spelled() -> None:
    hard = changed(buyer=Party(name="A😀ก😀"))
    assert InvoicePdf().render(hard).missing == ("😀", "ก")
    assert "AU+1F600U+0E01U+1F600" in text(hard).replace(" ", "")
    assert InvoicePdf().render(DOCUMENT).missing == ()


def test_the_same_document_has_the_same_bytes_in_every_process() -> None:
    code = (
        "import sys; from adapters.commands import Document\n"
        "from adapters.payments.invoice_pdf import InvoicePdf\n"
        "document = Document.model_validate_json(sys.stdin.buffer.read())\n"
        "sys.stdout.buffer.write(InvoicePdf().render(document).pdf)"
    )
    here = InvoicePdf().render(DOCUMENT).pdf
    InvoicePdf().render(changed(buyer=Party(name="Somebody else 佐々木")))
    assert InvoicePdf().render(DOCUMENT).pdf == here
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True,
        input=DOCUMENT.model_dump_json().encode(), env={"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
    )  # fmt: skip
    assert ran.stdout == here
    assert InvoicePdf().render(changed(number="2026-0009")).pdf != here


def epc(amount: str, *, bic: str = "COBADEFFXXX", reference: str = "RE-2026-0007") -> list[str]:
    """EPC069-12: tag, version, UTF-8, SCT, BIC, name, IBAN, amount, purpose, two remittances."""
    return ["BCD", "002", "1", "SCT", bic, "Anna Müller", BANK.iban, amount, "", "", reference]


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ({}, epc("EUR1806.40")),
        ({"total_minor": 1}, epc("EUR0.01")),
        ({"total_minor": 99_999_999_999}, epc("EUR999999999.99")),
        ({"reference": None}, epc("EUR1806.40", reference="2026-0007")),
        ({"reference": "x" * 150}, epc("EUR1806.40", reference="x" * 140)),
        ({"bank": BANK.model_copy(update={"bic": None})}, epc("EUR1806.40", bic="")),
    ],
)
def test_the_lines_of_the_payment_code(fields: dict[str, Any], lines: list[str]) -> None:
    written = payload(changed(**fields))
    assert written is not None
    assert written.split("\n") == lines


@pytest.mark.parametrize(
    "fields",
    [{"currency": "USD"}, {"bank": None}, {"kind": "credit_note"}]
    + [{"total_minor": minor} for minor in (0, -1, 100_000_000_000)],
)
def test_what_no_banking_app_can_pay_has_no_code(fields: dict[str, Any]) -> None:
    assert payload(changed(**fields)) is None


def test_the_code_is_a_square_with_a_finder_in_three_corners() -> None:
    rows = modules(payload(DOCUMENT) or "")
    assert {len(row) for row in rows} == {len(rows)}
    assert len(rows) <= 69  # version 13 is the largest the guideline allows
    assert (rows[8][0], rows[8][1]) == (True, False)  # error correction M, masked
    finder = [(True,) * 7, (True, *(False,) * 5, True)]
    for top in (rows[:2], [row[::-1] for row in rows[:2]], rows[:-3:-1]):
        assert [row[:7] for row in top] == finder
