"""The one table of chat commands; every one of them also works as a plain sentence."""

from __future__ import annotations

from typing import NamedTuple


class MenuEntry(NamedTuple):
    name: str
    description: str


MENU = (
    MenuEntry("invoice", "Write an invoice: who, how much, for what"),
    MenuEntry("paid", "Record a payment: who paid, how much"),
    MenuEntry("void", "Cancel an invoice by its number"),
    MenuEntry("status", "What is waiting for you"),
    MenuEntry("money", "Who owes you, what came in"),
    MenuEntry("why", "Why something was asked or done"),
    MenuEntry("undo", "Undo the last thing from this chat"),
    MenuEntry("customer", "Show or add a customer"),
    MenuEntry("stop", "Stop everything that is about to go out"),
    MenuEntry("resume", "Carry on after stop"),
    MenuEntry("help", "What you can say"),
)
