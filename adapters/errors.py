"""The tree of what can go wrong outside, cut by who acts next."""

from __future__ import annotations


class AdapterError(Exception):
    """Anything an outside service did to us, wrapped once at the adapter."""


class Transient(AdapterError):
    """Not performed; trying again later may work."""


class RateLimited(Transient):
    """Not performed; the service named a pause."""

    def __init__(self, reason: str, *, retry_after_s: float) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class Permanent(AdapterError):
    """Not performed and never will be in this form."""


class OutcomeUnknown(AdapterError):
    """May have been performed; ask outside by key first."""
