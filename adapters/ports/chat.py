"""What a channel is given to show: a neutral card. Layout, escaping and limits are the channel's."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from pydantic import BaseModel, ConfigDict


class Sign(StrEnum):
    """One state sign at the start of a card (none for plain answers)."""

    NONE = ""
    WAITING = "🟡"
    ON_ITS_WAY = "⏳"
    DONE = "✅"
    STOPPED = "✋"
    CLOSED = "⚪"
    ATTENTION = "⚠️"


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ButtonFace(Shape):
    """A button as offered. `token` is opaque; empty `row_break` groups up to three in a row."""

    label: str
    verb: str
    token: str


class FileFace(Shape):
    """A stored file to show beside the card."""

    sha256: str
    filename: str
    media_type: str


class CardContent(Shape):
    """All text is plain and untrusted: each channel escapes it once.

    `headline` is the first line without the sign; `lines` follow in reading order; `outcome` lines
    stand last. `rows` are button rows. `fields` are the card's values for programs (decimal strings
    in major units, ISO dates).
    """

    kind: str  # approval, question, answer, notice
    sign: Sign = Sign.NONE
    headline: str
    lines: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()
    rows: tuple[tuple[ButtonFace, ...], ...] = ()
    files: tuple[FileFace, ...] = ()
    approval: str | None = None
    fields: dict[str, str] = {}
    struck: bool = False  # superseded: shown as no longer valid

    def text(self) -> str:
        """The card as plain text, sign first."""
        first = f"{self.sign} {self.headline}" if self.sign else self.headline
        return "\n".join((first, *self.lines, *self.outcome))


class ChatError(Exception):
    """The channel did not take it. `retry_after_s` None means it never will in this form."""

    def __init__(self, reason: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class MessageGone(ChatError):
    """The message to edit no longer exists or may not be edited: post a new one."""


class Chat(Protocol):
    """One channel. `post` returns the channel's own message id."""

    async def post(self, chat_id: str, card: CardContent, files: dict[str, bytes]) -> str: ...

    async def edit(
        self, chat_id: str, message_id: str, card: CardContent, files: dict[str, bytes]
    ) -> None: ...
