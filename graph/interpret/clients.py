"""Which customer a sentence names: exactly, by contact or e-mail, or with a small slip."""

from __future__ import annotations

import re
from dataclasses import dataclass

from graph.interpret import names
from graph.interpret.names import Index
from graph.interpret.reading import Choice, CustomerRef, Directory
from graph.interpret.sentence import Sentence

_TOKEN = re.compile(r"[^\W_]+(?:[.'][^\W_]+)*\.?", re.UNICODE)
EMAIL = re.compile(r"[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,4}\.[a-z]{2,24}")
# A known short name followed by one of these is probably another company.
_OTHER_COMPANY = frozenset(
    [
        "group",
        "holding",
        "holdings",
        "studio",
        "studios",
        "robotics",
        "labs",
        "lab",
        "partners",
        "solutions",
        "systems",
        "international",
        "industries",
        "technologies",
        "tech",
        "bank",
        "foundation",
        "ventures",
        "capital",
        "motors",
        "foods",
        "pharma",
        "energy",
        "logistics",
        "brothers",
        "bros",
        "europe",
        "america",
    ]
)
_COMMON = frozenset(
    [
        "invoice",
        "bill",
        "charge",
        "send",
        "client",
        "customer",
        "paid",
        "pay",
        "payment",
        "money",
        "project",
        "work",
        "month",
        "week",
        "that",
        "this",
        "them",
        "they",
        "their",
        "from",
        "with",
        "over",
        "about",
        "website",
        "page",
        "landing",
        "design",
        "some",
        "more",
        "last",
        "next",
        "late",
        "time",
        "home",
        "done",
        "what",
        "when",
        "where",
        "which",
        "email",
        "address",
        "name",
        "terms",
    ]
)


@dataclass(frozen=True, kw_only=True)
class Mention:
    """`customer` if certain; `choices` if several fit; `fuzzy` if a slip was forgiven."""

    start: int
    end: int
    customer: CustomerRef | None = None
    choices: tuple[Choice, ...] = ()
    fuzzy: bool = False


def find(sentence: Sentence, directory: Directory) -> Mention | None:
    """The best exact mention anywhere: name before contact, longer before shorter, first first."""
    found = names.of(directory.customers())
    email = _by_email(sentence, directory)
    if email is not None:
        return email
    for name, customer in found.unspaced:
        at = sentence.text.find(name)
        if at >= 0:
            return Mention(start=at, end=at + len(name), customer=customer)
    tokens = [(m.start(), _end(sentence, m)) for m in _TOKEN.finditer(sentence.text)]
    best: tuple[tuple[int, int, int], Mention] | None = None
    for at, (start, _) in enumerate(tokens):
        for width in range(min(found.longest + 3, len(tokens) - at), 0, -1):
            end = tokens[at + width - 1][1]
            mention = _exact(sentence, start, end, found, at)
            if mention is not None:
                rank, hit = mention
                order = (rank if rank > 1 else 0, -width if rank > 1 else 0, start)
                if best is None or order < best[0]:
                    best = (order, hit)
                break
    return best[1] if best else None


def _end(sentence: Sentence, match: re.Match[str]) -> int:
    """Without a possessive 's and without the full stop of a sentence."""
    word = match[0].casefold()
    if word.endswith("'s"):
        return match.end() - 2
    return match.end() - (1 if word.endswith(".") and word.count(".") == 1 else 0)


def _by_email(sentence: Sentence, directory: Directory) -> Mention | None:
    for match in EMAIL.finditer(sentence.low):
        for customer in directory.customers():
            if customer.email and customer.email.casefold() == match[0]:
                return Mention(start=match.start(), end=match.end(), customer=customer)
    return None


def _exact(
    sentence: Sentence, start: int, end: int, found: Index, at: int
) -> tuple[int, Mention] | None:
    typed = sentence.text[start:end]
    if re.search(r"[,;:\n\x1f]", typed):
        return None
    spelled = names.key(typed)
    for rank, table in enumerate(found.ranks):
        hits = table.get(spelled)
        if not hits:
            continue
        if rank == 3 and not typed[:1].isupper() and len(hits) == 1 and spelled == typed:
            single_contact = spelled in names.words(hits[0].contact or "")
            if single_contact:
                continue
        return rank, _mention(sentence, start, end, hits, typed)
    short, form = names.short_words(typed), names.legal_form(typed)
    if form:
        hits = found.ranks[1].get(" ".join(short))
        if hits:
            return 1, Mention(start=start, end=end, choices=_choices(hits, typed))
    return None


def _mention(
    sentence: Sentence, start: int, end: int, hits: tuple[CustomerRef, ...], typed: str
) -> Mention:
    after = re.match(r" ([A-Z][a-z]+)\b", sentence.text[end : end + 30])
    if len(hits) == 1 and after and after[1].casefold() in _OTHER_COMPANY:
        longer = f"{typed} {after[1]}"
        return Mention(start=start, end=end + len(after[0]), choices=_choices(hits, longer))
    if len(hits) == 1:
        return Mention(start=start, end=end, customer=hits[0])
    return Mention(start=start, end=end, choices=_choices(hits, None))


def _choices(hits: tuple[CustomerRef, ...], typed: str | None) -> tuple[Choice, ...]:
    known = tuple(Choice(label=one.name, value=one.name) for one in hits[:6])
    return known if typed is None else (*known, Choice(label=f"{typed} (new)", value=typed))


def named(phrase: str, directory: Directory) -> Mention:
    """What a phrase that must be a name stands for; nothing certain means the name as typed."""
    whole = Mention(start=0, end=len(phrase))
    found = find(Sentence(phrase), directory)
    if found is not None:
        return found
    typed = names.key(phrase)
    close = _close(typed, names.of(directory.customers()))
    if len(close) == 1:
        return Mention(start=0, end=len(phrase), customer=close[0], fuzzy=True)
    if close:
        return Mention(start=0, end=len(phrase), choices=_choices(close, None))
    return whole


def _close(typed: str, found: Index) -> tuple[CustomerRef, ...]:
    """Customers one slip away (two for long names); the first letter must be right."""
    if len(typed) < 4 or typed in _COMMON:
        return ()
    from rapidfuzz.distance import OSA

    best, hits = 3, list[CustomerRef]()
    for spelling in found.spellings:
        allowed = 1 if min(len(spelling), len(typed)) < 8 else 2
        if spelling[:1] != typed[:1] or abs(len(spelling) - len(typed)) > allowed:
            continue
        slips = OSA.distance(spelling, typed, score_cutoff=allowed)
        if slips <= allowed and slips <= best:
            customers = {**found.ranks[1], **found.ranks[0]}[spelling]
            hits = [*(hits if slips == best else ()), *customers]
            best = slips
    return tuple(dict.fromkeys(hits))


def by_name(name: str, directory: Directory) -> CustomerRef | None:
    wanted = names.key(name)
    return next((one for one in directory.customers() if names.key(one.name) == wanted), None)
