"""One field answered by one sentence: "Which e-mail address?" - "it's ap@acme.example"."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime

from graph.interpret import clients, countries, dates, money, names
from graph.interpret.clients import EMAIL
from graph.interpret.invoices import NUMBER, take_number
from graph.interpret.reading import Directory, Slot
from graph.interpret.sentence import MAX_CHARS, Sentence, clean, fold

_LEAD = re.compile(
    r"^(?:(?:it(?:'s| is| should be)|that(?:'s| is| would be)|make it|use|take|please|the|my|our|is"
    r"|i am|we are|i'm|ok(?:ay)?|yes|um|uh|well|for|to|on|das ist|es ist|bitte|nimm)[ ,:]+){1,4}",
)
_NONE = re.compile(
    r"^(?:no iban|none|skip|no|nope|later|not now|keine?|ohne|nothing|i (?:don't|do not) have one|-)$"
)
_STREET = re.compile(r"[a-z]", re.IGNORECASE)
_VAT_ID = re.compile(r"(?<![A-Z0-9])[A-Z]{2} ?[0-9A-Z][0-9A-Z .-]{4,14}[0-9A-Z](?![A-Z0-9])")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_REGIMES = (
    ("not-registered", r"not[- ]regist|unregistered|no registration|not vat reg|nicht registriert"
                       r"|exempt|no vat number"),
    ("small-business", r"small|klein|§ ?19|19 ustg|franchise"),
    ("standard", r"standard|normal|regular|i charge|we charge|charge vat|regelbesteuert|^yes$"
                 r"|regelbesteuerung|registered"),
)  # fmt: skip
_PERCENT = re.compile(
    r"(?<![0-9.,-])([0-9]{1,2}(?:[.,][0-9]{1,2})?)(?: ?(?:%|percent|prozent))?(?![0-9.,])"
)
_DAYS = re.compile(r"(?<![0-9-])([0-9]{1,3})(?: ?(?:d|days?|tagen?))?\b")
_WEEKS = re.compile(r"(?<![0-9-])([0-9]{1,2}) ?(?:weeks?|wochen?)\b")
_QUESTION = re.compile(r"\?\s*$")


def read_answer(field: str, text: str, *, now: datetime, directory: Directory) -> Slot | None:
    """The value for `field`, or None if the text does not answer it."""
    plain = clean(text[: MAX_CHARS * 2])
    if not plain or len(plain) > MAX_CHARS:
        return None
    today = now.date()
    if field == "client":
        return client(plain, directory)
    if field == "invoice":
        return invoice(plain, directory)
    if field == "amount":
        return amount(plain, directory)
    if field in ("date", "due", "publish_at", "start_date"):
        return day(plain, today, past=field == "date")
    reader = _READERS.get(field)
    return reader(plain) if reader else None


def without_lead(text: str) -> str:
    match = _LEAD.match(fold(text))
    rest = text[match.end() :] if match else text
    return rest.strip() or text


def client(text: str, directory: Directory) -> str | None:
    if _QUESTION.search(text) or len(text) > 120 or "\n" in text:
        return None
    bare = without_lead(text).strip(" .,;:!\"'")
    if not re.search(r"[^\W\d_]", bare) or fold(bare) in ("none", "neither", "no", "yes", "cancel"):
        return None
    mention = clients.named(bare, directory)
    if mention.customer is not None:
        return mention.customer.name
    return None if mention.choices or len(bare.split()) > 6 else bare


def invoice(text: str, directory: Directory) -> str | None:
    sentence = Sentence(text)
    number = take_number(sentence, directory)
    if number is not None:
        return number
    short = re.fullmatch(r"(?:the |number |no\.? |nr\.? |#)*([0-9]{1,4})", sentence.low.strip(" ."))
    if short is None:
        return None
    return take_number(Sentence(f"invoice {short[1]}"), directory)


def amount(text: str, directory: Directory) -> str | None:
    found = money.amounts(Sentence(text))
    if len(found) != 1:
        return None
    return money.spell(found[0].value, found[0].currency or directory.home_currency)


def day(text: str, today: date, *, past: bool) -> str | None:
    low = fold(text)
    found = dates.first_day(low, today=today, past=past)
    if found is None and not past:
        terms = re.search(r"\b(?:net )?([0-9]{1,3})\b", low) if "net" in low else None
        pos = terms.start(1) if terms else 0
        found = dates.day_at(low, pos, today=today, spans=True)
        if found is None and terms:
            return dates.shift(today, int(terms[1]), "days").isoformat()
    certain = found.certain if found else None
    return certain.isoformat() if certain else None


def email(text: str) -> str | None:
    found = EMAIL.findall(fold(text))
    return found[0] if len(set(found)) == 1 else None


def currency(text: str) -> str | None:
    whole = money.currency_code(without_lead(text))
    if whole:
        return whole
    codes = {money.currency_code(word) for word in re.findall(r"[^\s\d,;:]+", text)} - {None}
    return codes.pop() if len(codes) == 1 and len(text.split()) <= 5 else None


def country(text: str) -> str | None:
    bare = re.sub(r"^(?:in|from|aus) ", "", without_lead(text), flags=re.IGNORECASE)
    return countries.code(bare)


def vat_id(text: str) -> str | None:
    match = _VAT_ID.search(text.upper())
    if match is None:
        return None
    plain = re.sub(r"[ .-]", "", match[0])
    prefix = plain[:2] in countries.CODES or plain[:2] in ("EL", "XI")
    return plain if prefix and len(re.findall(r"[0-9]", plain)) >= 4 else None


def tax_id(text: str) -> str | None:
    found = vat_id(text)
    if found:
        return found
    match = re.search(r"[0-9][0-9A-Z/ .-]{3,24}[0-9A-Z]", text.upper())
    if match is None or len(re.findall(r"[0-9]", match[0])) < 5:
        return None
    return match[0].strip(" .")


def vat_regime(text: str) -> str | None:
    low = fold(text).strip(" .!")
    return next((name for name, said in _REGIMES if re.search(said, low)), None)


def percent(text: str) -> str | None:
    low = fold(text)
    found = _PERCENT.findall(low)
    if not found and re.search(r"\b(?:none|zero|no vat|keine)\b", low):
        return "0"
    if len(found) != 1:
        return None
    return money.spell_plain(money.number(found[0])) if money.number(found[0]) else "0"


def iban(text: str) -> str | None:
    low = fold(without_lead(text)).strip(" .!")
    if _NONE.match(low) or _NONE.match(fold(text).strip(" .!")):
        return ""
    compact = re.sub(r"[\s.-]|IBAN:?", "", text.upper())
    match = _IBAN.search(compact)
    if match is None:
        return None
    return match[0] if _mod97(match[0]) else None


def _mod97(number: str) -> bool:
    """ISO 13616: moved to the end, letters as numbers, remainder one."""
    turned = number[4:] + number[:4]
    return int("".join(str(int(char, 36)) for char in turned)) % 97 == 1


def first_number(text: str) -> int | None:
    low = fold(text)
    full = NUMBER.search(low)
    if full is not None:
        value = int(full[0].rsplit("-", 1)[1])
    else:
        found = re.findall(r"(?<![0-9.,-])[0-9]{1,6}(?![0-9.,]*[0-9])", low)
        if len(found) != 1:
            return 1 if re.search(r"\b(?:first|start|beginning|fresh)\b", low) else None
        value = int(found[0])
    return value if value > 0 else None


def terms_days(text: str) -> int | None:
    low = fold(text)
    if re.search(r"\b(?:immediately|on receipt|sofort|at once)\b", low):
        return 0
    weeks = _WEEKS.search(low)
    if weeks:
        return int(weeks[1]) * 7
    found = _DAYS.findall(low)
    return int(found[0]) if len(found) == 1 and int(found[0]) <= 365 else None


def words_of(text: str) -> str | None:
    """Free text: a name, a description, a contact."""
    bare = text.strip().strip('"').strip()
    return bare if re.search(r"\w", bare) and len(bare) <= 500 else None


def name(text: str) -> str | None:
    bare = without_lead(text).strip(" \"'").removesuffix("." if not names.legal_form(text) else "")
    return bare if _STREET.search(fold(bare)) or not bare.isascii() else None


def address(text: str) -> str | None:
    bare = text.strip().strip('"')
    if EMAIL.search(fold(bare)) or len(bare) < 6 or _QUESTION.search(bare):
        return None
    joined = ", ".join(part.strip(" ,") for part in bare.split("\n"))
    lettered = re.search(r"[^\W\d_]{2}", joined)
    return joined if lettered and (re.search(r"[0-9]", joined) or "," in joined) else None


def language(text: str) -> str | None:
    low = fold(without_lead(text)).strip(" .")
    known = {"english": "en", "german": "de", "englisch": "en", "deutsch": "de", "french": "fr",
             "spanish": "es", "italian": "it", "dutch": "nl", "japanese": "ja"}  # fmt: skip
    if low in known:
        return known[low]
    return (
        low
        if re.fullmatch(r"(?:en|de|fr|es|it|nl|pt|pl|sv|da|fi|ja)(?:[-_][a-z]{2})?", low)
        else None
    )


_READERS: dict[str, Callable[[str], Slot | None]] = {
    "currency": currency, "email": email, "client_email": email, "address": address,
    "country": country, "vat_id": vat_id, "tax_id": tax_id, "vat_regime": vat_regime,
    "default_vat": percent, "tax_rate": percent, "iban": iban, "first_number": first_number,
    "name": name, "description": words_of, "contact": name, "notes": words_of,
    "terms_days": terms_days, "language": language, "timezone": words_of,
}  # fmt: skip


def read_field(field: str, text: str) -> Slot | None:
    """A customer's field from its own words; None if they do not fit it."""
    reader = _READERS.get(field)
    return reader(text) if reader else None
