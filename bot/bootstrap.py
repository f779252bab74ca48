"""The composition root: the only place that names concrete classes of every room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from adapters.mail.maildir import MaildirMailer
from adapters.mail.message import build_message
from adapters.payments.invoice_pdf import InvoicePdf
from adapters.ports.chat import Chat
from bot.config import Config
from graph.inbound import Accepted, Inbound
from graph.intake import accept, enrol
from graph.office import Office, Settings
from graph.policies import Rule
from stores.blobs import FolderBlobs
from stores.database import Database, Session, newest_event
from stores.migrate import DatabaseTooNew, migrate
from stores.ownership import DataFolder
from stores.tables.company import Company
from stores.types import Clock, Ids, Money, RandomIds, SystemClock
from stores.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from bot.worker import Worker


@dataclass
class Steward:
    """Everything wired; `chats` may be added to before `worker.run`."""

    office: Office
    folder: DataFolder
    worker: Worker
    chats: dict[str, Chat]
    config: Config

    async def accept(self, inbound: Inbound) -> Accepted:
        return await accept(self.office, inbound)


class NotNow(Exception):
    """It must not start like this; the text says why and what to do."""


_DRIFT = timedelta(minutes=5)  # a clock set back by NTP is no reason to stay closed


def open_database(
    config: Config, folder: DataFolder, *, clock: Clock | None = None, ids: Ids | None = None
) -> Database:
    """Migrate (backing up first) and open. Needs the data folder to be owned. Raises `NotNow`."""
    url = config.database.url or folder.database_url
    database = Database(url, clock=clock or SystemClock(), ids=ids or RandomIds())
    try:
        migrate(url, engine=database.writer, backup_to=folder.path / "backups")
        newest = database.read_now(newest_event)
        if newest is not None and database.clock.now() < newest - _DRIFT:
            raise NotNow(
                f"The newest entry here is of {newest:%Y-%m-%d %H:%M} UTC, which is after now. "
                "Set the clock right, or start with a later --now."
            )
        if newest is not None and isinstance(database.clock, SystemClock):
            database.clock.start_after(newest)
    except DatabaseTooNew as error:
        database.close()
        raise NotNow(str(error)) from error
    except NotNow:
        database.close()
        raise
    return database


@contextmanager
def reading_database(config: Config, folder: DataFolder, clock: Clock) -> Iterator[Session]:
    """A snapshot, beside whoever owns the data. Raises `FileNotFoundError` if there is none."""
    if config.database.url is None and not folder.database.exists():
        raise FileNotFoundError(folder.database)
    database = Database(config.database.url or folder.database_url, clock=clock, ids=RandomIds())
    try:
        with database.reading() as session:
            yield session
    finally:
        database.close()


def seed_company(uow: UnitOfWork, config: Config) -> None:
    """Config seeds what chat has not said yet; what is in the tables stays."""
    row = uow.session.get(Company, 1)
    if row is None:
        row = Company(id=1)
    ours = config.company
    for mine, theirs in (
        ("name", ours.name),
        ("address", ours.address),
        ("country", ours.country),
        ("email", ours.email),
        ("tax_id", ours.tax_id),
        ("vat_id", ours.vat_id),
        ("vat_regime", ours.vat_regime),
        ("default_vat", ours.default_vat),
        ("iban", ours.iban),
    ):
        if theirs is not None and getattr(row, mine) is None:
            setattr(row, mine, str(theirs))
    row.terms_days = ours.payment_terms_days
    row.timezone, row.currency, row.locale = ours.timezone, ours.currency, ours.locale
    uow.session.add(row)
    enrol(uow, "console", "", "operator", "terminal")


def settings_of(config: Config) -> Settings:
    policy = config.policy
    return Settings(
        rules={kind: _rule(rule) for kind, rule in policy.rules.items()},
        undo_window=timedelta(seconds=policy.undo_window_s),
        expiry=timedelta(hours=policy.expiry_h),
        remind_before=timedelta(hours=policy.reminder_before_h),
        review_times=tuple(policy.review_times),
    )


def _rule(rule: object) -> Rule:
    if isinstance(rule, str):
        return Rule(mode=rule)
    limits = {
        ours: _limit(getattr(rule, theirs))
        for ours, theirs in (
            ("below", "auto_below"),
            ("per_day", "per_day"),
            ("per_counterparty", "per_counterparty"),
        )
    }
    return Rule(mode="auto", **limits)


def _limit(text: object) -> Money | None:
    if not text:
        return None
    amount, currency = str(text).split()
    return Money.of(amount, currency)


def make_office(config: Config, folder: DataFolder, database: Database) -> Office:
    return Office(
        db=database,
        blobs=FolderBlobs(folder.blobs),
        printer=InvoicePdf(),
        compose=build_message,
        settings=settings_of(config),
    )


@asynccontextmanager
async def open_steward(
    config: Config, folder: DataFolder, *, clock: Clock | None = None, ids: Ids | None = None
) -> AsyncIterator[Steward]:
    """The whole thing, ready to run. The caller owns the data folder (`folder.acquire`)."""
    from bot.worker import Worker
    from graph.deliver import Deliverer
    from graph.dispatch import Dispatcher
    from graph.runs import Runs
    from stores.checkpoints import open_checkpoints

    database = await asyncio.to_thread(open_database, config, folder, clock=clock, ids=ids)
    try:
        await database.write(lambda uow: seed_company(uow, config))
        office = make_office(config, folder, database)
        mailer = MaildirMailer(folder.outbox)
        chats: dict[str, Chat] = {}
        async with open_checkpoints(folder.checkpoints) as saver:
            worker = Worker(
                office,
                Runs(office, saver),
                Dispatcher(office, {"send_invoice": mailer, "send_credit_note": mailer}),
                Deliverer(office, chats),
            )
            yield Steward(office=office, folder=folder, worker=worker, chats=chats, config=config)
    finally:
        database.close()
