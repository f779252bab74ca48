"""What is wanted and what became of it: Intent, Contract, Run, Action, Approval, Operation."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from stores.tables.columns import JsonText, UtcMoment, Whole


class Run(SQLModel, table=True):
    """One execution; its id is the graph's thread id."""

    id: str = Field(primary_key=True)
    inbox_id: str = Field(index=True)
    intent_id: str | None = Field(default=None, index=True)
    channel: str
    chat_id: str
    state: str = Field(index=True)
    started_at: datetime = Field(sa_type=UtcMoment)
    finished_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    failure: str | None = None


class Intent(SQLModel, table=True):
    """What she wants. An edit or an answer makes a new row with `amends`; the Run points at one."""

    id: str = Field(primary_key=True)
    run_id: str = Field(index=True)
    inbox_id: str = Field(index=True)
    kind: str
    slots: dict[str, Any] = Field(default_factory=dict, sa_type=JsonText)
    missing: list[str] = Field(default_factory=list, sa_type=JsonText)
    choices: dict[str, Any] = Field(default_factory=dict, sa_type=JsonText)
    confidence_ppm: int
    via: str
    amends: str | None = None
    created_at: datetime = Field(sa_type=UtcMoment)


class Contract(SQLModel, table=True):
    """What done means for an Intent, and by when."""

    id: str = Field(primary_key=True)
    run_id: str = Field(unique=True)
    intent_kind: str
    statement: str
    due_at: datetime = Field(sa_type=UtcMoment)
    state: str = Field(index=True)
    evidence: str | None = None
    settled_at: datetime | None = Field(default=None, sa_type=UtcMoment)


class Action(SQLModel, table=True):
    """One proposed effect: the frozen Command lies in personal_text, its hash here."""

    __table_args__ = (Index("ix_action_kind_created", "kind", "created_at"),)  # today's limits
    id: str = Field(primary_key=True)
    run_id: str = Field(index=True)
    intent_id: str
    kind: str
    command_type: str
    command_text_id: str = Field(foreign_key="personal_text.id")
    content_hash: str
    counterparty_id: str | None = Field(default=None, index=True)
    amount_minor: int | None = Field(default=None, sa_type=Whole)
    currency: str | None = None
    tainted: list[str] = Field(default_factory=list, sa_type=JsonText)
    checks: list[str] = Field(default_factory=list, sa_type=JsonText)
    state: str = Field(index=True)
    verdict: str  # allow, ask, deny
    reason: str
    supersedes: str | None = None
    compensates: str | None = Field(default=None, index=True)
    created_at: datetime = Field(sa_type=UtcMoment)


class Approval(SQLModel, table=True):
    id: str = Field(primary_key=True)
    action_id: str = Field(foreign_key="action.id", unique=True)
    content_hash: str
    state: str = Field(index=True)
    requested_at: datetime = Field(sa_type=UtcMoment)
    expires_at: datetime = Field(sa_type=UtcMoment)
    reminded_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    snoozed_until: datetime | None = Field(default=None, sa_type=UtcMoment)
    decided_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    decided_by: str | None = None
    decided_via: str | None = None
    reason_text_id: str | None = Field(default=None, foreign_key="personal_text.id")


class Operation(SQLModel, table=True):
    """One effect owed to an adapter. `raw_sha256` names the exact stored bytes to hand over."""

    id: str = Field(primary_key=True)
    action_id: str = Field(foreign_key="action.id", unique=True)
    approval_id: str | None = Field(default=None, foreign_key="approval.id")
    allowed_by: str | None = None  # the policy's reason when nobody was asked
    command_type: str
    key: str = Field(unique=True)
    content_hash: str
    raw_sha256: str | None = None
    not_before: datetime = Field(sa_type=UtcMoment)
    not_after: datetime = Field(sa_type=UtcMoment)
    state: str = Field(index=True)
    attempts: int = 0
    dispatching_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    settled_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    problem: str | None = None


class Receipt(SQLModel, table=True):
    """What an adapter said, and what it answered when asked again by key."""

    id: str = Field(primary_key=True)
    operation_id: str = Field(foreign_key="operation.id", unique=True)
    reference: str
    evidence: str | None = None
    verified_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    received_at: datetime = Field(sa_type=UtcMoment)


class Question(SQLModel, table=True):
    """One thing a Run needs to know; answered once."""

    id: str = Field(primary_key=True)
    run_id: str = Field(index=True)
    field: str
    card_id: str | None = None
    state: str = Field(index=True)  # open, answered, dropped
    answer: Any = Field(default=None, sa_type=JsonText, nullable=True)
    asked_at: datetime = Field(sa_type=UtcMoment)


class Conversation(SQLModel, table=True):
    """What a chat is talking about and what its next sentence answers; survives kill -9."""

    id: str = Field(primary_key=True)  # channel:chat
    run_id: str | None = None  # what "make it 1,300" amends
    expects: str | None = None  # answer, edit, reason
    expects_id: str | None = None  # question or approval
    customer_id: str | None = None
    invoice_number: str | None = None


class Episode(SQLModel, table=True):
    """Structured memory of finished work; the search index is fed from here."""

    id: str = Field(primary_key=True)
    run_id: str = Field(unique=True)
    customer_id: str | None = Field(default=None, index=True)
    text_id: str = Field(foreign_key="personal_text.id")
    happened_at: datetime = Field(sa_type=UtcMoment)
    version: int = 1
