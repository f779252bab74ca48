from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from graph.interpret.edits import read_edit
from graph.interpret.reading import Edit, Slot
from tests.fakes.directory import FakeDirectory

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
CARD = {
    "client": "Acme GmbH", "amount": "1200.00", "currency": "EUR", "due": "2026-12-10",
    "description": "October retainer", "tax_rate": "0",
}  # fmt: skip


def edit(text: str) -> Edit:
    return read_edit(text, current=CARD, now=NOW, directory=FakeDirectory())


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("make it 1,350, due Dec 20", {"amount": "1350.00", "due": "2026-12-20"}),
        ("make it 1,300 and due end of month", {"amount": "1300.00", "due": "2026-11-30"}),
        ("due end of month", {"due": "2026-11-30"}),
        ("change due date to Dec 20", {"due": "2026-12-20"}),
        ("for Globex instead", {"client": "Globex Inc"}),
        ("no, Globex", {"client": "Globex Inc"}),
        ("for Initech instead", {"client": "Initech"}),
        ("description: November retainer", {"description": "November retainer"}),
        ("call it November retainer", {"description": "November retainer"}),
        ("amount 1300", {"amount": "1300.00"}),
        ("due 2026-12-20", {"due": "2026-12-20"}),
        ("tax_rate 19", {"tax_rate": "19"}),
        (
            "amount 1300\ndue 2026-12-20\ndescription Hosting",
            {"amount": "1300.00", "due": "2026-12-20", "description": "Hosting"},
        ),
        ("plus 19% VAT", {"tax_rate": "19"}),
        ("in USD", {"currency": "USD"}),
        ("and due in 30 days", {"due": "2026-12-26"}),
        ("not 1200 but 1250", {"amount": "1250.00"}),
        ("it should be 1250 EUR for Hooli", {"amount": "1250.00", "client": "Hooli Ltd"}),
        ("1350", {"amount": "1350.00"}),
    ],
)
def test_changes(text: str, changes: dict[str, Slot]) -> None:
    assert edit(text) == Edit(changes=changes)


@pytest.mark.parametrize(
    "text", ["hello", "status", "undo", "who are you", "what does Acme owe?", "invoice Globex 500",
             "void 2026-0007", "Acme paid 500", "", "👍"]
)  # fmt: skip
def test_what_is_no_edit_changes_nothing(text: str) -> None:
    assert edit(text) == Edit()


@pytest.mark.parametrize(
    "text", ["due 3/12", "amount -5", "due yesterday", "amount soon", "make it 0"]
)
def test_what_cannot_be_meant_is_a_problem(text: str) -> None:
    found = edit(text)
    assert found.problems
    assert not found.changes
