"""Money that came in, invoices taken back, and which document a question is about."""

from __future__ import annotations

import re
from datetime import date

from graph.interpret import clients, dates, invoices, money, parties
from graph.interpret.reading import Choice, Context, Directory, InvoiceRef, Reading, Slot
from graph.interpret.sentence import Sentence

_WORD = re.compile(r"\b(?:invoice|bill|rechnung|one)\b")
_IT = re.compile(r"\b(?:that|this|it|the|last|latest)\b")
_PAID_BY = re.compile(
    r"^(?P<name>[^\d\x1f,;:]{2,60}?) (?:has |have |just |hat |already )*(?:paid|transferred|wired|settled|sent us|bezahlt)\b"
)


class Subject:
    """Client and invoice named in one sentence, with what stayed open."""

    def __init__(self, sentence: Sentence, directory: Directory, context: Context, payable: bool):
        self.slots: dict[str, Slot] = {}
        self.choices: dict[str, tuple[Choice, ...]] = {}
        self.fuzzy = False
        self.currency: str | None = None
        number = invoices.take_number(sentence, directory)
        mention = clients.find(sentence, directory)
        party = None
        if mention is not None:
            sentence.take(mention.start, mention.end)
            party = parties.of(mention)
        elif number is None:
            party = parties.take_typed(sentence, directory, context)
        self.invoice: InvoiceRef | None = None
        if number is not None:
            self._know(number, directory)
        self._take_party(party)
        known = party.customer if party else None
        unnamed = party is None or known is not None
        if (number is None and unnamed and _WORD.search(sentence.low)) or (
            number is None and party is None and _IT.search(sentence.low) and context.invoice
        ):
            named = invoices.resolve(sentence.low, known, directory, context, payable=payable)
            if named.number:
                self._know(named.number, directory)
            elif named.choices:
                self.choices["invoice"] = named.choices

    def _know(self, number: str, directory: Directory) -> None:
        self.slots["invoice"] = number
        self.invoice = directory.invoice(number)
        self.currency = self.invoice.currency if self.invoice else self.currency

    def _take_party(self, party: parties.Party | None) -> None:
        if party is None:
            return
        if party.name:
            self.slots["client"] = party.name
        elif party.choices:
            self.choices["client"] = party.choices
        self.fuzzy = party.fuzzy
        if party.customer is not None and self.currency is None:
            self.currency = party.customer.currency

    @property
    def missing(self) -> tuple[str, ...]:
        if self.choices:
            return tuple(self.choices)
        return () if self.slots else ("invoice",)

    def confidence(self) -> float:
        if self.missing:
            return 0.7
        return 0.9 if self.fuzzy else 0.95


def record(sentence: Sentence, *, today: date, directory: Directory, context: Context) -> Reading:
    by = _PAID_BY.match(sentence.text)
    subject = Subject(sentence, directory, context, payable=True)
    if by and not subject.slots and not subject.choices and by["name"][:1].isupper():
        subject.slots["client"] = by["name"].strip()
    slots, missing = subject.slots, list(subject.missing)
    choices = dict(subject.choices)
    day = dates.first_day(sentence.low, today=today, past=True)
    if day is not None:
        sentence.take(day.start, day.end)
        if day.certain is not None and day.certain <= today:
            slots["date"] = day.certain.isoformat()
        else:
            past = [one for one in day.options if one <= today]
            missing.append("date")
            if past:
                choices["date"] = tuple(
                    Choice(label=f"{one:%a %d %b %Y}", value=one.isoformat()) for one in past
                )
    found = money.amounts(sentence)
    if found:
        currency = next((one.currency for one in found if one.currency), None)
        currency = currency or parties.take_currency(sentence) or subject.currency
        currency = currency or directory.home_currency
        amount = money.spell(found[0].value, currency) if len(found) == 1 else None
        if amount:
            slots["amount"], slots["currency"] = amount, currency
        else:
            missing.append("amount")
            spelled = [money.spell(one.value, currency) for one in found[:4]]
            if len(found) > 1:
                choices["amount"] = tuple(
                    Choice(label=f"{s} {currency}", value=s) for s in spelled if s
                )
    sure = subject.confidence() if not missing else 0.7
    return Reading(intent="payment.record", slots=slots, missing=tuple(missing), choices=choices,
                   confidence=sure)  # fmt: skip


def void(sentence: Sentence, *, directory: Directory, context: Context) -> Reading:
    blank_verb(sentence)
    subject = Subject(sentence, directory, context, payable=False)
    if not subject.slots and not subject.choices and context.invoice and len(sentence.low) < 24:
        subject.slots["invoice"] = context.invoice
    if subject.missing == ("invoice",) and not subject.choices:
        pool = [one for one in directory.latest_invoices() if one.state != "void"]
        named = tuple(invoices.choice(one) for one in pool[:6])
        subject.choices.update({"invoice": named} if named else {})
    return Reading(intent="invoice.void", slots=subject.slots, missing=subject.missing,
                   choices=subject.choices, confidence=subject.confidence())  # fmt: skip


_VERB = re.compile(
    r"^(?:void|storno|stornier\w*|annul|write off|credit|cancel|delete|withdraw|retract|undo|revert)\b"
)


def blank_verb(sentence: Sentence) -> None:
    match = _VERB.match(sentence.low)
    if match is not None:
        sentence.take_match(match)


def about(intent: str, sentence: Sentence, *, directory: Directory, context: Context) -> Reading:
    """`trace.explain` and `undo`: a document or client if one is named, else nothing."""
    blank_verb(sentence)
    bare = Sentence(sentence.text)
    named = invoices.take_number(bare, directory) or clients.find(bare, directory)
    if intent == "undo" and not named and not re.search(r"\b(?:invoice|rechnung)\b", bare.low):
        return Reading(intent=intent, confidence=0.95)
    subject = Subject(sentence, directory, context, payable=False)
    slots = dict(subject.slots)
    if intent == "undo":
        wanted = {"invoice": slots["invoice"]} if "invoice" in slots else {}
        unclear = subject.choices if not wanted else {}
        return Reading(intent=intent, slots=wanted, missing=tuple(unclear), choices=unclear,
                       confidence=0.95 if not unclear else 0.7)  # fmt: skip
    if "client" in slots and "invoice" not in slots and not subject.currency:
        slots.pop("client")
    return Reading(intent=intent, slots=slots, missing=tuple(subject.choices),
                   choices=subject.choices, confidence=0.93 if not subject.choices else 0.7)  # fmt: skip
