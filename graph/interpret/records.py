"""Customers as records: added in one breath, one field changed, shown."""

from __future__ import annotations

import re

from graph.interpret import answers, clients, parties
from graph.interpret.clients import EMAIL
from graph.interpret.reading import Choice, Context, Directory, Reading, Slot
from graph.interpret.sentence import Sentence, fold

_FIELDS = {
    "email": r"(?:billing |invoice )?e-?mail(?: address)?|mail address",
    "contact": r"contact(?: person)?|ansprechpartner(?:in)?",
    "address": r"(?:billing |postal )?address|adresse|anschrift",
    "country": r"country|land",
    "vat_id": r"vat(?: ?-?id| number| no\.?|-?nummer)?|ust-?id(?:nr)?\.?",
    "currency": r"currency|wahrung",
    "language": r"language|sprache",
    "terms_days": r"(?:payment )?terms|zahlungsziel|net(?= ?[0-9])",
    "timezone": r"time ?zone",
    "notes": r"notes?|notiz",
}
_FIELD = re.compile(
    "|".join(rf"(?P<{name}>\b(?:{words})(?![a-z0-9]))" for name, words in _FIELDS.items())
)
_CHANGE = re.compile(
    r"^(?:change|set|update|correct|fix|edit|put|new|use|replace|switch|make|andere?|setze?)\b|(?:\bis(?: now)?|\bto|:|=|\bhas changed|\bnow|\bnew) ?"
)
_LINK = re.compile(
    r"^(?:[\s:=,\x1f]|(?:for|of|is|are|now|to|should be|has changed to|changed to|becomes|the|in|auf|ist|jetzt|from now on|person)\b)+"
)
_MOVED = re.compile(r"\b(?:has |have )?moved to |\bis now at ")
_ADD = re.compile(
    r"^(?:(?:add|create|save|register|set up|lege?)\b(?: an?| eine[n]?)?(?: new| neuen?)?|new|neue[rn]?) (?:customer|client|kunde[n]?|kundin)\b[:, ]*"
    r"(?:an: |named |called )?|^add "
)
_AS = re.compile(r"\bas (?:a |an )?(?:new )?(?:customer|client)\b")


def gives_change(low: str, names_client: bool) -> bool:
    """Whether a sentence with a client in it gives one of the client's fields a value."""
    if not names_client:
        return False
    if _MOVED.search(low):
        return True
    field = _FIELD.search(low)
    if re.match(r"^\w+ .*\b(?:invoice|rechnung)\b", low) and "mail" not in low:
        return False
    if field is None or re.match(
        r"^(?:what|who|how|show|why|when|which|is|has|does|invoice|bill|send|quote)\b", low
    ):
        return False
    return bool(_CHANGE.search(low)) and bool(
        re.search(r"[\w@]", low[field.end() :]) or EMAIL.search(low)
    )


def add(sentence: Sentence, *, directory: Directory) -> Reading:
    match = _ADD.match(sentence.low)
    body = sentence.text[match.end() :] if match else sentence.text
    as_client = _AS.search(fold(body))
    if as_client:
        body = body[: as_client.start()].strip() + "," + body[as_client.end() :]
    head = re.split(r"[,;\n(:]| with | - | <", body, maxsplit=1)
    name = head[0].strip(" .,\"'")
    email = EMAIL.search(fold(name))
    if email is not None:
        name = name[: email.start()].strip(" .,")
    rest = body[body.find(name) + len(name) :] if name else body
    slots: dict[str, Slot] = {"client": name} if re.search(r"[^\W\d_]", name) else {}
    slots |= fields(rest)
    missing = () if "client" in slots else ("client",)
    return Reading(intent="customer.add", slots=slots, missing=missing,
                   confidence=0.94 if not missing else 0.7)  # fmt: skip


