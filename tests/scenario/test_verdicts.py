"""One invoice and every verdict, as a person sees them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlmodel import select

from graph.control import is_stopped
from graph.inbound import Accepted
from graph.jobs import tick
from stores.tables.ledger import DocumentNumber, Invoice, LedgerEntry
from stores.tables.plumbing import PersonalText
from stores.tables.work import Action, Contract, Operation, Run
from tests.fakes.desk import Day, working_day

pytestmark = pytest.mark.usefixtures("every_store")

WISH = "Invoice Acme 1,200 EUR for October, due in 14 days"


async def test_approve_sends_once_and_the_books_balance(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        card = await day.person.say(WISH)
        assert card.text.startswith("🟡 Invoice to Acme GmbH · €1,428.00")
        assert "Due Thu 10 Dec (in 14 days)" in card.text
        assert card.labels == ["Approve", "Edit", "Reject", "Details", "Snooze"]
        await day.person.tap("Approve")
        assert card.text.startswith("✅ Invoice to Acme GmbH")
        assert "sent 09:30 to billing@acme.example" in card.text
        assert len(day.mails()) == 1
        with day.database.reading() as session:
            assert session.exec(select(Invoice)).one().number == "2026-0001"
            assert sum(one.amount_minor for one in session.exec(select(LedgerEntry))) == 0
            assert session.exec(select(Contract)).one().state == "met"
            assert session.exec(select(Run)).one().state == "done"


async def test_second_tap_changes_nothing_and_says_so(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        card = await day.person.say(WISH)
        token = day.person.token("Approve")
        await day.person.tap("Approve")
        await day.person.send(day.person.inbound(token=token))
        assert "already approved" in day.person.last.text
        assert len(day.mails()) == 1
        assert card.text.startswith("✅")


async def test_edit_replaces_the_card_and_keeps_the_number(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        old = await day.person.say(WISH)
        await day.person.tap("Edit")
        new = await day.person.say("make it 1,300")
        assert old.card.struck
        assert "replaced by the one below" in old.text
        assert "€1,547.00" in new.text
        assert "2026-0001" in new.text
        await day.person.tap("Approve", on=old)
        assert "An edit replaced this" in day.person.last.text
        assert day.mails() == []
        await day.person.tap("Approve", on=new)
        assert len(day.mails()) == 1


async def test_reject_gives_the_number_back_and_keeps_the_reason(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        card = await day.person.say(WISH)
        await day.person.tap("Reject")
        assert "Nothing was sent" in card.text
        await day.person.tap("Wrong amount")
        assert "Reason: Wrong amount" in card.text
        again = await day.person.say(WISH)
        assert "2026-0001" in again.text
        assert day.mails() == []


async def test_expiry_denies_after_a_reminder_and_can_be_asked_again(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        card = await day.person.say(WISH)
        day.clock.step(hours=61)
        await tick(day.office)
        await day.person.settled()
        await tick(day.office)
        await day.person.settled()
        assert any("Still waiting for you" in shown.text for shown in day.person.shown)
        card = next(one for one in reversed(day.person.shown) if one.card.kind == "approval")
        day.clock.step(hours=12)
        await day.person.tap("Approve", on=card)
        assert "expired" in card.text
        assert day.mails() == []
        again = await day.person.tap("Ask again", on=card)
        assert again.text.startswith("🟡 Invoice to Acme GmbH")


async def test_snoozed_card_comes_back_by_itself(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        card = await day.person.say(WISH)
        await day.person.tap("Snooze")
        assert "put aside until" in card.text
        day.clock.step(hours=30)
        await tick(day.office)
        await day.person.settled()
        assert any("🟡 Invoice to Acme" in one.text for one in day.chat.shown[1:])


async def test_undo_window_can_be_stopped_and_nothing_leaves(tmp_path: Path) -> None:
    async with working_day(tmp_path, undo_window_s=20) as day:
        card = await day.person.say(WISH)
        await _accept_without_waiting(day, "Approve")
        assert "goes out in 20 s" in card.text
        await day.person.tap("Stop it", on=card)
        assert "stopped by you" in card.text
        day.clock.step(seconds=60)
        await day.person.settled()
        assert day.mails() == []


async def _accept_without_waiting(day: Day, label: str) -> None:
    from graph.intake import accept

    await accept(day.office, day.person.inbound(token=day.person.token(label)))
    card = day.chat.shown[0]
    async with asyncio.timeout(10):
        while not card.card.outcome:
            await day.person._worker.look()
            await asyncio.sleep(0)


async def test_stop_holds_approved_effects_until_resume(tmp_path: Path) -> None:
    async with working_day(tmp_path, undo_window_s=20) as day:
        await day.person.say(WISH)
        await _accept_without_waiting(day, "Approve")
        from graph.intake import accept

        await accept(day.office, day.person.inbound(text="/stop"))
        day.clock.step(seconds=60)
        for operation_id in await day.person._worker._dispatcher.due():
            await day.person._worker._dispatcher.dispatch(operation_id)
        assert day.mails() == []
        assert day.database.write_now(is_stopped)[0]
        await day.person.say("/resume")
        assert len(day.mails()) == 1


async def test_all_pending_are_approved_as_one_set_or_not_at_all(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        first = await day.person.say(WISH)
        second = await day.person.say("Invoice Globex 700 USD for the landing page")
        listed = await day.person.say("status")
        assert "2 waiting for you" in listed.text
        assert "Approve all 2 · €1,428.00 + $700.00" in listed.labels
        await day.person.tap("Reject", on=second)
        await day.person.tap("Approve all", on=listed)
        assert "Nothing else was approved" in day.person.last.text
        assert day.mails() == []
        assert first.text.startswith("🟡")


async def test_strangers_get_nothing_and_she_is_told_once(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        for _ in range(3):
            result = await day.person.send(day.person.inbound(text=WISH, user_id="mallory"))
            assert result is Accepted.STRANGER
        told = [one for one in day.chat.shown if "Somebody else" in one.text]
        assert len(told) == 1
        assert len(day.chat.shown) == 1


async def test_redelivered_message_counts_once(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        inbound = day.person.inbound(text=WISH)
        await day.person.send(inbound)
        assert await day.person.send(inbound) is Accepted.DUPLICATE
        assert len(day.chat.shown) == 1


async def test_deleting_the_checkpoints_loses_nothing(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        await day.person.say(WISH)
        token = day.person.token("Approve")
    for path in tmp_path.glob("checkpoints.db*"):
        path.unlink()
    async with working_day(tmp_path) as day:
        await day.person.send(day.person.inbound(token=token, text="again"))
        assert len(day.mails()) == 1
        with day.database.reading() as session:
            assert session.exec(select(Run)).one().state == "done"


@pytest.mark.parametrize("needle", ["acme.example", "1200", "October", "2026-12-10", "0001"])
async def test_altered_command_is_refused(tmp_path: Path, needle: str) -> None:
    async with working_day(tmp_path) as day:
        await day.person.say(WISH)

        def tamper(uow: object) -> None:
            action = uow.session.exec(select(Action)).one()  # type: ignore[attr-defined]
            row = uow.session.get_one(PersonalText, action.command_text_id)  # type: ignore[attr-defined]
            assert needle in row.text
            row.text = row.text.replace(needle, needle[:-1] + "9", 1)
            uow.session.add(row)  # type: ignore[attr-defined]

        await day.database.write(tamper)
        await day.person.tap("Approve")
        assert "Nothing was sent" in day.person.last.text
        assert day.mails() == []
        with day.database.reading() as session:
            assert session.exec(select(Operation)).all() == []


async def test_payment_settles_and_void_is_a_numbered_credit_note(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        await day.person.say(WISH)
        await day.person.tap("Approve")
        paid = await day.person.say("Acme paid 500")
        assert "€928.00 still open" in paid.text
        await day.person.tap("Approve", on=paid)
        owed = await day.person.say("who owes me money?")
        assert owed.text.startswith("€928.00 open")
        void = await day.person.say("void 2026-0001")
        assert "Credit note CN-2026-0001" in void.text
        await day.person.tap("Approve", on=void)
        with day.database.reading() as session:
            assert session.exec(select(Invoice)).one().state == "void"
            states = {one.series: one.state for one in session.exec(select(DocumentNumber))}
            assert states == {"invoice": "issued", "credit_note": "issued"}
        assert len(day.mails()) == 2


async def test_stop_in_a_sentence_stops_too(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        for words in ("pause", "please stop everything now"):
            told = await day.person.say(words)
            assert "Stopped" in told.text, words
            assert day.database.write_now(is_stopped)[0]
            await day.person.say("go on")
            assert not day.database.write_now(is_stopped)[0]
