"""Fill a store with years of work: one real turn is copied row by row, with ids, numbers and dates
of its own, and its events go into the same hash chain. `verify` and `replay` stay clean.

Only for `bench`: writes past every rule, without durability, into a database nobody has open.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from graph.books import put_customer
from graph.keys import operation_key
from graph.numbers import spell
from stores.events import chain_hash
from stores.types import Source
from stores.unit_of_work import UnitOfWork

Marks = dict[str, int]

_CUT = "\x1f"  # between the columns of a template; in no text of a turn
_BATCH = 2000  # copies between two writes
_DAY = r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)"
# One row each, whatever happens; or written at the end.
_ONCE = frozenset(["conversation", "event_head", "document_series", "company", "customer"])


@dataclass(frozen=True)
class _Template:
    """One row: `text` gives its columns, cut and ready for `%`, or the event's own five."""

    sql: str
    text: str


@dataclass
class _Turn:
    """The turn that is copied. `command` is the template of the frozen Command."""

    day: date
    year: int
    customer: str
    action_suffix: str
    seqs: list[int]
    events: list[_Template] = field(default_factory=list)
    rows: list[_Template] = field(default_factory=list)
    command: str = ""


def marks(database: Path) -> Marks:
    """How far each table goes now; what comes after is the turn to copy."""
    with sqlite3.connect(database) as connection:
        return {
            name: connection.execute(f'SELECT coalesce(max(rowid), 0) FROM "{name}"').fetchone()[0]  # noqa: S608
            for name in _tables(connection)
        }


def add_customers(uow: UnitOfWork, count: int) -> None:
    """Through the books, with names nobody mistakes for one of the three of the sample."""
    syllables = [first + second for first in "bdfklmnprst" for second in "aeiou"]
    for number in range(count - 3):
        high, low = divmod(number, len(syllables))
        word = f"{syllables[high % len(syllables)]}{syllables[low]}".capitalize()
        name = f"{word}{syllables[(high + low) % len(syllables)]} GmbH"
        fields: dict[str, str | int | None] = {
            "email": f"{word.lower()}{number}@{word.lower()}.example",
            "contact": f"Person {word}",
            "address": f"Weg {number}\n10115 Berlin",
            "country": "DE",
            "currency": "EUR",
        }
        put_customer(uow, None, name, fields, source=Source.OPERATOR, cause="bench")


def fill(
    database: Path, before: Marks, *, invoices: int, days: int, say: Callable[[str], None]
) -> tuple[int, int]:
    """Copy the one turn made since `before` until there are `invoices`, over `days` days.

    Returns the number of events and of invoices in the store.
    """
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-400000")
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall()
        turn = _read_turn(connection, before)
        connection.execute("BEGIN")
        for name, _ in indexes:
            connection.execute(f'DROP INDEX "{name}"')
        _copy(connection, turn, invoices=invoices, days=days, say=say)
        for _, sql in indexes:
            connection.execute(sql)
        connection.execute("COMMIT")
        connection.execute("PRAGMA locking_mode=NORMAL")
        connection.execute("PRAGMA journal_mode=WAL")
        counts = [
            connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608
            for name in ("event", "invoice")
        ]
    finally:
        connection.close()
    return counts[0], counts[1]


