"""Lines of an invoice said in one breath: "12 hours of consulting at 95/h and 2 x 450"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from graph.interpret.money import CURRENCY, NUMBER, currency_code, number, spell, spell_plain
from graph.interpret.reading import Slot
from graph.interpret.sentence import Sentence

_UNIT = (
    r"(?:hours?|hrs?|h|std\.?|stunden?|days?|d|tagen?|tage?|weeks?|wochen?|months?|monate?|units?|pcs"
    r"|pieces?|stuck|sessions?|workshops?|articles?|pages?|posts?|licen[cs]es?|seats?)"
)
_K = r"(?P<k>\s?k(?![a-z]))?"
_PRICE = rf"(?P<pre>{CURRENCY})?\s?(?P<price>{NUMBER}){_K}\s?(?P<post>{CURRENCY})?"
_PER = (
    r"(?:\s?(?:/|per|an|a|pro|each|je|p\.)\s?(?:hours?|hrs?|h|std\.?|stunde|days?|d|tag|pd|ph|unit|week"
    r"|month|piece|session|page|workshop|article|post|seat)?\b\.?)?(?:\s(?:each|apiece))?"
)
_LINE = re.compile(
    rf"(?<![0-9a-z.,#/$€£-])(?P<qty>[0-9]{{1,5}}(?:[.,][0-9]{{1,3}})?)\s?"
    rf"(?:(?P<unit>{_UNIT})(?![a-z])\s?(?:(?:of|for|fur)\s)?(?P<what>(?:[^\W\d_]+\s){{0,4}}?)"
    rf"(?:(?:at|@|a|zu|je|x|\*|×|for|,)\s?)"
    rf"|(?P<what2>(?:[^\W\d_]+\s){{1,4}}?)(?:(?:at|@|a|zu|je)\s)"
    rf"|(?:x|\*|×)\s?(?P<what3>(?:[^\W\d_]+\s){{1,4}}?(?:at|@|a|zu|je)\s)?)"
    rf"{_PRICE}{_PER}"
)
_PRICED = re.compile(
    rf"(?:(?P<pre>{CURRENCY})\s?(?P<price>{NUMBER}){_K}|(?P<price2>{NUMBER})(?P<k2>\s?k(?![a-z]))?\s?(?P<post>{CURRENCY}))"
    r"\s(?:for|fur)\s(?:the\s)?(?P<what>[^\W\d_]+(?:[ -][^\W\d_]+){0,5}?)"
    r"(?=\s?(?:,|\+|;|\n|$|\.|\x1f)|\s(?:and|plus|und)\s)"
)


@dataclass(frozen=True, kw_only=True)
class Item:
    quantity: Decimal
    unit_price: Decimal
    currency: str | None
    description: str | None
    unit: str | None


def take(sentence: Sentence) -> list[Item]:
    """Every "quantity at price", else two or more "money for something"; taken from the sentence."""
    items = [_item(sentence, match) for match in _LINE.finditer(sentence.low)]
    if items:
        _blank(sentence, _LINE)
        return items
    priced = list(_PRICED.finditer(sentence.low))
    if len(priced) < 2:
        return []
    items = [_priced(sentence, match) for match in priced]
    _blank(sentence, _PRICED)
    return items


def _blank(sentence: Sentence, pattern: re.Pattern[str]) -> None:
    for match in list(pattern.finditer(sentence.low)):
        sentence.take_match(match)


def _code(match: re.Match[str]) -> str | None:
    word = match["pre"] or match["post"]
    return currency_code(word) if word else None


def _item(sentence: Sentence, match: re.Match[str]) -> Item:
    group = next((name for name in ("what", "what2", "what3") if (match[name] or "").strip()), None)
    what = sentence.text[match.start(group) : match.end(group)].strip() if group else ""
    what = re.sub(r"\s?\b(?:at|@|a|zu|je)$", "", what)
    return Item(
        quantity=Decimal(match["qty"].replace(",", ".")),
        unit_price=number(match["price"]) * (1000 if match["k"] else 1),
        currency=_code(match),
        description=what or None,
        unit=match["unit"],
    )


def _priced(sentence: Sentence, match: re.Match[str]) -> Item:
    return Item(
        quantity=Decimal(1),
        unit_price=number(match["price"] or match["price2"])
        * (1000 if match["k"] or match["k2"] else 1),
        currency=_code(match),
        description=sentence.text[match.start("what") : match.end("what")].strip(),
        unit=None,
    )


def total(items: Sequence[Item]) -> Decimal:
    return sum((one.quantity * one.unit_price for one in items), Decimal(0))


_LONG = {
    "h": "hours",
    "hr": "hours",
    "hrs": "hours",
    "d": "days",
    "std": "Stunden",
    "std.": "Stunden",
}


def as_slot(items: Sequence[Item], description: str | None, currency: str) -> Slot:
    """`description` of the whole stands on every line that has none of its own."""
    return [
        {
            "description": one.description
            or description
            or _LONG.get(one.unit or "", one.unit or ""),
            "quantity": spell_plain(one.quantity) if one.quantity else "0",
            "unit_price": spell(one.unit_price, currency) or str(one.unit_price),
        }
        for one in items
    ]
