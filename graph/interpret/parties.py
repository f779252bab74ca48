"""The counterparty of a wish: a known customer, "her", or a name as typed where one must stand."""

from __future__ import annotations

import re
from dataclasses import dataclass

from graph.interpret import clients, names
from graph.interpret.clients import Mention
from graph.interpret.dates import MONTHS, WEEKDAYS
from graph.interpret.money import CURRENCY, currency_code
from graph.interpret.reading import Choice, Context, CustomerRef, Directory
from graph.interpret.sentence import Sentence, fold

_STOP = frozenset(
    [
        "for",
        "over",
        "of",
        "at",
        "due",
        "about",
        "an",
        "a",
        "the",
        "invoice",
        "invoices",
        "bill",
        "plus",
        "and",
        "with",
        "in",
        "on",
        "by",
        "to",
        "from",
        "net",
        "has",
        "have",
        "had",
        "is",
        "was",
        "paid",
        "pays",
        "just",
        "via",
        "via",
        "per",
        "re",
        "another",
        "new",
        "last",
        "latest",
        "fur",
        "uber",
        "an",
        "hat",
        "und",
        "today",
        "yesterday",
        "tomorrow",
        "now",
        "again",
        "please",
        "its",
        "it",
        "that",
        "this",
        "as",
        "terms",
        "incl",
        "including",
        "excl",
        "vat",
        "client",
        "customer",
        "money",
        "payment",
        "transferred",
        "wired",
        "sent",
        "settled",
        "their",
        "our",
        "my",
        "me",
        "us",
        "you",
        "gross",
        "gestern",
        "heute",
        "von",
        "vom",
        "her",
        "him",
        "them",
        "they",
        "he",
        "she",
        "someone",
        "everyone",
        "everybody",
        "all",
        "who",
    ]
)
_SLOT = (
    r"(?:(?:\b(?:send|write|make|create|issue|draft|raise|prepare|generate|give|email|mail|schicke?"
    r"|stelle?|schreibe?) )(?=.{1,60}?\b(?:invoice|bill|rechnung)\b)(?!an?\b|the\b|another\b|eine?\b|new\b)"
    r"|(?:^|[\x1f\s])(?:to|from|von|an|client|customer|kunde)[: ]\s?"
    r"|(?:invoice|rechnung|bill|charge)\s(?:to|for|an|fur)\s|^(?:invoice|bill|charge)[: ]\s?|^)"
)
_PLACE = re.compile(rf"{_SLOT}(?:the |company |client |customer )?(?=[^\W\d_])")
_WORD = re.compile(r"[^\W_](?:[^\W_]|['.&-](?=[^\W_]))*\.?|&")
_PRONOUN = re.compile(
    r"\b(?:her|him|them|they|she|he|that client|the client|this client|the same client|same client)\b"
)
_CURRENCY = re.compile(rf"\b(?:in )?(?P<c>{CURRENCY})(?![a-z0-9])")


@dataclass(frozen=True, kw_only=True)
class Party:
    """`name` is canonical if `customer` is known, else as typed; None while several fit."""

    name: str | None = None
    customer: CustomerRef | None = None
    choices: tuple[Choice, ...] = ()
    fuzzy: bool = False


def of(mention: Mention, typed: str | None = None) -> Party:
    if mention.customer is not None:
        customer = mention.customer
        return Party(name=customer.name, customer=customer, fuzzy=mention.fuzzy)
    return Party(choices=mention.choices, name=None if mention.choices else typed)


def take(sentence: Sentence, directory: Directory, context: Context) -> Party | None:
    """Exact mention anywhere, else a name where one must stand, else the client talked about."""
    mention = clients.find(sentence, directory)
    if mention is not None:
        sentence.take(mention.start, mention.end)
        return of(mention)
    return take_typed(sentence, directory, context)


def take_typed(sentence: Sentence, directory: Directory, context: Context) -> Party | None:
    for match in list(_PLACE.finditer(sentence.low))[:6]:
        start = match.end()
        end = _name_end(sentence, start)
        typed = sentence.text[start:end].strip(" .,") if end > start else ""
        if not typed or fold(typed) in MONTHS or fold(typed) in WEEKDAYS:
            continue
        party = of(clients.named(typed, directory), typed)
        if party.customer is None and not party.choices and match.end() == 0:
            continue  # The first word of a sentence is a name only if it is a known one.
        sentence.take(start, end)
        return party
    pointed = _PRONOUN.search(sentence.low)
    if pointed and context.client:
        sentence.take_match(pointed)
        return Party(name=context.client, customer=clients.by_name(context.client, directory))
    return None


def _name_end(sentence: Sentence, start: int) -> int:
    """Where a typed name ends: at a stop word, a gap, a comma, or where capitals end."""
    end, taken, capital = start, 0, False
    for match in _WORD.finditer(sentence.low, start):
        gap = sentence.low[end : match.start()]
        word = match[0].rstrip(".")
        upper = sentence.text[match.start()].isupper() or match[0] == "&"
        joiner = word in ("and", "und", "de", "van", "von", "&") and capital
        if (taken and gap != " ") or (not taken and gap.strip()) or taken >= 5:
            break
        if taken and (word in MONTHS or (word in _STOP and not joiner)):
            break
        if not taken and (word in _STOP or word.isdigit()):
            break
        follows = sentence.text[match.end() + 1 : match.end() + 2]
        if joiner and not (follows.isupper() or match[0] == "&"):
            break
        if capital and not upper and not joiner and word not in names.LEGAL:
            break
        if not capital and taken >= 3:
            break
        capital = capital or upper
        end, taken = match.end(), taken + 1
    return end


def take_currency(sentence: Sentence) -> str | None:
    """A currency standing on its own: "in USD"."""
    for match in _CURRENCY.finditer(sentence.low):
        typed = sentence.text[match.start("c") : match.end("c")]
        code = currency_code(typed)
        if code and (match[0].startswith("in ") or typed.isupper() or not typed.isalpha()):
            sentence.take_match(match)
            return code
    return None
