"""An in-memory Mailer: what it is handed lies in a dict that outlives it, one mail per key."""

from __future__ import annotations

import hashlib

from adapters.ports.mailer import StoredMail
from adapters.ports.results import Absent, Done, Failed, Found, Lookup, Outcome


class InMemoryMailer:
    """Implements `Mailer`. Two over the same dict are one outbox after a restart."""

    def __init__(self, lying: dict[str, bytes] | None = None) -> None:
        self.lying: dict[str, bytes] = {} if lying is None else lying

    async def deliver(self, mail: StoredMail) -> Outcome:
        if self.lying.setdefault(mail.key, mail.raw) != mail.raw:
            return Failed(reason="another mail already lies under this key")
        return Done(reference=mail.message_id)

    async def look_up(self, mail: StoredMail) -> Lookup:
        raw = self.lying.get(mail.key)
        if raw is None:
            return Absent()
        return Found(reference=f"memory/{mail.key}", bytes_hash=hashlib.sha256(raw).hexdigest())
