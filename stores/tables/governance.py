"""Who may decide, and whether anything may leave at all."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from stores.tables.columns import UtcMoment


class OperatorIdentity(SQLModel, table=True):
    """The authority on who she is; config only seeds it. `team` is empty outside Slack."""

    __tablename__ = "operator_identity"
    __table_args__ = (UniqueConstraint("channel", "team", "user_id"),)
    id: str = Field(primary_key=True)
    channel: str
    team: str = ""
    user_id: str
    chat_id: str
    claimed_at: datetime = Field(sa_type=UtcMoment)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcMoment)


class ClaimCode(SQLModel, table=True):
    """A one-time code printed at start, kept as its SHA-256."""

    __tablename__ = "claim_code"
    code_sha256: str = Field(primary_key=True)
    channel: str
    expires_at: datetime = Field(sa_type=UtcMoment)
    used_at: datetime | None = Field(default=None, sa_type=UtcMoment)


class Control(SQLModel, table=True):
    """One row, id 1: whether effects may leave. Read by the dispatcher before every effect."""

    id: int = Field(default=1, primary_key=True)
    stopped_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    stopped_by: str | None = None


class Stranger(SQLModel, table=True):
    """Somebody who is not the operator wrote; she is warned once per person."""

    channel: str = Field(primary_key=True)
    user_id: str = Field(primary_key=True)
    first_seen_at: datetime = Field(sa_type=UtcMoment)
    messages: int = 1
