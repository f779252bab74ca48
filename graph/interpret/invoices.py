"""Which invoice is meant: by number, "the last Hooli invoice", "that invoice"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from graph.interpret.reading import Choice, Context, CustomerRef, Directory, InvoiceRef
from graph.interpret.sentence import Sentence
from stores.types import Money

NUMBER = re.compile(r"(?<![0-9a-z-])(?:[a-z]{1,4}-)?(?:19|20)[0-9]{2}-[0-9]{3,6}(?![0-9-]|/[0-9])")
_SHORT = re.compile(
    r"(?:\binvoice|\brechnung|\bno\.?|\bnr\.?|\bnumber)\s?(?:no\.?|nr\.?|number|#)?\s?#?([0-9]{1,4})\b"
    r"|(?<![0-9a-z])#([0-9]{1,4})\b"
)
_LAST = re.compile(r"\b(?:last|latest|newest|most recent|letzte[nr]?)\b")
_POINTED = re.compile(
    r"\b(?:that|this|the|it|same|diese|die)\b(?: (?:\S+ )?(?:invoice|one|bill|rechnung))?"
)
_OPEN = ("open", "partial")


@dataclass(frozen=True, kw_only=True)
class Named:
    """`number` if certain, else `choices` when several fit, else neither."""

    number: str | None = None
    choices: tuple[Choice, ...] = ()


def take_number(sentence: Sentence, directory: Directory) -> str | None:
    """The first document number written in full, or short ("invoice 7") if it is a known one."""
    match = NUMBER.search(sentence.low)
    if match is not None:
        sentence.take_match(match)
        return match[0].upper()
    short = _SHORT.search(sentence.low)
    if short is None:
        return None
    wanted = int(short[1] or short[2])
    for one in directory.latest_invoices():
        tail = re.search(r"[0-9]+$", one.number)
        if tail and int(tail[0]) == wanted:
            sentence.take_match(short)
            return one.number
    return None


def resolve(
    low: str, client: CustomerRef | None, directory: Directory, context: Context, *, payable: bool
) -> Named:
    """The invoice words point at. `payable` leaves out what is paid already as well as void."""
    pool = _pool(client, directory, payable)
    if _LAST.search(low):
        newest = next(iter(pool), None)
        return Named(number=newest.number) if newest else Named()
    if client is None and context.invoice and _POINTED.search(low):
        return Named(number=context.invoice)
    if client is None and context.client:
        known = next((c for c in directory.customers() if c.name == context.client), None)
        if known is not None:
            pool = _pool(known, directory, payable)
    return one_of(pool)


def _pool(client: CustomerRef | None, directory: Directory, payable: bool) -> Sequence[InvoiceRef]:
    listed = directory.invoices_of(client.id) if client else directory.latest_invoices()
    alive = [one for one in listed if one.state != "void"]
    return [one for one in alive if one.state in _OPEN] if payable else alive


def one_of(pool: Sequence[InvoiceRef]) -> Named:
    if len(pool) == 1:
        return Named(number=pool[0].number)
    return Named(choices=tuple(choice(one) for one in pool[:6]))


def choice(one: InvoiceRef) -> Choice:
    total = Money(amount_minor=one.total_minor, currency=one.currency)
    label = f"{one.number} · {one.customer_name} · {total.major:,} {one.currency}"
    return Choice(label=label, value=one.number)
