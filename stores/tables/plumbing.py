"""Rows that carry work between rooms: inbox, events, personal text, cards and their deliveries."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from stores.tables.columns import JsonText, UtcMoment, Whole


class PersonalText(SQLModel, table=True):
    """The only erasable table that append-only rows refer to: forgetting sets `text` to null."""

    __tablename__ = "personal_text"
    id: str = Field(primary_key=True)
    subject: str = Field(index=True)  # operator, customer:<id>, stranger:<channel>:<id>
    salt: str
    text: str | None
    keep_until: date | None = None
    legal_basis: str


class EventRow(SQLModel, table=True):
    """Appended, never edited (a trigger holds it). `hash` covers the row and `prev_hash`."""

    __tablename__ = "event"
    seq: int = Field(primary_key=True, sa_type=Whole, sa_column_kwargs={"autoincrement": False})
    type: str
    version: int
    at: str  # ISO 8601 UTC, as hashed
    subject: str = Field(index=True)
    payload: str  # canonical JSON (RFC 8785), no floats
    prev_hash: str
    hash: str


class EventHead(SQLModel, table=True):
    """One row, id 1, locked last in a unit of work: makes `seq` gapless on every database."""

    __tablename__ = "event_head"
    id: int = Field(default=1, primary_key=True)
    seq: int = Field(sa_type=Whole)
    hash: str


class InboxMessage(SQLModel, table=True):
    __tablename__ = "inbox"
    __table_args__ = (UniqueConstraint("channel", "provider_id"),)
    id: str = Field(primary_key=True)
    channel: str
    provider_id: str
    chat_id: str
    user_id: str
    kind: str  # text, tap
    text_id: str | None = Field(default=None, foreign_key="personal_text.id")
    reply_to: str | None = None
    state: str = Field(index=True)  # new, taken, done, failed
    run_id: str | None = Field(default=None, index=True)
    attempts: int = 0
    received_at: datetime = Field(sa_type=UtcMoment)


class CardRow(SQLModel, table=True):
    """A neutral card. Showing it is level-triggered: every delivery catches up with `revision`."""

    __tablename__ = "card"
    id: str = Field(primary_key=True)
    kind: str
    subject_id: str | None = Field(default=None, index=True)
    run_id: str | None = Field(default=None, index=True)
    content: dict[str, Any] = Field(sa_type=JsonText)
    revision: int = 1
    created_at: datetime = Field(sa_type=UtcMoment)


class Delivery(SQLModel, table=True):
    """One place a card is shown in. `shown_revision` lags behind the card until the edit worked."""

    __table_args__ = (
        UniqueConstraint("card_id", "channel", "chat_id"),
        # What is still to be shown is always little; the table grows for ever.
        Index(
            "ix_delivery_due",
            "not_before",
            sqlite_where=text("shown_revision < wanted_revision"),
            postgresql_where=text("shown_revision < wanted_revision"),
        ),
    )
    id: str = Field(primary_key=True)
    card_id: str = Field(foreign_key="card.id", index=True)
    channel: str
    chat_id: str
    message_id: str | None = Field(default=None, index=True)
    wanted_revision: int
    shown_revision: int = 0
    files_shown: int = 0
    attempts: int = 0
    not_before: datetime = Field(sa_type=UtcMoment)
    given_up: str | None = None


class Button(SQLModel, table=True):
    """An offered tap. The token is all a channel ever sees."""

    token: str = Field(primary_key=True)
    card_id: str = Field(index=True)
    verb: str
    subject_id: str
    argument: Any = Field(default=None, sa_type=JsonText, nullable=True)


class SchemaNote(SQLModel, table=True):
    """Facts about this database: its id and when it was made."""

    __tablename__ = "schema_note"
    name: str = Field(primary_key=True)
    value: str
