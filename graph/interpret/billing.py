"""The wish for an invoice: for whom, how much or which lines, for what, due when, which VAT."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from graph.interpret import clients, lines, money, parties
from graph.interpret.dates import day_at, shift
from graph.interpret.reading import Choice, Context, Directory, Reading, Slot
from graph.interpret.sentence import TAKEN, Sentence, fold

_VAT = r"(?:vat|mwst\.?|ust\.?|umsatzsteuer|mehrwertsteuer|sales tax|tax|gst|tva|iva)"
_RATE = r"(?P<rate>[0-9]{1,2}(?:[.,][0-9]{1,2})?) ?(?:%|percent|prozent)"
_TAX = (
    (re.compile(rf"\b(?:incl(?:uding|usive|\.)?(?: of)?|inkl(?:usive|\.)?|with)? ?{_RATE} {_VAT} "
                r"(?:included|incl(?:usive|\.)?|inkl(?:usive|\.)?)(?![a-z])"), "yes"),
    (re.compile(rf"\b(?:incl(?:uding|usive|\.)?(?: of)?|inkl(?:usive|\.)?) (?:the )?{_RATE}"
                rf"(?: {_VAT}(?![a-z]))?"), "yes"),
    (re.compile(rf"(?:(?:\bplus|\bwith|\badd|\band|\bzzgl\.?|\bexcl(?:uding|usive|\.)?|\bat|\+)"
                rf" ?)?{_RATE} {_VAT}(?: on top)?(?![a-z])"), ""),
    (re.compile(rf"(?:\bplus|\+) ?{_RATE}"), ""),
    (re.compile(rf"{_VAT} (?:of |at |rate )?{_RATE}"), ""),
)  # fmt: skip
_NO_TAX = re.compile(rf"\b(?:no|without|zero|0%|ohne) {_VAT}(?![a-z])")
_GROSS = re.compile(rf"\b(?:incl(?:uding|usive|\.)?|inkl(?:usive|\.)?) {_VAT}|\b(?:gross|brutto)\b")
_NET = re.compile(rf"\b(?:plus|excl(?:uding|\.)?|zzgl\.?) {_VAT}|\b(?:netto)\b|\bnet\b(?! ?[0-9])")
_DUE = re.compile(
    r"\b(?:(?:and |to be |it'?s |is )?(?:(?:payment (?:is )?)?due(?: date)?|payable|paid by|pay(?:ment)? (?:due )?(?=by|within|in|until)"
    r"|payment terms|terms|deadline|fallig|zahlbar|zahlungsziel|faellig))"
    r"(?:(?: is| to| on| by| until| at|:| =| am| bis| zum| within| from now)*)(?: the)? "
)
_NET_DAYS = re.compile(
    r"\b(?:(?:due|payable|terms|payment terms)?[: ]?net[ -]?(?P<n>[0-9]{1,3})(?: days?| d)?"
    r"|(?P<n2>[0-9]{1,3})[ -]?days? net|(?P<n3>[0-9]{1,3}) tage netto)\b"
)
_BY = re.compile(r"\b(?:by|until|before|bis|bis zum) (?:the )?")
_IN = re.compile(
    r"\b(?=(?:in|within|innerhalb von) (?:[0-9]{1,3}|an?|one|two|three|four) ?(?:d|w))"
)
_COMMAND = re.compile(r"^(?:\S+ ){0,6}?(?:invoices?|bill|charge|rechnung)\b")
_LABELLED = re.compile(r"(?:\bdescription|\bsubject|\bbetreff|\btext|\bre|\bitem)\s?: ?|\bre ")
_FOR = re.compile(
    r"\b(?:for|fur|covering|regarding|about) (?:the |our |his |her |their |das |die |den )?"
)
_QUOTED = re.compile(r"\"([^\"\x1f]{2,200})\"")
_FILLER = (
    r"(?:please|pls|an?|the|another|new|invoices?|bill|charge|rechnung|eine?|send|create|make|write|"
    r"issue|draft|raise|prepare|generate|over|of|for|to|at|in|and|with|from|it|is|them|also|thanks?|"
    r"thank you|today|now|asap|uber|an|fur|via|by|mail|e-?mail|amount|total|plus|worth|amounting|"
    r"stelle?|schreibe?|bitte|on|due|as|usual|his|her|their|hours?|cheers)"
)
_EDGE = re.compile(rf"^(?:[\s,.;:!?+&()\-]|{_FILLER}(?![^\W_]))+")
_EDGE_END = re.compile(rf"(?:[\s,.;:!?+&(\-]|(?<![^\W_]){_FILLER}[\s,.;:!?]*)+$")


def take_tax(sentence: Sentence) -> tuple[str | None, bool]:
    """The VAT rate said and whether the amount includes it."""
    for pattern, gross in _TAX:
        match = pattern.search(sentence.low)
        if match is not None:
            sentence.take_match(match)
            rate = money.number(match["rate"])
            return money.spell_plain(rate) if rate else "0", bool(gross)
    for pattern, value, inclusive in (
        (_NO_TAX, "0", False),
        (_GROSS, None, True),
        (_NET, None, False),
    ):
        match = pattern.search(sentence.low)
        if match is not None:
            sentence.take_match(match)
            return value, inclusive
    return None, False


def take_due(sentence: Sentence, today: date) -> tuple[str | None, tuple[Choice, ...], bool]:
    """The due date; the readings if ambiguous; True if one was said but cannot be meant."""
    net = _NET_DAYS.search(sentence.low)
    if net is not None:
        sentence.take_match(net)
        days = int(net["n"] or net["n2"] or net["n3"])
        return shift(today, days, "days").isoformat(), (), False
    for opening, spans, sure in ((_DUE, True, True), (_BY, False, False), (_IN, False, False)):
        for match in opening.finditer(sentence.low):
            found = day_at(sentence.low, match.end(), today=today, spans=spans)
            if found is None and sure:
                bare = re.compile(r"([0-9]{1,3})(?![0-9.,/])").match(sentence.low, match.end())
                if bare and opening is _DUE and "terms" in match[0]:
                    sentence.take(match.start(), bare.end())
                    return shift(today, int(bare[1]), "days").isoformat(), (), False
                sentence.take(match.start(), match.end())
                return None, (), True
            if found is None:
                continue
            sentence.take(match.start(), found.end)
            certain = found.certain
            if certain is not None and certain >= today:
                return certain.isoformat(), (), False
            options = [one for one in found.options if one >= today] if certain is None else []
            if len(options) == 1:
                return options[0].isoformat(), (), False
            shown = tuple(
                Choice(label=f"{one:%a %d %b %Y}", value=one.isoformat()) for one in options
            )
            return None, shown, True
    return None, (), False


def read(sentence: Sentence, *, today: date, directory: Directory, context: Context) -> Reading:
    """`invoice.send` with whatever is said; what is not certain is missing, never guessed."""
    slots: dict[str, Slot] = {}
    missing: list[str] = []
    choices: dict[str, tuple[Choice, ...]] = {}
    quoted = _QUOTED.search(sentence.text)
    label = quoted[1] if quoted else None
    if quoted:
        sentence.take(quoted.start(), quoted.end())
    mention = clients.find(sentence, directory)
    party = parties.of(mention) if mention is not None else None
    if mention is not None:
        sentence.take(mention.start, mention.end)
    due, due_choices, bad_due = take_due(sentence, today)
    rate, gross = take_tax(sentence)
    items = lines.take(sentence)
    found = money.amounts(sentence, bare=not items)
    for one in found:
        sentence.take(one.start, one.end)
    if party is None:
        party = parties.take_typed(sentence, directory, context)
    known = party.customer if party else None
    if party is not None and party.name:
        slots["client"] = party.name
    else:
        missing.append("client")
        if party is not None and party.choices:
            choices["client"] = party.choices
    currency = next(
        (c for c in [*(i.currency for i in items), *(a.currency for a in found)] if c), None
    )
    currency = currency or parties.take_currency(sentence)
    if currency is None and known is not None:
        currency = known.currency
    currency = currency or directory.home_currency
    description = label or _description(sentence)
    values = [one.value for one in found]
    total: Decimal | None = None
    if items and found:
        items = []  # A sum beside the lines: which of them is meant is hers to say.
    elif items and len({i.currency for i in items if i.currency}) < 2:
        total = lines.total(items)
        slots["lines"] = lines.as_slot(items, description, currency)
    elif len(set(values)) == 1 and len(values) == 1:
        total = values[0]
    elif len(values) > 1:
        spelled = [money.spell(one.value, one.currency or currency) for one in found[:4]]
        choices["amount"] = tuple(Choice(label=f"{s} {currency}", value=s) for s in spelled if s)
    amount = money.spell(total, currency) if total is not None else None
    if amount is None:
        slots.pop("lines", None)
        missing.append("amount")
    else:
        slots["amount"] = amount
    slots["currency"] = currency
    if description:
        slots["description"] = description
    if due:
        slots["due"] = due
    elif bad_due:
        missing.append("due")
        if due_choices:
            choices["due"] = due_choices
    if rate is not None:
        slots["tax_rate"] = rate
    if gross:
        slots["gross"] = "yes"
    sure = 0.96 if known is not None and not (party and party.fuzzy) else 0.9
    return Reading(
        intent="invoice.send", slots=slots, missing=tuple(missing), choices=choices,
        confidence=sure if not missing else 0.75,
    )  # fmt: skip


def _description(sentence: Sentence) -> str | None:
    """The operator's own words for what it is about."""
    label = _LABELLED.search(sentence.low)
    if label is not None:
        return _trim(sentence.text[label.end() :].split(TAKEN)[0])
    for match in _FOR.finditer(sentence.low):
        words = _trim(sentence.text[match.end() :].split(TAKEN)[0].split("\n")[0])
        if words:
            return words
    pieces = (_trim(piece) for piece in re.split(r"[\x1f\n]+", sentence.text))
    return max((piece for piece in pieces if piece), key=len, default=None)


def _trim(text: str) -> str | None:
    bare = text.strip()[:500]
    start = _EDGE.match(fold(bare))
    bare = bare[start.end() :] if start else bare
    end = _EDGE_END.search(fold(bare))
    bare = bare[: end.start()] if end else bare
    bare = bare.strip(" ,.;:!?-+&\"'")
    return bare if re.search(r"[^\W\d_]{2}", bare) else None
