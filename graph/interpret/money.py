"""Amounts as people write them: 1,200 · 1.200,50 · 1'200 · 1.2k · €1200 · US$ 700."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from graph.interpret.dates import MONTH
from graph.interpret.sentence import TAKEN, Sentence, fold
from stores.types import Money, minor_digits

# Codes anyone is likely to invoice in; any other three letters are a word, not a currency.
CODES = frozenset(
    [
        "EUR",
        "USD",
        "GBP",
        "CHF",
        "JPY",
        "CNY",
        "CAD",
        "AUD",
        "NZD",
        "SEK",
        "NOK",
        "DKK",
        "ISK",
        "PLN",
        "CZK",
        "HUF",
        "RON",
        "BGN",
        "TRY",
        "ILS",
        "AED",
        "SAR",
        "QAR",
        "KWD",
        "BHD",
        "OMR",
        "JOD",
        "TND",
        "MAD",
        "EGP",
        "ZAR",
        "NGN",
        "KES",
        "INR",
        "PKR",
        "SGD",
        "HKD",
        "TWD",
        "KRW",
        "THB",
        "MYR",
        "IDR",
        "PHP",
        "VND",
        "BRL",
        "MXN",
        "ARS",
        "CLP",
        "COP",
        "PEN",
        "UYU",
        "UAH",
        "GEL",
        "RSD",
        "XOF",
        "XAF",
    ]
)
_WORDS = {
    "€": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "us$": "USD", "dollar": "USD",
    "dollars": "USD", "bucks": "USD", "£": "GBP", "pound": "GBP", "pounds": "GBP", "quid": "GBP",
    "fr.": "CHF", "sfr": "CHF", "franken": "CHF", "francs": "CHF", "¥": "JPY", "yen": "JPY",
    "円": "JPY", "c$": "CAD", "ca$": "CAD", "a$": "AUD", "au$": "AUD", "nz$": "NZD", "hk$": "HKD",
    "s$": "SGD", "r$": "BRL", "₹": "INR", "rupees": "INR", "zl": "PLN", "zloty": "PLN",
    "₪": "ILS", "₩": "KRW", "₺": "TRY", "₴": "UAH",
}  # fmt: skip
# Words that are also English and therefore count only in capitals.
_UPPER_ONLY = {"TRY", "PEN", "COP", "ALL", "GEL", "MAD", "PHP"}

_SIGN = r"(?:us|ca|c|au|a|nz|hk|s|r)?\$|[€£¥₹₪₩₺₴]"
_NAMED = (
    r"(?:eur(?:os?)?|dollars?|bucks|pounds?|quid|sfr|fr\.|franken|francs|yen|rupees|zl|zloty|"
    + "|".join(code.lower() for code in sorted(CODES - {"EUR"}))
    + r")(?![a-z])"
)
CURRENCY = rf"(?:{_SIGN}|{_NAMED}|円)"
NUMBER = (
    r"(?:[0-9]{1,3}(?:[,.'][0-9]{3})+(?:[.,][0-9]{1,4})?"
    r"|[0-9]{1,3}(?: [0-9]{3})+(?:[.,][0-9]{1,2})?(?![0-9])"
    r"|[0-9]{1,12}(?:[.,][0-9]{1,4})?)"
)
_MONEY = re.compile(
    rf"(?<![0-9a-z.,#/:-])(?P<neg>-)?(?:(?P<pre>{CURRENCY})\s?(?P<neg2>-)?)?"
    rf"(?P<num>{NUMBER})(?P<k>\s?k(?![a-z])|\s?(?:grand|thousand|tausend)(?![a-z]))?"
    rf"(?:,-|\.-|,--)?(?:\s?(?P<post>{CURRENCY}))?"
)
# What makes a bare number something other than money.
_NOT_AFTER = re.compile(
    rf"\s?(?:%|percent|prozent|(?:st|nd|rd|th)\b|\.?\s?(?:{MONTH})\b|\.[0-9]|:[0-9]|/[0-9]|-[0-9]"
    r"|(?:more )?(?:days?|tagen?|weeks?|wochen?|months?|monate?n?|years?|hours?|hrs?|h|d|min(?:utes?)?"
    r"|std|stunden?|pages?|posts?|people|persons?|times|x|pcs|units?|users?|seats?|pm|am)\b)"
)
_NOT_BEFORE = re.compile(
    rf"(?:\b(?:{MONTH})\.?|\b(?:net|netto in|phase|part|teil|version|v|q|kw|week|sprint|no|nr|number"
    r"|milestone|round|day|terms|step|stage|batch|#)\.?)\s?$"
)


@dataclass(frozen=True, kw_only=True)
class Amount:
    """`value` may be zero or negative; the caller refuses those. `currency` only if written."""

    value: Decimal
    currency: str | None
    start: int
    end: int


def currency_code(word: str) -> str | None:
    """ISO code of a sign, name or code, else None."""
    stripped = word.strip().strip(".,;:!?") or word.strip()
    if stripped.upper() in CODES:
        return stripped.upper()
    low = fold(word.strip())
    return _WORDS.get(low) or _WORDS.get(low.strip(".,;:!?"))


def number(text: str) -> Decimal:
    """A written number; one separator before exactly three digits groups thousands."""
    plain = text.replace("'", "").replace(" ", "")
    last = max(plain.rfind(","), plain.rfind("."))
    if last == -1:
        return Decimal(plain)
    head, mark, tail = plain[:last], plain[last], plain[last + 1 :]
    other = "," if mark == "." else "."
    grouping = len(tail) == 3 and other not in head and head.lstrip("0") != ""
    if grouping or mark in head:
        return Decimal(re.sub(r"[.,]", "", plain))
    return Decimal(f"{re.sub(r'[.,]', '', head) or '0'}.{tail}")


def amounts(sentence: Sentence, *, bare: bool = True) -> list[Amount]:
    """Every amount in reading order. If one has a currency, bare numbers beside it do not count."""
    strong: list[Amount] = []
    weak: list[Amount] = []
    low = sentence.low
    for match in _MONEY.finditer(low):
        found = _amount(sentence, match)
        if found is None:
            continue
        if found.currency:
            strong.append(found)
        elif _is_bare_money(low, match):
            weak.append(found)
    return strong or (weak if bare else [])


def _amount(sentence: Sentence, match: re.Match[str]) -> Amount | None:
    value = number(match["num"])
    if match["k"]:
        value *= 1000
    if match["neg"] or match["neg2"]:
        value = -value
    end = match.end()
    currency = None
    for group in ("pre", "post"):
        word = match[group]
        if not word:
            continue
        code = currency_code(word)
        typed = sentence.text[match.start(group) : match.end(group)]
        if code in _UPPER_ONLY and typed != code:
            end = match.start("post") if group == "post" else end
            continue
        currency = currency or code
    if currency is None and re.fullmatch(r"[0-9]{3}(?: [0-9]{3})+", match["num"]):
        value = Decimal(0)  # "500 600" is two sums or one: not ours to say.
    if currency is None and re.match(r"[0-9]", low_at(sentence.low, end)):
        return None
    return Amount(value=value, currency=currency, start=match.start(), end=end)


def low_at(low: str, index: int) -> str:
    return low[index : index + 1]


def _is_bare_money(low: str, match: re.Match[str]) -> bool:
    after = low[match.end() : match.end() + 24]
    before = low[max(0, match.start() - 16) : match.start()]
    if match["k"] is None and (_NOT_AFTER.match(after) or re.match(r"[a-z]", after)):
        return False
    if _NOT_BEFORE.search(before):
        # "October 1200" is money, "October 2026" and "Dec 20" are not.
        plain = match["num"]
        year = bool(re.fullmatch(r"(?:19|20)[0-9]{2}", plain))
        return (
            len(plain) > 2
            and not year
            and not re.search(r"[#]\s?$|\b(?:no|nr|net|q)\.?\s?$", before)
        )
    return True


def spell(value: Decimal, currency: str) -> str | None:
    """The slot: a decimal string with the currency's digits; None if they cannot hold it."""
    if value <= 0 or value >= Decimal(10) ** 12:
        return None
    if value != round(value, minor_digits(currency)):
        return None
    return f"{Money.of(value, currency).major:f}"


def spell_plain(value: Decimal) -> str:
    """A quantity or a rate: no trailing zeros, no exponent."""
    return f"{value.normalize():f}"


__all__ = ["CODES", "CURRENCY", "NUMBER", "TAKEN", "Amount", "amounts", "currency_code", "number",
           "spell", "spell_plain"]  # fmt: skip