def _tables(connection: sqlite3.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    return [name for (name,) in connection.execute(query) if name != "alembic_version"]


def _read_turn(connection: sqlite3.Connection, before: Marks) -> _Turn:
    connection.row_factory = sqlite3.Row
    new: dict[str, list[sqlite3.Row]] = {
        name: connection.execute(
            f'SELECT * FROM "{name}" WHERE rowid > ? ORDER BY rowid',  # noqa: S608
            (before.get(name, 0),),
        ).fetchall()
        for name in _tables(connection)
        if name not in _ONCE
    }
    connection.row_factory = None
    [invoice], [action], [number] = new["invoice"], new["action"], new["document_number"]
    [operation], [inbox] = new["operation"], new["inbox"][:1]
    slots = {
        invoice["customer_id"]: "%(customer)s",
        invoice["number"]: "%(number)s",
        action["content_hash"]: "%(content_hash)s",
        operation["key"]: "%(key)s",
    }
    suffixes: dict[str, str] = {}
    for rows in new.values():
        for row in rows:
            if "id" in row.keys() and isinstance(row["id"], str):  # noqa: SIM118  # a Row, no dict
                suffixes[row["id"]] = f"{len(suffixes):06x}"
                slots[row["id"]] = f"%(id)s{suffixes[row['id']]}"
    for place, row in enumerate(new["button"]):
        slots[row["token"]] = f"%(token)s{place:02d}"
    for place, row in enumerate(new["inbox"]):
        slots[row["provider_id"]] = f"%(id)s/{place}"
    turn = _Turn(
        day=date.fromisoformat(str(inbox["received_at"])[:10]),
        year=number["year"],
        customer=invoice["customer_id"],
        action_suffix=suffixes[action["id"]],
        seqs=[row["seq"] for row in new["event"]],
    )
    put = _putter(slots, turn.day)
    own_numbers = {f'"n":{number["n"]}': '"n":%(n)s', f'"year":{turn.year}': '"year":%(year)s'}
    for row in new.pop("event"):
        text = put(_CUT.join(str(row[key]) for key in ("type", "version", "at", "subject")))
        payload = put(row["payload"])
        if row["type"].startswith("Number"):
            for literal, slot in own_numbers.items():
                payload = payload.replace(literal, slot)
        turn.events.append(_Template("", f"{text}{_CUT}{payload}"))
    for table, rows in new.items():
        turn.rows += [_template(table, row, put) for row in rows]
    kept = next(row for row in new["personal_text"] if row["id"] == action["command_text_id"])
    turn.command = put(kept["text"])
    return turn


def _putter(slots: dict[str, str], day: date) -> Callable[[str], str]:
    """Every id, number, hash and day of the turn becomes a slot; longer ones win."""
    literals = sorted(slots, key=len, reverse=True)
    pattern = re.compile("|".join([*map(re.escape, literals), _DAY]))

    def slot(match: re.Match[str]) -> str:
        known = slots.get(match[0])
        return known or f"%(d{(date.fromisoformat(match[0]) - day).days})s"

    return lambda text: pattern.sub(slot, text.replace("%", "%%"))


def _template(table: str, row: sqlite3.Row, put: Callable[[str], str]) -> _Template:
    """Columns that are null stay out. A copy's mail lies nowhere, so it names no bytes."""
    columns, values = [], []
    for name in row.keys():  # noqa: SIM118  # a Row, no dict
        value = row[name]
        if value is None or (table, name) in {("ledger_entry", "id"), ("operation", "raw_sha256")}:
            continue
        if name == "event_seq":
            text = f"%(seq{value})s"
        elif table == "document_number" and name in {"n", "year"}:
            text = f"%({name})s"
        else:
            text = put(str(value))
        columns.append(f'"{name}"')
        values.append(text)
    marks_of = ", ".join("?" * len(columns))
    sql = f'INSERT INTO "{table}" ({", ".join(columns)}) VALUES ({marks_of})'  # noqa: S608
    return _Template(sql, _CUT.join(values))


def _copy(
    connection: sqlite3.Connection,
    turn: _Turn,
    *,
    invoices: int,
    days: int,
    say: Callable[[str], None],
) -> None:
    seq, head = connection.execute("SELECT seq, hash FROM event_head WHERE id = 1").fetchone()
    first_seq = turn.seqs[0]
    rows: dict[str, list[list[str]]] = {}
    events: list[tuple[int, str, int, str, str, str, str, str]] = []
    customers = [row[0] for row in connection.execute("SELECT id FROM customer ORDER BY id")]
    copies = _copies(turn, invoices, days, customers)
    for count, values in enumerate(copies, start=1):
        for old in turn.seqs:
            values[f"seq{old}"] = str(seq + 1 + old - first_seq)
        for event in turn.events:
            kind, version, at, subject, payload = (event.text % values).split(_CUT)
            seq += 1
            digest = chain_hash(
                head,
                seq=seq,
                type=kind,
                version=int(version),
                at=at,
                subject=subject,
                payload=payload,
            )
            events.append((seq, kind, int(version), at, subject, payload, head, digest))
            head = digest
        for one in turn.rows:
            rows.setdefault(one.sql, []).append((one.text % values).split(_CUT))
        if count % _BATCH == 0:
            _write(connection, rows, events)
        if count % 20_000 == 0:
            say(f"filled {count} of {invoices} invoices")
    _write(connection, rows, events)
    connection.execute("UPDATE event_head SET seq = ?, hash = ? WHERE id = 1", (seq, head))
    for year in range(turn.year + 1, turn.year + 1 + days // 365 + 1):
        connection.execute(
            "INSERT OR IGNORE INTO document_series VALUES ('invoice', ?, 1)", (year,)
        )


def _copies(
    turn: _Turn, invoices: int, days: int, customers: list[str]
) -> Iterator[dict[str, str]]:
    """The slots of every copy, oldest first; numbers go on from the real turn's."""
    year, n, shown = turn.year, 1, None
    base: dict[str, str] = {}
    for count in range(1, invoices):
        day = turn.day + timedelta(days=count * days // invoices)
        if day.year != year:
            year, n = day.year, 0
        n += 1
        if day != shown:
            base = {f"d{off}": str(day + timedelta(days=off)) for off in range(-400, 401)}
            shown = day
        at_ms = int(datetime.combine(day, time(), UTC).timestamp() * 1000)
        own = f"{at_ms:012x}{count:08x}"
        values = base | {
            "id": own,
            "token": base64.urlsafe_b64encode(os.urandom(15)).decode(),
            "customer": customers[count % len(customers)],
            "number": spell("invoice", year, n),
            "n": str(n),
            "year": str(year),
        }
        digest = hashlib.sha256((turn.command % values).encode()).hexdigest()
        values["content_hash"] = digest
        values["key"] = operation_key(action_id=f"{own}{turn.action_suffix}", content_hash=digest)
        yield values


def _write(
    connection: sqlite3.Connection,
    rows: dict[str, list[list[str]]],
    events: list[tuple[int, str, int, str, str, str, str, str]],
) -> None:
    connection.executemany(
        "INSERT INTO event (seq, type, version, at, subject, payload, prev_hash, hash) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        events,
    )
    for sql, values in rows.items():
        connection.executemany(sql, values)
    rows.clear()
    events.clear()
