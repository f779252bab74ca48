from __future__ import annotations

import subprocess
import sys
import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.interpret.answers import read_answer
from graph.interpret.edits import read_edit
from graph.interpret.offline import interpret
from tests.fakes.directory import FakeDirectory

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
FIELDS = [
    "client",
    "amount",
    "currency",
    "date",
    "due",
    "email",
    "address",
    "country",
    "vat_id",
    "tax_id",
    "vat_regime",
    "default_vat",
    "invoice",
    "iban",
    "first_number",
    "name",
    "description",
    "terms_days",
    "nonsense",
]
WORDS = [
    "invoice",
    "Acme",
    "Globex",
    "paid",
    "500",
    "1.200,50",
    "€",
    "$",
    "EUR",
    "for",
    "and",
    "due",
    "in",
    "14",
    "days",
    "net",
    "30",
    "void",
    "2026-0007",
    "the",
    "last",
    "/invoice",
    "plus",
    "19%",
    "VAT",
    "3",
    "x",
    "at",
    "95/h",
    "12",
    "hours",
    "from",
    "yesterday",
    "3/12",
    "email",
    "is",
    "now",
    "a@b.example",
    "who",
    "owes",
    "99999999999999999999",
    "31.02.",
    "0000-00-00",
    "end",
    "of",
    "month\n",
    ",",
    ".",
    "-",
    "'",
    '"',
    "(",
    "佐藤商店",
    "March",
    "29",
    "Feb",
]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t ",
        "👍🎉",
        "\x00\x01\x02",
        "\u202einvoice Acme\u202c",
        "'; DROP TABLE invoice; --",
        "a" * 10_000,
        "1" * 2_000,
        "1," * 1_000,
        "invoice " + "acme " * 390,
        "1 000 " * 300,
        "and " * 490,
        "a@" * 900,
        "x x " * 480,
        "due " * 480,
        "for the " * 240,
        ". invoice " * 190,
        "12 hours of a b c d " * 95,
        "12 a b c " * 215,
        "who " + "paid " * 390,
        "add client " + "a " * 900,
        "invoice " * 3_000,
    ],
)
def test_hostile_text_is_answered_in_bounded_time(text: str) -> None:
    started = time.perf_counter()
    interpret(text, now=NOW, directory=FakeDirectory())
    read_edit(text, current={}, now=NOW, directory=FakeDirectory())
    for field in FIELDS:
        read_answer(field, text, now=NOW, directory=FakeDirectory())
    assert time.perf_counter() - started < 1.5


def test_nothing_hostile_is_a_wish() -> None:
    for text in (
        "👍🎉",
        "'; DROP TABLE invoice; --",
        "a" * 10_000,
        "\x00",
        "<script>alert(1)</script>",
    ):
        assert interpret(text, now=NOW, directory=FakeDirectory()).intent == "unknown"


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300) | st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))
def test_no_text_raises(text: str) -> None:
    started = time.perf_counter()
    reading = interpret(text, now=NOW, directory=FakeDirectory())
    read_edit(
        text, current={"amount": "5.00", "currency": "EUR"}, now=NOW, directory=FakeDirectory()
    )
    for field in FIELDS:
        read_answer(field, text, now=NOW, directory=FakeDirectory())
    assert time.perf_counter() - started < 1.0
    assert 0 <= reading.confidence <= 1


def test_the_reader_is_cheap_to_import() -> None:
    code = (
        "import sys, time; t = time.perf_counter(); import graph.interpret.offline, "
        "graph.interpret.edits; print(time.perf_counter() - t, 'rapidfuzz' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, loaded = said.stdout.split()
    assert float(seconds) < 0.5
    assert loaded == "False"
