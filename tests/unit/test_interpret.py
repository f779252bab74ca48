from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from graph.interpret.offline import interpret
from graph.interpret.reading import Context, CustomerRef, Reading
from tests.fakes.directory import FakeDirectory

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
DEV = Path(__file__).parents[1] / "data" / "interpret_dev.jsonl"
ROWS: list[dict[str, Any]] = [json.loads(line) for line in DEV.read_text("utf-8").splitlines()]


def read(text: str, context: Context | None = None) -> Reading:
    return interpret(text, now=NOW, directory=FakeDirectory(), context=context)


def _said(reading: Reading) -> tuple[str, dict[str, Any]]:
    return reading.intent, {k: v for k, v in reading.slots.items() if k != "question"}


def _right(row: dict[str, Any]) -> bool:
    reading = read(row["text"])
    also = [(one["intent"], one["slots"]) for one in row.get("also", [])]
    return (
        _said(reading) == (row["intent"], row["slots"])
        and [_said(one) for one in reading.also] == also
        and set(row.get("missing", reading.missing)) == set(reading.missing)
    )


def test_most_dev_messages_are_read_exactly() -> None:
    wrong = [row["text"] for row in ROWS if not _right(row)]
    assert len(ROWS) >= 150
    assert len(wrong) <= len(ROWS) * 0.02, wrong


def test_what_is_no_wish_is_never_read_as_one() -> None:
    wrong = [
        row["text"]
        for row in ROWS
        if row["intent"] == "unknown" and read(row["text"]).intent != "unknown"
    ]
    assert not wrong


def test_sure_means_complete() -> None:
    for row in ROWS:
        reading = read(row["text"])
        assert reading.confidence < 0.9 or not reading.missing, row["text"]


def test_a_message_takes_milliseconds() -> None:
    read("warm up")
    started = time.perf_counter()
    for row in ROWS:
        read(row["text"])
    assert (time.perf_counter() - started) / len(ROWS) < 0.015


def test_that_invoice_is_the_one_talked_about() -> None:
    about = Context(client="Acme GmbH", invoice="2026-0007")
    assert read("void that invoice", about).slots["invoice"] == "2026-0007"
    assert read("why did it go out", about).slots["invoice"] == "2026-0007"
    assert read("invoice her 500 for coaching", about).slots["client"] == "Acme GmbH"
    assert read("cancel it") == Reading(intent="unknown", confidence=0.2)


def test_several_invoices_become_a_question() -> None:
    reading = read("void the Hooli invoice")
    assert reading.missing == ("invoice",)
    assert [one.value for one in reading.choices["invoice"]] == ["2026-0009", "2026-0008"]


def test_ambiguous_date_offers_both_readings() -> None:
    reading = read("invoice Acme 500 EUR due 3/12")
    assert reading.missing == ("due",)
    assert {one.value for one in reading.choices["due"]} == {"2026-12-03", "2027-03-12"}


def test_two_customers_that_fit_become_a_question() -> None:
    twins = [
        CustomerRef(id=str(n), name=name, email=None, contact=None, currency=None)
        for n, name in enumerate(["Müller & Söhne", "Müller Bau GmbH"])
    ]
    reading = interpret("invoice Müller 500 EUR", now=NOW, directory=FakeDirectory(twins, ()))
    assert reading.missing == ("client",)
    assert [one.value for one in reading.choices["client"]] == [one.name for one in twins]


@pytest.mark.parametrize("typed", ["Acme Ltd", "Acme Robotics", "Acne Studios"])
def test_another_company_of_like_name_is_not_taken_for_the_customer(typed: str) -> None:
    assert read(f"invoice {typed} 500 EUR").slots.get("client") != "Acme GmbH"


@pytest.mark.parametrize("typed", ["Ace", "Globe Trotters", "Holli Berry", "Hula", "Amex"])
def test_a_weak_likeness_is_no_match(typed: str) -> None:
    assert read(f"invoice {typed} 500 EUR").slots.get("client") in (typed, None)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("ACME", "Acme GmbH"),
        ("acme gmbh", "Acme GmbH"),
        ("Globex, Inc.", "Globex Inc"),
        ("Gavin Belson", "Hooli Ltd"),
        ("muller und sohne", "Müller & Söhne"),
        ("Mueller & Soehne", "Müller & Söhne"),
        ("佐藤商店", "佐藤商店"),
        ("Globxe", "Globex Inc"),
    ],
)
def test_spellings_of_a_customer(typed: str, name: str) -> None:
    assert read(f"invoice {typed} 500").slots["client"] == name
