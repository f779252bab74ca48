"""One function per invariant over a read-only connection. Knows no table class and no projection.

Works on both databases; every function yields what is wrong, in words.
"""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from stores.verify.rows import Rows, reading


@dataclass(frozen=True)
class Breach:
    invariant: str
    detail: str


def verify(database_url: str, data_dir: Path) -> list[Breach]:
    """Every breach found, in the database and in the files of the data folder."""
    with reading(database_url) as rows:
        found = [
            Breach(check.__name__.removeprefix("_"), detail)
            for check in _CHECKS
            for detail in check(rows)
        ]
        found += [Breach("outbox", detail) for detail in _outbox(rows, data_dir)]
    return found + [Breach("private_files", detail) for detail in _private(data_dir)]


def _integrity(db: Rows) -> Iterator[str]:
    """SQLite's own check, and no dangling reference. PostgreSQL sees to both itself."""
    if not db.sqlite:
        return
    for row in db.execute("PRAGMA integrity_check"):
        if row[0] != "ok":
            yield str(row[0])
    for row in db.execute("PRAGMA foreign_key_check"):
        yield f"dangling reference in {row[0]}"


def _event_chain(db: Rows) -> Iterator[str]:
    """Sequence without a gap, every hash right, the head where the chain ends."""
    expected, previous = 1, "0" * 64
    query = (
        "SELECT seq, type, version, at, subject, payload, prev_hash, hash FROM event ORDER BY seq"
    )
    for seq, kind, version, at, subject, payload, prev, digest in db.execute(query):
        if seq != expected:
            yield f"gap before event {seq}"
        row = "\n".join((previous, str(seq), kind, str(version), at, subject, payload))
        if prev != previous or digest != hashlib.sha256(row.encode()).hexdigest():
            yield f"event {seq} does not fit the chain"
        expected, previous = seq + 1, digest
    head = db.one("SELECT seq, hash FROM event_head WHERE id = 1")
    if head != (expected - 1, previous):
        yield "the head is not where the chain ends"


def _verdicts(db: Rows) -> Iterator[str]:
    """Each verdict in the table has exactly one event of the same kind, and the other way."""
    told: dict[str, list[str]] = {}
    for (payload,) in db.execute("SELECT payload FROM event WHERE type = 'ApprovalDecided'"):
        said = json.loads(payload)
        told.setdefault(said["approval"], []).append(said["verdict"])
    for approval, state in db.execute("SELECT id, state FROM approval"):
        expected = [] if state == "pending" else [state]
        if told.pop(approval, []) != expected:
            yield f"approval {approval} is {state} but its events say otherwise"
    for approval in told:
        yield f"events decide approval {approval}, which does not exist"


def _effects(db: Rows) -> Iterator[str]:
    """No effect without a verdict on the same content, in time, or a policy that allowed it."""
    query = """
        SELECT o.id, o.content_hash, o.allowed_by, a.content_hash, p.state, p.content_hash,
               p.decided_at, p.expires_at, t.text
        FROM operation o JOIN action a ON a.id = o.action_id
        JOIN personal_text t ON t.id = a.command_text_id
        LEFT JOIN approval p ON p.id = o.approval_id"""
    for op, mine, allowed, action, state, approved, decided, expires, text in db.execute(query):
        if mine != action:
            yield f"operation {op} is for other content than its action"
        if text is not None and hashlib.sha256(text.encode()).hexdigest() != mine:
            yield f"the stored command of operation {op} was altered"
        if state is None and not allowed:
            yield f"operation {op} has neither verdict nor policy"
        if state is not None and (state != "approved" or approved != mine or decided > expires):
            yield f"operation {op} rests on no valid approval"


def _one_effect_each(db: Rows) -> Iterator[str]:
    """An approved Action owes exactly one effect; a done one has its receipt."""
    query = """SELECT p.id FROM approval p LEFT JOIN operation o ON o.approval_id = p.id
               WHERE p.state = 'approved' GROUP BY p.id HAVING count(o.id) <> 1"""
    for (approval,) in db.execute(query):
        yield f"approval {approval} does not owe exactly one effect"
    query = """SELECT o.id FROM operation o LEFT JOIN receipt r ON r.operation_id = o.id
               WHERE (o.state = 'done') <> (r.id IS NOT NULL)"""
    for (operation,) in db.execute(query):
        yield f"operation {operation} and its receipt disagree"


def _ledger(db: Rows) -> Iterator[str]:
    """Balanced per event and currency, and equal to the sum of the money events."""
    query = """SELECT event_seq, currency FROM ledger_entry GROUP BY event_seq, currency
               HAVING sum(amount_minor) <> 0"""
    for seq, currency in db.execute(query):
        yield f"event {seq} does not balance in {currency}"
    expected: dict[tuple[str, str], int] = {}
    for kind, payload in db.execute(
        "SELECT type, payload FROM event WHERE type IN "
        "('InvoiceIssued', 'CreditNoteIssued', 'PaymentRecorded', 'PaymentReversed')"
    ):
        said = json.loads(payload)
        if "total_minor" in said:
            sign = 1 if kind == "InvoiceIssued" else -1
            legs = {
                "receivable": sign * said["total_minor"],
                "revenue": -sign * said["net_minor"],
                "vat": -sign * said["tax_minor"],
            }
        else:
            sign = 1 if kind == "PaymentRecorded" else -1
            legs = {
                "bank": sign * said["amount_minor"],
                "receivable": -sign * said["amount_minor"],
            }
        for account, minor in legs.items():
            key = (account, said["currency"])
            expected[key] = expected.get(key, 0) + minor
    query = "SELECT account, currency, sum(amount_minor) FROM ledger_entry GROUP BY 1, 2"
    booked = {(account, currency): total for account, currency, total in db.execute(query)}
    for key in expected.keys() | booked.keys():
        if expected.get(key, 0) != booked.get(key, 0):
            yield f"{key[0]} in {key[1]}: events say {expected.get(key)}, ledger {booked.get(key)}"


