"""A message as one Intent, without model or network: rules, and parsers for what they carry."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime

from graph.interpret import billing, clients, payments, periods, records, rules, slash
from graph.interpret.reading import Choice, Context, Directory, Reading, Slot
from graph.interpret.sentence import MAX_CHARS, Sentence, clean, fold

_MOST_WISHES = 5
_UNKNOWN = Reading(intent="unknown", confidence=0.2)
_SPLIT = re.compile(
    r"\n+|;\s*|\.\s+(?=[A-Za-z])|,? and then |,? then |,? (?:and|und|plus) (?:also )?|, (?:also )?"
)
_PAID_AND_NO_MORE = re.compile(
    r"\b(?:payment|zahlung|money|deposit|geldeingang)\b"
    r"|\b(?:paid|transferred|wired|settled|bezahlt|uberwiesen|gezahlt|beglichen)\b"
    r"(?:[\s\x1f.,!]|(?:us|me|up|in|full|everything|it|all|now|already|today|finally|too|for|on|by|the|their"
    r"|last|open|whole|invoice|bill|rest|remainder|balance|bank|transfer|card|yesterday|on time)\b)*$"
)
_VERB = re.compile(
    r"^(?:please )?(?:invoice|bill|charge|send|void|cancel|record|mark|remind|show|status|undo|add|set|change|got|received|what|who|how"
    r"|tell|schedule|book|publish|post|refund|quote|stop|resume|why|update)\b(?![@.'-]\w)"
)


def interpret(
    text: str, *, now: datetime, directory: Directory, context: Context | None = None
) -> Reading:
    """One Intent with its fields; later wishes of the same message in `also`. Never raises.

    `now` is aware and in the company's zone: its date is today.
    """
    about = context or Context()
    if len(text) > 4 * MAX_CHARS:
        return _UNKNOWN
    plain = clean(text)
    if not plain or len(plain) > MAX_CHARS:
        return Reading(intent="help", confidence=0.6) if text.strip() == "?" else _UNKNOWN
    today = now.date()
    command = slash.read(plain, today=today, directory=directory, context=about)
    if command is not None:
        return command
    plain = rules.correct(plain)
    wishes = _wishes(plain, today, directory, about)
    return replace(wishes[0], also=tuple(wishes[1:])) if wishes else _UNKNOWN


def _wishes(text: str, today: date, directory: Directory, context: Context) -> list[Reading]:
    """Split only where both sides are a wish of their own."""
    whole = _one(text, today, directory, context)
    found: list[Reading] = []
    start = 0
    for match in list(_SPLIT.finditer(text))[:24]:
        if match.start() < start or len(found) >= _MOST_WISHES - 1:
            continue
        left, right = text[start : match.start()], text[match.end() :]
        if not _opens_wish(right, directory, whole):
            continue
        first = _one(left, today, directory, context)
        second = _one(_elliptic(right, first, directory), today, directory, context)
        if first.intent == "unknown" or second.intent == "unknown" or second.confidence < 0.6:
            continue
        found.append(first)
        context = _talked_about(context, first)
        start = match.end()
    if not found:
        return [whole]
    tail = _elliptic(text[start:], found[-1], directory)
    return [*found, _one(tail, today, directory, context)]


def _opens_wish(right: str, directory: Directory, whole: Reading) -> bool:
    low = fold(right[:160])
    low = low[rules.filler_end(low) :]
    if whole.intent in (
        "customer.add",
        "customer.update",
        "session.log",
        "task.add",
        "message.send",
    ):
        return bool(re.match(r"(?:invoice|bill|void|undo|send .* invoice)\b(?![@.'-]\w)", low))
    if _VERB.match(low):
        return True
    head = Sentence(right[:160])
    mention = clients.find(head, directory)
    return (
        mention is not None
        and mention.start == 0
        and bool(
            re.match(
                r"(?:'s)? (?:has |have |just )*(?:paid|transferred|[€$£]?[0-9])", low[mention.end :]
            )
        )
    )


def _elliptic(right: str, first: Reading, directory: Directory) -> str:
    """ "invoice Acme 500 and Globex 700": the verb is said once."""
    if (
        first.intent == "invoice.send"
        and not _VERB.match(fold(right))
        and not re.search(r"\b(?:paid|transferred)\b", fold(right))
    ):
        return f"invoice {right}"
    return right


def _talked_about(context: Context, reading: Reading) -> Context:
    client, invoice = reading.slots.get("client"), reading.slots.get("invoice")
    return Context(
        client=client if isinstance(client, str) else context.client,
        invoice=invoice if isinstance(invoice, str) else context.invoice,
    )


def _one(text: str, today: date, directory: Directory, context: Context) -> Reading:
    stripped = text.strip()
    low = fold(stripped)
    stripped = stripped[rules.filler_end(low) :].strip()
    sentence = Sentence(stripped)
    mention = clients.find(sentence, directory)
    head = sentence.low
    if mention is not None:
        # A known name is never read as a word of the grammar.
        head = f"{head[: mention.start]}acme{head[mention.end :]}"
    intent = rules.classify(
        head,
        leads_with_client=mention is not None and mention.start == 0,
        names_client=mention is not None,
        changes=records.gives_change(head, mention is not None),
    )
    return _filled(intent, sentence, today, directory, context)


def _filled(
    intent: str, sentence: Sentence, today: date, directory: Directory, context: Context
) -> Reading:
    match intent:
        case "invoice.send":
            return billing.read(sentence, today=today, directory=directory, context=context)
        case "payment.record":
            reading = payments.record(sentence, today=today, directory=directory, context=context)
            return reading if _is_payment(reading, sentence.low, directory) else _UNKNOWN
        case "invoice.void":
            return payments.void(sentence, directory=directory, context=context)
        case "trace.explain" | "undo":
            return payments.about(intent, sentence, directory=directory, context=context)
        case "finance.ask":
            return ask(sentence, today=today, directory=directory)
        case "customer.add":
            return records.add(sentence, directory=directory)
        case "customer.update":
            return records.update(sentence, directory=directory, context=context)
        case "customer.show":
            return records.show(sentence, directory=directory, context=context)
        case "status.show" | "control.stop" | "control.resume" | "help":
            return Reading(intent=intent, confidence=0.97)
        case "unknown":
            return _UNKNOWN
        case _:
            return Reading(intent=intent, confidence=0.6)


def _is_payment(reading: Reading, low: str, directory: Directory) -> bool:
    """ "They paid attention" is none: a sum, a document, a known client or at least a Name."""
    if (
        reading.choices
        or {"amount", "invoice"} & reading.slots.keys()
        or "amount" in reading.missing
    ):
        return True
    if not _PAID_AND_NO_MORE.search(low):
        return False
    name = str(reading.slots.get("client", ""))
    return clients.by_name(name, directory) is not None or name[:1].isupper()


def ask(sentence: Sentence, *, today: date, directory: Directory) -> Reading:
    """`finance.ask` with its topic; the question is kept as typed."""
    topic = rules.topic(sentence.low)
    slots: dict[str, Slot] = {"question": sentence.text}
    choices: dict[str, tuple[Choice, ...]] = {}
    mention = clients.find(sentence, directory)
    if mention is not None:
        sentence.take(mention.start, mention.end)
        if mention.customer is not None:
            slots["client"] = mention.customer.name
        else:
            choices["client"] = mention.choices
    period = periods.take(sentence, today)
    if period is not None:
        slots["period"] = period
    if topic is not None:
        slots["topic"] = topic
    return Reading(intent="finance.ask", slots=slots, missing=tuple(choices), choices=choices,
                   confidence=0.93 if topic and not choices else 0.65)  # fmt: skip
