"""Handing a finished mail to the outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from adapters.ports.results import Lookup, Outcome


@dataclass(frozen=True, kw_only=True)
class StoredMail:
    """Envelope and the exact RFC 5322 bytes; `message_id` is derived from the key."""

    key: str
    message_id: str
    sender: str
    recipients: tuple[str, ...]
    raw: bytes


class Mailer(Protocol):
    """Delivers a mail at most once per key."""

    async def deliver(self, mail: StoredMail) -> Outcome: ...

    async def look_up(self, mail: StoredMail) -> Lookup: ...
