"""Many thumbs, one verdict: concurrent taps on one card have exactly one winner."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from sqlmodel import col, func, select

from graph.intake import accept
from stores.tables.plumbing import EventRow
from stores.tables.work import Approval, Operation
from stores.verify import verify
from tests.fakes.desk import working_day

ROUNDS = 200
SEED = 20261125


async def test_concurrent_taps_have_one_winner_each(tmp_path: Path) -> None:
    pick = random.Random(SEED)
    async with working_day(tmp_path, rules={}) as day:
        for number in range(ROUNDS):
            card = await day.person.say(f"add customer Firma{number} AG, f{number}@firma.example")
            taps = [
                day.person.inbound(
                    token=day.person.token(pick.choice(["Approve", "Reject"]), on=card)
                )
                for _ in range(pick.randint(2, 8))
            ]
            await asyncio.gather(*(accept(day.office, tap) for tap in taps))
            await day.person.settled()
        with day.database.reading() as session:
            states = dict(
                session.exec(
                    select(Approval.state, func.count(col(Approval.id))).group_by(Approval.state)
                ).all()
            )
            decided = session.exec(
                select(func.count()).where(EventRow.type == "ApprovalDecided")
            ).one()
            effects = session.exec(select(func.count(col(Operation.id)))).one()
        assert sum(states.values()) == ROUNDS
        assert set(states) == {"approved", "rejected"}
        assert decided == ROUNDS
        assert effects == states["approved"]
    assert verify(f"sqlite:///{tmp_path / 'steward.db'}", tmp_path) == []


async def test_forged_buttons_are_refused_and_never_raise(tmp_path: Path) -> None:
    pick = random.Random(SEED)
    async with working_day(tmp_path) as day:
        await day.person.say("Invoice Acme 1,200 EUR for October, due in 14 days")
        real = day.person.token("Approve")
        for _ in range(300):
            forged = "".join(
                chr(pick.choice([pick.randint(1, 127), pick.randint(128, 0xD7FF)]))
                for _ in range(pick.randint(1, 40))
            )
            if pick.random() < 0.3:
                place = pick.randrange(len(real))
                forged = real[:place] + "!" + real[place + 1 :]
            await accept(day.office, day.person.inbound(token=forged))
        with day.database.reading() as session:
            assert session.exec(select(Approval)).one().state == "pending"
            assert session.exec(select(Operation)).all() == []
