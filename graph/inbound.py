"""What a front end hands in, neutral of channel, and what it is told back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Inbound:
    """One message or tap.

    `provider_id` is unique per channel and survives redelivery (Telegram update id, Slack event
    id). `user_id` is the person, `chat_id` where replies go. `reply_to` is the channel's id of the
    message answered, `token` the data of a tapped button. What no database can hold (half a
    surrogate pair, NUL) becomes U+FFFD on the way in.
    """

    channel: str
    provider_id: str
    chat_id: str
    user_id: str
    kind: Literal["text", "tap"]
    team: str = ""
    text: str = ""
    token: str = ""
    reply_to: str | None = None

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, str) and ("\0" in value or not _is_unicode(value)):
                object.__setattr__(self, name, _storable(value))


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def _storable(text: str) -> str:
    return "".join("�" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in text)


class Accepted(StrEnum):
    """Why the provider may now be acknowledged. Every value means: committed, or not ours."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    STRANGER = "stranger"
    CLAIMED = "claimed"
