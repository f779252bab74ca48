"""Every idempotency key, in one place and one format, from stable ids only."""

from __future__ import annotations

import hashlib


def operation_key(*, action_id: str, content_hash: str, attempt: int = 1) -> str:
    """64 hex digits. The same approved Action gives the same key; [Send again] counts `attempt`."""
    text = f"steward/operation/v1\n{action_id}\n{content_hash}\n{attempt}"
    return hashlib.sha256(text.encode()).hexdigest()


def message_id(*, key: str, sender: str) -> str:
    """The RFC 5322 Message-ID of a mail, derived from its key, in the sender's domain."""
    domain = sender.rpartition("@")[2].strip("<> ") or "steward.invalid"
    if not domain.isascii():
        domain = domain.encode("idna").decode()
    return f"<{key[:40]}@{domain}>"
