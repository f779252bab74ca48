"""What the clock does to what waits: dates, second showings, edits under way, timeouts."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import select

from adapters.commands import Document
from adapters.payments.invoice_pdf import InvoicePdf
from adapters.ports.printer import Printed
from bot.worker import Worker
from graph import talk
from graph.deliver import Deliverer
from graph.dispatch import Dispatcher
from graph.intake import accept
from graph.jobs import tick
from graph.runs import Runs
from stores.checkpoints import open_checkpoints
from stores.events import CustomerArchived
from stores.tables.company import Customer
from stores.tables.ledger import Invoice
from stores.tables.work import Approval, Run
from stores.unit_of_work import UnitOfWork
from tests.fakes.desk import working_day

pytestmark = pytest.mark.usefixtures("every_store")

WISH = "Invoice Acme 1,200 EUR for October, due in 14 days"


async def test_the_next_day_a_pending_invoice_comes_with_the_new_date(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        old = await day.person.say(WISH)
        with day.database.reading() as session:
            until = session.exec(select(Approval)).one().expires_at
        day.clock.step(days=1)
        await tick(day.office)
        await day.person.settled()
        new = day.person.last
        assert old.card.struck
        assert new is not old
        with day.database.reading() as session:
            newest = session.exec(select(Approval).where(Approval.state == "pending")).one()
            assert newest.expires_at == until  # a new date is no reason to wait any longer
        await day.person.tap("Approve", on=new)
        with day.database.reading() as session:
            invoice = session.exec(select(Invoice)).one()
        assert (invoice.number, str(invoice.issued_on)) == ("2026-0001", "2026-11-27")
        assert len(day.mails()) == 1


async def test_a_tap_before_the_clock_noticed_sends_nothing_old(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        old = await day.person.say(WISH)
        day.clock.step(hours=15)  # half past midnight
        await day.person.tap("Approve", on=old)
        assert day.mails() == []
        assert any("here it comes with today's" in shown.text for shown in day.person.shown)
        assert day.person.last.labels[0] == "Approve"
        await day.person.tap("Approve", on=day.person.last)
        assert len(day.mails()) == 1


async def test_a_card_shown_twice_says_the_same_in_both_places(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        first = await day.person.say(WISH)
        await day.person.say("status")
        await day.person.tap("1")
        again = day.person.last
        assert again is not first
        await day.person.tap("Approve", on=again)
        for shown in (first, again):
            assert shown.text.startswith("✅"), shown.text
        assert first.labels == []


class StuckPrinter(InvoicePdf):
    def __init__(self) -> None:
        self.go_on = threading.Event()

    def render(self, document: Document) -> Printed:
        self.go_on.wait(10)
        return super().render(document)


async def test_a_run_that_hangs_ends_with_words_and_the_next_one_works(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        printer = StuckPrinter()
        settings = replace(day.office.settings, node_timeout_s=0.05, run_timeout_s=5)
        office = replace(day.office, printer=printer, settings=settings)
        async with open_checkpoints(tmp_path / "other.db") as saver:
            worker = Worker(
                office, Runs(office, saver), Dispatcher(office, {}), Deliverer(office, {})
            )
            await accept(office, day.person.inbound(text=WISH))
            asyncio.get_running_loop().call_later(0.3, printer.go_on.set)
            await worker.until_idle()
        # What the slow node was to do was done in the end: its card waits, nothing is lost.
        with day.database.reading() as session:
            assert session.exec(select(Approval)).one().state == "pending"
            assert session.exec(select(Run)).one().state == "waiting"
        await day.person.settled()
        await day.person.tap("Approve")
        assert len(day.mails()) == 1


async def test_a_run_that_breaks_is_recorded_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with working_day(tmp_path) as day:

        def breaks(*_: object, **__: object) -> None:
            raise RuntimeError("inside")

        with monkeypatch.context() as patch:
            patch.setattr("graph.build.propose", breaks)
            await day.person.say(WISH)
        assert "That went wrong on my side" in day.person.last.text
        with day.database.reading() as session:
            run = session.exec(select(Run)).one()
            assert (run.state, "RuntimeError" in (run.failure or "")) == ("failed", True)
        await day.person.say(WISH)
        await day.person.tap("Approve")
        assert len(day.mails()) == 1


async def test_a_date_that_cannot_be_renewed_is_said_once_a_day(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        await day.person.say(WISH)

        def remove(uow: UnitOfWork) -> None:
            for customer in uow.session.exec(select(Customer)):
                customer.archived_at = uow.now
                uow.record(CustomerArchived(customer=customer.id, action="test"), subject="test")

        await day.database.write(remove)
        day.clock.step(days=1)
        for _ in range(3):
            await tick(day.office)
            await day.person.settled()
        assert len(day.person.shown) == 2, [one.text for one in day.person.shown]
        assert day.mails() == []


async def test_a_turn_costs_the_same_commits_however_many_went_before(tmp_path: Path) -> None:
    """Growth and the number of commits a turn; speed itself is measured by bench."""
    async with working_day(tmp_path) as day:
        commits = []
        for number in range(40):
            before = day.database.commits
            await day.person.say(f"Invoice Acme {number + 100} EUR for October, due in 14 days")
            await day.person.tap("Approve")
            commits.append(day.database.commits - before)
        assert max(commits) <= 9, commits
        assert sorted(commits)[20] <= 8, commits


async def test_approving_the_old_card_while_its_edit_is_under_way_sends_nothing(
    tmp_path: Path,
) -> None:
    async with working_day(tmp_path) as day:
        old = await day.person.say(WISH)
        token = day.person.token("Approve")

        def amend(uow: UnitOfWork) -> None:  # the edit was read; its new card is not made yet
            run = uow.session.exec(select(Run)).one()
            talk.amend(uow, run, {"amount": "1300"})

        await day.database.write(amend)
        await accept(day.office, day.person.inbound(token=token))
        await day.person.settled()
        assert day.mails() == []
        assert old.card.struck
        assert any("the new card counts" in shown.text for shown in day.person.shown)
        await day.person.tap("Approve")
        assert len(day.mails()) == 1
        with day.database.reading() as session:
            assert session.exec(select(Invoice)).one().net_minor == 130_000


async def test_an_edited_card_opens_with_what_it_replaces(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        await day.person.say(WISH)
        await day.person.say("make it 1,350, due Dec 20")
        assert day.person.last.text.splitlines()[1] == "Was €1,428.00 · due Thu 10 Dec"
        await day.person.say("due Dec 21")
        assert day.person.last.text.splitlines()[1] == "Was due Sun 20 Dec"
        await day.person.say("no, Globex")
        assert "Was Invoice to Acme GmbH · €" in day.person.last.text
        await day.person.say("Invoice Globex 10 USD for tea")
        assert (await day.person.say("status")).text.startswith(
            "2 waiting for you, oldest since 09:30"
        )
