from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from graph.interpret.offline import interpret
from tests.fakes.directory import FakeDirectory

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("text", "intent", "slots"),
    [
        (
            "/invoice Acme 1200 EUR October retainer due 14d",
            "invoice.send",
            {"client": "Acme GmbH", "amount": "1200.00", "currency": "EUR",
             "description": "October retainer", "due": "2026-12-10"},
        ),
        ("/paid Acme 500", "payment.record",
         {"client": "Acme GmbH", "amount": "500.00", "currency": "EUR"}),
        ("/void 2026-0007", "invoice.void", {"invoice": "2026-0007"}),
        ("/status", "status.show", {}),
        ("/status@steward_bot", "status.show", {}),
        ("/steward status", "status.show", {}),
        ("/steward /status", "status.show", {}),
        ("/steward why 2026-0007", "trace.explain", {"invoice": "2026-0007"}),
        ("/why 2026-0007", "trace.explain", {"invoice": "2026-0007"}),
        ("/undo", "undo", {}),
        ("/undo 2026-0007", "undo", {"invoice": "2026-0007"}),
        ("/stop", "control.stop", {}),
        ("/resume", "control.resume", {}),
        ("/help", "help", {}),
        ("/start", "help", {}),
        ("/steward", "help", {}),
        ("/dance", "unknown", {}),
        ("/customer add Initech, bill@initech.example, USD", "customer.add",
         {"client": "Initech", "email": "bill@initech.example", "currency": "USD"}),
        ("/customer update Acme email new@acme.example", "customer.update",
         {"client": "Acme GmbH", "email": "new@acme.example"}),
        ("/customer show Acme", "customer.show", {"client": "Acme GmbH"}),
    ],
)  # fmt: skip
def test_command(text: str, intent: str, slots: dict[str, Any]) -> None:
    reading = interpret(text, now=NOW, directory=FakeDirectory())
    assert (reading.intent, reading.slots, reading.via) == (intent, slots, "slash")


def test_money_this_month() -> None:
    reading = interpret("/money this month", now=NOW, directory=FakeDirectory())
    assert reading.slots["period"] == {"from": "2026-11-01", "to": "2026-11-30"}


def test_no_command_is_split_into_two_wishes() -> None:
    reading = interpret(
        "/invoice Acme 500 design and void 2026-0007", now=NOW, directory=FakeDirectory()
    )
    assert not reading.also