def _invoices(db: Rows) -> Iterator[str]:
    """Totals add up, what is settled is what payments say, the state follows."""
    query = """
        SELECT i.number, i.total_minor, i.net_minor + i.tax_minor, i.settled_minor, i.state,
               (SELECT coalesce(sum(a.amount_minor), 0) FROM payment_allocation a
                JOIN payment p ON p.id = a.payment_id
                WHERE a.invoice_id = i.id AND p.reversed_at IS NULL),
               (SELECT count(*) FROM credit_note c WHERE c.invoice_id = i.id)
        FROM invoice i"""
    for number, total, parts, settled, state, paid, credited in db.execute(query):
        if total != parts or settled != paid:
            yield f"the amounts of invoice {number} do not add up"
        owed = "paid" if paid == total else "open" if paid <= 0 else "partial"
        owed = "overpaid" if paid > total else owed
        if state != ("void" if credited else owed):
            yield f"invoice {number} is {state}, not {'void' if credited else owed}"


def _numbers(db: Rows) -> Iterator[str]:
    """Every number from the first to the highest has a row; issued ones have their document."""
    for series, year, first in db.execute("SELECT series, year, first_n FROM document_series"):
        query = "SELECT n FROM document_number WHERE series = ? AND year = ? ORDER BY n"
        have = [row[0] for row in db.execute(query, (series, year))]
        if have != list(range(first, first + len(have))):
            yield f"series {series} {year} has a hole"
    issued = db.one("SELECT count(*) FROM document_number WHERE state = 'issued'")
    documents = db.one("SELECT (SELECT count(*) FROM invoice) + (SELECT count(*) FROM credit_note)")
    if issued != documents:
        yield f"{issued} numbers are issued but {documents} documents exist"


def _bounds(db: Rows) -> Iterator[str]:
    """Nothing dispatching for more than ten minutes (as of the newest event)."""
    newest = db.one("SELECT at FROM event ORDER BY seq DESC LIMIT 1")
    if newest is None:
        return
    limit = datetime.fromisoformat(newest[0]) - timedelta(minutes=10)
    query = "SELECT id, dispatching_at FROM operation WHERE state = 'dispatching'"
    for operation, since in db.execute(query):
        began = since if isinstance(since, datetime) else datetime.fromisoformat(since)
        if began.replace(tzinfo=limit.tzinfo) < limit:
            yield f"operation {operation} has been on its way for too long"


def _inbox(db: Rows) -> Iterator[str]:
    """Nothing is both read and unread; a Run that is finished left no question open."""
    query = """SELECT q.id FROM question q JOIN run r ON r.id = q.run_id
               WHERE q.state = 'open' AND r.state NOT IN ('running', 'waiting')"""
    for (question,) in db.execute(query):
        yield f"question {question} is open but its run has ended"
    query = """SELECT p.id FROM approval p JOIN action a ON a.id = p.action_id
               JOIN run r ON r.id = a.run_id
               WHERE p.state = 'pending' AND r.state NOT IN ('running', 'waiting')"""
    for (approval,) in db.execute(query):
        yield f"approval {approval} waits but its run has ended"


def _outbox(db: Rows, data_dir: Path) -> Iterator[str]:
    """Each mail in the outbox is one Operation's exact bytes; each one done has its mail."""
    folder = data_dir / "mail" / "outbox" / "new"
    files = {path.stem: path for path in folder.glob("*.eml")} if folder.exists() else {}
    query = "SELECT key, state, raw_sha256 FROM operation WHERE raw_sha256 IS NOT NULL"
    for key, state, sha256 in db.execute(query):
        path = files.pop(key, None)
        if path is None:
            if state == "done":
                yield f"{key[:12]} is done but its mail is not there"
        elif state not in ("done", "dispatching", "in_doubt", "needs_operator"):
            yield f"{key[:12]} is {state} but its mail lies in the outbox"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            yield f"{key[:12]} is not the mail that was approved"
    for key in files:
        yield f"a mail {key[:12]} belongs to no effect"


def _private(data_dir: Path) -> Iterator[str]:
    for path in (data_dir, *data_dir.rglob("*")):
        if stat.S_IMODE(path.lstat().st_mode) & 0o077 and not path.is_symlink():
            yield f"others may read {path.relative_to(data_dir.parent)}"


_CHECKS: tuple[Callable[[Rows], Iterator[str]], ...] = (
    _integrity,
    _event_chain,
    _verdicts,
    _effects,
    _one_effect_each,
    _ledger,
    _invoices,
    _numbers,
    _bounds,
    _inbox,
)
