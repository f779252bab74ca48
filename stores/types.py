"""Values every room may know: money, identifiers, states, clock. Pure; imports nothing of ours."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Protocol

# ISO 4217 minor units that differ from two (list one, amendment 177).
_MINOR_DIGITS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}


def minor_digits(currency: str) -> int:
    """Digits after the decimal point of a currency: EUR 2, JPY 0, KWD 3 (ISO 4217)."""
    return _MINOR_DIGITS.get(currency, 2)


def round_minor(amount: Decimal) -> int:
    """A decimal count of minor units as an integer, half-even (DIN 1333 / IEEE 754 bankers)."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


@dataclass(frozen=True, kw_only=True, order=False)
class Money:
    """Integer minor units of one currency. Adding two currencies raises `ValueError`."""

    amount_minor: int
    currency: str

    @staticmethod
    def of(major: Decimal | str | int, currency: str) -> Money:
        """From major units, rounded half-even to the currency's digits."""
        scaled = Decimal(major).scaleb(minor_digits(currency))
        return Money(amount_minor=round_minor(scaled), currency=currency)

    @property
    def major(self) -> Decimal:
        """The amount in major units, with exactly the currency's digits."""
        return Decimal(self.amount_minor).scaleb(-minor_digits(self.currency))

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency} without a rate")
        return Money(amount_minor=self.amount_minor + other.amount_minor, currency=self.currency)

    def __neg__(self) -> Money:
        return Money(amount_minor=-self.amount_minor, currency=self.currency)

    def __sub__(self, other: Money) -> Money:
        return self + -other


class Source(StrEnum):
    """Where a field's value came from; anything but `operator` is tainted until confirmed."""

    OPERATOR = "operator"
    MAIL = "mail"
    FILE = "file"
    WEB = "web"
    CALENDAR = "calendar"


class RunState(StrEnum):
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    COMPENSATED = "compensated"


class ContractState(StrEnum):
    OPEN = "open"
    MET = "met"
    MISSED = "missed"
    CANCELLED = "cancelled"


class ActionState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    DENIED = "denied"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    PERFORMED = "performed"
    FAILED = "failed"
    COMPENSATED = "compensated"


class ApprovalState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"


class OperationState(StrEnum):
    QUEUED = "queued"
    DISPATCHING = "dispatching"
    DONE = "done"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    NEEDS_OPERATOR = "needs_operator"
    CANCELLED = "cancelled"


class NumberState(StrEnum):
    RESERVED = "reserved"
    ISSUED = "issued"
    WITHDRAWN = "withdrawn"


class InvoiceState(StrEnum):
    OPEN = "open"
    PARTIAL = "partial"
    PAID = "paid"
    OVERPAID = "overpaid"
    VOID = "void"


class Clock(Protocol):
    """Business time for dates and expiry; monotonic seconds for timeouts."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...

    def monotonic(self) -> float: ...


class SystemClock:
    """The machine's clock, optionally shifted so that business time starts at `start`."""

    def __init__(self, start: datetime | None = None) -> None:
        self._shift = timedelta(0) if start is None else start - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._shift

    def start_after(self, moment: datetime) -> None:
        """Business time goes on from `moment` if it would begin before it."""
        self._shift += max(timedelta(0), moment - self.now())

    def monotonic(self) -> float:
        return time.monotonic()


class Ids(Protocol):
    """Source of identifiers and secrets; injected so that tests are deterministic."""

    def new(self) -> str:
        """A fresh row id, 26 hex digits, sorting by creation time."""
        ...

    def token(self) -> str:
        """An unguessable URL-safe secret of at least 128 bits (22 characters)."""
        ...


class RandomIds:
    """Time-ordered random ids (RFC 9562 layout idea, 48-bit milliseconds then 56 random bits)."""

    def new(self) -> str:
        return f"{time.time_ns() // 1_000_000:012x}{os.urandom(7).hex()}"

    def token(self) -> str:
        import base64

        return base64.urlsafe_b64encode(os.urandom(16)).rstrip(b"=").decode()
