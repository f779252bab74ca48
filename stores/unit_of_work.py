"""One message, one tap or one result: everything it changes, in one commit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from sqlmodel import Session, SQLModel, select

from stores.events import GENESIS, Event, canonical, chain_hash
from stores.tables.ledger import LedgerEntry
from stores.tables.plumbing import EventHead, EventRow, PersonalText
from stores.types import Ids


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One leg of a booking, debit positive, in minor units."""

    account: str
    currency: str
    amount_minor: int
    customer_id: str | None
    booked_on: date


@dataclass
class _Pending:
    event: Event
    subject: str
    legs: Sequence[Leg]
    rows: Sequence[SQLModel]


@dataclass
class UnitOfWork:
    """A session plus the events it will append. `now` is fixed for the whole unit."""

    session: Session
    now: datetime
    ids: Ids
    woken: set[str] = field(default_factory=set)
    _pending: list[_Pending] = field(default_factory=list)

    def record(
        self,
        event: Event,
        *,
        subject: str,
        legs: Sequence[Leg] = (),
        rows: Sequence[SQLModel] = (),
    ) -> None:
        """Append at commit. `rows` get the event's seq and are added with it.

        Raises `ValueError` if the legs do not sum to zero in every currency.
        """
        sums: dict[str, int] = {}
        for leg in legs:
            sums[leg.currency] = sums.get(leg.currency, 0) + leg.amount_minor
        if any(sums.values()):
            raise ValueError(f"the booking of {type(event).__name__} does not balance")
        self._pending.append(_Pending(event, subject, legs, rows))

    def keep_text(self, text: str, *, subject: str, basis: str = "contract") -> str:
        """Store a person's words; returns the id append-only rows may hold."""
        row = PersonalText(
            id=self.ids.new(), subject=subject, salt=self.ids.token(), text=text, legal_basis=basis
        )
        self.session.add(row)
        self.session.flush()
        return row.id

    def text(self, text_id: str) -> str | None:
        row = self.session.get(PersonalText, text_id)
        return None if row is None else row.text

    def keep_for(self, text_id: str, *, basis: str) -> None:
        """A kept text now has another reason to be kept."""
        row = self.session.get_one(PersonalText, text_id)
        row.legal_basis = basis
        self.session.add(row)

    def salt(self, text_id: str) -> str:
        """The secret that hashes of a kept text are made with; forgetting the text changes it."""
        return self.session.get_one(PersonalText, text_id).salt

    def wake(self, *topics: str) -> None:
        """Loops to wake once this is committed: inbox, runs, operations, cards."""
        self.woken.update(topics)

    def forget_events(self) -> None:
        """Drop what was recorded and not yet appended: the savepoint it belongs to was undone."""
        self._pending.clear()

    def append_events(self) -> None:
        """Take the head lock and write what was recorded; the last thing before a commit."""
        if not self._pending:
            return
        self.session.flush()
        head = self.session.exec(
            select(EventHead).where(EventHead.id == 1).with_for_update()
        ).one_or_none()
        if head is None:
            head = EventHead(id=1, seq=0, hash=GENESIS)
            self.session.add(head)
        at = self.now.astimezone(UTC).isoformat(timespec="microseconds")
        for pending in self._pending:
            name = type(pending.event).__name__
            payload = canonical(json.loads(pending.event.model_dump_json()))
            seq = head.seq + 1
            digest = chain_hash(
                head.hash,
                seq=seq,
                type=name,
                version=pending.event.version,
                at=at,
                subject=pending.subject,
                payload=payload,
            )
            self.session.add(
                EventRow(
                    seq=seq,
                    type=name,
                    version=pending.event.version,
                    at=at,
                    subject=pending.subject,
                    payload=payload,
                    prev_hash=head.hash,
                    hash=digest,
                )
            )
            for number, leg in enumerate(pending.legs):
                self.session.add(LedgerEntry(event_seq=seq, leg=number, **vars(leg)))
            for row in pending.rows:
                if "event_seq" in type(row).model_fields:
                    row.event_seq = seq
                self.session.add(row)
            head.seq, head.hash = seq, digest
        self._pending.clear()


def salted_hash(salt: str, value: object) -> str:
    """SHA-256 of salt and JSON value: lets an event name a text without holding it."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()
