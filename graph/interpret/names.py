"""The ways a customer's name is written: without its legal form, without accents, by contact."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from graph.interpret.reading import CustomerRef

LEGAL = frozenset(
    [
        "gmbh",
        "mbh",
        "ug",
        "ag",
        "kg",
        "ohg",
        "gbr",
        "ek",
        "ev",
        "se",
        "kgaa",
        "ltd",
        "limited",
        "llc",
        "llp",
        "plc",
        "inc",
        "incorporated",
        "corp",
        "corporation",
        "co",
        "company",
        "bv",
        "nv",
        "vof",
        "sarl",
        "sas",
        "sasu",
        "sa",
        "eurl",
        "srl",
        "spa",
        "sl",
        "slu",
        "lda",
        "ab",
        "as",
        "asa",
        "aps",
        "oy",
        "oyj",
        "sp",
        "zoo",
        "sro",
        "kft",
        "pty",
        "pte",
        "kk",
        "cie",
        "haftungsbeschrankt",
    ]
)
_JOINERS = frozenset(["and", "und", "et", "y", "e", "the"])
# Contact names that are verbs or months: they never stand for a client on their own.
_NOT_A_PERSON = frozenset(
    [
        "bill",
        "mark",
        "will",
        "may",
        "april",
        "june",
        "august",
        "rob",
        "sue",
        "pat",
        "drew",
        "grant",
        "chase",
    ]
)
_GENERIC = frozenset(
    [
        "der",
        "die",
        "das",
        "the",
        "new",
        "studio",
        "studios",
        "cafe",
        "hotel",
        "agency",
        "digital",
        "design",
        "media",
        "global",
        "first",
        "best",
        "blue",
        "green",
        "red",
        "big",
        "old",
        "young",
        "great",
        "north",
        "south",
        "east",
        "west",
        "office",
        "team",
        "group",
        "web",
    ]
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.\s?){2,}")


def words(name: str) -> list[str]:
    """Folded words; "e.K." and "S.A." become one word each, "&" and "and" none."""
    joined = _DOTTED.sub(lambda m: m[0].replace(".", "").replace(" ", "") + " ", name)
    plain = unicodedata.normalize("NFKD", joined.casefold().replace("ø", "o").replace("ł", "l"))
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    return [word for word in _WORD.findall(bare) if word not in _JOINERS]


def key(name: str) -> str:
    return " ".join(words(name))


def short_words(name: str) -> list[str]:
    """Words without the legal form at the end (unless nothing would be left)."""
    found = words(name)
    while len(found) > 1 and found[-1] in LEGAL:
        found.pop()
    return found


def legal_form(name: str) -> str | None:
    found = words(name)
    return found[-1] if len(found) > 1 and found[-1] in LEGAL else None


@dataclass(frozen=True, kw_only=True)
class Index:
    """Folded spelling → customers, one table per strength of evidence (strongest first)."""

    ranks: tuple[dict[str, tuple[CustomerRef, ...]], ...]
    longest: int
    spellings: tuple[str, ...]
    unspaced: tuple[tuple[str, CustomerRef], ...]


@lru_cache(maxsize=8)
def index(customers: tuple[CustomerRef, ...]) -> Index:
    ranks: tuple[dict[str, tuple[CustomerRef, ...]], ...] = ({}, {}, {}, {})
    for customer in customers:
        for rank, spelling in _spellings(customer):
            if spelling:
                known = ranks[rank].get(spelling, ())
                if customer not in known:
                    ranks[rank][spelling] = (*known, customer)
    longest = max((len(one.split()) for rank in ranks for one in rank), default=1)
    return Index(
        ranks=ranks,
        longest=min(longest, 8),
        spellings=tuple({**ranks[0], **ranks[1]}),
        unspaced=tuple((c.name, c) for c in customers if not fold_is_latin(c.name)),
    )


def fold_is_latin(name: str) -> bool:
    return all(ord(char) < 0x2E80 for char in name)


def _spellings(customer: CustomerRef) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for name in (customer.name, customer.name.casefold().translate(_UMLAUTS)):
        short = short_words(name)
        found += [(0, key(name)), (1, " ".join(short))]
        if len(short) > 1:
            found.append((1, "".join(short)))
            if len(short[0]) >= 4 and short[0] not in _GENERIC:
                found.append((3, short[0]))
    contact = words(customer.contact or "")
    if contact:
        found.append((2, " ".join(contact)))
        found += [
            (3, w) for w in (contact[0], contact[-1]) if len(w) > 2 and w not in _NOT_A_PERSON
        ]
    return found


def of(customers: Sequence[CustomerRef]) -> Index:
    return index(tuple(customers))
