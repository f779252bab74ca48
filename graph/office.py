"""What every step is handed: the store, the few outside capabilities, the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from adapters.commands import Email
from adapters.ports.printer import DocumentPrinter
from graph.policies import Rule
from stores.database import Database
from stores.tables.company import Company
from stores.unit_of_work import UnitOfWork


class BlobStore(Protocol):
    def put(self, data: bytes) -> str: ...

    def get(self, sha256: str) -> bytes: ...


class Compose(Protocol):
    """Builds the full RFC 5322 bytes of a mail, once."""

    def __call__(
        self,
        email: Email,
        attachments: dict[str, bytes],
        *,
        message_id: str,
        date: datetime,
        boundary_seed: str,
    ) -> bytes: ...


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The knobs of the gate and the road, from config."""

    rules: Mapping[str, Rule] = field(default_factory=dict)
    undo_window: timedelta = timedelta(seconds=20)
    expiry: timedelta = timedelta(hours=72)
    remind_before: timedelta = timedelta(hours=12)
    not_after: timedelta = timedelta(hours=24)
    review_times: tuple[time, ...] = (time(9), time(16))
    node_timeout_s: float = 60
    run_timeout_s: float = 300


@dataclass(frozen=True, kw_only=True)
class Office:
    db: Database
    blobs: BlobStore
    printer: DocumentPrinter
    compose: Compose
    settings: Settings = Settings()
    wake: Callable[[], None] = lambda: None


def company(uow: UnitOfWork) -> Company:
    """Our own row; made empty if it is not there yet."""
    row = uow.session.get(Company, 1)
    if row is None:
        row = Company(id=1)
        uow.session.add(row)
    return row


def zone(row: Company) -> ZoneInfo:
    return ZoneInfo(row.timezone)
