"""Slash commands: exact words, no guessing which wish it is."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from graph.interpret.reading import Context, Directory, Reading
from graph.interpret.sentence import Sentence

_COMMAND = re.compile(
    r"^/(?:steward(?:@\w+)?(?:\s+/?|$))?(?P<name>[a-z_]*)(?:@\w+)?(?:\s+(?P<rest>.*))?$",
    re.DOTALL | re.IGNORECASE,
)
_INTENTS = {
    "invoice": "invoice.send", "bill": "invoice.send", "paid": "payment.record", "void": "invoice.void",
    "status": "status.show", "money": "finance.ask", "why": "trace.explain", "undo": "undo",
    "stop": "control.stop", "resume": "control.resume", "help": "help", "start": "help", "": "help",
}  # fmt: skip
_CUSTOMER = {"add": "customer.add", "new": "customer.add", "update": "customer.update",
             "change": "customer.update", "show": "customer.show"}  # fmt: skip


def read(text: str, *, today: date, directory: Directory, context: Context) -> Reading | None:
    """None if it is not a slash command; `unknown` if it is one nobody knows."""
    match = _COMMAND.match(text.strip())
    if match is None:
        return None
    name, rest = match["name"].lower(), (match["rest"] or "").strip()
    if name in ("customer", "client"):
        verb, _, rest = rest.partition(" ")
        intent = _CUSTOMER.get(verb.lower())
        if intent is None:
            intent, rest = "customer.show", f"{verb} {rest}".strip()
    else:
        intent = _INTENTS.get(name, "unknown")
    return replace(_filled(intent, rest.strip(), today, directory, context), via="slash")


def _filled(intent: str, rest: str, today: date, directory: Directory, context: Context) -> Reading:
    from graph.interpret import billing, offline, payments, records

    def words(verb: str) -> Sentence:
        return Sentence(f"{verb} {rest}".strip())

    match intent:
        case "invoice.send":
            reading = billing.read(
                words("invoice"), today=today, directory=directory, context=context
            )
        case "payment.record":
            reading = payments.record(
                words("payment from"), today=today, directory=directory, context=context
            )
        case "invoice.void":
            reading = payments.void(words("void"), directory=directory, context=context)
        case "trace.explain" | "undo":
            reading = payments.about(
                intent, words("explain" if intent == "trace.explain" else "undo"),
                directory=directory, context=context,
            )  # fmt: skip
        case "finance.ask":
            question = Sentence(rest or "owed")
            reading = offline.ask(question, today=today, directory=directory)
            topic = "revenue" if "period" in reading.slots else "owed"
            reading = replace(reading, slots={"topic": topic, **reading.slots})
        case "customer.add":
            reading = records.add(words("add customer"), directory=directory)
        case "customer.update":
            reading = records.update(Sentence(rest), directory=directory, context=context)
        case "customer.show":
            reading = records.show(words("show customer"), directory=directory, context=context)
        case "unknown":
            return Reading(intent="unknown", confidence=0.9)
        case _:
            reading = Reading(intent=intent)
    return replace(reading, confidence=1.0 if not reading.missing else 0.95)
