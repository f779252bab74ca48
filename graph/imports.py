"""Clients from a CSV file: good rows in, bad rows named, nothing twice.

What came from a file is marked so, and no automatic rule acts on it until she confirms it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.numbers import is_currency
from sqlmodel import select

from graph import cards
from graph.books import fold, put_customer
from graph.cards import Place
from stores.tables.company import Customer
from stores.types import Source
from stores.unit_of_work import UnitOfWork

COLUMNS = (
    "name", "email", "contact", "currency", "timezone", "notes", "address", "country", "vat_id",
    "language", "terms_days",
)  # fmt: skip
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
_LONGEST = {"notes": 2000, "address": 500}


class ImportRefused(Exception):
    """The file as a whole cannot be read; the text is for the operator."""


@dataclass
class Imported:
    """`problems` are sentences with the line number of the file."""

    added: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def headline(self) -> str:
        parts = [f"{len(self.added)} client{'s' if len(self.added) != 1 else ''} added"]
        if self.known:
            parts.append(f"{len(self.known)} known already and left as they are")
        if self.problems:
            parts.append(f"{len(self.problems)} line(s) not taken")
        return ", ".join(parts) + "."


def import_customers(uow: UnitOfWork, data: bytes) -> Imported:
    """One commit. Raises `ImportRefused`; importing the same file again adds nothing."""
    rows = _rows(data)
    cause = f"import:{hashlib.sha256(data).hexdigest()[:16]}"
    known = set(uow.session.exec(select(Customer.name_folded)).all())
    result = Imported()
    for line, row in rows:
        try:
            fields = _fields(row)
        except ValueError as problem:
            result.problems.append(f"Line {line}: {problem}.")
            continue
        name = str(fields.pop("name"))
        if fold(name) in known:
            result.known.append(name)
            continue
        known.add(fold(name))
        put_customer(uow, None, name, {"name": name, **fields}, source=Source.FILE, cause=cause)
        result.added.append(name)
    return result


def take_file(uow: UnitOfWork, place: Place, name: str, data: bytes) -> None:
    """A file handed over in a chat; what became of it is said there."""
    try:
        result = import_customers(uow, data)
    except ImportRefused as refused:
        cards.say(uow, place, f"I could not take {name}: {refused}", kind="notice")
        return
    lines = [*result.problems[:10], *([", ".join(result.added[:20])] if result.added else [])]
    cards.say(uow, place, result.headline(), lines, kind="notice")


def _rows(data: bytes) -> list[tuple[int, dict[str, str]]]:
    if b"\0" in data[:4096]:
        raise ImportRefused("it is not a text file.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    text = text.replace("\0", "�")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = [one.strip().casefold().replace(" ", "_") for one in next(reader, [])]
        if "name" not in header:
            raise ImportRefused(
                "its first line must name the columns, at least name; known are "
                f"{', '.join(COLUMNS)}."
            )
        unknown = [one for one in header if one and one not in COLUMNS]
        if unknown:
            raise ImportRefused(
                f"I know no column {', '.join(unknown)}; known are {', '.join(COLUMNS)}."
            )
        found = []
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            cells = dict(zip(header, (cell.strip() for cell in row), strict=False))
            if len(row) > len(header):
                cells["__extra"] = "yes"
            found.append((reader.line_num, cells))
    except csv.Error as error:
        raise ImportRefused(f"it is not valid CSV ({error}).") from error
    return found


def _fields(row: dict[str, str]) -> dict[str, Any]:
    if row.pop("__extra", ""):
        raise ValueError("it has more cells than the first line has columns")
    given: dict[str, Any] = {name: value for name, value in row.items() if name and value}
    if "name" not in given:
        raise ValueError("it has no name")
    for name, value in given.items():
        if len(value) > _LONGEST.get(name, 200):
            raise ValueError(f"its {name} is too long")
        if name not in _LONGEST and any(ord(c) < 32 for c in value):
            raise ValueError(f"its {name} holds control characters")
    if "email" in given and not _EMAIL.fullmatch(given["email"]):
        raise ValueError(f"{given['email']} is no e-mail address")
    if "currency" in given:
        given["currency"] = given["currency"].upper()
        if not is_currency(given["currency"]):
            raise ValueError(f"{given['currency']} is no currency (EUR, USD, …)")
    if "country" in given:
        given["country"] = given["country"].upper()
        if given["country"] not in Locale("en").territories or len(given["country"]) != 2:
            raise ValueError(f"{given['country']} is no country code (DE, US, …)")
    if "timezone" in given:
        try:
            ZoneInfo(given["timezone"])
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{given['timezone']} is no time zone (Europe/Berlin, …)") from None
    if "language" in given:
        try:
            Locale.parse(given["language"].replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            raise ValueError(f"{given['language']} is no language (en, de, …)") from None
    if "terms_days" in given:
        if not given["terms_days"].isdigit() or int(given["terms_days"]) > 365:
            raise ValueError(f"{given['terms_days']} is no number of days")
        given["terms_days"] = int(given["terms_days"])
    return given