def fields(text: str) -> dict[str, Slot]:
    """What a list like "bill@initech.com, contact Peter Gibbons, USD" says."""
    found: dict[str, Slot] = {}
    street: list[str] = []
    for part in re.split(r"[,;\n]| and (?=contact|email|terms)|\)", text):
        part = re.sub(
            r"^(?:with|and|on|the|her|his|their)\b", "", part.strip(" .()<>"), flags=re.IGNORECASE
        ).strip()
        if not part:
            continue
        label = _FIELD.match(fold(part))
        field = label.lastgroup if label else None
        bare = part[label.end() :].strip(" :=") if label else part
        value = answers.read_field(field, _linked(bare)) if field and field != "address" else None
        if field == "address":
            street.append(bare)
        elif field and value is not None:
            found[field] = value
        else:
            guess = _guess(part, found)
            if guess is None:
                street.append(part)
            else:
                found[guess[0]] = guess[1]
    joined = answers.address(", ".join(street)) if street else None
    if joined:
        found["address"] = joined
    return found


def _linked(text: str) -> str:
    match = _LINK.match(fold(text))
    return text[match.end() :].strip() if match else text


def _guess(part: str, found: dict[str, Slot]) -> tuple[str, Slot] | None:
    for field in ("email", "vat_id", "currency", "country"):
        value = answers.read_field(field, part)
        if value is not None and field not in found:
            return field, value
    if re.search(r"\b(?:days?|tage|weeks?|net)\b", fold(part)):
        terms = answers.terms_days(part)
        return ("terms_days", terms) if terms is not None else None
    if "contact" not in found and re.fullmatch(r"[^\W\d_][\w.'-]+(?: [^\W\d_][\w.'-]*){1,3}", part):
        return "contact", part
    return None


def update(sentence: Sentence, *, directory: Directory, context: Context) -> Reading:
    party = _subject(sentence, directory, context)
    slots: dict[str, Slot] = {}
    moved = _MOVED.search(sentence.low)
    if moved is not None:
        street = answers.address(sentence.text[moved.end() :].strip(" ."))
        slots |= {"address": street} if street else {}
    marks = list(_FIELD.finditer(sentence.low)) if not slots else []
    for at, mark in enumerate(marks):
        field = mark.lastgroup or ""
        end = (
            marks[at + 1].start()
            if at + 1 < len(marks) and field not in ("address", "notes")
            else None
        )
        raw = sentence.text[mark.end() : end].replace("\x1f", " ").strip()
        value = answers.read_field(field, _linked(raw).strip(" .,"))
        if value is not None and field not in slots:
            slots[field] = value
        if field in ("address", "notes"):
            break
    known = {"client": party.name} if party and party.name else {}
    choices: dict[str, tuple[Choice, ...]] = {}
    if party and party.choices:
        choices["client"] = party.choices
    missing = () if known else ("client",)
    complete = bool(known and slots)
    return Reading(intent="customer.update", slots={**known, **slots}, missing=missing,
                   choices=choices, confidence=0.94 if complete else 0.6)  # fmt: skip


def _subject(sentence: Sentence, directory: Directory, context: Context) -> parties.Party | None:
    """The client whose record it is; a new e-mail is not mistaken for the client's old one."""
    mention = clients.find(sentence, directory)
    if mention is None:
        return parties.take_typed(sentence, directory, context)
    sentence.take(mention.start, mention.end)
    if sentence.low[mention.end : mention.end + 2] == "'s":
        sentence.take(mention.end, mention.end + 2)
    return parties.of(mention)


_SHOWN = re.compile(
    r"\b(?:customer|client|about|up|show(?: me)?|is|open) (?:the )?(?:customer |client )?(?P<n>[^\x1f?]{2,60})"
)


def show(sentence: Sentence, *, directory: Directory, context: Context) -> Reading:
    party = parties.take(sentence, directory, context)
    name: str | None = party.name if party else None
    if party is None:
        match = _SHOWN.search(sentence.low)
        listed = re.search(r"\b(?:customers|clients|kunden)\b", sentence.low)
        name = (
            sentence.text[match.start("n") : match.end("n")].strip(" .")
            if match and not listed
            else None
        )
    choices = party.choices if party and party.choices else tuple(
        Choice(label=one.name, value=one.name) for one in directory.customers()[:6]
    )  # fmt: skip
    if name:
        return Reading(intent="customer.show", slots={"client": name}, confidence=0.93)
    return Reading(
        intent="customer.show", missing=("client",), choices={"client": choices}, confidence=0.75
    )
