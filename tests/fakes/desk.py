"""A whole office in one process for scenario tests: real store, graph, PDF and Maildir, and a person.

The clock is stepped by the test; the person reads cards and taps buttons by their label.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.mail.maildir import MaildirMailer
from adapters.mail.message import build_message
from adapters.payments.invoice_pdf import InvoicePdf
from adapters.ports.chat import CardContent, MessageGone
from bot.worker import Worker
from graph.deliver import Deliverer
from graph.dispatch import Dispatcher
from graph.inbound import Accepted, Inbound
from graph.intake import accept, enrol
from graph.office import Office, Settings
from graph.policies import Rule
from graph.runs import Runs
from stores.blobs import FolderBlobs
from stores.checkpoints import open_checkpoints
from stores.database import Database, newest_event
from stores.migrate import migrate
from stores.replay import replay
from stores.tables.company import Company, Customer
from stores.types import RandomIds
from stores.unit_of_work import UnitOfWork
from stores.verify import verify

MORNING = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
EASY = {"customer.add": Rule(mode="auto"), "customer.update": Rule(mode="auto")}


class _Chosen:
    postgres: str | None = None  # set by the fixture `every_store`


def store_url(folder: Path) -> str:
    """Where the test's truth lies: the SQLite file, or the database made for this test."""
    return _Chosen.postgres or f"sqlite:///{folder / 'steward.db'}"


def breaches(folder: Path) -> list[str]:
    """Every broken invariant and every table that does not follow from the events."""
    url = store_url(folder)
    return [one.detail for one in verify(url, folder)] + replay(url).differences


class SteppedClock:
    """Business time moves only when told; monotonic time is the loop's own."""

    def __init__(self, start: datetime = MORNING) -> None:
        self._now = start

    def now(self) -> datetime:
        self._now += timedelta(microseconds=1)
        return self._now

    def step(self, **delta: float) -> None:
        self._now += timedelta(**delta)

    def monotonic(self) -> float:
        return self._now.timestamp()


@dataclass
class Shown:
    id: str
    card: CardContent
    earlier: list[CardContent] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.card.text()

    @property
    def labels(self) -> list[str]:
        return [face.label for row in self.card.rows for face in row]


class RecordingChat:
    """Keeps what a person would see."""

    def __init__(self) -> None:
        self.shown: list[Shown] = []

    async def post(self, chat_id: str, card: CardContent, files: dict[str, bytes]) -> str:
        self.shown.append(Shown(id=str(len(self.shown) + 1), card=card))
        return self.shown[-1].id

    async def edit(
        self, chat_id: str, message_id: str, card: CardContent, files: dict[str, bytes]
    ) -> None:
        if int(message_id) > len(self.shown):
            raise MessageGone("this chat was opened anew")
        shown = self.shown[int(message_id) - 1]
        shown.earlier.append(shown.card)
        shown.card = card


class Person:
    """She writes, looks and taps; `say` and `tap` return once nothing is left to do."""

    def __init__(self, office: Office, worker: Worker, chat: RecordingChat, channel: str) -> None:
        self._office, self._worker, self._chat, self._channel = office, worker, chat, channel
        self._count = 0

    @property
    def last(self) -> Shown:
        return self._chat.shown[-1]

    @property
    def shown(self) -> list[Shown]:
        return self._chat.shown

    async def say(self, text: str, *, user_id: str = "operator") -> Shown:
        await self.send(self.inbound(text=text, user_id=user_id))
        return self.last

    async def tap(self, label: str, *, on: Shown | None = None) -> Shown:
        """Tap the newest button whose label starts so (or on one card, as it was ever shown)."""
        await self.send(self.inbound(token=self.token(label, on=on)))
        return self.last

    def token(self, label: str, *, on: Shown | None = None) -> str:
        for shown in [on] if on else reversed(self._chat.shown):
            for card in (shown.card, *reversed(shown.earlier)):
                for row in card.rows:
                    for face in row:
                        if face.label.startswith(label):
                            return face.token
        raise AssertionError(f"no button {label!r}; last was:\n{self.last.text}")

    def inbound(self, *, text: str = "", token: str = "", user_id: str = "operator") -> Inbound:
        self._count += 1
        return Inbound(
            channel=self._channel,
            provider_id=f"{id(self)}:{self._count}",
            chat_id="desk",
            user_id=user_id,
            kind="tap" if token else "text",
            text=text,
            token=token,
        )

    async def send(self, inbound: Inbound) -> Accepted:
        result = await accept(self._office, inbound)
        await self.settled()
        return result

    async def settled(self) -> None:
        async with asyncio.timeout(20):
            await self._worker.until_idle()


@dataclass
class Day:
    office: Office
    clock: SteppedClock
    person: Person
    chat: RecordingChat
    outbox: Path
    database: Database

    def mails(self) -> list[Path]:
        return sorted((self.outbox / "new").glob("*.eml"))


def set_up_company(uow: UnitOfWork) -> None:
    """Everything the law wants known, and two clients."""
    from graph.agents.letterhead import learn

    ours = Company(
        id=1,
        name="Studio Nord",
        address="Hafenstr. 1\n20457 Hamburg",
        country="DE",
        email="me@studio.example",
        tax_id="12/345/67890",
        vat_regime="standard",
        default_vat="19",
        iban="DE89370400440532013000",
    )
    uow.session.add(ours)
    uow.session.flush()
    learn(uow, ours, "first_number", 1, 2026)
    for name, email, currency in (
        ("Acme GmbH", "billing@acme.example", "EUR"),
        ("Globex Inc", "ap@globex.example", "USD"),
    ):
        uow.session.add(
            Customer(
                id=uow.ids.new(),
                name=name,
                name_folded=name.casefold(),
                email=email,
                currency=currency,
                address="1 Main Street\n12345 Town",
                country="DE" if currency == "EUR" else "US",
                created_at=uow.now,
            )
        )


@asynccontextmanager
async def working_day(
    folder: Path,
    *,
    undo_window_s: float = 0,
    url: str | None = None,
    company: bool = True,
    rules: Mapping[str, Rule] = EASY,
    chat: RecordingChat | None = None,
    checked: bool = True,
) -> AsyncIterator[Day]:
    """Open an office in `folder`; opening it again goes on with what lies there.

    Leaving it checks every invariant and the replay, whatever the test was about
    (`checked` False for a test that breaks the tables on purpose).
    """
    clock = SteppedClock()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(url or store_url(folder), clock=clock, ids=RandomIds())
    migrate(database.url, engine=database.writer, backup_to=None)
    fresh = database.read_now(newest_event) is None
    if fresh:
        await database.write(lambda uow: enrol(uow, "test", "", "operator", "desk"))
        if company:
            await database.write(set_up_company)
    office = Office(
        db=database,
        blobs=FolderBlobs(folder / "blobs"),
        printer=InvoicePdf(),
        compose=build_message,
        settings=Settings(undo_window=timedelta(seconds=undo_window_s), rules=rules),
    )
    chat = chat or RecordingChat()
    outbox = folder / "mail" / "outbox"
    mailer = MaildirMailer(outbox)
    async with open_checkpoints(folder / "checkpoints.db") as saver:
        worker = Worker(
            office,
            Runs(office, saver),
            Dispatcher(office, {"send_invoice": mailer, "send_credit_note": mailer}),
            Deliverer(office, {"test": chat}),
        )
        try:
            yield Day(
                office=office,
                clock=clock,
                person=Person(office, worker, chat, "test"),
                chat=chat,
                outbox=outbox,
                database=database,
            )
            await worker.until_idle()
        finally:
            database.close()
    assert not checked or breaches(folder) == []
