"""Many thumbs, one verdict: concurrent taps on one card have exactly one winner."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from adapters.ports.chat import CardContent
from graph.inbound import Inbound
from graph.intake import accept
from stores.tables.plumbing import EventRow
from stores.tables.work import Approval, Operation
from tests.fakes.desk import Day, RecordingChat, working_day

pytestmark = pytest.mark.usefixtures("every_store")

ROUNDS = 1000
AT_ONCE = 25
HASTY = 100
SEED = 20261125


def approved_and_rejected(day: Day) -> Counter[str]:
    """The verdicts, after checking that each has one event and each approval one effect."""
    with day.database.reading() as session:
        states = Counter(
            dict(
                session.exec(
                    select(Approval.state, func.count(col(Approval.id))).group_by(Approval.state)
                ).all()
            )
        )
        decided = session.exec(select(func.count()).where(EventRow.type == "ApprovalDecided")).one()
        effects = session.exec(select(func.count(col(Operation.id)))).one()
    assert decided == states.total() - states["pending"]
    assert effects == states["approved"]
    return states


async def test_concurrent_taps_have_one_winner_each(tmp_path: Path) -> None:
    pick = random.Random(SEED)
    async with working_day(tmp_path, rules={}) as day:
        for start in range(0, ROUNDS, AT_ONCE):
            first = len(day.person.shown)
            wishes = [
                day.person.inbound(text=f"add customer Firma{n} AG, f{n}@firma.example")
                for n in range(start, start + AT_ONCE)
            ]
            for wish in wishes:
                await accept(day.office, wish)
            await day.person.settled()
            cards = day.person.shown[first:]
            assert len(cards) == AT_ONCE
            taps = [
                day.person.inbound(
                    token=day.person.token(pick.choice(["Approve", "Reject"]), on=card)
                )
                for card in cards
                for _ in range(pick.randint(2, 8))
            ]
            pick.shuffle(taps)
            await asyncio.gather(*(accept(day.office, tap) for tap in taps))
            await day.person.settled()
            assert all(card.text[0] in "✅✋" for card in cards)
        states = approved_and_rejected(day)
    assert set(states) == {"approved", "rejected"}
    assert states.total() == ROUNDS


class HastyThumb(RecordingChat):
    """Taps every card 0 to 50 ms after it is shown, or while it still is being shown."""

    def __init__(self, pick: random.Random) -> None:
        super().__init__()
        self._pick = pick
        self.day: Day | None = None
        self.taps: list[asyncio.Task[object]] = []

    async def post(self, chat_id: str, card: CardContent, files: dict[str, bytes]) -> str:
        message_id = await super().post(chat_id, card, files)
        if card.kind == "approval" and self.day is not None:
            token = card.rows[0][0].token
            for _ in range(self._pick.randint(1, 2)):
                tap = self.day.person.inbound(token=token)
                delay = self._pick.choice([0.0, self._pick.uniform(0, 0.05)])
                self.taps.append(asyncio.create_task(self._tap(self.day, tap, delay)))
            if self._pick.random() < 0.5:
                await asyncio.gather(self.taps[-1])  # decided before the message id is stored
        return message_id

    async def _tap(self, day: Day, tap: Inbound, delay_s: float) -> object:
        await asyncio.sleep(delay_s)
        return await accept(day.office, tap)


async def test_a_tap_right_after_the_card_counts_once(tmp_path: Path) -> None:
    thumb = HastyThumb(random.Random(SEED))
    async with working_day(tmp_path, rules={}, chat=thumb) as day:
        thumb.day = day
        for number in range(HASTY):
            await day.person.say(f"add customer Eile{number} AG, e{number}@eile.example")
            await asyncio.gather(*thumb.taps)
            thumb.taps.clear()
            await day.person.settled()
        states = approved_and_rejected(day)
        approvals = [shown for shown in day.person.shown if shown.card.kind == "approval"]
        assert all(shown.text.startswith("✅") for shown in approvals)
    assert states == Counter({"approved": HASTY})
